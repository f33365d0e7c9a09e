//! A case as a page that people read from top to bottom: what it is, who acts, what happened.

use fengqiao_proto::{
    routing::v1::{Case, CasePush, HistoryEntry, HistoryKind},
    types::v1::Matter,
};
use unicode_width::UnicodeWidthStr;

use crate::{
    docket,
    output::{Ink, Output, level_ink, state_ink},
    table::{Cell, Table, padded},
    words,
};

/// Places for the longest word of [`words::HISTORY`].
const KIND_WIDTH: usize = 8;
/// Places for an actor, as long as a community's code; a longer one moves its own line only.
const ACTOR_WIDTH: usize = 22;
/// Where an entry's text begins, for a remark below it.
const TEXT_INDENT: usize = 19 + 2 + KIND_WIDTH + 2 + ACTOR_WIDTH + 2;

/// The whole page.
pub fn page(case: &Case, history: &[HistoryEntry], output: &Output) -> String {
    let mut page = heading(case, output);
    facts(case, output, &mut page);
    if let Some(matter) = &case.matter {
        told(matter, output, &mut page);
    }
    if let Some(held) = &case.docket {
        let owed = docket::owed(held);
        if !owed.is_empty() {
            section("待办", owed.len(), output, &mut page);
            page.push_str(&indented(&docket::duties(&owed, output)));
        }
    }
    if !case.reports.is_empty() {
        section("诉求", case.reports.len(), output, &mut page);
        page.push_str(&indented(&reports(case, output)));
    }
    if !case.pushes.is_empty() {
        section("推送", case.pushes.len(), output, &mut page);
        page.push_str(&indented(&pushes(&case.pushes, output)));
    }
    if !history.is_empty() {
        section("经过", history.len(), output, &mut page);
        for entry in history {
            page.push_str(&indented(&entry_lines(entry, output)));
        }
    }
    page
}

/// One line: number, level, state and the county's own state, category, area, lead.
pub fn heading(case: &Case, output: &Output) -> String {
    let paint = output.paint;
    let sub_state = docket::sub_state(case);
    let sub_state = if sub_state.is_empty() { sub_state } else { format!("·{sub_state}") };
    format!(
        "{}  {} {}{sub_state}  {}  {}  主办 {}\n",
        paint.ink(&case.number, Ink::Bold),
        paint.ink(words::said(words::LEVELS, case.level()), level_ink(case.level())),
        paint.ink(words::said(words::STATES, case.state()), state_ink(case.state())),
        words::category(&case.category),
        if case.area_name.is_empty() { &case.area_code } else { &case.area_name },
        case.lead_agency,
    )
}

fn facts(case: &Case, output: &Output, page: &mut String) {
    let mut fact = |name: &str, value: String| {
        if !value.trim().is_empty() {
            page.push_str(&format!("  {}  {value}\n", output.paint.ink(name, Ink::Dim)));
        }
    };
    let first_source = words::said(words::SOURCES, case.first_source());
    fact("首接", format!("{} {first_source}", case.first_receiver));
    fact("立案", output.second(case.opened_at.as_ref()));
    fact("办结", output.second(case.resolved_at.as_ref()));
    fact("归档", output.second(case.closed_at.as_ref()));
    if let Some(reason) = &case.level_reason {
        let mut facts: Vec<_> = reason.facts.iter().map(|(k, v)| format!("{k}={v}")).collect();
        // A map has no order; the same case shall always look the same.
        facts.sort();
        let facts = if facts.is_empty() { String::new() } else { format!("  [{}]", facts.join(", ")) };
        let rule = [reason.rule.as_str(), reason.rule_set.as_str()].join(" ");
        fact("定级", format!("{} ({}){facts}", reason.text, rule.trim()));
    }
    fact("承办", docket::handlers(case));
    fact("标签", case.tags.join("、"));
    let held = case.docket.iter().flat_map(|held| docket::facts(held, output));
    for (name, value) in held.chain(docket::links(case)) {
        fact(name, value);
    }
    fact("编号", case.case_id.clone());
}

fn told(matter: &Matter, output: &Output, page: &mut String) {
    let mut fact = |name: &str, value: &str| {
        if !value.trim().is_empty() {
            page.push_str(&format!("  {}  {value}\n", output.paint.ink(name, Ink::Dim)));
        }
    };
    fact("事由", &matter.title);
    fact("内容", &matter.narrative);
    fact("地址", &matter.address);
    for party in &matter.parties {
        fact(words::said(words::PARTY_ROLES, party.role()), &fengqiao_forms::person(party));
    }
}

fn section(name: &str, count: usize, output: &Output, page: &mut String) {
    page.push_str(&format!("\n{} {count}\n", output.paint.ink(name, Ink::Bold)));
}

