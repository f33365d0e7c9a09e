//! What a case's events say to those who brought its reports: signed, feedback, resolved, and in whose words.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use fengqiao_proto::{
    notification::v1::{FeedbackOutcome, PushReceipt, ReceiptKind},
    routing::v1::{
        CaseChanged, PushRequested, ResolveCaseRequest, routing_service_server::RoutingService as _,
    },
    types::v1::FormKind,
};
use fengqiao_routing::{
    commands::Command,
    domain::{acts::Act, case_number::CaseName, history::Occasion},
};
use office::{COUNTY, Office, asked, officer};
use uuid::Uuid;

/// A red case, whose lead has its push.
async fn pushed(office: &Office) -> (CaseChanged, PushRequested) {
    office.take(&[office.report(Uuid::now_v7(), "对方持刀威胁")]).await.unwrap();
    let case = office.changes().await.pop().unwrap();
    let to_lead = |push: &PushRequested| {
        push.case_id == case.case_id && push.agency == case.lead_agency && push.form() == FormKind::ReportForm
    };
    let push = office.pushes().await.into_iter().find(to_lead).unwrap();
    (case, push)
}

fn feedback(office: &Office, push: &PushRequested, words: &str) -> PushReceipt {
    PushReceipt {
        outcome: FeedbackOutcome::Done.into(),
        sealed_text: office.keyring.seal(words.as_bytes(), COUNTY.as_bytes()),
        ..Office::receipt(push, ReceiptKind::Feedback)
    }
}

async fn resolve(office: &Office, case: &CaseChanged, words: &str) {
    let request = ResolveCaseRequest {
        case: case.case_id.clone(),
        request_id: Uuid::now_v7().to_string(),
        outcome: words.into(),
        ..Default::default()
    };
    office.face.resolve_case(asked(&officer(), request)).await.unwrap();
}

fn words(office: &Office, change: &CaseChanged) -> String {
    if change.sealed_words.is_empty() {
        return String::new();
    }
    String::from_utf8(office.keyring.open(&change.sealed_words, COUNTY.as_bytes()).unwrap()).unwrap()
}

#[tokio::test]
async fn what_the_lead_and_the_centre_say_goes_to_the_sources_in_their_words() {
    let office = Office::open().await;
    let (case, push) = pushed(&office).await;
    assert!(!case.lead_agency_name.is_empty() && case.changed_at.is_some() && case.lead_signed_at.is_none());
    office.hear(&[Office::receipt(&push, ReceiptKind::Signed)]).await.unwrap();
    assert!(office.changes().await.pop().unwrap().lead_signed_at.is_some());
    // What a helper says is not the lead's answer.
    let pushes = office.pushes().await;
    let helper = pushes.iter().find(|one| one.agency != push.agency).unwrap();
    let before = office.changes().await.len();
    office.hear(&[feedback(&office, helper, "已知悉")]).await.unwrap();
    assert!(office.changes().await[before..].iter().all(|change| change.sealed_words.is_empty()));

    office.hear(&[feedback(&office, &push, "已上门调解")]).await.unwrap();
    let answered = office.changes().await.pop().unwrap();
    assert_eq!(answered.lead_feedback(), FeedbackOutcome::Done);
    assert_eq!(words(&office, &answered), "已上门调解");
    resolve(&office, &case, "双方和解").await;
    let resolved = office.changes().await.pop().unwrap();
    assert_eq!((words(&office, &resolved).as_str(), resolved.lead_feedback), ("双方和解", 0));
}

#[tokio::test]
async fn of_a_protected_case_no_words_are_told() {
    let office = Office::open().await;
    let (case, push) = pushed(&office).await;
    let command = Command {
        actor: Occasion::of_system(office.now()),
        visible_to: None,
        case: CaseName::parse(&case.case_id).unwrap(),
        request_id: Uuid::now_v7().to_string(),
        etag: String::new(),
        act: Act::Tag { add: vec!["minor".into()], remove: Vec::new() },
    };
    office.face.commands.run(office.counties.get(COUNTY).unwrap(), command).await.unwrap();
    office.hear(&[feedback(&office, &push, "孩子已送医")]).await.unwrap();
    let answered = office.changes().await.pop().unwrap();
    assert_eq!((answered.lead_feedback(), words(&office, &answered).as_str()), (FeedbackOutcome::Done, ""));
    resolve(&office, &case, "孩子已由亲属接回").await;
    assert_eq!(words(&office, &office.changes().await.pop().unwrap()), "");
}
