//! Reading pushes. An agency sees its own; the centre all; an operator no matter.

use fengqiao_access::{Principal, principal};
use fengqiao_proto::{
    notification::v1::{
        GetPushRequest, GetPushResponse, ListPushesOrder, ListPushesRequest, ListPushesResponse,
        Push as PushMessage, ReadPart, ReceiptState,
    },
    types::v1::{Matter, Role},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::paging;
use tonic::{Request, Status};
use uuid::Uuid;

use super::{
    checks::Checks,
    protected::{hidden_in_lists, keep_reading},
    status,
};
use crate::{
    delivery::Delivery,
    domain::push::Push,
    error::NotificationError,
    store::{ArrivedPlace, Place, Which},
    wire,
};

pub(super) const USUAL_PAGE: u16 = 50;
pub(super) const LARGEST_PAGE: u16 = 500;

pub(super) async fn get_push(
    delivery: &Delivery,
    request: &Request<GetPushRequest>,
) -> Result<GetPushResponse, Status> {
    const OPERATION: &str = "reading the push";
    let who = principal(request)?;
    let asked = request.get_ref();
    let county = who.county_of(&asked.county)?;
    let found = async {
        let mut checks = Checks::default();
        let push_id = checks.uuid(&asked.push_id, "pushId");
        checks.done()?;
        let push = delivery.store.push(county, push_id).await?;
        if who.role == Role::Agency && who.agency.as_deref() != Some(push.agency.as_str()) {
            return Err(NotificationError::NoSuchPush);
        }
        if who.role != Role::Operator {
            keep_reading(delivery, who, (county, push_id), ReadPart::Push, &asked.purpose).await?;
        }
        let attempts = match who.role {
            Role::Agency => Vec::new(),
            _ => delivery.store.attempts(county, push_id).await?,
        };
        let matter = match who.role {
            Role::Operator => None,
            _ => Some(wire::open_matter(&delivery.keyring, &push)?),
        };
        Ok(GetPushResponse {
            push: Some(wire::push(&push, matter)),
            attempts: attempts.into_iter().map(wire::attempt).collect(),
        })
    };
    found.await.map_err(status::of(OPERATION))
}

pub(super) async fn list_pushes(
    delivery: &Delivery,
    request: &Request<ListPushesRequest>,
) -> Result<ListPushesResponse, Status> {
    const OPERATION: &str = "listing pushes";
    let who = principal(request)?;
    let asked = request.get_ref();
    let county = who.county_of(&asked.county)?;
    let agency = whose(who, &asked.agency)?;
    if asked.order() == ListPushesOrder::Arrival {
        let arrived = as_they_arrived(delivery, who, county, agency, asked);
        return arrived.await.map_err(status::of(OPERATION));
    }
    let found = async {
        let mut checks = Checks::default();
        let case_id = (!asked.case_id.is_empty()).then(|| checks.uuid(&asked.case_id, "caseId"));
        let receipt = ReceiptState::try_from(asked.receipt);
        checks.hold(
            ListPushesOrder::try_from(asked.order).is_ok(),
            "order",
            "must be one that the contract names",
        );
        checks.hold(receipt.is_ok(), "receipt", "must be a state that the contract names");
        let after = paging::read::<Place>(&asked.page_token);
        checks.hold(after.is_ok(), "pageToken", "must be the next_page_token of the page before");
        checks.done()?;
        let which = Which {
            agency,
            case_id,
            receipt: receipt.ok().filter(|receipt| *receipt != ReceiptState::Unspecified),
        };
        let after = after.ok().flatten().unwrap_or_else(Place::start);
        let size = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let mut page = delivery.store.list(county, &which, &after, size + 1).await?;
        let more = paging::cut(&mut page, size, |push| push.sealed_matter.len());
        let next_page_token = page.last().filter(|_| more).map(|last| paging::write(&Place::in_inbox(last)));
        let pushes = in_a_list(delivery, who, county, &page).await?;
        Ok(ListPushesResponse { pushes, next_page_token: next_page_token.unwrap_or_default() })
    };
    found.await.map_err(status::of(OPERATION))
}

/// A page by which an agency fetches: nothing can come to lie before its end.
async fn as_they_arrived(
    delivery: &Delivery,
    who: &Principal,
    county: &str,
    agency: Option<String>,
    asked: &ListPushesRequest,
) -> Result<ListPushesResponse, NotificationError> {
    let mut checks = Checks::default();
    let after = paging::read::<ArrivedPlace>(&asked.page_token);
    checks.hold(after.is_ok(), "pageToken", "must be the next_page_token of the page before");
    checks.hold(agency.is_some(), "agency", "must be said in the order of arrival");
    checks.hold(asked.case_id.is_empty(), "caseId", "does not apply in the order of arrival");
    checks.hold(asked.receipt == 0, "receipt", "does not apply in the order of arrival");
    checks.done()?;
    let after = after.ok().flatten().unwrap_or_default();
    let size = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
    let agency = agency.unwrap_or_default();
    let (pushes, behind) = delivery.store.arrivals(county, &agency, after, size).await?;
    let pushes = in_a_list(delivery, who, county, &pushes).await?;
    Ok(ListPushesResponse { pushes, next_page_token: paging::write(&behind) })
}

/// Pushes as a list shows them to the caller: of a protected case nobody who is to be asked why learns its matter.
async fn in_a_list(
    delivery: &Delivery,
    who: &Principal,
    county: &str,
    page: &[Push],
) -> Result<Vec<PushMessage>, NotificationError> {
    let matter = matter_in_lists(who);
    let ids: Vec<Uuid> = page.iter().map(|push| push.push_id).collect();
    let hidden = hidden_in_lists(delivery, who, county, &ids).await?;
    let shown = |push: &Push| {
        let opened =
            (!hidden.contains(&push.push_id)).then(|| matter(&delivery.keyring, push)).transpose()?;
        Ok(wire::push(push, opened))
    };
    page.iter().map(shown).collect()
}

/// How the matter of a push is opened.
type MatterOf = fn(&Keyring, &Push) -> Result<Matter, NotificationError>;

/// An agency fetches its own forms by lists; whoever else lists pushes reads one to learn who it is about.
fn matter_in_lists(who: &Principal) -> MatterOf {
    if who.role == Role::Agency { wire::open_matter } else { wire::masked_matter }
}

/// Whose pushes are asked for. An agency can name only itself.
pub(super) fn whose(who: &Principal, asked: &str) -> Result<Option<String>, Status> {
    match (&who.agency, asked) {
        (Some(own), "") => Ok(Some(own.clone())),
        (Some(own), asked) if own == asked => Ok(Some(own.clone())),
        (Some(_), _) => Err(fengqiao_serving::status::not_found("agency")),
        (None, "") => Ok(None),
        (None, asked) => Ok(Some(asked.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_names_only_itself() {
        let police = Principal::new("police-desk", "421181", "agency", Some("police")).unwrap();
        assert_eq!(whose(&police, "").unwrap().as_deref(), Some("police"));
        assert_eq!(whose(&police, "police").unwrap().as_deref(), Some("police"));
        assert_eq!(whose(&police, "court").unwrap_err().code(), tonic::Code::NotFound);
        let officer = Principal::new("wang", "421181", "officer", None).unwrap();
        assert_eq!(whose(&officer, "").unwrap(), None);
        assert_eq!(whose(&officer, "court").unwrap().as_deref(), Some("court"));
    }
}
