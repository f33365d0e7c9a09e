//! The arguments that all subcommands share, and which subcommands there are.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::{
    account::AccountOptions, activity::ActivityCommand, agencies::AgenciesOptions, alert::AlertCommand,
    attachment::AttachmentCommand, audit::AuditCommand, background::BackgroundOptions,
    bulletin::BulletinCommand, call::CallCommand, case::CaseCommand, duty::DutyCommand,
    endpoint::EndpointCommand, export::ExportCommand, figures::StatsOptions, form::FormCommand,
    keys::KeysCommand, link::LinkCommand, mediators::MediatorsOptions, meeting::MeetingCommand,
    merge_suggestion::MergeSuggestionCommand, people::PeopleCommand, push::PushCommand,
    record::RecordCommand, report::ReportCommand, reward::RewardCommand, roster::RosterOptions,
    rules::RulesCommand, settings::SettingsCommand, watch::WatchOptions, weights::WeightsCommand,
    work::WorkOptions,
};

/// A county's cases, reports, pushes and figures (枫桥: 县级综治中心).
///
/// Talks to the local stack that deploy/run has started, found by itself from the current folder
/// upwards; another by --profile or --endpoint.
#[derive(Debug, Parser)]
#[command(name = "fengqiao", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// To whom to talk, as whom.
    #[command(flatten)]
    pub connect: ConnectOptions,
    /// How to show the answer.
    #[command(flatten)]
    pub show: ShowOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subjects.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hand in and read reports (诉求、警情).
    #[command(subcommand)]
    Report(ReportCommand),
    /// Decide who came before: confirm, join, split, take back (人、户、事的认定).
    #[command(subcommand)]
    Link(LinkCommand),
    /// How much each evidence weighs when it is decided who came before (权重): what is in force, and what the county's
    /// own reports teach.
    #[command(subcommand)]
    Weights(WeightsCommand),
    /// Who was here before: petitioned, called the police, asked for help (上过访、报过警、求过助).
    Background(BackgroundOptions),
    /// Hand in what people did that is no report: visits, sweeps, zero reports, patrols (工作记录).
    #[command(subcommand)]
    Activity(ActivityCommand),
    /// Hand in records in their sources' own forms, and see what mappings do not know (对照表).
    #[command(subcommand)]
    Record(RecordCommand),
    /// Read and steer cases (矛盾纠纷).
    #[command(subcommand)]
    Case(CaseCommand),
    /// Open cases that are of one dispute (并案研判): list them, or say that two are not.
    #[command(subcommand)]
    MergeSuggestion(MergeSuggestionCommand),
    /// Alerts by tier (分级预警): list, acknowledge; start an exercise (演练).
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Answer one-key calls (一键呼叫): accept, arrive.
    #[command(subcommand)]
    Call(CallCommand),
    /// What an agency owes (待办), the late first: to sign, due today, late, returned, revisits.
    Work(WorkOptions),
    /// An agency's pushes (推送): sign, return, answer; parked ones.
    #[command(subcommand)]
    Push(PushCommand),
    /// Forms (文书): issue, read, list, print, check them.
    #[command(subcommand)]
    Form(FormCommand),
    /// Files that agencies hand in with what they say of a push (附件).
    #[command(subcommand)]
    Attachment(AttachmentCommand),
    /// Who may sign in to the agency desk or, with --board, to the county board: add, reset, lock, list (工作台、态势屏账号).
    Account(AccountOptions),
    /// What people were told by SMS, voice or WeChat (告知), and the code of the residents' page (查询码).
    #[command(subcommand)]
    People(PeopleCommand),
    /// Agencies' webhooks (接口): how they are doing, a sample, what was sent and answered, a new secret.
    #[command(subcommand)]
    Endpoint(EndpointCommand),
    /// Change what holds in a county while the services run: directory, level rules, practice, calendar (配置).
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Try level rules before they hold, and make them hold (定级规则).
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Duties besides cases (摸排、零报告、走访、整改).
    #[command(subcommand)]
    Duty(DutyCommand),
    /// Rewards for who told or did something (一事一案一补): ask, decide, list.
    #[command(subcommand)]
    Reward(RewardCommand),
    /// Meetings (周会商、居民会议): the agenda, and what was decided.
    #[command(subcommand)]
    Meeting(MeetingCommand),
    /// Prove that histories are what was written; who read protected cases (查验、存证).
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The keys that personal data is sealed with: rotate, list, retire (密钥).
    #[command(subcommand)]
    Keys(KeysCommand),
    /// List the county's agencies (单位).
    Agencies(AgenciesOptions),
    /// Who sits where in a week, and which half days are missing (派驻、值班).
    Roster(RosterOptions),
    /// Who can mediate, by skill, the nearest to an area first (调解组织、调解志愿者).
    Mediators(MediatorsOptions),
    /// Count: indicators by area, agency, source, level, category and time (指标).
    #[command(visible_alias = "statistics")]
    Stats(Box<StatsOptions>),
    /// Bulletins of figures (日报、周报、月报、季报、专报): list, read, download, make now.
    #[command(subcommand)]
    Bulletin(BulletinCommand),
    /// Write tables of facts into files: CSV, Excel, Parquet (导出).
    #[command(subcommand)]
    Export(ExportCommand),
    /// Follow one case's history as it grows, until Ctrl-C.
    Watch(WatchOptions),
    /// Print a completion script, for instance: fengqiao completions bash
    Completions {
        /// For which shell.
        shell: Shell,
    },
}

