//! Reading reports: one, or a list.

use clap::Args;
use fengqiao_proto::{
    intake::v1::{AcceptedReport, GetReportRequest, ListReportsRequest},
    types::v1::Source,
};
use jiff::Timestamp;

use super::{belongings, repeat_words};
use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::{Ink, Output},
    paging,
    table::{Cell, Table},
    words,
};

/// Which report to read.
#[derive(Debug, Args)]
pub struct GetOptions {
    /// Intake's id of it; or else --source and --ref.
    #[arg(required_unless_present_all = ["source", "source_ref"])]
    report_id: Option<String>,
    /// The door it came through.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true, requires = "source_ref")]
    source: Option<Source>,
    /// The source's own number.
    #[arg(long = "ref", visible_alias = "source-ref", value_name = "NUMBER", requires = "source")]
    source_ref: Option<String>,
    /// Why it is read; needed for what a confidential or protected report says, and kept.
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true)]
    purpose: String,
}

/// Which reports to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only of this door.
    #[arg(long, value_parser = words::parser(words::SOURCES), ignore_case = true)]
    source: Option<Source>,
    /// Only of this area and what lies below it.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    area: String,
    /// Only accepted from this day or time on.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    from: Option<Moment>,
    /// Only accepted until this day (its end) or time.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    to: Option<Moment>,
    /// Only repeat calls.
    #[arg(long)]
    repeats: bool,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Shows one report.
///
/// # Errors
/// Where the call fails.
pub async fn get(options: GetOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.intake(&Caller::Officer).await?;
    let request = session.request(GetReportRequest {
        county: session.county(),
        report_id: options.report_id.unwrap_or_default(),
        source: options.source.unwrap_or_default() as i32,
        source_ref: options.source_ref.unwrap_or_default(),
        purpose: options.purpose,
    });
    let answer = client.get_report(request).await.map_err(CommandError::call("the report"))?;
    let accepted = answer.into_inner().report.unwrap_or_default();
    if output.json { output.document(&accepted) } else { output.text(&page(&accepted, output)) }
}

/// One report, for people.
fn page(accepted: &AcceptedReport, output: &Output) -> String {
    let report = accepted.report.clone().unwrap_or_default();
    let mut lines = vec![format!(
        "{} {}  {}{}",
        words::said(words::SOURCES, report.source()),
        report.source_ref,
        output.paint.ink(&report.title, Ink::Bold),
        accepted.linkage.as_ref().map(repeat_words).unwrap_or_default(),
    )];
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("  {}  {value}", output.paint.ink(name, Ink::Dim)));
        }
    };
    if accepted.removed_at.is_some() {
        field("保存期满", format!("{}已删除个人信息", output.minute(accepted.removed_at.as_ref())));
    }
    if accepted.reduced {
        field("保密", "查阅原文须写明事由：--purpose".to_owned());
    }
    field("编号", format!("{} 第{}版", accepted.report_id, accepted.revision));
    field("发生", output.minute(report.occurred_at.as_ref()));
    field("受理", output.second(accepted.accepted_at.as_ref()));
    field("地区", format!("{} {}", report.area_code, report.address).trim().to_owned());
    for (name, value) in accepted.linkage.iter().flat_map(belongings) {
        field(name, value);
    }
    let canonical = words::category(&accepted.canonical_category);
    let category = if report.category == canonical || report.category == accepted.canonical_category {
        canonical.to_owned()
    } else {
        format!("{canonical} (原称 {})", report.category)
    };
    field("类别", category);
    for party in &report.parties {
        let role = words::said(words::PARTY_ROLES, party.role());
        field(role, fengqiao_forms::person(party));
    }
    field("内容", report.narrative.clone());
    lines.join("\n") + "\n"
}

/// Lists reports.
///
/// # Errors
/// Where a call fails.
pub async fn list(options: ListOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.intake(&Caller::Officer).await?;
    let limit = options.limit as usize;
    let (reports, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let time = |moment: Option<Timestamp>| moment.map(to_proto);
        let request = session.request(ListReportsRequest {
            county: session.county(),
            page_size,
            page_token,
            source: options.source.unwrap_or_default() as i32,
            area_code: options.area.clone(),
            accepted_from: time(options.from.and_then(|moment| moment.begin(&output.zone))),
            accepted_before: time(options.to.and_then(|moment| moment.end(&output.zone))),
            repeats_only: options.repeats,
        });
        async move {
            let answer = client.list_reports(request).await;
            let page = answer.map_err(CommandError::call("the reports"))?.into_inner();
            Ok((page.reports, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return reports.iter().try_for_each(|report| output.json_line(report));
    }
    let mut table = Table::of_words(["受理", "来源", "来源编号", "地区", "类别", "重复", "标题"]);
    for accepted in reports {
        let report = accepted.report.unwrap_or_default();
        let repeat = accepted.linkage.is_some_and(|linkage| linkage.repeat);
        table.row(vec![
            output.minute(accepted.accepted_at.as_ref()).into(),
            words::said(words::SOURCES, report.source()).into(),
            report.source_ref.clone().into(),
            report.area_code.clone().into(),
            words::category(&accepted.canonical_category).into(),
            Cell::inked(if repeat { "重复" } else { "" }, Ink::Orange),
            report.title.into(),
        ]);
    }
    output.table(&table, "没有这样的诉求")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::Report;

    use super::*;
    use crate::cli::{ColorWhen, ShowOptions};

    fn output() -> Output {
        Output::new(&ShowOptions { json: false, color: ColorWhen::Never, time_zone: "Asia/Shanghai".into() })
            .unwrap()
    }

    #[test]
    fn a_page_says_the_source_s_own_word() {
        let accepted = AcceptedReport {
            report: Some(Report {
                category: "楼上漏水".into(), title: "漏水".into(), ..Default::default()
            }),
            canonical_category: "neighbourhood".into(),
            ..Default::default()
        };
        assert!(page(&accepted, &output()).contains("邻里 (原称 楼上漏水)"));
    }
}
