//! Alerts by tier: who has seen them, and exercises.

use clap::{Args, Subcommand};
use fengqiao_proto::{
    routing::v1::{
        AcknowledgeAlertRequest, AlertStatus, CaseAlert, GetAlertRequest, ListAlertsRequest,
        StartDrillRequest,
    },
    types::v1::Level,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Output, level_ink},
    paging,
    request_id::RequestId,
    table::{Cell, Table},
    words::{self, Word},
};

const STATUSES: &[Word<AlertStatus>] = &[
    Word(AlertStatus::Actual, "ACTUAL", "实际"),
    Word(AlertStatus::Exercise, "EXERCISE", "演练"),
    Word(AlertStatus::Cancelled, "CANCELLED", "已解除"),
    Word(AlertStatus::Test, "TEST", "测试"),
];

/// What to do with alerts.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// List alerts, the newest first.
    List(ListOptions),
    /// Show one alert.
    Show(ShowOptions),
    /// Acknowledge a case's open alerts to an agency (预警确认).
    Acknowledge(AcknowledgeOptions),
    /// Start an exercise without any report (演练); `case reject NUMBER` ends it.
    Drill(DrillOptions),
}

/// Which alerts to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// As this agency, only its own; else all, as the centre.
    #[arg(long, default_value = "", hide_default_value = true)]
    agency: String,
    /// Only those that nobody has acknowledged yet.
    #[arg(long)]
    open: bool,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// Which alert.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// The case, by number or id.
    case: String,
    /// The alert's number in the case.
    no: i32,
}

/// Whose alerts.
#[derive(Debug, Args)]
pub struct AcknowledgeOptions {
    /// The case, by number or id.
    case: String,
    /// As this agency; else as the centre's desk.
    #[arg(long, default_value = "", hide_default_value = true)]
    agency: String,
    /// The post in whose capacity you act.
    #[arg(long, default_value = "", hide_default_value = true)]
    capacity: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// What is exercised.
#[derive(Debug, Args)]
pub struct DrillOptions {
    /// The level.
    #[arg(value_parser = words::parser(words::LEVELS), ignore_case = true)]
    level: Level,
    /// Where: an area's code.
    area: String,
    /// What for, without personal data.
    #[arg(long)]
    reason: String,
    /// The canonical category; `other` where not given.
    #[arg(long, default_value = "", hide_default_value = true)]
    category: String,
    /// A technical test: it only has to arrive.
    #[arg(long)]
    test: bool,
    /// The post in whose capacity you act.
    #[arg(long, default_value = "", hide_default_value = true)]
    capacity: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(command: AlertCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let county = session.county();
    match command {
        AlertCommand::List(ListOptions { agency, open, limit }) => {
            let client = session.alerts(&caller(&agency)).await?;
            let (alerts, more) = paging::collect(limit as usize, |page_size, page_token| {
                let mut client = client.clone();
                let (county, agency) = (county.clone(), agency.clone());
                let asked = ListAlertsRequest { county, page_size, page_token, agency, open };
                let request = session.request(asked);
                async move {
                    let answer = client.list_alerts(request).await;
                    let page = answer.map_err(CommandError::call("the alerts"))?.into_inner();
                    Ok((page.alerts, page.next_page_token))
                }
            })
            .await?;
            list(&alerts, output)?;
            if more && !output.json { output.line("… 还有更多: --limit") } else { Ok(()) }
        }
        AlertCommand::Show(ShowOptions { case, no }) => {
            let mut client = session.alerts(&Caller::Officer).await?;
            let answer = client.get_alert(session.request(GetAlertRequest { county, case, no })).await;
            let alert = answer.map_err(CommandError::call("the alert"))?.into_inner().alert;
            list(&alert.into_iter().collect::<Vec<_>>(), output)
        }
        AlertCommand::Acknowledge(AcknowledgeOptions { case, agency, capacity, request_id }) => {
            let mut client = session.alerts(&caller(&agency)).await?;
            let request_id = request_id.or_new();
            let asked = AcknowledgeAlertRequest { county, case, request_id, agency, capacity };
            let answer = client.acknowledge_alert(session.request(asked)).await;
            list(&answer.map_err(CommandError::call("the alert"))?.into_inner().alerts, output)
        }
        AlertCommand::Drill(options) => {
            let mut client = session.alerts(&Caller::Officer).await?;
            let asked = StartDrillRequest {
                county,
                request_id: options.request_id.or_new(),
                level: options.level.into(),
                area_code: options.area,
                category: options.category,
                reason: options.reason,
                test: options.test,
                capacity: options.capacity,
            };
            let answer = client.start_drill(session.request(asked)).await;
            let started = answer.map_err(CommandError::call("the exercise"))?.into_inner();
            if output.json {
                return output.document(&started);
            }
            output.line(&format!("演练事项 {}", started.case_number))?;
            list(&started.alerts, output)
        }
    }
}

fn caller(agency: &str) -> Caller {
    if agency.is_empty() { Caller::Officer } else { Caller::Agency(agency.to_owned()) }
}

fn list(alerts: &[CaseAlert], output: &Output) -> Result<(), CommandError> {
    if output.json {
        return alerts.iter().try_for_each(|one| output.json_line(one));
    }
    let mut table =
        Table::of_words(["编号", "序", "层级", "单位", "等级", "性质", "时间", "确认", "确认人", "地点"]);
    for one in alerts {
        let alert = one.alert.clone().unwrap_or_default();
        table.row(vec![
            one.case_number.as_str().into(),
            alert.no.to_string().into(),
            alert.tier.as_str().into(),
            alert.agency.as_str().into(),
            Cell::inked(words::said(words::LEVELS, alert.level()), level_ink(alert.level())),
            words::said(STATUSES, alert.status()).into(),
            output.minute(alert.at.as_ref()).into(),
            output.minute(alert.acknowledged_at.as_ref()).into(),
            alert.acknowledged_by.as_str().into(),
            one.area_name.as_str().into(),
        ]);
    }
    output.table(&table, "没有预警")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_of_the_contract_is_without_a_word() {
        assert_eq!((1..100).filter(|n| AlertStatus::try_from(*n).is_ok()).count(), STATUSES.len());
    }
}
