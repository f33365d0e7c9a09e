//! Why something is due when it is, day by day.

use clap::Args;
use fengqiao_proto::routing::v1::{ExplainDeadlineRequest, ExplainDeadlineResponse};

use crate::{
    connection::{Caller, Session},
    engine_words as engine,
    errors::CommandError,
    output::{Ink, Output},
    words,
};

/// Which time to explain.
#[derive(Debug, Args)]
pub struct ExplainOptions {
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
    /// The duty's number, as `fengqiao case show` tells it.
    no: i32,
}

/// Says why something is due when it is.
///
/// # Errors
/// Where the call fails.
pub async fn explain(
    options: ExplainOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.work(&Caller::Officer).await?;
    let failed = CommandError::call(format!("duty {} of case {}", options.no, options.case));
    let request = session.request(ExplainDeadlineRequest {
        county: session.county(),
        case: options.case,
        no: options.no,
    });
    let answer = client.explain_deadline(request).await.map_err(failed)?.into_inner();
    if output.json { output.document(&answer) } else { output.text(&page(&answer, output)) }
}

fn page(answer: &ExplainDeadlineResponse, output: &Output) -> String {
    let paint = output.paint;
    let duty = answer.duty.clone().unwrap_or_default();
    let mut page = format!(
        "{} {}  限{}  自 {}  至 {}\n",
        words::said(engine::DUTIES, duty.kind()),
        duty.agency,
        duty.limit,
        output.second(duty.started_at.as_ref()),
        paint.ink(&output.second(duty.due_at.as_ref()), Ink::Bold),
    );
    if answer.counted_due_at != duty.due_at {
        let counted = output.second(answer.counted_due_at.as_ref());
        page.push_str(&format!("  按现行日历应为 {counted}\n"));
    }
    for day in &answer.days {
        let (mark, ink) = if day.counted { ("计", Ink::Plain) } else { ("—", Ink::Dim) };
        let line = format!("{}  {}", day.date, day.why);
        page.push_str(&format!("  {mark}  {}\n", paint.ink(&line, ink)));
    }
    for pause in &answer.pauses {
        let until = match &pause.to {
            Some(to) => output.second(Some(to)),
            None => "今".to_owned(),
        };
        page.push_str(&format!("  停计  {} 至 {until}\n", output.second(pause.from.as_ref())));
    }
    let years: Vec<String> = answer.unknown_years.iter().map(i32::to_string).collect();
    if !years.is_empty() {
        page.push_str(&format!("  {}年放假安排未公布，按周一至周五计\n", years.join("、")));
    }
    page.push_str(&format!("  {}  {}\n", paint.ink("日历", Ink::Dim), answer.calendar));
    page
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::routing::v1::{DeadlineDay, Duty, DutyKind};

    use super::*;
    use crate::cli::{ColorWhen, ShowOptions};

    #[test]
    fn each_day_says_whether_it_counts() {
        let options = ShowOptions { json: false, color: ColorWhen::Never, time_zone: "Asia/Shanghai".into() };
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let day =
            |date: &str, counted, why: &str| DeadlineDay { date: date.into(), counted, why: why.into() };
        let answer = ExplainDeadlineResponse {
            duty: Some(Duty {
                kind: DutyKind::Handle.into(),
                agency: "police".into(),
                limit: "1wd".into(),
                started_at: at(1_795_478_400),
                due_at: at(1_795_622_400),
                ..Default::default()
            }),
            counted_due_at: at(1_795_622_400),
            days: vec![day("2026-11-24", false, "起始日不计"), day("2026-11-25", true, "工作日")],
            unknown_years: vec![2027],
            calendar: "2026-1".into(),
            ..Default::default()
        };
        let expected = "\
办理 police  限1wd  自 2026-11-24 08:00:00  至 2026-11-26 00:00:00
  —  2026-11-24  起始日不计
  计  2026-11-25  工作日
  2027年放假安排未公布，按周一至周五计
  日历  2026-1
";
        assert_eq!(page(&answer, &Output::new(&options).unwrap()), expected);
    }
}
