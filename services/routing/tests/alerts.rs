//! Alerts by tier: each tier acknowledges for itself; an exercise that nobody reported goes the whole way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod office;

use fengqiao_access::Principal;
use fengqiao_proto::{
    routing::v1::{
        AcknowledgeAlertRequest, AlertStatus, CaseAlert, CaseChanged, GetAlertRequest, ListAlertsRequest,
        PersonToTell, PushRequested, StartDrillRequest, StartDrillResponse,
        alert_service_server::AlertService as _,
    },
    types::v1::{FormKind, Level, TellingKind},
};
use fengqiao_routing::{CASE_CHANGED, PUSH_REQUESTED};
use office::{Office, asked};
use tonic::Code;

const WUWEI: &str = "620602";
/// An area of the county.
const PLACE: &str = "620602";

fn officer() -> Principal {
    Principal::new("officer-li", WUWEI, "officer", None).unwrap()
}

fn agency(code: &str) -> Principal {
    Principal::new(&format!("clerk of {code}"), WUWEI, "agency", Some(code)).unwrap()
}

async fn start(office: &Office, request_id: &str, test: bool) -> StartDrillResponse {
    let request = StartDrillRequest {
        request_id: request_id.into(),
        level: Level::Red.into(),
        area_code: PLACE.into(),
        reason: "季度拉动".into(),
        test,
        ..Default::default()
    };
    office.face.start_drill(asked(&officer(), request)).await.unwrap().into_inner()
}

async fn list(office: &Office, who: &Principal, open: bool) -> Vec<CaseAlert> {
    let mut alerts = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListAlertsRequest { page_size: 2, page_token, open, ..Default::default() };
        let page = office.face.list_alerts(asked(who, request)).await.unwrap().into_inner();
        alerts.extend(page.alerts);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return alerts;
        }
    }
}

async fn sent<T: prost::Message + Default>(office: &Office, kind: &str) -> Vec<T> {
    let payloads: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT payload FROM outbox_event WHERE kind = $1 ORDER BY position")
            .bind(kind)
            .fetch_all(&office.pool)
            .await
            .unwrap();
    payloads.iter().map(|payload| T::decode(payload.as_slice()).unwrap()).collect()
}

#[tokio::test]
async fn an_exercise_without_a_report_alerts_each_tier_and_says_everywhere_what_it_is() {
    let office = Office::of("wuwei").await;
    let started = start(&office, "q4", false).await;
    assert!(started.alerts.len() >= 2, "{started:?}");
    assert!(
        started
            .alerts
            .iter()
            .all(|one| one.drill && one.alert.as_ref().unwrap().status() == AlertStatus::Exercise)
    );
    // The same command starts nothing more, and another one with its id is refused.
    assert_eq!(start(&office, "q4", false).await.case_id, started.case_id);
    let other = StartDrillRequest {
        request_id: "q4".into(),
        level: Level::Orange.into(),
        area_code: PLACE.into(),
        reason: "x".into(),
        ..Default::default()
    };
    assert!(office.face.start_drill(asked(&officer(), other)).await.is_err());
    // What goes out says that it is an exercise; nobody who lives there is told.
    let changes: Vec<CaseChanged> = sent(&office, CASE_CHANGED).await;
    assert_eq!(changes.len(), 1);
    assert!(changes[0].drill && changes[0].report_count == 0 && changes[0].report_id.is_empty());
    let pushes: Vec<PushRequested> = sent(&office, PUSH_REQUESTED).await;
    assert!(pushes.iter().all(|push| push.drill));
    assert!(
        pushes.iter().any(|push| push.form() == FormKind::WarningLetter),
        "a tier that does not handle it"
    );
    let told: Vec<PersonToTell> = sent(&office, "fengqiao.routing.v1.PersonToTell").await;
    assert!(told.iter().all(|one| one.drill && one.kind() == TellingKind::Alerted), "{told:?}");
    // A test says that it is one.
    let test = start(&office, "ping", true).await;
    assert!(test.alerts.iter().all(|one| one.alert.as_ref().unwrap().status() == AlertStatus::Test));
}

#[tokio::test]
async fn each_tier_acknowledges_for_itself_and_sees_only_its_own() {
    let office = Office::of("wuwei").await;
    let started = start(&office, "q4", false).await;
    let all = list(&office, &officer(), true).await;
    assert_eq!(all.len(), started.alerts.len());
    let tier = all.last().unwrap().alert.clone().unwrap();
    let own = agency(&tier.agency);
    let seen = list(&office, &own, true).await;
    assert!(!seen.is_empty() && seen.iter().all(|one| one.alert.as_ref().unwrap().agency == tier.agency));
    let acknowledge = |agency: &str| AcknowledgeAlertRequest {
        case: started.case_number.clone(),
        request_id: format!("ack of {agency}"),
        agency: agency.into(),
        ..Default::default()
    };
    let another =
        all.iter().map(|one| one.alert.clone().unwrap().agency).find(|one| *one != tier.agency).unwrap();
    let refused = office.face.acknowledge_alert(asked(&own, acknowledge(&another))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let done = office.face.acknowledge_alert(asked(&own, acknowledge(""))).await.unwrap().into_inner().alerts;
    assert!(done.iter().all(|one| one.alert.as_ref().unwrap().acknowledged_at.is_some()));
    assert!(list(&office, &own, true).await.is_empty());
    assert!(!list(&office, &own, false).await.is_empty());
    assert!(!list(&office, &officer(), true).await.is_empty(), "the other tiers owe theirs still");
    // One that is acknowledged is read with who did it; another tier's is not there.
    let get = |no| GetAlertRequest { case: started.case_id.clone(), no, ..Default::default() };
    let read = office.face.get_alert(asked(&own, get(tier.no))).await.unwrap().into_inner().alert.unwrap();
    assert_eq!(read.alert.unwrap().acknowledged_by, own.name);
    let stranger = office.face.get_alert(asked(&agency(&another), get(tier.no))).await.unwrap_err();
    assert_eq!(stranger.code(), Code::NotFound);
}
