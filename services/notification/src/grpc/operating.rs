//! For those who keep it running: what is parked, and sending it again.

use std::time::{Duration, Instant};

use fengqiao_access::principal;
use fengqiao_proto::{
    notification::v1::{
        ListParkedPushesRequest, ListParkedPushesResponse, ResendPushesRequest, ResendPushesResponse,
    },
    types::v1::{FormKind, Level},
};
use fengqiao_serving::{paging, time::from_proto};
use tonic::{Request, Status};

use super::{
    checks::Checks,
    reading::{LARGEST_PAGE, USUAL_PAGE},
    status,
};
use crate::{
    delivery::Delivery,
    error::NotificationError,
    store::{Fitting, Place, ResendWhich},
    wire,
};

/// How many pushes can be named.
const NAMED_AT_MOST: usize = 1_000;
/// How many of an agency's one statement sends again.
const PAGE: u32 = 500;
/// A call sends again page by page for so long; what is left needs another call, and the count shows it.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn list_parked_pushes(
    delivery: &Delivery,
    request: &Request<ListParkedPushesRequest>,
) -> Result<ListParkedPushesResponse, Status> {
    const OPERATION: &str = "listing parked pushes";
    let who = principal(request)?;
    let asked = request.get_ref();
    let county = who.county_of(&asked.county)?;
    let found = async {
        let mut checks = Checks::default();
        let after = paging::read::<Place>(&asked.page_token);
        checks.hold(after.is_ok(), "pageToken", "must be the next_page_token of the page before");
        checks.done()?;
        let after = after.ok().flatten().unwrap_or_else(Place::start);
        let agency = Some(asked.agency.as_str()).filter(|agency| !agency.is_empty());
        let size = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let mut page = delivery.store.list_parked(county, agency, &after, size + 1).await?;
        let more = page.len() > usize::try_from(size).unwrap_or(usize::MAX);
        page.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = page.last().filter(|_| more).map(|last| paging::write(&Place::in_parked(last)));
        Ok::<_, NotificationError>(ListParkedPushesResponse {
            pushes: page.iter().map(|push| wire::push(push, None)).collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        })
    };
    found.await.map_err(status::of(OPERATION))
}

pub(super) async fn resend_pushes(
    delivery: &Delivery,
    request: &Request<ResendPushesRequest>,
) -> Result<ResendPushesResponse, Status> {
    const OPERATION: &str = "sending pushes again";
    let who = principal(request)?;
    let county = who.county_of(&request.get_ref().county)?;
    let resent = async {
        let which = which(request.get_ref())?;
        let began = Instant::now();
        let mut resent = 0;
        loop {
            let page = delivery.store.resend(county, &which, PAGE).await?;
            resent += page.len();
            if let Err(error) = delivery.queues.enqueue(county, &page).await {
                tracing::warn!(
                    county,
                    error = &error as &dyn std::error::Error,
                    "pushes to resend are queued later"
                );
            }
            let all = matches!(which, ResendWhich::Named(_)) || page.len() < PAGE as usize;
            if all || began.elapsed() > PATIENCE {
                break;
            }
        }
        tracing::info!(county, by = who.role_name(), resent, "parked pushes are sent again");
        Ok::<_, NotificationError>(ResendPushesResponse { resent: i32::try_from(resent).unwrap_or(i32::MAX) })
    };
    resent.await.map_err(status::of(OPERATION))
}

fn which(asked: &ResendPushesRequest) -> Result<ResendWhich, NotificationError> {
    let mut checks = Checks::default();
    checks.hold(asked.push_ids.len() <= NAMED_AT_MOST, "pushIds", "at most 1,000");
    let time = |given: Option<&prost_types::Timestamp>| given.map(from_proto);
    let (before, since) = (time(asked.parked_before.as_ref()), time(asked.parked_since.as_ref()));
    checks.hold(before != Some(None), "parkedBefore", "must be a possible time");
    checks.hold(since != Some(None), "parkedSince", "must be a possible time");
    let (level, form) = (Level::try_from(asked.level), FormKind::try_from(asked.form));
    checks.hold(level.is_ok(), "level", "must be a level that the contract names");
    checks.hold(form.is_ok(), "form", "must be a form that the contract names");
    let fitting = Fitting {
        agency: Some(asked.agency.clone()).filter(|agency| !agency.is_empty()),
        parked_before: before.flatten(),
        parked_since: since.flatten(),
        level: level.ok().filter(|level| *level != Level::Unspecified),
        form: form.ok().filter(|form| *form != FormKind::Unspecified),
    };
    checks.hold(
        asked.push_ids.is_empty() != (fitting == Fitting::default()),
        "agency",
        "either push_ids are needed or something that chooses, not both",
    );
    let push_ids = asked.push_ids.iter().take(NAMED_AT_MOST).map(|id| checks.uuid(id, "pushIds")).collect();
    checks.done()?;
    Ok(if asked.push_ids.is_empty() { ResendWhich::Fitting(fitting) } else { ResendWhich::Named(push_ids) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_are_named_or_chosen() {
        let named =
            ResendPushesRequest { push_ids: vec![uuid::Uuid::nil().to_string()], ..Default::default() };
        assert_eq!(which(&named).unwrap(), ResendWhich::Named(vec![uuid::Uuid::nil()]));
        let agency = ResendPushesRequest { agency: "court".into(), ..Default::default() };
        let of_agency = Fitting { agency: Some("court".into()), ..Fitting::default() };
        assert_eq!(which(&agency).unwrap(), ResendWhich::Fitting(of_agency));
        let red = ResendPushesRequest { level: Level::Red.into(), ..Default::default() };
        let red_ones = Fitting { level: Some(Level::Red), ..Fitting::default() };
        assert_eq!(which(&red).unwrap(), ResendWhich::Fitting(red_ones));
        for wrong in [
            ResendPushesRequest::default(),
            ResendPushesRequest { push_ids: vec!["x".into()], ..Default::default() },
            ResendPushesRequest { agency: "court".into(), ..named.clone() },
            ResendPushesRequest { level: 99, ..Default::default() },
            ResendPushesRequest {
                agency: "court".into(),
                parked_before: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
                ..Default::default()
            },
        ] {
            assert!(matches!(which(&wrong), Err(NotificationError::Invalid(_))), "{wrong:?}");
        }
    }
}
