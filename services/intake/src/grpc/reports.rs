//! The gRPC face of reports.

use std::sync::Arc;

use fengqiao_proto::intake::v1::{
    GetReportRequest, ListReportsRequest, SubmitReportRequest, intake_service_server::SERVICE_NAME,
};
use tonic::{Request, Response, body::Body, server::Grpc};
use tower::service_fn;

use super::{
    decoding::{ContractCodec, Decoded},
    face::{Face, Methods, caller, no_such_method, unary},
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
                unary(request, |who, message: SubmitReportRequest| async move {
                    self.submit(&who, self.as_said(message.report, message.numbers_as_said)).await
                })
                .await
            }
            Self::STREAM => stream(request, self).await,
            "GetReport" => {
                unary(request, |who, message: GetReportRequest| async move {
                    self.get_report(&who, message).await
                })
                .await
            }
            "ListReports" => {
                unary(request, |who, message: ListReportsRequest| async move {
                    self.list_reports(&who, message).await
                })
                .await
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
