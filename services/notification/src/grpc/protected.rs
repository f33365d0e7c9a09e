//! Protected cases over gRPC: an officer who reads what was pushed of one says why; lists tell nobody of its people.

use std::collections::HashSet;

use fengqiao_access::{Principal, principal};
use fengqiao_proto::{
    notification::v1::{
        ListReadingsRequest, ListReadingsResponse, ReadPart, Reading as ReadingMessage,
        reading_service_server::ReadingService,
    },
    types::v1::Role,
};
use fengqiao_serving::{
    paging,
    time::{now, to_proto},
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{NotificationFace, checks::Checks, status};
use crate::{
    delivery::Delivery,
    domain::reading::{Reader, has_room},
    error::NotificationError,
    readings::{Reads, keep},
    store::{Reading, ReadingPlace},
};

const USUAL_PAGE: u16 = 100;
const LARGEST_PAGE: u16 = 1_000;

/// Keeps that someone reads a push or what belongs to it, where its case is protected. Where this fails nothing may be
/// shown. An agency comes here by its system, which is asked nothing; where it says why somebody looks, that is kept too.
pub(super) async fn keep_reading(
    delivery: &Delivery,
    who: &Principal,
    (county, push_id): (&str, Uuid),
    part: ReadPart,
    purpose: &str,
) -> Result<(), NotificationError> {
    has_room(purpose).map_err(|wrong| NotificationError::wrong("purpose", wrong))?;
    if who.role == Role::Agency && purpose.trim().is_empty() {
        return Ok(());
    }
    let capacity = who.capacity();
    let agency = who.agency.as_deref().unwrap_or_default();
    let reader = Reader { actor: &who.name, capacity: &capacity, agency };
    keep(delivery, Reads { county, push_id, part, reader, purpose }, now()).await.map(drop)
}

/// Those of these pushes of which a list tells the caller nothing: an agency fetches its own by lists, whoever else has a
/// list is asked for no purpose.
pub(super) async fn hidden_in_lists(
    delivery: &Delivery,
    who: &Principal,
    county: &str,
    pushes: &[Uuid],
) -> Result<HashSet<Uuid>, NotificationError> {
    if who.role == Role::Agency {
        return Ok(HashSet::new());
    }
    Ok(delivery.store.protected_of(county, pushes).await?.into_keys().collect())
}

#[tonic::async_trait]
impl ReadingService for NotificationFace {
    async fn list_readings(
        &self,
        request: Request<ListReadingsRequest>,
    ) -> Result<Response<ListReadingsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let county = who.county_of(&asked.county)?;
        let found = async {
            let mut checks = Checks::default();
            let case = asked.case.trim();
            checks.hold(!case.is_empty(), "case", "must be a case's id or its number");
            let after = paging::read::<ReadingPlace>(&asked.page_token);
            checks.hold(after.is_ok(), "pageToken", "must be the next_page_token of the page before");
            checks.done()?;
            let store = &self.delivery.store;
            let case_id = match Uuid::parse_str(case) {
                Ok(case_id) => case_id,
                Err(_) => store.case_of_number(county, case).await?,
            };
            let after = after.ok().flatten().unwrap_or_else(ReadingPlace::start);
            let size = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
            let mut page = store.readings(county, case_id, &after, size + 1).await?;
            let more = paging::cut(&mut page, size, |reading| reading.purpose.len());
            let next = page.last().filter(|_| more).map(|last| paging::write(&ReadingPlace::at(last)));
            let readings = page.into_iter().map(message).collect();
            Ok(ListReadingsResponse { readings, next_page_token: next.unwrap_or_default() })
        };
        found.await.map(Response::new).map_err(status::of("listing readings"))
    }
}

fn message(reading: Reading) -> ReadingMessage {
    ReadingMessage {
        at: Some(to_proto(reading.at)),
        actor: reading.actor,
        capacity: reading.capacity,
        agency: reading.agency,
        push_id: reading.push_id.to_string(),
        part: reading.part.into(),
        purpose: reading.purpose,
    }
}
