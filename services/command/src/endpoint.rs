//! The test console of agencies' webhooks: how they are doing, a sample, what was sent and answered, a new secret.

use clap::{Args, Subcommand};
use fengqiao_proto::notification::v1::{
    ListAttemptsRequest, ListEndpointsRequest, ReceivedAnswer, ReplayAttemptRequest, RotateSecretRequest,
    SendSampleRequest, SentRequest,
};
use uuid::Uuid;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    output::{Ink, Output},
    table::{Cell, Table},
};

/// What to do with endpoints.
#[derive(Debug, Subcommand)]
pub enum EndpointCommand {
    /// List the agencies that have webhooks, and how they are doing.
    List,
    /// Post a signed sample and show request and answer (发送样例).
    Sample(AgencyOption),
    /// Show each try to deliver a push: what was sent and what was answered (投递记录).
    Attempts(PushOption),
    /// Post the request of an earlier try once more, under the same id (重放).
    Replay(ReplayOptions),
    /// Make a new secret; the old one signs too for a while (更换密钥).
    Rotate(RotateOptions),
}

/// Which agency.
#[derive(Debug, Args)]
pub struct AgencyOption {
    /// The agency's code.
    agency: String,
}

/// Which push.
#[derive(Debug, Args)]
pub struct PushOption {
    /// The push's whole id.
    push: Uuid,
}

/// Which try.
#[derive(Debug, Args)]
pub struct ReplayOptions {
    /// The push's whole id.
    push: Uuid,
    /// The number of the try, from 1.
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    number: i32,
}

/// Whose secret.
#[derive(Debug, Args)]
pub struct RotateOptions {
    /// The agency's code.
    agency: String,
    /// For how many hours the old secret signs too; 0 withdraws it at once.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i64).range(0..=720))]
    overlap_hours: i64,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(
    command: EndpointCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    match command {
        EndpointCommand::List => list(session, output).await,
        EndpointCommand::Sample(AgencyOption { agency }) => {
            let mut client = session.endpoints(&Caller::Operator).await?;
            let request = session.request(SendSampleRequest { county: session.county(), agency });
            let answer = client.send_sample(request).await.map_err(CommandError::call("the sample"))?;
            let answer = answer.into_inner();
            if output.json {
                return output.document(&answer);
            }
            exchange(&answer.request.unwrap_or_default(), &answer.answer.unwrap_or_default(), output)
        }
        EndpointCommand::Attempts(PushOption { push }) => attempts(push, session, output).await,
        EndpointCommand::Replay(ReplayOptions { push, number }) => {
            let mut client = session.endpoints(&Caller::Officer).await?;
            let push_id = push.to_string();
            let request = session.request(ReplayAttemptRequest { county: session.county(), push_id, number });
            let answer = client.replay_attempt(request).await.map_err(CommandError::call("the replay"))?;
            let answer = answer.into_inner();
            if output.json {
                return output.document(&answer);
            }
            exchange(&answer.request.unwrap_or_default(), &answer.answer.unwrap_or_default(), output)
        }
        EndpointCommand::Rotate(RotateOptions { agency, overlap_hours }) => {
            let mut client = session.endpoints(&Caller::Operator).await?;
            let overlap = prost_types::Duration { seconds: overlap_hours * 3600, nanos: 0 };
            let request = session.request(RotateSecretRequest {
                county: session.county(),
                agency,
                overlap: Some(overlap),
            });
            let answer = client.rotate_secret(request).await.map_err(CommandError::call("the new secret"))?;
            let answer = answer.into_inner();
            if output.json {
                return output.document(&answer);
            }
            output.line(&answer.secret)?;
            output.line(&format!("旧密钥同时有效至 {}", output.second(answer.before_until.as_ref())))
        }
    }
}

async fn list(session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.endpoints(&Caller::Operator).await?;
    let request = session.request(ListEndpointsRequest { county: session.county() });
    let answer = client.list_endpoints(request).await.map_err(CommandError::call("the endpoints"))?;
    let endpoints = answer.into_inner().endpoints;
    if output.json {
        return endpoints.iter().try_for_each(|endpoint| output.json_line(endpoint));
    }
    let mut table = Table::of_words(["单位", "主机", "密钥", "待送", "搁置", "投递进程", "令牌"]);
    for endpoint in endpoints {
        table.row(vec![
            endpoint.agency.into(),
            endpoint.host.into(),
            endpoint.secrets.to_string().into(),
            endpoint.waiting.to_string().into(),
            Cell::inked(endpoint.parked.to_string(), if endpoint.parked > 0 { Ink::Red } else { Ink::Plain }),
            if endpoint.owner.is_empty() { "无".to_owned() } else { endpoint.owner }.into(),
            endpoint.token.to_string().into(),
        ]);
    }
    output.table(&table, "没有接口单位")
}

async fn attempts(push: Uuid, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.endpoints(&Caller::Officer).await?;
    let push_id = push.to_string();
    let request = session.request(ListAttemptsRequest { county: session.county(), push_id });
    let answer = client.list_attempts(request).await.map_err(CommandError::call("the attempts"))?;
    let attempts = answer.into_inner().attempts;
    if output.json {
        return attempts.iter().try_for_each(|attempt| output.json_line(attempt));
    }
    for shown in attempts {
        let attempt = shown.attempt.unwrap_or_default();
        output.line(&format!(
            "第{}次  {}  {}  {} ms",
            attempt.number,
            output.second(attempt.at.as_ref()),
            attempt.channel,
            attempt.duration_ms
        ))?;
        let answer = ReceivedAnswer {
            delivered: attempt.delivered,
            http_status: attempt.http_status,
            error: attempt.error,
            duration_ms: attempt.duration_ms,
            body: shown.answer,
        };
        exchange(&shown.request.unwrap_or_default(), &answer, output)?;
    }
    Ok(())
}

fn exchange(request: &SentRequest, answer: &ReceivedAnswer, output: &Output) -> Result<(), CommandError> {
    if !request.webhook_id.is_empty() {
        output.line(&format!("  > webhook-id: {}", request.webhook_id))?;
        output.line(&format!("  > webhook-timestamp: {}", request.webhook_timestamp))?;
        output.line(&format!("  > webhook-signature: {}", request.webhook_signature))?;
        output.line(&format!("  > {}", request.body))?;
    }
    let ended = if answer.delivered { "已收到" } else { "未收到" };
    output.line(&format!("  < {} {ended} {}", answer.http_status, answer.error))?;
    if answer.body.is_empty() {
        return Ok(());
    }
    // A hostile endpoint must not steer the terminal.
    let said: String =
        String::from_utf8_lossy(&answer.body).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    output.line(&format!("  < {said}"))
}