fn reports(case: &Case, output: &Output) -> String {
    let mut table = Table::of_words(["发生", "来源", "来源编号", "版本", "重复"]);
    for report in &case.reports {
        let why = words::each_once(report.repeat_reasons.iter().map(String::as_str));
        let repeat = match (report.repeat, why.is_empty()) {
            (false, _) => String::new(),
            (true, true) => "重复".to_owned(),
            (true, false) => format!("重复({why})"),
        };
        table.row(vec![
            output.minute(report.occurred_at.as_ref()).into(),
            words::said(words::SOURCES, report.source()).into(),
            report.source_ref.clone().into(),
            report.revision.to_string().into(),
            Cell::inked(repeat, Ink::Orange),
        ]);
    }
    table.draw(output.paint)
}

fn pushes(pushes: &[CasePush], output: &Output) -> String {
    let mut table = Table::of_words(["推送", "级别", "文书", "单位", "时限", "状态"]);
    for push in pushes {
        let (state, ink) = if let Some(at) = &push.feedback_at {
            (format!("已反馈 {}", output.minute(Some(at))), Ink::Green)
        } else if let Some(at) = &push.returned_at {
            (format!("已退回 {}", output.minute(Some(at))), Ink::Orange)
        } else if let Some(at) = &push.signed_at {
            (format!("已签收 {}", output.minute(Some(at))), Ink::Plain)
        } else {
            ("待签收".to_owned(), Ink::Dim)
        };
        table.row(vec![
            output.minute(push.requested_at.as_ref()).into(),
            Cell::inked(words::said(words::LEVELS, push.level()), level_ink(push.level())),
            words::said(words::FORMS, push.form()).into(),
            push.agency.clone().into(),
            output.minute(push.due_at.as_ref()).into(),
            Cell::inked(state, ink),
        ]);
    }
    table.draw(output.paint)
}

/// One entry of the history: a line, and one more for each line of a remark.
pub fn entry_lines(entry: &HistoryEntry, output: &Output) -> String {
    let kind = padded(words::said(words::HISTORY, entry.kind()), KIND_WIDTH);
    let actor = if entry.actor.starts_with(&entry.capacity) {
        entry.actor.clone()
    } else {
        format!("{}({})", entry.actor, entry.capacity)
    };
    let mut lines = format!(
        "{}  {}  {}  {}",
        output.paint.ink(&output.second(entry.at.as_ref()), Ink::Dim),
        output.paint.ink(&kind, kind_ink(entry.kind())),
        padded(&actor, ACTOR_WIDTH),
        entry.text,
    );
    lines.truncate(lines.trim_end().len());
    lines.push('\n');
    for remark in entry.remark.lines() {
        lines.push_str(&format!("{}“{remark}”\n", " ".repeat(TEXT_INDENT)));
    }
    lines
}

fn kind_ink(kind: HistoryKind) -> Ink {
    match kind {
        HistoryKind::Opened => Ink::Bold,
        HistoryKind::Leveled => Ink::Yellow,
        HistoryKind::PushReturned => Ink::Orange,
        HistoryKind::PushParked => Ink::Red,
        HistoryKind::Feedback
        | HistoryKind::Resolved
        | HistoryKind::Concluded
        | HistoryKind::Agreed
        | HistoryKind::Revisited => Ink::Green,
        HistoryKind::DutyOver | HistoryKind::Supervised | HistoryKind::MajorDeclared => Ink::Red,
        HistoryKind::DutyNear | HistoryKind::DutyChased => Ink::Orange,
        _ => Ink::Plain,
    }
}

