//! What officers enter for agencies that can say it by no way of their own: the form went out as paper or was read out on the
//! phone. On a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, LazyLock},
};

use axum::{
    body::{Body, to_bytes},
    http::{Request as Asked, header},
};
use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_messaging::Envelope;
use fengqiao_notification::{
    answering::Answering,
    attachments::{Attachments, ObjectPlace, Pieces},
    desk::{Desk, Residents, SITE},
    endpoints::Endpoints,
    events::{CASE_CHANGED, CASE_EXPIRED},
    grpc::{FormFace, NotificationFace, PaperFace},
    people::People,
    recording::Recording,
    store::Act,
};
use fengqiao_pages::Entrance;
use fengqiao_proto::{
    notification::v1::{
        Answer, AnswerKind, FeedbackOutcome, FormField, IssueFormRequest, ListAnswersRequest,
        ListReadingsRequest, Push, PushDebt, PushOwed, RecallFormRequest, ReceiptKind, ReceiptState,
        RecordFeedbackRequest, RecordReturnedRequest, RecordSignedRequest, RecordedAct, RecordedMeans,
        ReturnReason, answer_service_server::AnswerService as _, form_service_server::FormService as _,
        paper_service_server::PaperService as _, reading_service_server::ReadingService as _,
    },
    routing::v1::{CaseChanged, CaseExpired, PushRequested, Staff as ToldStaff},
    types::v1::{CaseState, FormKind, Level::Yellow, PushSubject},
};
use fengqiao_serving::time::{from_proto, now, to_proto};
use fengqiao_signin::{AccountName, Door, NewAccount, password::Hashing, staff::Staff};
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use sqlx::AssertSqlSafe;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Code, Request, Status, codegen::Service as _};
use tonic_types::StatusExt as _;
use uuid::Uuid;
use world::{COUNTY, Process, World, answer, endpoints, quick, until};

const VILLAGE: &str = "community-421181105202";
const NAME: &str = "周大明";

static COUNTIES: LazyLock<Arc<Counties>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    Arc::new(Counties::load(&[folder]).unwrap())
});

/// A centre, ten hours after it has told a village of a case.
struct Centre {
    world: World,
    process: Process,
    door: Door,
    answering: Answering,
    face: NotificationFace,
    paper: PaperFace,
    forms: FormFace,
    case_id: String,
    push_id: Uuid,
    asked_at: Timestamp,
}

impl Centre {
    async fn new() -> Self {
        Self::with(Endpoints::default()).await
    }

    async fn with(endpoints: Endpoints) -> Self {
        let world = World::new(quick()).await;
        let migrator = sqlx::migrate::Migrator {
            migrations: fengqiao_signin::MIGRATIONS.migrations.clone(),
            ignore_missing: true,
            ..sqlx::migrate::Migrator::DEFAULT
        };
        migrator.run(&world.pool).await.unwrap();
        let process = world.process_with(world.pool.clone(), endpoints).await;
        let asked_at = now() - SignedDuration::from_hours(10);
        let asked_at = Timestamp::from_microsecond(asked_at.as_microsecond()).unwrap();
        let (push_id, asked) = telling(&world, asked_at);
        let case_id = PushRequested::decode(asked.payload.as_slice()).unwrap().case_id;
        world.apply(&process, &[asked]).await;
        let door = Door::new(world.pool.clone(), &COUNTIES, Hashing::new().unwrap()).unwrap();
        let store = process.delivery.store.clone();
        let pieces = Pieces::new(store.clone(), &ObjectPlace::default()).unwrap();
        let files = Attachments::new(store, pieces, Arc::clone(&world.keyring));
        let delivery = || Arc::clone(&process.delivery);
        let answering = Answering::new(delivery(), files, HashMap::new());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let face = NotificationFace::new(delivery(), answering.clone(), tasks, stop);
        let recording = Recording::new(delivery(), answering.clone(), door.clone());
        let paper = PaperFace::new(delivery(), recording);
        let forms = FormFace::new(delivery(), Arc::clone(&process.forms));
        Self { world, process, door, answering, face, paper, forms, case_id, push_id, asked_at }
    }

