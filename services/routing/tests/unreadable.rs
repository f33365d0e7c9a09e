//! One case whose row cannot be read stops nothing but itself.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use fengqiao_messaging::ApplyError;
use fengqiao_proto::{
    notification::v1::ReceiptKind,
    routing::v1::{
        CommentCaseRequest, HistoryKind, ListCasesRequest, routing_service_server::RoutingService as _,
    },
};
use fengqiao_serving::time::now;
use jiff::SignedDuration;
use office::{Office, asked, officer};
use sqlx::Row as _;
use tonic::{Code, Status};
use uuid::Uuid;

/// Two cases of clusters of their own, the first spoilt so.
async fn with_a_spoilt_case(office: &Office, spoil: &'static str) -> ([Uuid; 2], [String; 2]) {
    let clusters = [Uuid::now_v7(), Uuid::now_v7()];
    office.take(&clusters.map(|cluster| office.report(cluster, "对方持刀"))).await.unwrap();
    let changes = office.changes().await;
    let cases = [changes[0].case_id.clone(), changes[1].case_id.clone()];
    let spoilt = sqlx::query(spoil).bind(&cases[0]).execute(&office.pool).await.unwrap();
    assert_eq!(spoilt.rows_affected(), 1);
    (clusters, cases)
}

const TAMPERED: &str =
    "UPDATE case_file SET sealed_docket = set_byte(sealed_docket, 40, get_byte(sealed_docket, 40) # 1)
     WHERE id = $1::uuid";
const OTHER_KEY: &str =
    "UPDATE case_file SET sealed_docket = set_byte(sealed_docket, 0, 77) WHERE id = $1::uuid";
const NO_REASON: &str = "UPDATE case_file SET level_reason = '[]' WHERE id = $1::uuid";

async fn comment(office: &Office, case: &str) -> Result<(), Status> {
    let request = CommentCaseRequest {
        case: case.into(),
        request_id: Uuid::now_v7().to_string(),
        text: "已联系".into(),
        ..Default::default()
    };
    office.face.comment_case(asked(&officer(), request)).await.map(drop)
}

async fn said_by_clocks(office: &Office, case: &str) -> usize {
    let kinds = sqlx::query("SELECT kind FROM case_history WHERE case_id = $1::uuid")
        .bind(case)
        .fetch_all(&office.pool)
        .await
        .unwrap();
    let said =
        [HistoryKind::DutyNear, HistoryKind::DutyOver, HistoryKind::DutyChased].map(|kind| kind as i16);
    kinds.iter().filter(|row| said.contains(&row.get::<i16, _>("kind"))).count()
}

#[tokio::test]
async fn commands_and_clocks_of_the_others_go_on() {
    for spoil in [TAMPERED, OTHER_KEY, NO_REASON] {
        let office = Office::open().await;
        let (_, [spoilt, other]) = with_a_spoilt_case(&office, spoil).await;
        // Of one batch, one fails alone.
        let place = office.counties.iter().next().unwrap().clone();
        let turn = place.alone().await;
        let (first, second, ()) =
            tokio::join!(comment(&office, &spoilt), comment(&office, &other), async { drop(turn) });
        assert_eq!(first.unwrap_err().code(), Code::Internal, "{spoil}");
        second.unwrap();
        let before = said_by_clocks(&office, &spoilt).await;
        office.set_clock(now() + SignedDuration::from_hours(24 * 30));
        while office.fire().await > 0 {}
        assert!(said_by_clocks(&office, &other).await > 0, "{spoil}");
        assert_eq!(said_by_clocks(&office, &spoilt).await, before);
        assert_eq!(place.put_aside.left_alone("421181", office.now()).len(), 1);
    }
}

#[tokio::test]
async fn what_was_put_right_is_met_again() {
    let office = Office::open().await;
    let (_, [spoilt, _]) = with_a_spoilt_case(&office, TAMPERED).await;
    office.set_clock(now() + SignedDuration::from_hours(24 * 30));
    while office.fire().await > 0 {}
    assert_eq!(said_by_clocks(&office, &spoilt).await, 0);
    sqlx::query(TAMPERED).bind(&spoilt).execute(&office.pool).await.unwrap();
    office.set_clock(office.now() + SignedDuration::from_mins(11));
    while office.fire().await > 0 {}
    assert!(said_by_clocks(&office, &spoilt).await > 0);
}

#[tokio::test]
async fn its_reports_and_receipts_are_refused_and_those_of_others_are_not() {
    let office = Office::open().await;
    let pushes = async || office.pushes().await;
    let (clusters, [spoilt, other]) = with_a_spoilt_case(&office, TAMPERED).await;
    let batch = [office.report(clusters[1], "又来"), office.report(clusters[0], "又来")];
    let refused = office.take(&batch).await.unwrap_err();
    assert!(matches!(refused, ApplyError::Refuse { position: 2, .. }), "{refused}");
    office.take(&batch[..1]).await.unwrap();
    assert_eq!(office.case(&other).await.unwrap().reports.len(), 2);
    let push = pushes().await.into_iter().find(|push| push.case_id == spoilt).unwrap();
    let refused = office.hear(&[Office::receipt(&push, ReceiptKind::Signed)]).await.unwrap_err();
    assert!(matches!(refused, ApplyError::Refuse { position: 1, .. }), "{refused}");
    // A cluster whose case is over and cannot be read gets no second one beside it.
    sqlx::query("UPDATE case_file SET state = 3, closed_at = now() WHERE id = $1::uuid")
        .bind(&spoilt)
        .execute(&office.pool)
        .await
        .unwrap();
    let refused = office.take(&batch[1..]).await.unwrap_err();
    assert!(matches!(refused, ApplyError::Refuse { position: 1, .. }), "{refused}");
}

#[tokio::test]
async fn a_page_of_cases_shows_the_others_and_names_the_one_that_cannot_be_read() {
    for spoil in [TAMPERED, OTHER_KEY, NO_REASON] {
        let office = Office::open().await;
        let (_, [spoilt, other]) = with_a_spoilt_case(&office, spoil).await;
        office.take(&[office.report(Uuid::now_v7(), "漏水")]).await.unwrap();
        let third = office.changes().await.last().unwrap().case_id.clone();
        let list = async |page_size, page_token: String| {
            let request = ListCasesRequest { page_size, page_token, ..Default::default() };
            office.face.list_cases(asked(&officer(), request)).await.unwrap().into_inner()
        };
        let whole = list(10, String::new()).await;
        let shown: Vec<&str> = whole.cases.iter().map(|case| case.case_id.as_str()).collect();
        assert_eq!(shown, [other.as_str(), third.as_str()], "{spoil}");
        assert_eq!(whole.unreadable_case_ids, std::slice::from_ref(&spoilt));
        // Page by page each is met once, in its place.
        let mut met = Vec::new();
        let mut token = String::new();
        loop {
            let page = list(1, token).await;
            met.extend(page.cases.into_iter().map(|case| case.case_id));
            met.extend(page.unreadable_case_ids);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(met, [spoilt, other, third]);
        let place = office.counties.iter().next().unwrap();
        assert_eq!(place.put_aside.left_alone("421181", office.now()).len(), 1, "who watches is told");
    }
}
