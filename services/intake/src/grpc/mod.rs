//! The gRPC face.
//!
//! It is not the generated server, because that ends a call (and a whole stream) with INTERNAL at a
//! message that cannot be decoded; here such a message is refused like any other wrong one.

mod activities;
mod background;
mod changes;
mod decoding;
mod linkage;
mod many;
mod queries;
mod records;
mod sifting;
mod submit_stream;
mod undecodable;

pub use linkage::LinkageFace;

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use fengqiao_access::Principal;
use fengqiao_proto::intake::v1::{
    GetReportRequest, ListReportsRequest, SubmitReportRequest, intake_service_server::SERVICE_NAME,
};
use prost::Message;
use tonic::{
    Request, Response, Status,
    body::Body,
    server::{Grpc, NamedService},
};
use tower::{Service, service_fn};

pub use self::{
    activities::ActivityFace, background::BackgroundFace, changes::ChangeFace, records::RecordFace,
};
use self::{
    decoding::{ContractCodec, Decoded},
    sifting::{Messages, Sifted},
};
pub(crate) use self::{queries::in_time, sifting::Unfinished};
use crate::{error::IntakeError, intake::Intake};

/// Serves `fengqiao.intake.v1.IntakeService`.
#[derive(Clone)]
pub struct IntakeFace {
    intake: Arc<Intake>,
}

impl IntakeFace {
    /// A face of this service.
    #[must_use]
    pub fn new(intake: Arc<Intake>) -> Self {
        Self { intake }
    }
}

impl NamedService for IntakeFace {
    const NAME: &'static str = SERVICE_NAME;
}

type Answering = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl Service<http::Request<Body>> for IntakeFace {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answering {
        let intake = Arc::clone(&self.intake);
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        Box::pin(async move {
            let messages = if method == "SubmitReports" { Messages::Many } else { Messages::One };
            let request = sifted(request, messages, &intake);
            let response = match method.as_str() {
                "SubmitReport" => {
                    unary(request, |who, message: SubmitReportRequest| async move {
                        intake.submit(&who, message.report).await
                    })
                    .await
                }
                "SubmitReports" => stream(request, intake).await,
                "GetReport" => {
                    unary(request, |who, message: GetReportRequest| async move {
                        intake.get_report(&who, message).await
                    })
                    .await
                }
                "ListReports" => {
                    unary(request, |who, message: ListReportsRequest| async move {
                        intake.list_reports(&who, message).await
                    })
                    .await
                }
                _ => Status::unimplemented("no such method").into_http(),
            };
            Ok(response)
        })
    }
}

/// The call with its messages taken out of the bytes that come.
fn sifted(request: http::Request<Body>, messages: Messages, intake: &Intake) -> http::Request<Sifted> {
    let caller = request.extensions().get::<Arc<Principal>>().cloned();
    let unfinished = intake.unfinished.clone();
    request.map(|body| Sifted::new(body, caller, messages, unfinished))
}

async fn unary<M, A, F>(
    request: http::Request<Sifted>,
    method: impl FnOnce(Arc<Principal>, M) -> F + Clone + Send,
) -> http::Response<Body>
where
    M: Message + Default + prost::Name + 'static,
    A: Message + 'static,
    F: Future<Output = Result<A, IntakeError>> + Send,
{
    let handler = service_fn(move |request: Request<Decoded<M>>| {
        let method = method.clone();
        async move {
            let who = caller(&request)?;
            match request.into_inner() {
                Ok(message) => method(who, message).await.map(Response::new).map_err(Status::from),
                Err(unread) => Err(unread.error.into()),
            }
        }
    });
    grpc(ContractCodec::<A, M>::default()).unary(handler, request).await
}

async fn stream(request: http::Request<Sifted>, intake: Arc<Intake>) -> http::Response<Body> {
    let handler = service_fn(move |request: Request<tonic::Streaming<Decoded<_>>>| {
        let intake = Arc::clone(&intake);
        async move {
            let who = caller(&request)?;
            Ok(Response::new(submit_stream::answers(intake, who, request.into_inner())))
        }
    });
    grpc(ContractCodec::default()).streaming(handler, request).await
}

fn grpc<C: tonic::codec::Codec>(codec: C) -> Grpc<C> {
    Grpc::new(codec)
}

fn caller<T>(request: &Request<T>) -> Result<Arc<Principal>, Status> {
    request.extensions().get::<Arc<Principal>>().cloned().ok_or_else(|| IntakeError::NoPrincipal.into())
}