    /// So many hours after it was asked for.
    fn hours(&self, hours: i64) -> Timestamp {
        self.asked_at + SignedDuration::from_hours(hours)
    }

    async fn sign(&self, push_id: Uuid, act: RecordedAct) -> Result<Push, Status> {
        let asked = RecordSignedRequest {
            push_id: push_id.to_string(),
            act: Some(act),
            ..RecordSignedRequest::default()
        };
        Ok(self.paper.record_signed(officer(asked)).await?.into_inner().push.unwrap())
    }

    async fn give_back(&self, push_id: Uuid, act: RecordedAct, evidence: &[&str]) -> Result<Push, Status> {
        let asked = RecordReturnedRequest {
            push_id: push_id.to_string(),
            act: Some(act),
            reason: ReturnReason::NotOurDuty.into(),
            text: "不属本村".into(),
            evidence: evidence.iter().map(ToString::to_string).collect(),
            ..RecordReturnedRequest::default()
        };
        Ok(self.paper.record_returned(officer(asked)).await?.into_inner().push.unwrap())
    }

    async fn feedback(&self, request_id: &str, act: RecordedAct, text: &str) -> Result<Push, Status> {
        let asked = RecordFeedbackRequest {
            push_id: self.push_id.to_string(),
            act: Some(act),
            request_id: request_id.into(),
            outcome: FeedbackOutcome::Done.into(),
            text: text.into(),
            ..RecordFeedbackRequest::default()
        };
        Ok(self.paper.record_feedback(officer(asked)).await?.into_inner().push.unwrap())
    }

    async fn answers(&self, push_id: Uuid) -> Vec<Answer> {
        let asked = ListAnswersRequest { push_id: push_id.to_string(), ..ListAnswersRequest::default() };
        self.face.list_answers(officer(asked)).await.unwrap().into_inner().answers
    }

    /// A letter by hand to housing.
    async fn letter(&self) -> Uuid {
        let letter = IssueFormRequest {
            request_id: "1".into(),
            kind: FormKind::ReminderLetter.into(),
            agency: "housing".into(),
            fields: vec![FormField { key: "body".into(), text: "请约谈。".into(), ..Default::default() }],
            ..IssueFormRequest::default()
        };
        let issued = self.forms.issue_form(officer(letter)).await.unwrap().into_inner().form.unwrap();
        Uuid::parse_str(&issued.form_id).unwrap()
    }

    /// What is told to be owed by then.
    async fn owed(&self, moment: Timestamp) -> Vec<(String, PushDebt)> {
        while self.process.delivery.store.tell_owed(COUNTY, moment, 9).await.unwrap() > 0 {}
        let events: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT payload FROM outbox_event WHERE kind LIKE '%.PushOwed' ORDER BY position",
        )
        .fetch_all(&self.world.pool)
        .await
        .unwrap();
        let told = events.iter().map(|payload| PushOwed::decode(payload.as_slice()).unwrap());
        told.map(|owed| (owed.push_id.clone(), owed.debt())).collect()
    }

    /// In which tables a text stands in the clear.
    async fn clear_in(&self, text: &str) -> Vec<String> {
        let tables: Vec<String> =
            sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'notification'")
                .fetch_all(&self.world.pool)
                .await
                .unwrap();
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut found = Vec::new();
        for table in tables {
            let wanted = format!("SELECT EXISTS (SELECT FROM {table} AS t WHERE t::text ~ $1)");
            let query = sqlx::query_scalar(AssertSqlSafe(wanted)).bind(format!("{text}|{hex}"));
            if query.fetch_one(&self.world.pool).await.unwrap() {
                found.push(table);
            }
        }
        found
    }

    async fn end(self) {
        self.process.end().await;
    }
}

/// The village is told of a case by a form, asked for then.
fn telling(world: &World, at: Timestamp) -> (Uuid, Envelope) {
    let (push_id, envelope) = world.request_with(VILLAGE, Yellow, &[ReturnReason::NotOurDuty]);
    let asked = PushRequested {
        requested_at: Some(to_proto(at)),
        ..PushRequested::decode(envelope.payload.as_slice()).unwrap()
    };
    (push_id, Envelope { payload: asked.encode_to_vec(), ..envelope })
}

