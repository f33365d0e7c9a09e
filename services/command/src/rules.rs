//! Level rules: what others would change, before they hold (定级规则试算), and making them hold.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fengqiao_proto::{
    routing::v1::{
        ActivateRulesRequest, DryRunRulesRequest, ListSettingsRequest, RulesDryRun, RulesVerdict, SettingKind,
    },
    types::v1::Level,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Output, level_ink},
    settings::{self, Activation},
    table::{Align, Cell, Table},
    words,
};

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Try rules on the last cases: which would change, and why. Changes nothing.
    DryRun(DryRunOptions),
    /// Make rules hold from now on, and say what they would have changed on the last cases.
    Activate(ActivateOptions),
}

/// Which rules are to hold.
#[derive(Debug, Args)]
pub struct ActivateOptions {
    /// The rules, in the form of levels.toml.
    file: PathBuf,
    /// On so many of the last cases they are tried.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    cases: i32,
    #[command(flatten)]
    how: Activation,
    /// The digest of the dry run that you looked at; another text is then refused.
    #[arg(long, value_name = "DIGEST", default_value = "", hide_default_value = true)]
    digest: String,
}

/// Which rules to try.
#[derive(Debug, Args)]
pub struct DryRunOptions {
    /// The rules, in the form of levels.toml.
    file: PathBuf,
    /// On so many of the last cases.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    cases: i32,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(command: RulesCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    match command {
        RulesCommand::DryRun(options) => dry_run(options, session, output).await,
        RulesCommand::Activate(options) => activate(options, session, output).await,
    }
}

fn read(file: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(file).map_err(|source| CommandError::File { path: file.to_owned(), source })
}

async fn dry_run(options: DryRunOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let text = read(&options.file)?;
    let mut client = session.settings(&Caller::Officer).await?;
    let county = session.county();
    let request = session.request(DryRunRulesRequest { county, text, cases: options.cases });
    let failed = CommandError::call(options.file.display().to_string());
    let answer = client.dry_run_rules(request).await.map_err(failed)?.into_inner();
    if output.json { output.document(&answer) } else { show(&answer.run.unwrap_or_default(), output) }
}

async fn activate(options: ActivateOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let ActivateOptions { file, cases, how, digest } = options;
    let text = read(&file)?;
    let mut client = session.settings(&Caller::Officer).await?;
    let what = || CommandError::call(file.display().to_string());
    let county = session.county();
    let expected_version = match how.expected {
        Some(version) => version,
        None => {
            let kind = SettingKind::Levels.into();
            let county = county.clone();
            let request = ListSettingsRequest { county, kind, page_size: 1, ..Default::default() };
            let answer = client.list_settings(session.request(request)).await.map_err(what())?.into_inner();
            answer.holding.iter().map(|setting| setting.version).max().unwrap_or_default()
        }
    };
    let request = session.request(ActivateRulesRequest {
        county,
        text,
        expected_version,
        request_id: how.request_id.or_new(),
        capacity: how.capacity,
        words: how.words,
        dry_run_digest: digest,
        cases,
    });
    let answer = client.activate_rules(request).await.map_err(what())?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    let setting = answer.setting.unwrap_or_default();
    output.line(&settings::holds_now(&setting))?;
    // Where the same request was sent before, only the version is said.
    answer.run.map_or(Ok(()), |run| show(&run, output))
}

fn show(run: &RulesDryRun, output: &Output) -> Result<(), CommandError> {
    output.line(&heading(run))?;
    let mut levels = Table::new([("现行", Align::Left), ("试算", Align::Left), ("事项数", Align::Right)]);
    for transition in &run.transitions {
        levels.row(vec![
            level(transition.before()),
            level(transition.after()),
            transition.cases.to_string().into(),
        ]);
    }
    output.table(&levels, "没有事项")?;
    for troubled in &run.troubled {
        output.line(&format!("规则{}（{}）：{}件", troubled.rule, troubled.why, troubled.cases))?;
    }
    if run.differences.is_empty() {
        return Ok(());
    }
    let mut cases = Table::of_words(["事项", "现级别", "现行规则", "试算规则", "理由", "依据"]);
    for difference in &run.differences {
        let (before, after) =
            (difference.before.clone().unwrap_or_default(), difference.after.clone().unwrap_or_default());
        cases.row(vec![
            difference.number.as_str().into(),
            level(difference.current()),
            verdict(&before).into(),
            verdict(&after).into(),
            after.text.as_str().into(),
            facts(&after).into(),
        ]);
    }
    output.line("")?;
    output.table(&cases, "")
}

fn heading(run: &RulesDryRun) -> String {
    format!(
        "{} → {}：{}件中{}件结果不同，{}件依据另一规则，{}件无法试算",
        run.rules_before, run.rules_after, run.cases, run.different, run.by_another_rule, run.left_out
    )
}

fn level(level: Level) -> Cell {
    Cell::inked(words::said(words::LEVELS, level), level_ink(level))
}

fn verdict(verdict: &RulesVerdict) -> String {
    format!("{} {}", words::said(words::LEVELS, verdict.level()), verdict.rule)
}

fn facts(verdict: &RulesVerdict) -> String {
    let mut facts: Vec<String> =
        verdict.facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
    facts.sort();
    facts.join(" ")
}