fn indented(text: &str) -> String {
    debug_assert!(text.ends_with('\n') || text.width() == 0);
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod readme;

#[cfg(test)]
mod tests {
    use fengqiao_proto::{
        routing::v1::{
            CaseReport, Conclusions, Docket, Duty, DutyKind, Handler, HandlerPart, LevelReason, SubState,
        },
        types::v1::{CaseState, FormKind, Level, Source},
    };

    use super::*;
    use crate::cli::{ColorWhen, ShowOptions};

    fn output(color: ColorWhen) -> Output {
        Output::new(&ShowOptions { json: false, color, time_zone: "Asia/Shanghai".into() }).unwrap()
    }

    fn at(minute: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds: 1_795_478_400 + minute * 60, nanos: 0 })
    }

    fn entry(kind: HistoryKind, actor: &str, text: &str, remark: &str) -> HistoryEntry {
        HistoryEntry {
            at: at(1),
            kind: kind as i32,
            actor: actor.into(),
            text: text.into(),
            remark: remark.into(),
            ..Default::default()
        }
    }

    fn case() -> Case {
        Case {
            number: "20261124-0017".into(),
            case_id: "id".into(),
            state: CaseState::Open as i32,
            level: Level::Red as i32,
            level_reason: Some(LevelReason {
                rule: "violence".into(),
                rule_set: "v1".into(),
                text: "涉及人身伤害".into(),
                facts: [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())].into(),
            }),
            area_name: "阎家河镇石桥垸村".into(),
            category: "neighbourhood".into(),
            first_source: Source::Hotline12345 as i32,
            first_receiver: "hotline".into(),
            lead_agency: "police".into(),
            opened_at: at(0),
            sub_state: Some(SubState { code: "handling".into(), name: "办理".into() }),
            conclusions: Some(Conclusions { done: 1, all: 2 }),
            handlers: vec![
                Handler {
                    agency: "police".into(),
                    part: HandlerPart::Owner.into(),
                    concluded_at: at(5),
                    ..Default::default()
                },
                Handler {
                    agency: "centre".into(),
                    part: HandlerPart::Owner.into(),
                    person: "li".into(),
                    signed_at: at(5),
                    ..Default::default()
                },
            ],
            tags: vec!["fast_lane".into()],
            docket: Some(Docket {
                duties: vec![
                    Duty { no: 1, kind: DutyKind::Ageing.into(), ..Default::default() },
                    Duty {
                        no: 3,
                        kind: DutyKind::Handle.into(),
                        agency: "centre".into(),
                        due_at: at(60),
                        ..Default::default()
                    },
                    Duty {
                        no: 2,
                        kind: DutyKind::Claim.into(),
                        agency: "centre".into(),
                        person: "li".into(),
                        due_at: at(30),
                        late: true,
                        ..Default::default()
                    },
                ],
                ..Default::default()
            }),
            reports: vec![CaseReport {
                source: Source::Police110 as i32,
                source_ref: "J-1".into(),
                revision: 1,
                occurred_at: at(0),
                repeat: true,
                repeat_reasons: vec!["同一电话".into(), "同一电话".into()],
                ..Default::default()
            }],
            pushes: vec![CasePush {
                agency: "police".into(),
                form: FormKind::ReportForm as i32,
                level: Level::Red as i32,
                requested_at: at(1),
                due_at: at(1),
                signed_at: at(3),
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    #[test]
    fn the_page_reads_from_top_to_bottom() {
        let history = [
            entry(HistoryKind::Opened, "hotline", "首个诉求立案", ""),
            entry(HistoryKind::Feedback, "police", "已办理", "已上门调解\n双方和解"),
        ];
        let page = page(&case(), &history, &output(ColorWhen::Never));
        let expected = "\
20261124-0017  红 办理中·办理 1/2 化解  邻里  阎家河镇石桥垸村  主办 police
  首接  hotline 12345热线
  立案  2026-11-24 08:00:00
  定级  涉及人身伤害 (violence v1)  [a=1, b=2]
  承办  共办 police 已化解；共办 centre(li) 已签收
  标签  fast_lane
  编号  id

待办 2
  号  事项  责任        时限              状态
  2   认领  centre(li)  2026-11-24 08:30  逾期
  3   办理  centre      2026-11-24 09:00

诉求 1
  发生              来源     来源编号  版本  重复
  2026-11-24 08:00  110警情  J-1       1     重复(同一电话)

推送 1
  推送              级别  文书    单位    时限              状态
  2026-11-24 08:01  红    报告单  police  2026-11-24 08:01  已签收 2026-11-24 08:03

经过 2
  2026-11-24 08:01:00  立案      hotline                 首个诉求立案
  2026-11-24 08:01:00  反馈      police                  已办理
                                                         “已上门调解”
                                                         “双方和解”
";
        assert_eq!(page, expected);
    }

    #[test]
    fn a_bare_case_is_short() {
        let page = page(&Case { number: "1".into(), ..Default::default() }, &[], &output(ColorWhen::Never));
        assert_eq!(page.lines().count(), 1, "{page}");
    }

    #[test]
    fn colours_only_add_marks() {
        let plain = page(&case(), &[], &output(ColorWhen::Never));
        let mut coloured = page(&case(), &[], &output(ColorWhen::Always));
        assert!(coloured.contains("\u{1b}[31m红"));
        for mark in ["1", "2", "31", "32", "33", "38;5;208", "0"] {
            coloured = coloured.replace(&format!("\u{1b}[{mark}m"), "");
        }
        assert_eq!(coloured, plain);
    }

    #[test]
    fn all_kinds_fit_their_column() {
        assert!(words::HISTORY.iter().all(|word| word.2.width() <= KIND_WIDTH));
    }
}