fn officer<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(Principal::new("wang", COUNTY, "officer", None).unwrap()));
    request
}

/// The village's secretary did it, and said so on the phone.
fn told(at: Timestamp) -> RecordedAct {
    RecordedAct {
        done_at: Some(to_proto(at)),
        name: NAME.into(),
        capacity: "村党支部书记".into(),
        means: RecordedMeans::Phone.into(),
    }
}

/// The reason that a refusal gives, or the fields that it names.
fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.unwrap_err();
    let said = match status.get_details_bad_request() {
        Some(wrong) => {
            wrong.field_violations.iter().map(|one| one.field.clone()).collect::<Vec<_>>().join(" ")
        }
        None => status.get_details_error_info().map(|info| info.reason).unwrap_or_default(),
    };
    (status.code(), said)
}

fn stopped(reason: &str) -> (Code, String) {
    (Code::FailedPrecondition, reason.to_owned())
}

#[tokio::test]
async fn what_a_village_signed_on_paper_counts_at_the_time_when_it_signed() {
    let centre = Centre::new().await;
    let (id, signed_at) = (centre.push_id, centre.hours(2));
    let push = centre.sign(id, told(signed_at)).await.unwrap();
    assert_eq!((push.receipt(), push.signed_at), (ReceiptState::Signed, Some(to_proto(signed_at))));
    assert_eq!(push.matter.unwrap().title, "邻里漏水");
    let receipts = centre.world.receipts().await;
    let told_of: Vec<_> = receipts
        .iter()
        .map(|one| {
            let at = from_proto(one.at.as_ref().unwrap()).unwrap();
            (one.kind(), at, one.actor.as_str(), one.capacity.as_str(), one.agency.as_str())
        })
        .collect();
    let wanted = [ReceiptKind::Delivered, ReceiptKind::Signed];
    assert_eq!(told_of, wanted.map(|kind| (kind, signed_at, "wang", "officer", VILLAGE)));
    let one = centre.answers(id).await.remove(0);
    let entered = receipts[1].entered.unwrap();
    assert_eq!((entered.means(), entered.at), (RecordedMeans::Phone, one.recorded_at));
    assert_eq!(
        (one.kind(), one.at, one.actor.as_str()),
        (AnswerKind::Signed, Some(to_proto(signed_at)), "wang")
    );
    assert_eq!(one.recorded, Some(told(signed_at)));
    assert!(from_proto(&one.recorded_at.unwrap()).unwrap() > signed_at);
    // The signature is owed no more; the answer is told of as if the village had signed itself.
    let limit = centre.process.delivery.store.push(COUNTY, id).await.unwrap().answer_by.unwrap();
    assert_eq!(centre.owed(limit - SignedDuration::from_hours(25)).await, []);
    let answer = (id.to_string(), PushDebt::Answer);
    assert_eq!(centre.owed(limit - SignedDuration::from_hours(23)).await, [answer]);
    let answered = centre
        .feedback("1", told(centre.hours(9)), "已上门调解漏水一事，双方约定本周内维修并分担费用。")
        .await
        .unwrap();
    assert_eq!(answered.receipt(), ReceiptState::Answered);
    let receipt = centre.world.receipts().await.pop().unwrap();
    assert_eq!(
        (receipt.kind(), receipt.outcome(), receipt.substantive),
        (ReceiptKind::Feedback, FeedbackOutcome::Done, Some(true))
    );
    assert_eq!(receipt.at, Some(to_proto(centre.hours(9))));
    let said = centre.answers(id).await.pop().unwrap();
    assert!(said.text.starts_with("已上门调解"));
    assert_eq!((said.kind(), said.recorded), (AnswerKind::Feedback, Some(told(centre.hours(9)))));
    centre.end().await;
}

