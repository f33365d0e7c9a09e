//! The gRPC face of reports.

use std::sync::Arc;

use fengqiao_proto::intake::v1::{
    GetReportRequest, ListReportsRequest, SubmitReportRequest, intake_service_server::SERVICE_NAME,
};
use tonic::{Request, Response, body::Body, server::Grpc};
use tower::service_fn;

use super::{
    decoding::{ContractCodec, Decoded},
    face::{Face, Methods, caller, no_such_method, unary, unary_of_large},
    sifting::Sifted,
    submit_stream,
};
use crate::intake::Intake;

/// Serves `fengqiao.intake.v1.IntakeService`.
pub type IntakeFace = Face<Intake>;

impl Methods for Intake {
    const SERVICE: &'static str = SERVICE_NAME;
    const STREAM: &'static str = "SubmitReports";

    fn intake(&self) -> &Intake {
        self
    }

    async fn answer(self: Arc<Self>, method: &str, request: http::Request<Sifted>) -> http::Response<Body> {
        match method {
            "SubmitReport" => {
                unary_of_large(request, |who, message: Box<SubmitReportRequest>| {
                    // Here and not in what waits, so that nothing of the message is held or moved with it.
                    let report = self.as_said(message.report, message.numbers_as_said);
                    let received = self.receive_typed(&who, report);
                    async move {
                        let (received, counting) = received?;
                        self.commit(&who, received, counting).await
                    }
                })
                .await
            }
            // What is called a thousand times less is not to make the future of each call as large as its own.
            Self::STREAM => Box::pin(stream(request, self)).await,
            "GetReport" => {
                let get = unary(request, |who, message: GetReportRequest| async move {
                    self.get_report(&who, message).await
                });
                Box::pin(get).await
            }
            "ListReports" => {
                let list = unary(request, |who, message: ListReportsRequest| async move {
                    self.list_reports(&who, message).await
                });
                Box::pin(list).await
            }
            _ => no_such_method(),
        }
    }
}

async fn stream(request: http::Request<Sifted>, intake: Arc<Intake>) -> http::Response<Body> {
    let handler = service_fn(move |request: Request<tonic::Streaming<Decoded<_>>>| {
        let intake = Arc::clone(&intake);
        async move {
            let who = caller(&request)?;
            Ok(Response::new(submit_stream::answers(intake, who, request.into_inner())))
        }
    });
    Grpc::new(ContractCodec::default()).streaming(handler, request).await
}
