//! Who was here before (上过访、报过警、求过助): the badge for the clerk at the window, and who asked for it.

use clap::{ArgGroup, Args};
use fengqiao_proto::{
    intake::v1::{
        AskedBy, BackgroundLine, ContactKind, FormerContacts, GetBackgroundRequest, GetBackgroundResponse,
        ListBackgroundReadingsRequest, ReadingPurpose, ReportCount, SaidAddress,
        get_background_request::Asked,
    },
    types::v1::CaseState,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    paging,
    table::Table,
    words::{self, Word},
};

/// The most readings that are listed.
const MOST_READINGS: usize = 10_000;

const PURPOSES: &[Word<ReadingPurpose>] = &[
    Word(ReadingPurpose::Reception, "RECEPTION", "接待"),
    Word(ReadingPurpose::Handling, "HANDLING", "办理"),
    Word(ReadingPurpose::Revisit, "REVISIT", "回访"),
    Word(ReadingPurpose::Assessment, "ASSESSMENT", "研判"),
    Word(ReadingPurpose::Safety, "SAFETY", "处突"),
    Word(ReadingPurpose::Inspection, "INSPECTION", "督查"),
];

const ASKED_BY: &[Word<AskedBy>] = &[
    Word(AskedBy::Person, "PERSON", "人员"),
    Word(AskedBy::Household, "HOUSEHOLD", "户"),
    Word(AskedBy::Report, "REPORT", "诉求"),
    Word(AskedBy::Phone, "PHONE", "电话"),
    Word(AskedBy::IdNumber, "ID_NUMBER", "证件号"),
    Word(AskedBy::Address, "ADDRESS", "地址"),
    Word(AskedBy::ReportItself, "REPORT_ITSELF", "保密诉求原文"),
];

/// About whom, and why.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true))]
pub struct BackgroundOptions {
    /// Who called from this number.
    #[arg(long, group = "whom")]
    phone: Option<String>,
    /// Who has this id number.
    #[arg(long, group = "whom", value_name = "NUMBER")]
    id_number: Option<String>,
    /// Who lives here.
    #[arg(long, group = "whom", value_name = "TEXT")]
    address: Option<String>,
    /// The area that the address lies in.
    #[arg(long, value_name = "CODE", requires = "address", default_value = "", hide_default_value = true)]
    area: String,
    /// This person, by the id that reports carry.
    #[arg(long, group = "whom", value_name = "ID")]
    person: Option<String>,
    /// This household, by the id that reports carry.
    #[arg(long, group = "whom", value_name = "ID")]
    household: Option<String>,
    /// Who made this report, by intake's id of it.
    #[arg(long, group = "whom", value_name = "ID")]
    report: Option<String>,
    /// Why it is asked, in your own words; it is kept.
    #[arg(long, value_name = "WORDS")]
    purpose: String,
    /// Why it is asked, as a kind.
    #[arg(long = "for", value_name = "KIND", default_value = "reception", value_parser = words::parser(PURPOSES), ignore_case = true)]
    kind: ReadingPurpose,
}

/// Whose readings to list.
#[derive(Debug, Args)]
pub struct ReadersOptions {
    /// Only this principal's.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    reader: String,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=MOST_READINGS as i64))]
    limit: u32,
}

impl BackgroundOptions {
    fn asked(self) -> Option<Asked> {
        let area_code = self.area;
        None.or(self.phone.map(Asked::Phone))
            .or(self.id_number.map(Asked::IdNumber))
            .or(self.address.map(|text| Asked::Address(SaidAddress { text, area_code })))
            .or(self.person.map(Asked::PersonId))
            .or(self.household.map(Asked::HouseholdId))
            .or(self.report.map(Asked::ReportId))
    }
}

/// Shows the badge.
///
/// # Errors
/// Where the call fails.
pub async fn show(
    options: BackgroundOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.background(&Caller::Officer).await?;
    let (purpose, purpose_words) = (options.kind.into(), options.purpose.clone());
    let asked = options.asked();
    let request =
        session.request(GetBackgroundRequest { county: session.county(), asked, purpose, purpose_words });
    let answer = client.get_background(request).await.map_err(CommandError::call("the background"))?;
    let answer = answer.into_inner();
    if output.json { output.document(&answer) } else { output.text(&badge(&answer, output)) }
}