#[tokio::test]
async fn a_letter_by_hand_comes_back_and_the_practice_s_rules_hold() {
    let centre = Centre::new().await;
    let id = centre.letter().await;
    let push = centre.give_back(id, told(now()), &[]).await.unwrap();
    assert_eq!(push.receipt(), ReceiptState::Returned);
    let receipt = centre.world.receipts().await.pop().unwrap();
    assert_eq!((receipt.kind(), receipt.subject()), (ReceiptKind::Returned, PushSubject::Form));
    assert_eq!(receipt.return_reason(), ReturnReason::NotOurDuty);
    let given = centre.answers(id).await.remove(0);
    assert_eq!((given.kind(), given.text.as_str()), (AnswerKind::Returned, "不属本村"));
    assert_eq!(given.recorded.unwrap().means(), RecordedMeans::Phone);
    // The village's form comes back only with what shows that it is right.
    let bare = centre.give_back(centre.push_id, told(centre.hours(1)), &[]).await;
    assert_eq!(refusal(bare), stopped("EVIDENCE_MISSING"));
    assert_eq!(centre.answers(centre.push_id).await, []);
    let entered_at = now();
    let back = centre.give_back(centre.push_id, told(centre.hours(1)), &["照片1"]).await.unwrap();
    assert_eq!(back.receipt(), ReceiptState::Returned);
    // The case is the centre's again from when it is entered, not from when the village wrote it.
    let receipt = centre.world.receipts().await.pop().unwrap();
    for at in [back.returned_at, receipt.at, centre.answers(centre.push_id).await[0].at] {
        assert!(from_proto(&at.unwrap()).unwrap() >= entered_at - SignedDuration::from_millis(1));
    }
    let given = centre.answers(centre.push_id).await.remove(0);
    assert_eq!(given.recorded, Some(told(centre.hours(1))));
    let late = centre.sign(centre.push_id, told(centre.hours(2))).await;
    assert_eq!(refusal(late), stopped("PUSH_RETURNED"));
    centre.end().await;
}

#[tokio::test]
async fn nobody_enters_anything_for_an_agency_that_has_a_way_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let hooked = endpoints(folder.path(), &[("housing".into(), "https://127.0.0.1:1/".into())]);
    let centre = Centre::with(hooked).await;
    let ids = centre.world.arrive(&centre.process, &[("housing", Yellow), ("police", Yellow)]).await;
    assert_eq!(refusal(centre.sign(ids[0], told(now())).await), stopped("AGENCY_HAS_WEBHOOK"));
    // On its way to a system it can still come back on paper; once there, it cannot.
    let mut police = centre.process.open("police", 10);
    let push = police.next().await;
    police.acknowledge(&push);
    until("it is delivered", async || centre.process.delivery.store.reached(COUNTY, ids[1]).await.unwrap())
        .await;
    police.close().await;
    assert_eq!(refusal(centre.sign(ids[1], told(now())).await), stopped("AGENCY_HAS_SYSTEM"));
    let name = AccountName::read("zhou").unwrap();
    let account = NewAccount {
        name: name.clone(),
        person: "officer-feng".into(),
        agency: "town-421181105".into(),
        subject: None,
    };
    centre.door.add(COUNTY, &account, now()).await.unwrap();
    let town = centre.world.arrive(&centre.process, &[("town-421181105", Yellow); 2]).await;
    assert_eq!(refusal(centre.sign(town[0], told(now())).await), stopped("AGENCY_HAS_ACCOUNT"));
    assert_eq!(centre.answers(town[0]).await, []);
    // An account that lets nobody in is no way.
    centre.door.lock(COUNTY, &name, Some(now())).await.unwrap();
    centre.sign(town[0], told(now())).await.unwrap();
    centre.door.lock(COUNTY, &name, None).await.unwrap();
    assert_eq!(refusal(centre.sign(town[1], told(now())).await), stopped("AGENCY_HAS_ACCOUNT"));
    centre.door.take_people(COUNTY, Staff::of_directory(&ToldStaff::default()));
    centre.sign(town[1], told(now())).await.unwrap();
    assert_eq!(refusal(centre.sign(Uuid::now_v7(), told(now())).await).0, Code::NotFound);
    centre.end().await;
}

