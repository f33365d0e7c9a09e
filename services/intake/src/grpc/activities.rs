//! The gRPC face of activities.

use std::sync::Arc;

use fengqiao_access::Principal;
use fengqiao_proto::intake::v1::{
    SubmitActivitiesRequest, SubmitActivitiesResponse, SubmitActivityRequest,
    activity_service_server::SERVICE_NAME, submit_activities_response::Outcome,
};
use tonic::body::Body;

use super::{
    face::{Face, Methods, no_such_method, unary},
    many,
    sifting::Sifted,
};
use crate::{
    activities::{Activities, BegunActivity, Committed},
    error::{IntakeError, refusal},
    intake::{Intake, WhenFull},
};

/// Serves `fengqiao.intake.v1.ActivityService`.
pub type ActivityFace = Face<Activities>;

impl Methods for Activities {
    const SERVICE: &'static str = SERVICE_NAME;
    const STREAM: &'static str = "SubmitActivities";

    fn intake(&self) -> &Intake {
        &self.intake
    }

    async fn answer(self: Arc<Self>, method: &str, request: http::Request<Sifted>) -> http::Response<Body> {
        match method {
            "SubmitActivity" => {
                unary(request, |who, message: SubmitActivityRequest| async move {
                    self.begin(&who, message.activity, WhenFull::Refuse).await?.committed().await
                })
                .await
            }
            Self::STREAM => many::stream(request, self, begin, answer).await,
            _ => no_such_method(),
        }
    }
}

async fn begin(
    activities: Arc<Activities>,
    who: Arc<Principal>,
    message: SubmitActivitiesRequest,
) -> (u64, Result<impl Future<Output = Committed> + Send + 'static, IntakeError>) {
    let begun = activities.begin(&who, message.activity, WhenFull::Wait).await;
    (message.mark, begun.map(BegunActivity::committed))
}

fn answer(mark: u64, outcome: Committed) -> SubmitActivitiesResponse {
    let outcome = outcome.map_or_else(|error| Outcome::Refused(refusal(error)), Outcome::Accepted);
    SubmitActivitiesResponse { mark, outcome: Some(outcome) }
}
