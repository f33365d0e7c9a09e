//! What an agency owes, as a dispatcher reads it.

use std::cell::Cell;

use clap::Args;
use fengqiao_proto::{
    routing::v1::{Duty, DutyKind, ListWorkRequest, ListWorkResponse, WorkBucket, WorkCounts, WorkItem},
    types::v1::Level,
};

use crate::{
    connection::{Caller, Session},
    engine_words as engine,
    errors::CommandError,
    output::{Ink, Output, level_ink},
    paging,
    table::{Cell as TableCell, Table},
    words,
};

/// Whose work to list.
#[derive(Debug, Args)]
pub struct WorkOptions {
    /// Whose; the centre's desk where not given. `fengqiao agencies` lists the codes.
    #[arg(long, default_value = "", hide_default_value = true)]
    agency: String,
    /// Only what this person owes: by name, by the posts held today, and what is the whole agency's.
    #[arg(long, default_value = "", hide_default_value = true)]
    person: String,
    /// Only this part.
    #[arg(long, value_parser = words::parser(engine::BUCKETS), ignore_case = true)]
    bucket: Option<WorkBucket>,
    /// Only what is of this kind, all of it and counted alone: `classify` lists the repeat calls that nobody has classified
    /// yet.
    #[arg(long, value_parser = words::parser(engine::DUTIES), ignore_case = true)]
    kind: Option<DutyKind>,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Lists what an agency owes: the late first.
///
/// # Errors
/// Where a call fails.
pub async fn list(options: WorkOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let caller =
        if options.agency.is_empty() { Caller::Officer } else { Caller::Agency(options.agency.clone()) };
    let client = session.work(&caller).await?;
    let counts = Cell::new(None);
    let (items, more) = paging::collect(options.limit as usize, |page_size, page_token| {
        let mut client = client.clone();
        let counts = &counts;
        let request = session.request(ListWorkRequest {
            county: session.county(),
            agency: options.agency.clone(),
            person: options.person.clone(),
            bucket: options.bucket.unwrap_or_default() as i32,
            kind: options.kind.unwrap_or_default() as i32,
            page_size,
            page_token,
        });
        async move {
            let answer = client.list_work(request).await;
            let page = answer.map_err(CommandError::call("the work"))?.into_inner();
            counts.set(page.counts);
            Ok((page.items, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return output.document(&ListWorkResponse { counts: counts.get(), items, ..Default::default() });
    }
    output.line(&heading(&counts.get().unwrap_or_default(), output))?;
    output.table(&table(&items, output), "没有待办事项")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

fn heading(counts: &WorkCounts, output: &Output) -> String {
    let late_ink = if counts.late > 0 { Ink::Red } else { Ink::Plain };
    let more = if counts.more { "+" } else { "" };
    [
        output.paint.ink(&format!("逾期 {}", counts.late), late_ink),
        format!("今日到期 {}", counts.due_today),
        format!("待签收 {}", counts.to_sign),
        format!("退回 {}", counts.returned),
        format!("回访 {}", counts.revisits),
        format!("共 {}{more}", counts.open),
    ]
    .join("  ")
}

fn table(items: &[WorkItem], output: &Output) -> Table {
    let mut table = Table::of_words(["时限", "状态", "事项", "案件", "级别", "责任", "号"]);
    for item in items {
        let duty = item.duty.clone().unwrap_or_default();
        let (state, ink) = match (duty.late, duty.paused) {
            (_, true) => ("停计", Ink::Dim),
            (true, _) => ("逾期", Ink::Red),
            _ if item.fast_lane => ("直通车", Ink::Bold),
            _ => ("", Ink::Plain),
        };
        let level = Level::try_from(item.level).unwrap_or_default();
        table.row(vec![
            output.minute(duty.due_at.as_ref()).into(),
            TableCell::inked(state, ink),
            thing(&duty).into(),
            item.case_number.clone().into(),
            TableCell::inked(words::said(words::LEVELS, level), level_ink(level)),
            [&duty.person, &duty.post, &duty.agency]
                .into_iter()
                .find(|who| !who.is_empty())
                .cloned()
                .unwrap_or_default()
                .into(),
            duty.no.to_string().into(),
        ]);
    }
    table
}

/// What is owed; of a repeat call also which of the case's reports it is, as `case classify` asks for it.
fn thing(duty: &Duty) -> String {
    let kind = words::said(engine::DUTIES, duty.kind());
    match duty.kind() {
        DutyKind::Classify if duty.about > 0 => format!("{kind}(第{}次诉求)", duty.about),
        _ => kind.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{ColorWhen, ShowOptions};

    #[test]
    fn a_dispatcher_sees_what_is_late_at_a_glance() {
        let options = ShowOptions { json: false, color: ColorWhen::Never, time_zone: "Asia/Shanghai".into() };
        let output = Output::new(&options).unwrap();
        let counts = WorkCounts { open: 2, late: 1, to_sign: 1, ..Default::default() };
        assert_eq!(heading(&counts, &output), "逾期 1  今日到期 0  待签收 1  退回 0  回访 0  共 2");
        let item = WorkItem {
            case_number: "20261124-0017".into(),
            level: Level::Red.into(),
            duty: Some(Duty {
                no: 3,
                kind: DutyKind::Sign.into(),
                agency: "police".into(),
                due_at: Some(prost_types::Timestamp { seconds: 1_795_478_400, nanos: 0 }),
                late: true,
                ..Default::default()
            }),
            ..Default::default()
        };
        let drawn = table(&[item], &output).draw(output.paint);
        assert_eq!(
            drawn.lines().nth(1).unwrap(),
            "2026-11-24 08:00  逾期  签收  20261124-0017  红    police  3"
        );
    }

    #[test]
    fn a_repeat_call_to_be_classified_is_named_by_its_number() {
        let duty = Duty { kind: DutyKind::Classify.into(), about: 3, ..Default::default() };
        assert_eq!(thing(&duty), "重复警情归类(第3次诉求)");
    }
}
