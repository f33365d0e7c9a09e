//! The officer at the centre's desk: settles cases whose agencies have answered. People are asked again a week later,
//! and so nothing is closed on the day.

use std::sync::Arc;

use fengqiao_proto::{
    routing::v1::{Case, ResolveCaseRequest, routing_service_client::RoutingServiceClient},
    types::v1::{CaseState, Level},
};
use tonic::{Code, Status};

use super::{answers::draw_of, patience::patiently, play::Counters};
use crate::clients::Caller;

/// Of the cases whose lead agency answered, so many in a hundred are settled today.
const SETTLED: u32 = 72;
/// Of blue cases, which nobody was told of, so many are settled by a call from the desk.
const SETTLED_BY_PHONE: u32 = 40;

/// The officer.
pub(super) struct Officer {
    client: RoutingServiceClient<Caller>,
    counters: Arc<Counters>,
}

impl Officer {
    pub(super) fn new(client: RoutingServiceClient<Caller>, counters: Arc<Counters>) -> Self {
        Self { client, counters }
    }

    /// Takes a case as far as it goes today; says whether anything was done.
    pub(super) async fn act(&self, case: &Case) -> Result<bool, Status> {
        if case.state() != CaseState::Open || !is_to_be_resolved(case) {
            return Ok(false);
        }
        let ask = ResolveCaseRequest {
            case: case.case_id.clone(),
            request_id: format!("day-resolve-{}", case.case_id),
            outcome: outcome(case).to_owned(),
            ..ResolveCaseRequest::default()
        };
        let answer = patiently(|| {
            let (mut client, ask) = (self.client.clone(), ask.clone());
            async move { client.resolve_case(ask).await }
        });
        match answer.await {
            Ok(_) => {
                self.counters.resolved();
                Ok(true)
            }
            // It was settled already.
            Err(status) if status.code() == Code::FailedPrecondition => Ok(false),
            Err(status) => Err(status),
        }
    }
}

fn is_to_be_resolved(case: &Case) -> bool {
    let answered =
        case.pushes.iter().any(|push| push.agency == case.lead_agency && push.feedback_at.is_some());
    match case.level() {
        Level::Blue => draw_of(&["phone", first_ref(case)]) < SETTLED_BY_PHONE,
        _ => answered && draw_of(&["settle", first_ref(case)]) < SETTLED,
    }
}

fn outcome(case: &Case) -> &'static str {
    match case.level() {
        Level::Blue => "已电话答复并告知办理途径。",
        Level::Red => "多部门联动处置，险情解除，双方签订承诺书，落实专人跟踪。",
        _ => "经调解达成协议，双方履行完毕。",
    }
}

/// What the case is about, whatever ids it got in this run.
fn first_ref(case: &Case) -> &str {
    case.reports.first().map_or("", |report| report.source_ref.as_str())
}
