//! The gRPC face of records; like that of reports, it refuses what cannot be decoded and goes on.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use fengqiao_access::Principal;
use fengqiao_proto::intake::v1::{
    ListUnmappedRequest, ListUnmappedResponse, SubmitRecordRequest, SubmitRecordsRequest,
    SubmitRecordsResponse, UnmappedValue, record_service_server::SERVICE_NAME,
    submit_records_response::Outcome,
};
use fengqiao_serving::{paging, time::to_proto};
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
use crate::{
    config::READ_TIMEOUT,
    domain::validation::Violation,
    error::{IntakeError, refusal},
    records::Records,
    store::{self, StoreError},
};

const USUAL_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;

/// Serves `fengqiao.intake.v1.RecordService`.
#[derive(Clone)]
pub struct RecordFace {
    records: Arc<Records>,
}

impl RecordFace {
    /// A face of this service.
    #[must_use]
    pub const fn new(records: Arc<Records>) -> Self {
        Self { records }
    }
}

impl NamedService for RecordFace {
    const NAME: &'static str = SERVICE_NAME;
}

impl Service<http::Request<Body>> for RecordFace {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answering {
        let records = Arc::clone(&self.records);
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        Box::pin(async move {
            let messages = if method == "SubmitRecords" { Messages::Many } else { Messages::One };
            let request = sifted(request, messages, &records.intake);
            let response = match method.as_str() {
                "SubmitRecord" => {
                    unary(request, |who, message: SubmitRecordRequest| async move {
                        let begun = records.begin(&who, message.record, message.validate_only, false).await?;
                        begun.committed().await
                    })
                    .await
                }
                "SubmitRecords" => stream(request, records).await,
                "ListUnmapped" => {
                    unary(request, |who, message: ListUnmappedRequest| async move {
                        records.list_unmapped(&who, message).await
                    })
                    .await
                }
                _ => Status::unimplemented("no such method").into_http(),
            };
            Ok(response)
        })
    }
}

async fn stream(request: http::Request<Sifted>, records: Arc<Records>) -> http::Response<Body> {
    let handler = service_fn(move |request: Request<tonic::Streaming<Decoded<SubmitRecordsRequest>>>| {
        let records = Arc::clone(&records);
        async move {
            let who = caller(&request)?;
            let (window, stop) = (records.intake.stream_window, records.intake.stop.clone());
            let county = who.county.clone();
            let begin = move |message: SubmitRecordsRequest| {
                let (records, who) = (Arc::clone(&records), Arc::clone(&who));
                async move {
                    let begun = records.begin(&who, message.record, message.validate_only, true).await;
                    (message.mark, begun.map(|begun| begun.committed()))
                }
            };
            let answers =
                many::answers(request.into_inner(), window, county, stop, begin, |mark, outcome| {
                    let outcome =
                        outcome.map_or_else(|error| Outcome::Refused(refusal(error)), Outcome::Accepted);
                    SubmitRecordsResponse { mark, outcome: Some(outcome) }
                });
            Ok::<_, Status>(Response::new(answers.boxed()))
        }
    });
    grpc(ContractCodec::default()).streaming(handler, request).await
}

impl Records {
    async fn list_unmapped(
        &self,
        who: &Principal,
        asked: ListUnmappedRequest,
    ) -> Result<ListUnmappedResponse, IntakeError> {
        let county = who.county_of(&asked.county).map_err(|_| IntakeError::NoSuchCounty)?;
        self.intake.reception.county(county)?;
        let limit = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let after = paging::read(&asked.page_token)
            .map_err(|_| {
                let right = "must be the nextPageToken of the page before";
                IntakeError::Invalid(vec![Violation::new("pageToken", right)])
            })?
            .unwrap_or_default();
        let reading =
            store::list_unmapped(&self.intake.pool, county, &asked.mapping, &after, limit as usize + 1);
        let mut counts = tokio::time::timeout(READ_TIMEOUT, reading)
            .await
            .unwrap_or(Err(StoreError::TooSlow { operation: "list what mappings do not know" }))?;
        let more = paging::cut(&mut counts, limit, |_| 0);
        let next_page_token = match counts.last() {
            Some(last) if more => paging::write(&(&last.mapping, &last.field, &last.value)),
            _ => String::new(),
        };
        let values = counts
            .into_iter()
            .map(|count| UnmappedValue {
                mapping: count.mapping,
                field: count.field,
                value: count.value,
                count: count.count,
                first_seen: Some(to_proto(count.first_seen)),
                last_seen: Some(to_proto(count.last_seen)),
            })
            .collect();
        Ok(ListUnmappedResponse { values, next_page_token })
    }
}
