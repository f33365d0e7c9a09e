//! What is watched, and what moved further than chance explains.

use clap::{Args, Subcommand, ValueEnum};
use fengqiao_proto::statistics::v1::{
    AcknowledgeAlertRequest, Alert, AlertVerdict, Dimension, ListAlertsRequest, ListAlertsResponse,
    ListWatchRulesRequest, ListWatchRulesResponse, MuteWatchRequest, WatchMute, WatchRule, WatchedMove,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{Moment, to_proto},
    output::{Ink, Output},
    paging,
    table::Table,
};

/// What to do with what is watched.
#[derive(Debug, Subcommand)]
pub enum WatchingCommand {
    /// List the county's rules, what is muted of each, and how it is decided.
    Rules,
    /// List what was raised, the newest first, with the reasoning.
    Alerts(AlertsOptions),
    /// Say that you have looked at an alert, and whether there was something.
    Acknowledge(AcknowledgeOptions),
    /// Mute a series of a rule, or the whole rule, for a while; without --until let it speak again.
    Mute(MuteOptions),
}

/// Which alerts.
#[derive(Debug, Args)]
pub struct AlertsOptions {
    /// Only of this rule.
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    rule: String,
    /// Only those that nobody has looked at.
    #[arg(long)]
    unseen: bool,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Whether there was something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Verdict {
    /// There was something (属实).
    Real,
    /// There was nothing: a false alarm (误报).
    False,
}

/// What was found.
#[derive(Debug, Args)]
pub struct AcknowledgeOptions {
    /// The alert's id.
    alert: String,
    /// Whether there was something.
    #[arg(value_enum)]
    verdict: Verdict,
    /// In words; without personal data.
    #[arg(long)]
    note: String,
}

/// What is muted.
#[derive(Debug, Args)]
pub struct MuteOptions {
    /// The rule's id.
    rule: String,
    /// The series, as `alerts` shows it; the whole rule where not given.
    #[arg(default_value = "", hide_default_value = true)]
    series: String,
    /// Until then.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    until: Option<Moment>,
    /// Why; without personal data.
    #[arg(long)]
    reason: String,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(
    command: WatchingCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        WatchingCommand::Rules => rules(session, output).await,
        WatchingCommand::Alerts(options) => alerts(options, session, output).await,
        WatchingCommand::Acknowledge(options) => acknowledge(options, session, output).await,
        WatchingCommand::Mute(options) => mute(options, session, output).await,
    }
}

async fn rules(session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.watching(&Caller::Analyst).await?;
    let request = session.request(ListWatchRulesRequest { county: session.county() });
    let answer: ListWatchRulesResponse =
        client.list_watch_rules(request).await.map_err(CommandError::call("the rules"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    let columns = [
        "规则",
        "名称",
        "指标",
        "序列",
        "监测",
        "窗口(日)",
        "同期数",
        "概率",
        "安静(日)",
        "滞后(日)",
        "静默",
    ];
    let mut table = Table::of_words(columns);
    for rule in &answer.rules {
        let windows: Vec<String> = rule.window_days.iter().map(i32::to_string).collect();
        table.row(vec![
            rule.rule.as_str().into(),
            rule.name.as_str().into(),
            format!("{}@{}", rule.indicator, rule.definition_version).into(),
            series_of(rule).into(),
            moved(rule.r#move()).into(),
            windows.join("、").into(),
            rule.past_windows.to_string().into(),
            rule.chance.to_string().into(),
            rule.quiet_days.to_string().into(),
            rule.lag_days.to_string().into(),
            rule.mutes.len().to_string().into(),
        ]);
    }
    output.table(&table, "没有规则")?;
    let through = match answer.watched_through.as_str() {
        "" => "尚未监测".to_owned(),
        day => format!("已监测至{day}"),
    };
    output.line(&output.paint.ink(&format!("{through}。{}", answer.method), Ink::Dim))
}

fn series_of(rule: &WatchRule) -> &'static str {
    use fengqiao_proto::statistics::v1::AreaLevel;
    match (rule.by(), rule.area_level()) {
        (Dimension::Area, AreaLevel::Town) => "乡镇",
        (Dimension::Area, AreaLevel::Community) => "村(社区)",
        (Dimension::Area, _) => "网格",
        (Dimension::Agency, _) => "单位",
        (Dimension::Category, _) => "类别",
        _ => "全县",
    }
}

const fn moved(moves: WatchedMove) -> &'static str {
    match moves {
        WatchedMove::Unspecified => "",
        WatchedMove::CountRises => "件数上升",
        WatchedMove::ShareRises => "占比上升",
        WatchedMove::ShareFalls => "占比下降",
    }
}

async fn alerts(options: AlertsOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let client = session.watching(&Caller::Analyst).await?;
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (alerts, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let (county, rule, unseen) = (session.county(), options.rule.clone(), options.unseen);
        let request = session.request(ListAlertsRequest { county, rule, unseen, page_size, page_token });
        async move {
            let page =
                client.list_alerts(request).await.map_err(CommandError::call("the alerts"))?.into_inner();
            Ok((page.alerts, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return output.document(&ListAlertsResponse { alerts, next_page_token: String::new() });
    }
    if alerts.is_empty() {
        return output.line("没有预警");
    }
    for alert in &alerts {
        show(alert, output)?;
    }
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

fn show(alert: &Alert, output: &Output) -> Result<(), CommandError> {
    let seen = match alert.verdict() {
        AlertVerdict::Unspecified => "未核查".to_owned(),
        AlertVerdict::Real => format!("属实（{}：{}）", alert.acknowledged_by, alert.note),
        AlertVerdict::False => format!("误报（{}：{}）", alert.acknowledged_by, alert.note),
    };
    let name = output.paint.ink(&alert.rule_name, Ink::Bold);
    output.line(&format!(
        "{}  {name}  {}  {}  {seen}",
        output.minute(alert.raised_at.as_ref()),
        alert.series,
        alert.alert_id
    ))?;
    output.line(&format!("  {}", alert.reason))
}

async fn acknowledge(
    options: AcknowledgeOptions,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.watching(&Caller::Officer).await?;
    let verdict = match options.verdict {
        Verdict::Real => AlertVerdict::Real,
        Verdict::False => AlertVerdict::False,
    };
    let request = session.request(AcknowledgeAlertRequest {
        county: session.county(),
        alert_id: options.alert,
        verdict: verdict.into(),
        note: options.note,
    });
    let kept = client.acknowledge_alert(request).await.map_err(CommandError::call("the alert"))?.into_inner();
    if output.json { output.document(&kept) } else { show(&kept.alert.unwrap_or_default(), output) }
}

async fn mute(options: MuteOptions, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.watching(&Caller::Officer).await?;
    let until = options.until.and_then(|until| until.end(&output.zone)).map(to_proto);
    let request = session.request(MuteWatchRequest {
        county: session.county(),
        rule: options.rule,
        series: options.series,
        until,
        reason: options.reason,
    });
    let answer = client.mute_watch(request).await.map_err(CommandError::call("the rule"))?.into_inner();
    if output.json {
        return output.document(&answer);
    }
    output.table(&muted(&answer.mutes, output), "没有静默")
}

fn muted(mutes: &[WatchMute], output: &Output) -> Table {
    let mut table = Table::of_words(["序列", "至", "原因", "由"]);
    for mute in mutes {
        table.row(vec![
            if mute.series.is_empty() { "全部" } else { mute.series.as_str() }.into(),
            output.minute(mute.until.as_ref()).into(),
            mute.reason.as_str().into(),
            mute.muted_by.as_str().into(),
        ]);
    }
    table
}
