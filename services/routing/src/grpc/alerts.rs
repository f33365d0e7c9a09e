//! The face of alerts.

use fengqiao_access::{Principal, principal};
use fengqiao_proto::routing::v1::{
    AcknowledgeAlertRequest, AcknowledgeAlertResponse, CaseAlert, GetAlertRequest, GetAlertResponse,
    ListAlertsRequest, ListAlertsResponse, StartDrillRequest, StartDrillResponse,
    alert_service_server::{AlertService, AlertServiceServer},
};
use fengqiao_serving::{MAX_MESSAGE_BYTES, paging, status};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{CommandRequest, RoutingFace, docket, requests};
use crate::{
    counties::RoutingCounty,
    domain::{
        acts::{
            Act,
            supervision::{Alert, SupervisionAct},
        },
        case::CaseFile,
        drill::Drill,
        level::Level,
    },
    error::RoutingError,
    store::{AlertFilter, AlertPlace, list_alerts},
};

/// What is exercised, in characters.
const REASON: usize = 200;
/// What an exercise is of, where nobody says it.
const CATEGORY: &str = "other";

/// The last alert of a page, as its token holds it.
#[derive(Serialize, Deserialize)]
struct AlertKey {
    /// Microseconds since 1970.
    at: i64,
    case: Uuid,
    no: i32,
}

impl RoutingFace {
    /// The service of alerts, to be served.
    #[must_use]
    pub fn into_alert_server(self) -> AlertServiceServer<Self> {
        AlertServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl AlertService for RoutingFace {
    async fn list_alerts(
        &self,
        request: Request<ListAlertsRequest>,
    ) -> Result<Response<ListAlertsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let agency = whose(who, place, &asked.agency)?;
        let after = requests::page_token::<AlertKey>(&asked.page_token)?.map(place_of).transpose()?;
        let size = paging::size(asked.page_size, 50, 200);
        let filter = AlertFilter { agency, open: asked.open };
        let county = &place.county.code;
        let mut found = list_alerts(&self.pool, &self.keyring, county, &filter, size + 1, after).await?;
        let next_page_token = requests::next_page(&mut found, size, |_| 0, |listed| token(listed.place));
        let (mut alerts, mut unreadable) = (Vec::with_capacity(found.len()), Vec::new());
        for listed in found {
            match listed.case {
                Ok(case) => alerts.extend(
                    case.docket
                        .alerts
                        .iter()
                        .find(|alert| alert.no == listed.alert)
                        .map(|alert| shown(&case, alert, place)),
                ),
                Err(case) => unreadable.push(case),
            }
        }
        // One case that cannot be read hides no other.
        place.put_aside.put(county, &unreadable, self.commands.clock.now())?;
        Ok(Response::new(ListAlertsResponse { alerts, next_page_token }))
    }

    async fn get_alert(
        &self,
        request: Request<GetAlertRequest>,
    ) -> Result<Response<GetAlertResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let case = self.seen_case(place, who, &asked.case).await?;
        let own = |alert: &&Alert| who.agency.as_ref().is_none_or(|agency| *agency == alert.agency);
        let alert = case.docket.alerts.iter().find(|alert| i64::from(alert.no) == i64::from(asked.no));
        let alert = alert.filter(own).ok_or_else(|| status::not_found("alert"))?;
        Ok(Response::new(GetAlertResponse { alert: Some(shown(&case, alert, place)) }))
    }

    async fn acknowledge_alert(
        &self,
        request: Request<AcknowledgeAlertRequest>,
    ) -> Result<Response<AcknowledgeAlertResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let desk = place.rulebook().directory.desk().to_owned();
        let agency = whose(who, place, &asked.agency)?.unwrap_or(desk);
        let command = CommandRequest {
            county: &asked.county,
            case: &asked.case,
            request_id: &asked.request_id,
            etag: "",
            capacity: &asked.capacity,
        };
        let act = SupervisionAct::Acknowledge { agency: agency.clone() };
        let case = self.carry_out(who, command, |_| Ok(Act::Supervision(act))).await?;
        let alerts = case.docket.alerts.iter().filter(|alert| alert.agency == agency);
        let alerts = alerts.map(|alert| shown(&case, alert, place)).collect();
        Ok(Response::new(AcknowledgeAlertResponse { alerts }))
    }

    async fn start_drill(
        &self,
        request: Request<StartDrillRequest>,
    ) -> Result<Response<StartDrillResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("reason", &asked.reason, 1, REASON)?;
        let word = if asked.category.is_empty() { CATEGORY } else { &asked.category };
        let category = place.county.categories.known(word);
        let category =
            category.ok_or_else(|| RoutingError::invalid("category", "must be a category of the county"))?;
        let drill = Drill {
            level: requests::code(asked.level, "level", Level::from_code)?,
            area_code: requests::area("areaCode", &asked.area_code, place)?,
            category: category.code.clone(),
            test: asked.test,
            words: asked.reason.clone(),
        };
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let case = self.commands.start_drill(place, &actor, &asked.request_id, drill).await?;
        Ok(Response::new(StartDrillResponse {
            case_id: case.id.to_string(),
            case_number: case.number.clone(),
            alerts: case.docket.alerts.iter().map(|alert| shown(&case, alert, place)).collect(),
        }))
    }
}

/// Whose alerts are meant. An agency names itself or nobody.
fn whose(who: &Principal, place: &RoutingCounty, named: &str) -> Result<Option<String>, RoutingError> {
    match &who.agency {
        Some(own) if named.is_empty() || named == own => Ok(Some(own.clone())),
        Some(_) => Err(RoutingError::invalid("agency", "must be the caller's own agency")),
        None if named.is_empty() => Ok(None),
        None if place.rulebook().directory.agency(named).is_some() => Ok(Some(named.to_owned())),
        None => Err(RoutingError::invalid("agency", "must be an agency of the directory")),
    }
}

fn place_of(key: AlertKey) -> Result<AlertPlace, RoutingError> {
    let at = Timestamp::from_microsecond(key.at)
        .map_err(|_| RoutingError::invalid("pageToken", "not a page token of this method"))?;
    Ok(AlertPlace { at, case_id: key.case, no: key.no })
}

fn token(place: AlertPlace) -> String {
    paging::write(&AlertKey { at: place.at.as_microsecond(), case: place.case_id, no: place.no })
}

fn shown(case: &CaseFile, alert: &Alert, place: &RoutingCounty) -> CaseAlert {
    CaseAlert {
        case_id: case.id.to_string(),
        case_number: case.number.clone(),
        area_code: case.area_code.clone(),
        area_name: place.county.areas.now().name_path(&case.area_code),
        category: case.category.clone(),
        alert: Some(docket::alert(alert)),
        drill: case.docket.drill,
    }
}
