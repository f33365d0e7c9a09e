//! The gRPC face of activities.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use fengqiao_proto::intake::v1::{
    SubmitActivitiesRequest, SubmitActivitiesResponse, SubmitActivityRequest,
    activity_service_server::SERVICE_NAME, submit_activities_response::Outcome,
};
use futures::StreamExt as _;
use tonic::{Request, Response, Status, body::Body, server::NamedService};
use tower::{Service, service_fn};

use super::{
    Answering, caller,
    decoding::{ContractCodec, Decoded},
    grpc, many, sifted,
    sifting::{Messages, Sifted},
    unary,
};
use crate::{activities::Activities, error::refusal};

/// Serves `fengqiao.intake.v1.ActivityService`.
#[derive(Clone)]
pub struct ActivityFace {
    activities: Arc<Activities>,
}

impl ActivityFace {
    /// A face of this service.
    #[must_use]
    pub const fn new(activities: Arc<Activities>) -> Self {
        Self { activities }
    }
}

impl NamedService for ActivityFace {
    const NAME: &'static str = SERVICE_NAME;
}

impl Service<http::Request<Body>> for ActivityFace {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answering {
        let activities = Arc::clone(&self.activities);
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        Box::pin(async move {
            let messages = if method == "SubmitActivities" { Messages::Many } else { Messages::One };
            let request = sifted(request, messages, &activities.intake);
            let response = match method.as_str() {
                "SubmitActivity" => {
                    unary(request, |who, message: SubmitActivityRequest| async move {
                        activities.begin(&who, message.activity, false).await?.committed().await
                    })
                    .await
                }
                "SubmitActivities" => stream(request, activities).await,
                _ => Status::unimplemented("no such method").into_http(),
            };
            Ok(response)
        })
    }
}

async fn stream(request: http::Request<Sifted>, activities: Arc<Activities>) -> http::Response<Body> {
    let handler = service_fn(move |request: Request<tonic::Streaming<Decoded<SubmitActivitiesRequest>>>| {
        let activities = Arc::clone(&activities);
        async move {
            let who = caller(&request)?;
            let (window, stop) = (activities.intake.stream_window, activities.intake.stop.clone());
            let county = who.county.clone();
            let begin = move |message: SubmitActivitiesRequest| {
                let (activities, who) = (Arc::clone(&activities), Arc::clone(&who));
                async move {
                    let begun = activities.begin(&who, message.activity, true).await;
                    (message.mark, begun.map(|begun| begun.committed()))
                }
            };
            let answers =
                many::answers(request.into_inner(), window, county, stop, begin, |mark, outcome| {
                    let outcome =
                        outcome.map_or_else(|error| Outcome::Refused(refusal(error)), Outcome::Accepted);
                    SubmitActivitiesResponse { mark, outcome: Some(outcome) }
                });
            Ok::<_, Status>(Response::new(answers.boxed()))
        }
    });
    grpc(ContractCodec::default()).streaming(handler, request).await
}
