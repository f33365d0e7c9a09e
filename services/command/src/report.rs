//! Reports: handing in and reading.

mod changes;
mod import;
mod links;
mod reading;
mod submit;

use clap::Subcommand;
use fengqiao_proto::intake::v1::{Evidence, Linkage};

pub use self::submit::text_of;
use self::{
    changes::ChangesOptions,
    import::ImportOptions,
    links::LinksOptions,
    reading::{GetOptions, ListOptions},
    submit::SubmitOptions,
};
use crate::{cli::ConnectOptions, connection::Session, errors::CommandError, output::Output};

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

/// Whether it is a repeat call, and why; empty where not.
fn repeat_words(linkage: &Linkage) -> String {
    if !linkage.repeat {
        return String::new();
    }
    let reasons: Vec<_> = linkage
        .reasons
        .iter()
        .map(|reason| match reason.evidence() {
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
        })
        .collect();
    format!("  重复诉求({})", reasons.join("、"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::Cli;

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
