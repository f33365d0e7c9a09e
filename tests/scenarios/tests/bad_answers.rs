//! What agencies answer wrongly: each has its precise status, nothing is lost and nobody waits for it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use fengqiao_proto::notification::v1::{
    FeedbackOutcome, FeedbackPushRequest, GetPushRequest, ListPushesRequest, Push, ReceiptState,
    ReturnPushRequest, ReturnReason, SignPushRequest, notification_service_client::NotificationServiceClient,
};
use fengqiao_scenarios::{
    people::red_report,
    shared::{County, run},
    waiting::{USUAL, until},
};
use fengqiao_stack::clients::Caller;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// The agency that leads red cases, and one that has nothing to do with them.
const LEADS: &str = "justice";
const ANOTHER: &str = "court";

type Desk = NotificationServiceClient<Caller>;

fn desk(county: &County, agency: &str) -> Desk {
    county.calls().notification(agency).unwrap()
}

/// A push that waits for its agency.
async fn push(county: &County) -> Push {
    let case = county.open(&red_report()).await;
    until("the push is in the inbox", USUAL, async || {
        let request = ListPushesRequest { case_id: case.case_id.clone(), ..Default::default() };
        desk(county, LEADS).list_pushes(request).await.unwrap().into_inner().pushes.into_iter().next()
    })
    .await
}

async fn sign(desk: &mut Desk, push_id: &str) -> Result<Push, Status> {
    let request = SignPushRequest { push_id: push_id.to_owned(), ..Default::default() };
    desk.sign_push(request).await.map(|answer| answer.into_inner().push.unwrap())
}

async fn feedback(desk: &mut Desk, push_id: &str, text: String) -> Result<Push, Status> {
    let request = FeedbackPushRequest {
        push_id: push_id.to_owned(),
        request_id: Uuid::now_v7().to_string(),
        outcome: FeedbackOutcome::Done.into(),
        text,
        ..Default::default()
    };
    desk.feedback_push(request).await.map(|answer| answer.into_inner().push.unwrap())
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

#[test]
fn every_wrong_answer_has_its_status_and_the_push_stays_as_it_was() {
    run(async |county| {
        let (mut lead, mut court) = (desk(county, LEADS), desk(county, ANOTHER));
        let id = push(county).await.push_id;
        // Before the signature there is nothing to tell of.
        let early = feedback(&mut lead, &id, "已调解".into()).await.unwrap_err();
        assert_eq!((early.code(), reason(&early).as_str()), (Code::FailedPrecondition, "PUSH_UNSIGNED"));
        // Another's push does not exist, and neither does one that never was.
        assert_eq!(sign(&mut court, &id).await.unwrap_err().code(), Code::NotFound);
        let unknown = Uuid::now_v7().to_string();
        assert_eq!(sign(&mut lead, &unknown).await.unwrap_err().code(), Code::NotFound);
        let nonsense = sign(&mut lead, "the one of yesterday").await.unwrap_err();
        assert_eq!(nonsense.code(), Code::InvalidArgument);
        assert_eq!(nonsense.get_details_bad_request().unwrap().field_violations[0].field, "pushId");
        // Twice, and by many at once, is once.
        let signed = sign(&mut lead, &id).await.unwrap();
        let mut again = Vec::new();
        for _ in 0..8 {
            let (mut desk, id) = (lead.clone(), id.clone());
            again.push(tokio::spawn(async move { sign(&mut desk, &id).await }));
        }
        for one in again {
            assert_eq!(one.await.unwrap().unwrap().signed_at, signed.signed_at);
        }
        // What was given back is the centre's.
        let returned = push(county).await.push_id;
        let give_back = ReturnPushRequest {
            push_id: returned.clone(),
            reason: ReturnReason::NotOurDuty.into(),
            text: "不属本部门职责".into(),
            evidence: vec!["职责清单第3条".into()],
            ..Default::default()
        };
        lead.return_push(give_back).await.unwrap();
        let late = sign(&mut lead, &returned).await.unwrap_err();
        assert_eq!(late.code(), Code::FailedPrecondition);
        assert_eq!(sign(&mut lead, &id).await.unwrap().receipt(), ReceiptState::Signed);
    });
}

#[test]
fn a_hundred_megabytes_are_refused_at_once_and_cost_nobody_anything() {
    run(async |county| {
        let mut lead = desk(county, LEADS);
        let id = push(county).await.push_id;
        sign(&mut lead, &id).await.unwrap();
        let huge = {
            let (mut desk, id) = (desk(county, LEADS), id.clone());
            tokio::spawn(async move { feedback(&mut desk, &id, "长".repeat(35_000_000)).await })
        };
        // Meanwhile others are answered as ever.
        let began = Instant::now();
        for _ in 0..20 {
            let request = GetPushRequest { push_id: id.clone(), ..Default::default() };
            lead.get_push(request).await.unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let refused = huge.await.unwrap().unwrap_err();
        assert!(matches!(refused.code(), Code::OutOfRange | Code::ResourceExhausted), "{refused:?}");
        let long = feedback(&mut lead, &id, "长".repeat(4_001)).await.unwrap_err();
        assert_eq!(long.code(), Code::InvalidArgument);
        assert_eq!(long.get_details_bad_request().unwrap().field_violations[0].field, "text");
        let answered = feedback(&mut lead, &id, "已调解".into()).await.unwrap();
        assert_eq!(answered.receipt(), ReceiptState::Answered);
    });
}
