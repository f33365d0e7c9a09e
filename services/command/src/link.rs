//! What officers decide of who came before.

use clap::{Args, Subcommand};
use fengqiao_proto::intake::v1::{
    ConfirmLinkRequest, JoinClustersRequest, LinkAct, LinkDecision, LinkSubject, ListLinkDecisionsRequest,
    SplitReportsRequest, UndoLinkDecisionRequest,
};

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::Output,
    paging,
    request_id::RequestId,
    table::Table,
    words,
};

/// What to decide.
#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Confirm that a report belongs where it stands.
    Confirm {
        /// Of what it is a part.
        #[arg(value_parser = words::parser(words::LINK_SUBJECTS), ignore_case = true)]
        subject: LinkSubject,
        /// The report's id.
        report: String,
        #[command(flatten)]
        why: Why,
    },
    /// Make one of two persons, households or disputes.
    Join {
        /// Of what kind both are.
        #[arg(value_parser = words::parser(words::LINK_SUBJECTS), ignore_case = true)]
        subject: LinkSubject,
        /// The one that stays.
        kept: String,
        /// The one that goes into it.
        absorbed: String,
        #[command(flatten)]
        why: Why,
    },
    /// Take reports out of a person, household or dispute: they are of another one.
    Split {
        /// Of what they are a part, wrongly.
        #[arg(value_parser = words::parser(words::LINK_SUBJECTS), ignore_case = true)]
        subject: LinkSubject,
        /// The reports' ids.
        #[arg(required = true)]
        reports: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Take a decision back, an officer's or the machine's.
    Undo {
        /// The decision's id.
        decision: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// List what was decided, the newest first.
    Decisions {
        /// Only about this person, household or cluster.
        #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
        cluster: String,
        /// At most so many.
        #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
}

/// Why, and what makes it repeatable.
#[derive(Debug, Args)]
pub struct Why {
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    request: RequestId,
}

/// Does what was asked.
///
/// # Errors
/// Where the call fails.
pub async fn execute(command: LinkCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.linkage(&Caller::Officer).await?;
    let county = session.county();
    let failed = CommandError::call("the decision");
    let decision = match command {
        LinkCommand::Confirm { subject, report, why } => {
            let request = session.request(ConfirmLinkRequest {
                county,
                request_id: why.request.or_new(),
                report_id: report,
                subject: subject.into(),
                reason: why.reason,
            });
            client.confirm_link(request).await.map_err(failed)?.into_inner().decision
        }
        LinkCommand::Join { subject, kept, absorbed, why } => {
            let request = session.request(JoinClustersRequest {
                county,
                request_id: why.request.or_new(),
                subject: subject.into(),
                kept_id: kept,
                absorbed_id: absorbed,
                reason: why.reason,
            });
            client.join_clusters(request).await.map_err(failed)?.into_inner().decision
        }
        LinkCommand::Split { subject, reports, why } => {
            let request = session.request(SplitReportsRequest {
                county,
                request_id: why.request.or_new(),
                subject: subject.into(),
                report_ids: reports,
                reason: why.reason,
            });
            client.split_reports(request).await.map_err(failed)?.into_inner().decision
        }
        LinkCommand::Undo { decision, reason } => {
            let request = session.request(UndoLinkDecisionRequest { county, decision_id: decision, reason });
            client.undo_link_decision(request).await.map_err(failed)?.into_inner().decision
        }
        LinkCommand::Decisions { cluster, limit } => {
            return list(&client, (cluster, limit), session, output).await;
        }
    };
    let decision = decision.unwrap_or_default();
    if output.json { output.document(&decision) } else { output.table(&table(&[decision], output), "") }
}

type Client =
    fengqiao_proto::intake::v1::linkage_service_client::LinkageServiceClient<crate::connection::Connection>;

async fn list(
    client: &Client,
    (cluster, limit): (String, u32),
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (decisions, _) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListLinkDecisionsRequest {
            county: session.county(),
            page_size,
            page_token,
            cluster_id: cluster.clone(),
        });
        async move {
            let answer = client.list_link_decisions(request).await;
            let page = answer.map_err(CommandError::call("the decisions"))?.into_inner();
            Ok((page.decisions, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return decisions.iter().try_for_each(|decision| output.json_line(decision));
    }
    output.table(&table(&decisions, output), "没有人工或自动的认定")
}

fn table(decisions: &[LinkDecision], output: &Output) -> Table {
    let mut table =
        Table::of_words(["时间", "认定", "对象", "编号", "另一编号", "诉求", "认定人", "理由", "撤销"]);
    for decision in decisions {
        let act = match decision.act() {
            LinkAct::Confirm => "确认",
            LinkAct::Join => "合并",
            LinkAct::Split => "拆分",
            LinkAct::Unspecified => "",
        };
        let undone = match &decision.undone_at {
            Some(at) => {
                format!("{} {} {}", output.minute(Some(at)), decision.undone_by, decision.undone_reason)
            }
            None => String::new(),
        };
        table.row(vec![
            output.minute(decision.decided_at.as_ref()).into(),
            act.into(),
            words::said(words::LINK_SUBJECTS, decision.subject()).into(),
            decision.cluster_id.clone().into(),
            decision.other_id.clone().into(),
            decision.report_ids.len().to_string().into(),
            decision.decided_by.clone().into(),
            decision.reason.clone().into(),
            undone.into(),
        ]);
    }
    table
}