#[tokio::test]
async fn a_time_follows_what_was_done_before_and_is_not_in_the_future() {
    let centre = Centre::new().await;
    let id = centre.push_id;
    let wrong = (Code::InvalidArgument, "act.doneAt".to_owned());
    let second = SignedDuration::from_secs(1);
    assert_eq!(refusal(centre.sign(id, told(centre.asked_at - second)).await), wrong);
    assert_eq!(refusal(centre.sign(id, told(now() + SignedDuration::from_mins(6))).await), wrong);
    let nothing = RecordedAct::default();
    let fields = "act.name act.capacity act.means act.doneAt".to_owned();
    assert_eq!(refusal(centre.sign(id, nothing).await), (Code::InvalidArgument, fields));
    assert_eq!(centre.answers(id).await, []);
    assert!(centre.world.receipts().await.is_empty());
    centre.sign(id, told(centre.hours(2))).await.unwrap();
    assert_eq!(refusal(centre.feedback("1", told(centre.hours(2) - second), "x").await), wrong);
    // Signature and answer may stand on one paper.
    centre.feedback("1", told(centre.hours(2)), "已处理").await.unwrap();
    centre.feedback("2", told(centre.hours(4)), "再次走访").await.unwrap();
    assert_eq!(refusal(centre.feedback("3", told(centre.hours(3)), "更早").await), wrong);
    // What was entered before is the same, whatever came after it.
    centre.feedback("1", told(centre.hours(2)), "已处理").await.unwrap();
    assert_eq!(centre.answers(id).await.len(), 3);
    centre.end().await;
}

#[tokio::test]
async fn it_goes_the_way_of_the_agency_s_own_answers_and_twice_is_once() {
    let centre = Centre::new().await;
    let id = centre.push_id;
    assert_eq!(refusal(centre.feedback("1", told(centre.hours(1)), "x").await), stopped("PUSH_UNSIGNED"));
    let first = centre.sign(id, told(centre.hours(1))).await.unwrap();
    let receipts = centre.world.receipts().await.len();
    assert_eq!(centre.sign(id, told(centre.hours(1))).await.unwrap(), first);
    let said = told(centre.hours(3));
    centre.feedback("1", said.clone(), "已调解").await.unwrap();
    centre.feedback("1", said.clone(), "已调解").await.unwrap();
    assert_eq!(centre.world.receipts().await.len(), receipts + 1);
    let others = [
        (RecordedAct { name: "周小明".into(), ..said.clone() }, "已调解"),
        (RecordedAct { capacity: "会计".into(), ..said.clone() }, "已调解"),
        (RecordedAct { means: RecordedMeans::Paper.into(), ..said.clone() }, "已调解"),
        (told(centre.hours(4)), "已调解"),
        (said.clone(), "未调解"),
    ];
    for (act, text) in others {
        assert_eq!(refusal(centre.feedback("1", act, text).await), stopped("REQUEST_ID_USED"));
    }
    assert_eq!(refusal(centre.give_back(id, said, &["x"]).await), stopped("PUSH_ANSWERED"));
    assert_eq!(centre.world.receipts().await.len(), receipts + 1);
    let form = centre.letter().await;
    let form_id = form.to_string();
    let recall = RecallFormRequest { form_id, reason: "误发".into(), ..RecallFormRequest::default() };
    centre.forms.recall_form(officer(recall)).await.unwrap();
    assert_eq!(refusal(centre.sign(form, told(now())).await), stopped("PUSH_RECALLED"));
    centre.end().await;
}

#[tokio::test]
async fn who_told_it_stands_nowhere_in_the_clear_and_goes_with_the_case() {
    let centre = Centre::new().await;
    let id = centre.push_id;
    centre.sign(id, told(centre.hours(1))).await.unwrap();
    centre.feedback("1", told(centre.hours(2)), "走访人周大明").await.unwrap();
    assert_eq!(centre.clear_in(NAME).await, [""; 0]);
    assert_eq!(centre.clear_in("村党支部书记").await, [""; 0]);
    assert!(!centre.clear_in(VILLAGE).await.is_empty(), "what stands in the clear is found");
    // An agency's own answer has no such row.
    let own = centre.world.arrive(&centre.process, &[("police", Yellow)]).await[0];
    centre.process.delivery.store.answer(&answer(own, "police", Act::Sign)).await.unwrap();
    assert!(centre.answers(own).await[0].recorded.is_none());
    let expired = CaseExpired { case_id: centre.case_id.clone() };
    let (_, like) = centre.world.request("police", Yellow);
    let expired = Envelope { kind: CASE_EXPIRED.into(), payload: expired.encode_to_vec(), ..like };
    centre.world.apply(&centre.process, &[expired]).await;
    for given in centre.answers(id).await {
        let recorded = given.recorded.unwrap();
        assert_eq!((recorded.name.as_str(), recorded.capacity.as_str(), given.text.as_str()), ("", "", ""));
        assert_eq!(recorded.means(), RecordedMeans::Phone);
    }
    centre.end().await;
}

