//! The gRPC face of records; like that of reports, it refuses what cannot be decoded and goes on.

use std::sync::Arc;

use fengqiao_access::Principal;
use fengqiao_proto::intake::v1::{
    ListUnmappedRequest, ListUnmappedResponse, SubmitRecordRequest, SubmitRecordsRequest,
    SubmitRecordsResponse, UnmappedValue, record_service_server::SERVICE_NAME,
    submit_records_response::Outcome,
};
use fengqiao_serving::{paging, time::to_proto};
use tonic::body::Body;

use super::{
    face::{Face, Methods, no_such_method, unary},
    many,
    sifting::Sifted,
};
use crate::{
    config::READ_TIMEOUT,
    error::{IntakeError, refusal},
    intake::{Intake, WhenFull},
    records::{AskedOfRecord, BegunRecord, Committed, Records},
    store::{self, StoreError},
};

const USUAL_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;

/// Serves `fengqiao.intake.v1.RecordService`.
pub type RecordFace = Face<Records>;

impl Methods for Records {
    const SERVICE: &'static str = SERVICE_NAME;
    const STREAM: &'static str = "SubmitRecords";

    fn intake(&self) -> &Intake {
        &self.intake
    }

    async fn answer(self: Arc<Self>, method: &str, request: http::Request<Sifted>) -> http::Response<Body> {
        match method {
            "SubmitRecord" => {
                unary(request, |who, message: SubmitRecordRequest| async move {
                    let asked = AskedOfRecord { validate_only: message.validate_only, from_file: false };
                    self.begin(&who, message.record, asked, WhenFull::Refuse).await?.committed().await
                })
                .await
            }
            Self::STREAM => many::stream(request, self, begin, answer).await,
            "ListUnmapped" => {
                unary(request, |who, message: ListUnmappedRequest| async move {
                    self.list_unmapped(&who, message).await
                })
                .await
            }
            _ => no_such_method(),
        }
    }
}

async fn begin(
    records: Arc<Records>,
    who: Arc<Principal>,
    message: SubmitRecordsRequest,
) -> (u64, Result<impl Future<Output = Committed> + Send + 'static, IntakeError>) {
    let asked = AskedOfRecord { validate_only: message.validate_only, from_file: message.from_file };
    let begun = records.begin(&who, message.record, asked, WhenFull::Wait).await;
    (message.mark, begun.map(BegunRecord::committed))
}

fn answer(mark: u64, outcome: Committed) -> SubmitRecordsResponse {
    let outcome = outcome.map_or_else(|error| Outcome::Refused(refusal(error)), Outcome::Accepted);
    SubmitRecordsResponse { mark, outcome: Some(outcome) }
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
            .map_err(|_| IntakeError::invalid("pageToken", "must be the nextPageToken of the page before"))?
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