/// To whom to talk, as whom.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectOptions {
    /// The stack's description, stack.json; found by itself where not given.
    #[arg(long, global = true, value_name = "FILE", env = "FENGQIAO_STACK")]
    pub profile: Option<PathBuf>,
    /// The URL of all services, or of one as intake=URL; may be repeated.
    #[arg(long = "endpoint", global = true, value_name = "[SERVICE=]URL", value_parser = endpoint)]
    pub endpoints: Vec<(Option<String>, String)>,
    /// The certificate (PEM) of the authority that the services' certificates come from.
    #[arg(long, global = true, value_name = "FILE", env = "FENGQIAO_CA")]
    pub ca: Option<PathBuf>,
    /// A file with the bearer token to call with.
    #[arg(long, global = true, value_name = "FILE", env = "FENGQIAO_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// A client certificate (PEM) to call with.
    #[arg(long, global = true, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The key (PEM) of --cert.
    #[arg(long, global = true, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Call as this one of the stack's tokens: officer, operator, analyst, a source, or an agency's code.
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub caller: Option<String>,
    /// The county's 6-digit code; the caller's own where not given.
    #[arg(long, global = true, value_name = "CODE", default_value = "", hide_default_value = true)]
    pub county: String,
    /// Longest wait for an answer, in seconds.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub timeout: Duration,
}

/// How to show the answer.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct ShowOptions {
    /// Print JSON: one document, or a line for each item of a list.
    #[arg(long, global = true)]
    pub json: bool,
    /// Whether to use colours; NO_COLOR is respected.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorWhen,
    /// The IANA time zone in which times are read and shown.
    #[arg(long, global = true, value_name = "ZONE", default_value = "Asia/Shanghai")]
    pub time_zone: String,
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn endpoint(text: &str) -> Result<(Option<String>, String), String> {
    const SERVICES: [&str; 4] = ["intake", "routing", "notification", "statistics"];
    let (service, url) = match text.split_once('=') {
        Some((service, url)) if !service.contains("://") => (Some(service), url),
        _ => (None, text),
    };
    if let Some(service) = service
        && !SERVICES.contains(&service)
    {
        return Err(format!("{service} is none of {}", SERVICES.join(", ")));
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err("a URL begins with https://".to_owned());
    }
    Ok((service.map(str::to_owned), url.to_owned()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| (0.1..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "between 0.1 and 3600".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_is_without_its_help() {
        fn look(command: &clap::Command, path: &str) {
            for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
                let path = format!("{path} {}", one.get_name());
                assert!(one.get_about().is_some(), "{path}");
                for argument in one.get_arguments().filter(|argument| !argument.is_hide_set()) {
                    assert!(argument.get_help().is_some(), "{path} {}", argument.get_id());
                }
                look(one, &path);
            }
        }
        look(&Cli::command(), "fengqiao");
    }

    #[test]
    fn shared_options_may_follow_the_subcommand() {
        let cli = Cli::try_parse_from([
            "fengqiao",
            "case",
            "show",
            "20261124-0017",
            "--json",
            "--endpoint",
            "routing=https://a:1",
            "--endpoint",
            "https://b:2",
            "--timeout",
            "2.5",
        ])
        .unwrap();
        assert!(cli.show.json);
        assert_eq!(cli.connect.timeout, Duration::from_millis(2500));
        assert_eq!(cli.connect.endpoints[0], (Some("routing".into()), "https://a:1".into()));
        assert_eq!(cli.connect.endpoints[1], (None, "https://b:2".into()));
    }

    #[test]
    fn wrong_endpoints_are_refused_with_what_is_right() {
        assert!(endpoint("billing=https://a:1").unwrap_err().contains("notification"));
        assert!(endpoint("localhost:1").unwrap_err().contains("https://"));
        assert_eq!(endpoint("https://a:1/?x=y").unwrap().0, None);
    }

    #[test]
    fn completions_know_the_subcommands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "fengqiao", &mut script);
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("feedback") && script.contains("relevel"), "{shell}");
        }
    }
}
