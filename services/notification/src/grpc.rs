//! The gRPC face: checks requests and callers, hands on to store and delivery, and turns faults into
//! statuses in one place.

mod answering;
mod attachments;
mod checks;
mod console;
mod forms;
mod operating;
mod paper;
mod people;
mod protected;
mod reading;
mod status;
mod taking;

use std::{pin::Pin, sync::Arc};

use fengqiao_proto::notification::v1::{
    FeedbackPushRequest, FeedbackPushResponse, GetPushRequest, GetPushResponse, ListParkedPushesRequest,
    ListParkedPushesResponse, ListPushesRequest, ListPushesResponse, ResendPushesRequest,
    ResendPushesResponse, ReturnPushRequest, ReturnPushResponse, SignPushRequest, SignPushResponse,
    TakePushesRequest, TakePushesResponse, notification_service_server::NotificationService,
};
use futures::Stream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Request, Response, Status, Streaming};

pub use self::{
    attachments::UPLOAD, console::EndpointFace, forms::FormFace, paper::PaperFace, people::PeopleFace,
};
use crate::{answering::Answering, delivery::Delivery};

/// The service of the contract.
#[derive(Clone)]
pub struct NotificationFace {
    delivery: Arc<Delivery>,
    answering: Answering,
    /// The open streams; they end with the process.
    streams: TaskTracker,
    stop: CancellationToken,
}

impl NotificationFace {
    /// A face on these stores and channels.
    #[must_use]
    pub const fn new(
        delivery: Arc<Delivery>,
        answering: Answering,
        streams: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        Self { delivery, answering, streams, stop }
    }
}

#[tonic::async_trait]
impl NotificationService for NotificationFace {
    type TakePushesStream = Pin<Box<dyn Stream<Item = Result<TakePushesResponse, Status>> + Send>>;

    async fn take_pushes(
        &self,
        request: Request<Streaming<TakePushesRequest>>,
    ) -> Result<Response<Self::TakePushesStream>, Status> {
        taking::take_pushes(self, request).map(Response::new)
    }

    async fn get_push(&self, request: Request<GetPushRequest>) -> Result<Response<GetPushResponse>, Status> {
        reading::get_push(&self.delivery, &request).await.map(Response::new)
    }

    async fn list_pushes(
        &self,
        request: Request<ListPushesRequest>,
    ) -> Result<Response<ListPushesResponse>, Status> {
        reading::list_pushes(&self.delivery, &request).await.map(Response::new)
    }

    async fn sign_push(
        &self,
        request: Request<SignPushRequest>,
    ) -> Result<Response<SignPushResponse>, Status> {
        answering::sign_push(self, &request).await.map(Response::new)
    }

    async fn return_push(
        &self,
        request: Request<ReturnPushRequest>,
    ) -> Result<Response<ReturnPushResponse>, Status> {
        answering::return_push(self, &request).await.map(Response::new)
    }

    async fn feedback_push(
        &self,
        request: Request<FeedbackPushRequest>,
    ) -> Result<Response<FeedbackPushResponse>, Status> {
        answering::feedback_push(self, &request).await.map(Response::new)
    }

    async fn list_parked_pushes(
        &self,
        request: Request<ListParkedPushesRequest>,
    ) -> Result<Response<ListParkedPushesResponse>, Status> {
        operating::list_parked_pushes(&self.delivery, &request).await.map(Response::new)
    }

    async fn resend_pushes(
        &self,
        request: Request<ResendPushesRequest>,
    ) -> Result<Response<ResendPushesResponse>, Status> {
        operating::resend_pushes(&self.delivery, &request).await.map(Response::new)
    }
}
