//! Reports: handing in and reading.

mod changes;
mod import;
mod links;
mod reading;
mod submit;

use std::collections::BTreeSet;

use clap::Subcommand;
use fengqiao_proto::intake::v1::{Evidence, LinkSubject, Linkage};

pub use self::submit::text_of;
use self::{
    changes::ChangesOptions,
    import::ImportOptions,
    links::LinksOptions,
    reading::{GetOptions, ListOptions},
    submit::SubmitOptions,
};
use crate::{cli::ConnectOptions, connection::Session, errors::CommandError, output::Output, words};

/// What to do with reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Hand in a report: from a JSON file, from standard input (-), or from options.
    #[command(after_help = submit::FORM)]
    Submit(Box<SubmitOptions>),
    /// Hand in a file: CSV, XLSX or JSON lines (导入).
    #[command(after_help = import::FORM)]
    Import(ImportOptions),
    /// Read one report.
    Get(GetOptions),
    /// List reports, the newest first.
    List(ListOptions),
    /// What became of a source's reports, in the order in which it happened (回流).
    Changes(ChangesOptions),
    /// Write to which person, household and case every report belongs (关联).
    Links(LinksOptions),
}

/// Does what was asked.
///
/// # Errors
/// Where a file cannot be read, or a call fails.
pub async fn execute(
    command: ReportCommand,
    session: &Session,
    connect: &ConnectOptions,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        ReportCommand::Submit(options) => submit::submit(*options, session, output).await,
        ReportCommand::Import(options) => import::import(options, session, connect, output).await,
        ReportCommand::Get(options) => reading::get(options, session, output).await,
        ReportCommand::List(options) => reading::list(options, session, output).await,
        ReportCommand::Changes(options) => changes::list(options, session, output).await,
        ReportCommand::Links(options) => links::links(options, session, output).await,
    }
}

/// Whether it is a repeat call, and why, each evidence once; empty where not.
fn repeat_words(linkage: &Linkage) -> String {
    if !linkage.repeat {
        return String::new();
    }
    let why = words::each_once(linkage.reasons.iter().map(|reason| evidence_words(reason.evidence())));
    if why.is_empty() { "  重复诉求".to_owned() } else { format!("  重复诉求({why})") }
}

/// Which person (人), household (户) and dispute (事) it is of, one line each: the id, how sure it is in bits, and what speaks
/// for it with the bits of each, the strongest first. What is of nothing that came before has its id alone.
fn belongings(linkage: &Linkage) -> [(&'static str, String); 3] {
    let scores = linkage.scores.clone().unwrap_or_default();
    [
        ("人", &linkage.person_id, scores.person_bits, LinkSubject::Person),
        ("户", &linkage.household_id, scores.household_bits, LinkSubject::Household),
        ("事", &linkage.cluster_id, scores.case_bits, LinkSubject::Case),
    ]
    .map(|(name, id, bits, subject)| (name, belonging(id, bits, &reasons_of(linkage, subject))))
}

fn belonging(id: &str, bits: f32, reasons: &[(&str, f32)]) -> String {
    let reasons: Vec<_> = reasons.iter().map(|(words, bits)| format!("{words} {bits:.1}")).collect();
    match (id.is_empty(), reasons.is_empty()) {
        (true, _) => String::new(),
        (false, true) => id.to_owned(),
        (false, false) => format!("{id}  {bits:.1}分({})", reasons.join("、")),
    }
}

/// What speaks for one subject, the strongest first, each evidence once.
fn reasons_of(linkage: &Linkage, subject: LinkSubject) -> Vec<(&'static str, f32)> {
    let mut reasons: Vec<(&'static str, f32)> = linkage
        .reasons
        .iter()
        .filter(|reason| reason.subject() == subject && reason.evidence() != Evidence::Unspecified)
        .map(|reason| (evidence_words(reason.evidence()), reason.bits))
        .collect();
    reasons.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut seen = BTreeSet::new();
    reasons.retain(|(words, _)| seen.insert(*words));
    reasons
}

const fn evidence_words(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Phone => "同一电话",
        Evidence::IdNumber => "同一身份证号",
        Evidence::Address => "同一地址",
        Evidence::Name => "姓名相符",
        Evidence::OtherSide => "对方相同",
        Evidence::Matter => "所述相近",
        Evidence::Category => "类别相同",
        Evidence::Time => "时间相近",
        Evidence::Area => "同一社区",
        Evidence::SamePerson => "同一人",
        Evidence::SameHousehold => "同一户",
        Evidence::Officer => "人工认定",
        Evidence::NamedBySource => "来源注明相关",
        Evidence::Unspecified => "",
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use fengqiao_proto::intake::v1::{LinkReason, LinkScores};

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn a_report_says_whose_it_is_and_what_speaks_for_it() {
        let reason = |subject: LinkSubject, evidence: Evidence, bits| LinkReason {
            subject: subject.into(),
            evidence: evidence.into(),
            bits,
            ..Default::default()
        };
        let linkage = Linkage {
            cluster_id: "c".into(),
            person_id: "p".into(),
            household_id: "h".into(),
            repeat: true,
            reasons: vec![
                reason(LinkSubject::Person, Evidence::Name, 6.25),
                reason(LinkSubject::Person, Evidence::Phone, 14.5),
                reason(LinkSubject::Person, Evidence::Phone, 12.0),
                reason(LinkSubject::Case, Evidence::SamePerson, 4.0),
                reason(LinkSubject::Case, Evidence::Phone, 3.0),
            ],
            scores: Some(LinkScores { person_bits: 20.75, case_bits: 5.5, ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(repeat_words(&linkage), "  重复诉求(姓名相符、同一电话、同一人)");
        let told = belongings(&linkage).map(|(name, value)| format!("{name}  {value}"));
        assert_eq!(
            told,
            ["人  p  20.8分(同一电话 14.5、姓名相符 6.2)", "户  h", "事  c  5.5分(同一人 4.0、同一电话 3.0)"]
        );
        assert!(belongings(&Linkage::default()).iter().all(|(_, value)| value.is_empty()));
        assert_eq!(repeat_words(&Linkage::default()), "");
    }

    #[test]
    fn a_report_needs_a_file_or_a_title() {
        let parse =
            |rest: &[&str]| Cli::try_parse_from(["fengqiao", "report"].iter().chain(rest)).map(|_| ());
        assert!(parse(&["submit"]).is_err());
        assert!(parse(&["submit", "-"]).is_ok());
        assert!(parse(&["submit", "--title", "t", "--source", "hotline_12345"]).is_ok());
        assert!(parse(&["submit", "--title", "t", "--source", "telegraph"]).is_err());
        assert!(parse(&["get"]).is_err());
        assert!(parse(&["get", "--source", "grid"]).is_err());
        assert!(parse(&["get", "--source", "grid", "--ref", "1"]).is_ok());
        assert!(parse(&["list", "--from", "2026-11-24", "--repeats"]).is_ok());
    }
}
