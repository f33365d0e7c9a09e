//! The officer at the centre's desk: settles cases whose agencies have answered, and asks people again.

use std::sync::Arc;

use fengqiao_proto::{
    routing::v1::{
        ActOnCaseRequest, Case, CloseCaseRequest, RecordRevisitAct, ResolveCaseRequest, RevisitOutcome,
        act_on_case_request::Act, routing_service_client::RoutingServiceClient,
    },
    types::v1::{CaseState, Level},
};
use tonic::{Code, Status};

use super::{answers::draw_of, patience::patiently, play::Counters};
use crate::clients::Caller;

/// Of the cases whose lead agency answered, so many in a hundred are settled today.
const SETTLED: u32 = 72;
/// Of blue cases, which nobody was told of, so many are settled by a call from the desk.
const SETTLED_BY_PHONE: u32 = 40;
/// Of the settled ones, so many are closed today.
const CLOSED: u32 = 45;

/// The post in which the stack's officer asks the agencies again: it takes a leader.
const LEADER: &str = "centre-deputy";

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
        let mut done = false;
        let mut resolved = (case.state() == CaseState::Resolved).then(|| case.clone());
        if case.state() == CaseState::Open && is_to_be_resolved(case) {
            resolved = self.resolve(case).await?;
            done = resolved.is_some();
        }
        if let Some(resolved) = resolved
            && draw_of(&["close", first_ref(case)]) < CLOSED
        {
            self.ask_again(&resolved).await?;
            done |= self.close(case).await?;
        }
        Ok(done)
    }

    /// The case after it; none where it was settled already.
    async fn resolve(&self, case: &Case) -> Result<Option<Case>, Status> {
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
            Ok(answer) => {
                self.counters.resolved();
                Ok(answer.case)
            }
            Err(status) if status.code() == Code::FailedPrecondition => Ok(None),
            Err(status) => Err(status),
        }
    }

    /// Asks the agencies and the people again, whom the practice names (双反馈). A week early: it is one day.
    async fn ask_again(&self, case: &Case) -> Result<(), Status> {
        let owed = case.docket.iter().flat_map(|docket| &docket.revisits).filter(|task| task.at.is_none());
        for task in owed {
            let act = Act::RecordRevisit(RecordRevisitAct {
                no: task.no,
                outcome: RevisitOutcome::Stable.into(),
                satisfaction: 5,
                words: "电话回访，表示满意，无新的矛盾。".to_owned(),
            });
            let ask = ActOnCaseRequest {
                case: case.case_id.clone(),
                request_id: format!("day-ask-{}-{}", task.no, case.case_id),
                capacity: LEADER.to_owned(),
                act: Some(act),
                ..ActOnCaseRequest::default()
            };
            let answer = patiently(|| {
                let (mut client, ask) = (self.client.clone(), ask.clone());
                async move { client.act_on_case(ask).await }
            });
            is_done(answer.await)?;
        }
        Ok(())
    }

    async fn close(&self, case: &Case) -> Result<bool, Status> {
        let ask = CloseCaseRequest {
            case: case.case_id.clone(),
            request_id: format!("day-close-{}", case.case_id),
            revisit: "电话回访双方，均表示满意，无新的矛盾。".to_owned(),
            ..CloseCaseRequest::default()
        };
        let answer = patiently(|| {
            let (mut client, ask) = (self.client.clone(), ask.clone());
            async move { client.close_case(ask).await }
        });
        is_done(answer.await)
    }
}

fn is_done<T>(answer: Result<T, Status>) -> Result<bool, Status> {
    match answer {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::FailedPrecondition => Ok(false),
        Err(status) => Err(status),
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