/// Lists who asked, and who read confidential reports.
///
/// # Errors
/// Where a call fails.
pub async fn readers(
    options: ReadersOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let client = session.background(&Caller::Officer).await?;
    let (readings, _) = paging::collect(options.limit as usize, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListBackgroundReadingsRequest {
            county: session.county(),
            page_size,
            page_token,
            reader: options.reader.clone(),
        });
        async move {
            let what = CommandError::call("who asked");
            let page = client.list_background_readings(request).await.map_err(what)?.into_inner();
            Ok((page.readings, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return readings.iter().try_for_each(|reading| output.json_line(reading));
    }
    let mut table = Table::of_words(["时间", "何人", "身份", "查询", "诉求数", "用途", "事由"]);
    for reading in readings {
        table.row(vec![
            output.second(reading.at.as_ref()).into(),
            reading.reader.as_str().into(),
            reading.capacity.as_str().into(),
            words::said(ASKED_BY, reading.asked_by()).into(),
            reading.shown.to_string().into(),
            words::said(PURPOSES, reading.purpose()).into(),
            reading.purpose_words.as_str().into(),
        ]);
    }
    output.table(&table, "没有查询记录")
}

fn badge(known: &GetBackgroundResponse, output: &Output) -> String {
    let mut lines = Vec::new();
    let flags: Vec<String> = known.contacts.iter().map(|contacts| flag(contacts, output)).collect();
    let mark = if known.all_three { output.paint.ink("  重点", Ink::Red) } else { String::new() };
    lines.push(format!("{}{mark}", flags.join("  ")));
    let mut sums = format!("诉求{}", times(known.reports));
    if known.household_reports.is_some() {
        sums.push_str(&format!("，全户{}", times(known.household_reports)));
    }
    lines.push(sums);
    if !known.people.is_empty() {
        lines.push(format!("可能是{}人：", known.people.len()));
        let person = |one: &fengqiao_proto::intake::v1::PossiblePerson| {
            format!("  {}  {}次，最近{}", one.person_id, one.reports, output.minute(one.last_at.as_ref()))
        };
        lines.extend(known.people.iter().map(person));
    }
    for case in &known.open_cases {
        let state = words::said(words::STATES, CaseState::try_from(case.state).unwrap_or_default());
        lines.push(format!("未结 {} {state} {}立案", case.number, output.minute(case.opened_at.as_ref())));
    }
    lines.extend(known.last_lines.iter().map(|line| last(line, output)));
    lines.join("\n") + "\n"
}

/// 报过警 3次 (2026-01-02 — 2026-11-20)
fn flag(contacts: &FormerContacts, output: &Output) -> String {
    let (done, never) = match contacts.kind() {
        ContactKind::Petitioned => ("上过访", "未上访"),
        ContactKind::CalledPolice => ("报过警", "未报警"),
        ContactKind::AskedForHelp => ("求过助", "未求助"),
        ContactKind::Unspecified => ("", ""),
    };
    let Some(last) = contacts.last_at.as_ref() else { return output.paint.ink(never, Ink::Dim) };
    let (first, last) = (output.minute(contacts.first_at.as_ref()), output.minute(Some(last)));
    let day = |minute: &str| minute.split(' ').next().unwrap_or_default().to_owned();
    let done = output.paint.ink(done, Ink::Bold);
    format!("{done}{}（{}至{}）", times(contacts.reports), day(&first), day(&last))
}

fn times(count: Option<ReportCount>) -> String {
    let ReportCount { count, at_least } = count.unwrap_or_default();
    if at_least { format!("至少{count}次") } else { format!("{count}次") }
}

fn last(line: &BackgroundLine, output: &Output) -> String {
    let at = output.minute(line.at.as_ref());
    let source = words::said(words::SOURCES, line.source());
    format!("{at}  {source}  {}  {}", words::category(&line.category), line.title)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{cli::Cli, output::Paint};

    #[test]
    fn it_is_asked_about_one_and_for_a_purpose() {
        let parse =
            |rest: &[&str]| Cli::try_parse_from(["fengqiao", "background"].iter().chain(rest)).is_ok();
        assert!(parse(&["--phone", "1", "--purpose", "x"]));
        assert!(parse(&["--address", "1", "--area", "421181", "--purpose", "x", "--for", "safety"]));
        assert!(!parse(&["--phone", "1"]) && !parse(&["--purpose", "x"]));
        assert!(!parse(&["--phone", "1", "--person", "2", "--purpose", "x"]));
        assert!(!parse(&["--phone", "1", "--purpose", "x", "--for", "curiosity"]));
    }

    #[test]
    fn the_badge_fits_on_a_few_lines() {
        let output = Output { json: false, paint: Paint::NONE, zone: jiff::tz::TimeZone::UTC };
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let count = |count, at_least| Some(ReportCount { count, at_least });
        let contacts = |kind: ContactKind, reports, first_at, last_at| FormerContacts {
            kind: kind.into(),
            reports,
            first_at,
            last_at,
            names: Vec::new(),
        };
        let known = GetBackgroundResponse {
            contacts: vec![
                contacts(ContactKind::Petitioned, count(0, false), None, None),
                contacts(ContactKind::CalledPolice, count(200, true), at(1_795_478_400), at(1_795_564_800)),
            ],
            all_three: true,
            reports: count(200, true),
            household_reports: count(3, false),
            last_lines: vec![BackgroundLine {
                at: at(1_795_564_800),
                title: "保密".into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        assert_eq!(
            badge(&known, &output),
            "未上访  报过警至少200次（2026-11-24至2026-11-25）  重点\n诉求至少200次，全户3次\n2026-11-25 00:00      保密\n"
        );
    }
}