#[tokio::test]
async fn of_a_protected_case_the_matter_is_shown_to_who_says_why() {
    let centre = Centre::new().await;
    let changed = CaseChanged {
        case_id: centre.case_id.clone(),
        version: 1,
        number: "20261124-0001".into(),
        state: CaseState::Open.into(),
        opened_at: Some(to_proto(now())),
        protected: true,
        ..CaseChanged::default()
    };
    let (_, like) = centre.world.request("police", Yellow);
    let changed = Envelope { kind: CASE_CHANGED.into(), payload: changed.encode_to_vec(), ..like };
    centre.world.apply(&centre.process, &[changed]).await;
    let readings = async || {
        let asked = ListReadingsRequest { case: centre.case_id.clone(), ..ListReadingsRequest::default() };
        centre.face.list_readings(officer(asked)).await.unwrap().into_inner().readings
    };
    let push = centre.sign(centre.push_id, told(centre.hours(1))).await.unwrap();
    assert_eq!((push.matter, readings().await), (None, Vec::new()));
    let asked = RecordSignedRequest {
        push_id: centre.push_id.to_string(),
        act: Some(told(centre.hours(1))),
        purpose: "核对回执".into(),
        ..RecordSignedRequest::default()
    };
    let push = centre.paper.record_signed(officer(asked.clone())).await.unwrap().into_inner().push.unwrap();
    assert_eq!(push.matter.unwrap().title, "邻里漏水");
    let kept = readings().await;
    assert_eq!((kept.len(), kept[0].actor.as_str(), kept[0].purpose.as_str()), (1, "wang", "核对回执"));
    let long = RecordSignedRequest { purpose: "查".repeat(201), ..asked };
    let wrong = (Code::InvalidArgument, "purpose".to_owned());
    assert_eq!(refusal(centre.paper.record_signed(officer(long)).await), wrong);
    centre.end().await;
}

#[tokio::test]
async fn an_agency_that_has_an_account_by_now_sees_what_was_entered_for_it() {
    let centre = Centre::new().await;
    let town = centre.world.arrive(&centre.process, &[("town-421181105", Yellow)]).await[0];
    centre.sign(town, told(now())).await.unwrap();
    let account = NewAccount {
        name: AccountName::read("feng").unwrap(),
        person: "officer-feng".into(),
        agency: "town-421181105".into(),
        subject: Some("feng".into()),
    };
    centre.door.add(COUNTY, &account, now()).await.unwrap();
    let token = centre.door.by_subject(COUNTY, "feng", now()).await.unwrap();
    let (keyring, counties) = (Arc::clone(&centre.world.keyring), Arc::clone(&COUNTIES));
    let delivery = Arc::clone(&centre.process.delivery);
    let residents = Residents::new(
        delivery.store.clone(),
        Arc::clone(&keyring),
        Arc::clone(&counties),
        centre.door.clone(),
        People::default(),
        centre.world.pool.clone(),
    );
    let entrance = Entrance::new(&SITE, centre.door.clone(), counties, keyring, HashMap::new());
    let forms = Arc::clone(&centre.process.forms);
    let desk = Desk::new(centre.answering.clone(), delivery, entrance, residents, forms);
    let mut pages = desk.router();
    let asked = Asked::get(format!("/pushes/{town}"))
        .header(header::COOKIE, format!("__Host-fengqiao={}", token.write()))
        .header(header::ACCEPT_LANGUAGE, "zh-CN");
    let page = pages.call(asked.body(Body::empty()).unwrap()).await.unwrap();
    let page = String::from_utf8(to_bytes(page.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    assert!(page.contains("村党支部书记 周大明") && page.contains("中心代录（电话）"), "{page}");
    centre.end().await;
}
