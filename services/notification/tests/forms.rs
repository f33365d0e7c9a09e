//! Forms: what recipients see of them, their numbers, and their paper, on a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_messaging::{Applied, Apply as _, Envelope, Step, Topic};
use fengqiao_notification::{
    bulletin_events::BulletinEvents,
    error::NotificationError,
    events::CASE_EXPIRED,
    forms::Forms,
    grpc::FormFace,
    store::{Act, Answer, FormPlace, WhichForms, take_number},
    wire,
};
use fengqiao_proto::{
    notification::v1::{
        CannotReason, FeedbackOutcome, Form, FormContent, FormField, GetFormPaperRequest, GetFormRequest,
        IssueFormRequest, ListFormKindsRequest, ListFormsRequest, PushReceipt, RecallFormRequest,
        ReceiptKind,
        ReceiptState::{Recalled, Returned, Signed, Unsigned},
        VerifyFormRequest,
        form_service_server::FormService as _,
    },
    routing::v1::{CaseExpired, PushRequested},
    statistics::v1::BulletinMade,
    types::v1::{
        FormKind,
        Level::{Red, Yellow},
        Matter, Party, PushSubject,
    },
};
use fengqiao_serving::time::{now, to_proto};
use prost::Message as _;
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;
use tonic::{Code, Request};
use uuid::Uuid;
use world::{COUNTY, Process, World, quick, sink::Sink};

/// What routing would ask for of one case.
fn asked(
    world: &World,
    (case, agency, kind): (Uuid, &str, &str),
    form: FormKind,
    change: impl FnOnce(&mut PushRequested),
) -> (Uuid, Envelope) {
    let (id, envelope) = world.request(agency, Yellow);
    let party = Party {
        role: 1,
        name: "王女士".into(),
        phone: "15420110001".into(),
        id_number: "99000019800101001X".into(),
        ..Party::default()
    };
    let matter = Matter {
        title: "家庭求助".into(),
        narrative: "出警经过：夜间争吵".into(),
        address: "某路1号".into(),
        parties: vec![party],
        need: "临时住处".into(),
        safe_contact_time: "工作日上午".into(),
    };
    let mut message = PushRequested {
        case_id: case.to_string(),
        form: form.into(),
        agency_name: format!("{agency}的全称"),
        agency_kind: kind.into(),
        sealed_matter: world.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes()),
        ..PushRequested::decode(envelope.payload.as_slice()).unwrap()
    };
    change(&mut message);
    (id, Envelope { payload: message.encode_to_vec(), ..envelope })
}

fn as_who<T>(message: T, role: &str, agency: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(Principal::new("wang", COUNTY, role, agency).unwrap()));
    request
}

fn face(process: &Process) -> FormFace {
    FormFace::new(Arc::clone(&process.delivery), Arc::clone(&process.forms))
}

fn letter(request_id: &str) -> IssueFormRequest {
    IssueFormRequest {
        request_id: request_id.into(),
        kind: FormKind::ReminderLetter.into(),
        agency: "housing".into(),
        reason: "物业纠纷增多".into(),
        fields: vec![FormField {
            key: "body".into(), text: "请约谈物业企业。".into(), ..Default::default()
        }],
        ..Default::default()
    }
}

#[tokio::test]
async fn s0_01_one_case_gives_three_report_forms_and_one_notice_with_four_receipts_of_their_own() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let case = Uuid::now_v7();
    let recipients = [
        ("housing", "functional", FormKind::ReportForm),
        ("town-421181105", "town", FormKind::ReportForm),
        ("justice-421181105", "justice", FormKind::ReportForm),
        ("community-421181105202", "community", FormKind::NoticeForm),
    ];
    let (ids, batch): (Vec<Uuid>, Vec<Envelope>) = recipients
        .iter()
        .map(|&(agency, kind, form)| asked(&world, (case, agency, kind), form, |_| {}))
        .unzip();
    world.apply(&process, &batch).await;
    // The same events again change nothing.
    world.apply(&process, &batch).await;
    let store = &process.delivery.store;
    let which = WhichForms { case_id: Some(case), ..WhichForms::default() };
    let mut forms = store.list_forms(COUNTY, &which, &FormPlace::start(), 10).await.unwrap();
    forms.sort_by_key(|form| ids.iter().position(|id| *id == form.form_id));
    let year = jiff::Timestamp::now().to_string()[..4].to_owned();
    let said: Vec<_> = forms.iter().map(|form| (form.title.as_str(), form.number.clone())).collect();
    let number = |series: &str, number: u8| format!("麻综治{series}〔{year}〕第000{number}号");
    assert_eq!(
        said,
        [
            ("报告单", number("报", 1)),
            ("报告单", number("报", 2)),
            ("报告单", number("报", 3)),
            ("告知单", number("告", 1)),
        ]
    );
    assert!(forms.iter().all(|form| form.pushed && form.sign_by.unwrap() > form.issued_at));
    // Each is signed, returned or answered by itself.
    let answer = |id: Uuid, agency: &str, act: Act| Answer {
        county: COUNTY.into(),
        push_id: id,
        agency: agency.into(),
        actor: "li".into(),
        capacity: agency.into(),
        act,
        at: now(),
        recorded: None,
    };
    store.answer(&answer(ids[0], "housing", Act::Sign)).await.unwrap();
    let back = Act::Return {
        reason: fengqiao_proto::notification::v1::ReturnReason::NotOurDuty,
        sealed_text: Vec::new(),
        sealed_evidence: Vec::new(),
    };
    store.answer(&answer(ids[1], "town-421181105", back)).await.unwrap();
    store.answer(&answer(ids[3], "community-421181105202", Act::Sign)).await.unwrap();
    let mut states = Vec::new();
    for (id, form) in ids.iter().zip(&forms) {
        let push = store.push(COUNTY, *id).await.unwrap();
        assert_eq!(push.form_number, form.number);
        states.push(push.receipt);
    }
    assert_eq!(states, [Signed, Returned, Unsigned, Signed]);
    process.end().await;
}

#[tokio::test]
async fn s2_06_the_womens_federation_gets_the_need_and_a_safe_time_on_every_way_and_not_the_narrative() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let case = Uuid::now_v7();
    let mut federation = process.open("womens_federation", 10);
    let mut police = process.open("police", 10);
    let to = |agency| (case, agency, "functional");
    let (id, first) = asked(&world, to("womens_federation"), FormKind::ReportForm, |_| {});
    let (_, second) = asked(&world, to("police"), FormKind::ReportForm, |_| {});
    world.apply(&process, &[first, second]).await;
    let streamed = federation.next().await;
    let matter = streamed.matter.clone().unwrap();
    assert_eq!((matter.need.as_str(), matter.safe_contact_time.as_str()), ("临时住处", "工作日上午"));
    assert_eq!((matter.narrative.as_str(), matter.address.as_str()), ("", ""));
    assert_eq!(matter.parties[0].id_number, "");
    assert!(streamed.form_number.contains("报〔"));
    assert_eq!(police.next().await.matter.unwrap().narrative, "出警经过：夜间争吵");
    // What lies in the store is all that any other way has: the inbox, the webhook, the desk, the form, the paper.
    let stored = process.delivery.store.push(COUNTY, id).await.unwrap();
    assert_eq!(wire::open_matter(&world.keyring, &stored).unwrap(), matter);
    let get = GetFormRequest { form_id: id.to_string(), ..Default::default() };
    let form =
        face(&process).get_form(as_who(get, "officer", None)).await.unwrap().into_inner().form.unwrap();
    assert_eq!(
        (form.recipient_kind.as_str(), form.addressee.as_str()),
        ("womens_federation", "womens_federation的全称")
    );
    assert_eq!(form.content.unwrap().matter.unwrap(), matter);
    // A kind that nobody knows sees nothing of people.
    let (id, unknown) = asked(&world, (case, "stranger", "school"), FormKind::ReportForm, |_| {});
    world.apply(&process, &[unknown]).await;
    let stored = process.delivery.store.push(COUNTY, id).await.unwrap();
    let seen = wire::open_matter(&world.keyring, &stored).unwrap();
    assert_eq!(seen, Matter { title: "家庭求助".into(), ..Default::default() });
    federation.close().await;
    police.close().await;
    process.end().await;
}

/// One that arrives alone is written by a statement of its own.
#[tokio::test]
async fn a_push_is_stored_the_same_alone_and_with_others() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let case = Uuid::now_v7();
    let of_case = || {
        let whole = |asked: &mut PushRequested| {
            asked.due_at = Some(to_proto(now()));
            asked.sign_due_at = Some(to_proto(now()));
            asked.feedback_due_at = Some(to_proto(now()));
            asked.evidence_for = vec![1];
        };
        asked(&world, (case, "police", "police"), FormKind::ReportForm, whole).1
    };
    let alone = of_case();
    world.apply(&process, std::slice::from_ref(&alone)).await;
    world.apply(&process, &[world.reminder("police").1]).await;
    // Once more changes nothing, and takes no number.
    world.apply(&process, &[alone]).await;
    world.apply(&process, &[of_case(), world.reminder("police").1]).await;
    // All but what is each one's own.
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT (to_jsonb(push) - '{push_id,case_id,requested_at,arrival,form_number,sealed_matter,due_at,sign_by,answer_by}'
                     ::text[] || jsonb_build_object('empty', num_nulls(push.due_at, push.sign_by, push.answer_by)))::text,
             coalesce((to_jsonb(written) - '{form_id,number,number_text,issued_at,check_code,sign_by,answer_by,case_id}'
                     ::text[])::text, 'none'),
             (to_jsonb(d) - '{push_id,case_id,requested_at,next_attempt_at,queue_at}'::text[]
                 || jsonb_build_object('queued', d.queue_at > d.next_attempt_at))::text
         FROM push JOIN push_delivery AS d USING (county, push_id) LEFT JOIN form AS written ON form_id = push_id
         ORDER BY push.subject, push.requested_at",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0], rows[1]);
    assert_eq!(rows[2], rows[3]);
    let numbers: Vec<i32> = sqlx::query_scalar(
        "SELECT number FROM form JOIN push ON form_id = push_id WHERE subject = 1 ORDER BY number",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(numbers, [1, 2]);
    process.end().await;
}

/// Several processes push and issue at once, transactions are rolled back, connections die with a number taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_have_no_gap_and_no_double_whoever_fails() {
    const ROUNDS: usize = 30;
    let world = Arc::new(World::new(quick()).await);
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(Arc::new(world.process().await));
    }
    let mut work = JoinSet::new();
    for (turn, process) in processes.iter().enumerate() {
        // Pushes of routing: reminder letters of duties share the series with letters by hand.
        let (world_, process_) = (Arc::clone(&world), Arc::clone(process));
        work.spawn(async move {
            for _ in 0..ROUNDS {
                let batch: Vec<Envelope> = (0..3).map(|_| world_.reminder("housing").1).collect();
                loop {
                    let mut conn = world_.pool.acquire().await.unwrap();
                    let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Routing).await.unwrap();
                    // None where another process was faster.
                    if process_.arrivals.store(&mut conn, &step, &batch).await.unwrap().is_some() {
                        break;
                    }
                }
            }
        });
        let face = face(process);
        work.spawn(async move {
            for round in 0..ROUNDS {
                let issue = letter(&format!("{turn}-{round}"));
                face.issue_form(as_who(issue, "officer", None)).await.unwrap();
            }
        });
        // Who takes a number and fails.
        let (world_, process_) = (Arc::clone(&world), Arc::clone(process));
        work.spawn(async move {
            let office = process_.forms.of(COUNTY).unwrap();
            let rule = office.forms.rule(FormKind::ReminderLetter).unwrap();
            let outside = office.forms.recipients.outside();
            let draft = office.draft(rule, "centre", "", outside, Yellow, now(), 7).unwrap();
            for round in 0..ROUNDS {
                let mut tx = world_.pool.begin().await.unwrap();
                assert!(take_number(&mut tx, COUNTY, &draft).await.unwrap() > 0);
                if round % 3 == 0 {
                    // As a process that is killed: the server notices that the connection has gone.
                    let pid: i32 =
                        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut *tx).await.unwrap();
                    sqlx::query("SELECT pg_terminate_backend($1)")
                        .bind(pid)
                        .execute(&world_.pool)
                        .await
                        .unwrap();
                    drop(tx);
                } else {
                    tx.rollback().await.unwrap();
                }
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    let numbers: Vec<i32> =
        sqlx::query_scalar("SELECT number FROM form ORDER BY number").fetch_all(&world.pool).await.unwrap();
    let all: Vec<i32> = (1..=i32::try_from(3 * ROUNDS * 4).unwrap()).collect();
    assert_eq!(numbers, all);
    let pushes: i64 = sqlx::query_scalar("SELECT count(DISTINCT form_number) FROM push")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(usize::try_from(pushes).unwrap(), all.len());
    drop(work);
    for process in processes {
        Arc::into_inner(process).unwrap().end().await;
    }
}

#[tokio::test]
async fn years_issuers_and_kinds_have_series_of_their_own() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let case = Uuid::now_v7();
    let at = |time: &str| to_proto(time.parse().unwrap());
    // 1 January in the county is still December in UTC.
    let mut batch = Vec::new();
    let times = ["2026-12-31T15:59:59Z", "2026-12-31T16:00:00Z", "2026-12-31T16:00:01Z"];
    for time in times {
        batch.push(asked(&world, (case, "housing", "functional"), FormKind::ReportForm, |push| {
            push.requested_at = Some(at(time));
        }));
    }
    for form in [
        FormKind::SupervisionReminder,
        FormKind::SupervisionRed,
        FormKind::WarningLetter,
        FormKind::Unspecified,
    ] {
        batch.push(asked(&world, (case, "housing", "functional"), form, |push| {
            push.requested_at = Some(at("2026-06-01T00:00:00Z"));
        }));
    }
    let envelopes: Vec<Envelope> = batch.iter().map(|(_, envelope)| envelope.clone()).collect();
    world.apply(&process, &envelopes).await;
    let mut numbers = Vec::new();
    for (id, _) in &batch {
        numbers.push(process.delivery.store.push(COUNTY, *id).await.unwrap().form_number);
    }
    let expected = [
        "麻综治报〔2026〕第0001号",
        "麻综治报〔2027〕第0001号",
        "麻综治报〔2027〕第0002号",
        // The grades of supervision share one series.
        "麻综治督〔2026〕第0001号",
        "麻综治督〔2026〕第0002号",
        "麻综治警〔2026〕第0001号",
        "",
    ];
    assert_eq!(numbers, expected);
    process.end().await;
}

#[tokio::test]
async fn a_form_by_hand_is_pushed_signed_and_the_same_when_it_is_asked_for_again() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = face(&process);
    let mut housing = process.open("housing", 10);
    let issue = |message| face.issue_form(as_who(message, "officer", None));
    let form = issue(letter("1")).await.unwrap().into_inner().form.unwrap();
    assert_eq!(
        (form.title.as_str(), form.addressee.as_str(), form.pushed),
        ("提示函", "麻城市住房和城乡建设局", true)
    );
    assert_eq!(form.issued_by, "wang");
    let push = housing.next().await;
    assert_eq!(
        (push.push_id.as_str(), push.form_number.as_str()),
        (form.form_id.as_str(), form.number.as_str())
    );
    assert_eq!(push.subject(), PushSubject::Form);
    let matter = push.matter.clone().unwrap();
    assert_eq!(
        (matter.title.as_str(), matter.narrative.as_str()),
        ("提示函：物业纠纷增多", "提示事项：请约谈物业企业。")
    );
    housing.acknowledge(&push);
    world::until("it is delivered", async || world.in_state(2).await == 1).await;
    assert_eq!(world.receipts().await[0].subject(), PushSubject::Form, "routing and statistics pass it over");
    // Again: the same form, no second number. Another form under the id: refused.
    let again = issue(letter("1")).await.unwrap().into_inner().form.unwrap();
    assert_eq!((again.form_id, again.number), (form.form_id.clone(), form.number.clone()));
    let other = IssueFormRequest { agency: "police".into(), ..letter("1") };
    assert_eq!(issue(other).await.unwrap_err().code(), Code::FailedPrecondition);
    let next = issue(letter("2")).await.unwrap().into_inner().form.unwrap();
    assert!(form.number.ends_with("第0001号") && next.number.ends_with("第0002号"));
    housing.close().await;
    process.end().await;
}

#[tokio::test]
async fn a_form_by_hand_goes_to_an_owner_in_the_same_process_without_redis() {
    let world = World::new(quick()).await;
    let process = world.process_without_redis().await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Sink::start(200, Duration::ZERO).await;
    process.webhook(folder.path(), "housing", &endpoint.url("housing"));
    world::until("it has an owner", async || process.delivery.kept.queue(COUNTY, "housing").is_some()).await;
    let began = Instant::now();
    face(&process).issue_form(as_who(letter("1"), "officer", None)).await.unwrap();
    world::until("it is delivered", async || world.in_state(2).await == 1).await;
    // The sweeper would have come after five seconds.
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    process.end().await;
}

/// Else an agency that asks for its pushes in the order of arrival would be past the number of one that is seen later.
#[tokio::test]
async fn a_form_by_hand_arrives_behind_what_is_being_stored_and_before_what_comes_then() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let issue = |id: &'static str| {
        let face = face(&process);
        async move { face.issue_form(as_who(letter(id), "officer", None)).await.unwrap().into_inner() }
    };
    // The first of the county, of which the receiver has taken no step yet.
    issue("1").await;
    world.arrive(&process, &[("housing", Yellow)]).await;
    // As the statement that stores a batch: its step first, then its numbers.
    let mut arriving = world.pool.begin().await.unwrap();
    sqlx::query("UPDATE receiver_position SET position = position WHERE topic = 'routing'")
        .execute(&mut *arriving)
        .await
        .unwrap();
    let issuing = tokio::spawn(issue("2"));
    world::until("it waits for what is being stored", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        sqlx::query_scalar::<_, i64>(waiting).fetch_one(&world.pool).await.unwrap() == 1
    })
    .await;
    assert!(!issuing.is_finished());
    let drawn: i64 =
        sqlx::query_scalar("SELECT nextval('push_arrival')").fetch_one(&mut *arriving).await.unwrap();
    arriving.commit().await.unwrap();
    let form = issuing.await.unwrap().form.unwrap();
    let place = store.resume_place(COUNTY, form.form_id.parse().unwrap(), "housing").await.unwrap();
    assert!(place.after.arrival > drawn, "{} {drawn}", place.after.arrival);
    // One that goes to no agency is no push, and waits for nobody.
    let mut arriving = world.pool.begin().await.unwrap();
    sqlx::query("UPDATE receiver_position SET position = position WHERE topic = 'routing'")
        .execute(&mut *arriving)
        .await
        .unwrap();
    let to_household =
        IssueFormRequest { agency: String::new(), addressee: "王某某".into(), ..letter("3") };
    face(&process).issue_form(as_who(to_household, "officer", None)).await.unwrap();
    arriving.rollback().await.unwrap();
    process.end().await;
}

/// A file of a push, as if an agency had handed it in.
async fn attach(world: &World, push_id: Uuid) {
    sqlx::query(
        "WITH content AS (
             INSERT INTO attachment_content (county, content, size, media_type, body, pieces, place, sealed_key)
             VALUES ($1, $3, 1, 'image/jpeg', gen_random_uuid(), 1, 1, '')
         )
         INSERT INTO attachment (county, push_id, attachment_id, content, sealed_name, at, actor)
         VALUES ($1, $2, gen_random_uuid(), $3, '', now(), 'li')",
    )
    .bind(COUNTY)
    .bind(push_id)
    .bind(push_id.as_bytes().as_slice())
    .execute(&world.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_form_by_hand_brings_nobody_numbers_that_its_kind_does_not_see() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = face(&process);
    let said = "请联系15420110001，证件号99000019800101001X。";
    let issue = |request_id: &str, agency: &str, text: &str| {
        let fields = vec![FormField { key: "body".into(), text: text.into(), ..FormField::default() }];
        let asked = IssueFormRequest { agency: agency.into(), fields, ..letter(request_id) };
        face.issue_form(as_who(asked, "officer", None))
    };
    issue("1", "housing", said).await.unwrap();
    let refused = issue("2", "womens_federation", said).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(!refused.message().contains("99000019800101001X"), "nothing of it is said again");
    issue("3", "womens_federation", "请联系15420110001，尽早走访。").await.unwrap();
    process.end().await;
}

#[tokio::test]
async fn a_form_by_hand_is_taken_back_and_a_cases_own_is_not() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = face(&process);
    let issued = face.issue_form(as_who(letter("1"), "officer", None)).await.unwrap();
    let form_id = issued.into_inner().form.unwrap().form_id;
    let recall = |form_id: &str, reason: &str| {
        let wanted =
            RecallFormRequest { form_id: form_id.into(), reason: reason.into(), ..Default::default() };
        face.recall_form(as_who(wanted, "officer", None))
    };
    assert_eq!(recall(&form_id, " ").await.unwrap_err().code(), Code::InvalidArgument);
    recall(&form_id, "发文有误").await.unwrap();
    recall(&form_id, "发文有误").await.unwrap();
    let push_id = Uuid::parse_str(&form_id).unwrap();
    let push = process.delivery.store.push(COUNTY, push_id).await.unwrap();
    assert_eq!(push.receipt, Recalled);
    let mut housing = process.open("housing", 10);
    housing.nothing_for(std::time::Duration::from_millis(200)).await;
    housing.close().await;
    let kinds: Vec<_> = world.receipts().await.iter().map(PushReceipt::kind).collect();
    assert_eq!(kinds, [ReceiptKind::Recalled], "said once");
    let (of_case, envelope) = world.request("housing", Yellow);
    world.apply(&process, &[envelope]).await;
    assert_eq!(recall(&of_case.to_string(), "不对").await.unwrap_err().code(), Code::FailedPrecondition);
    let unknown = recall(&Uuid::now_v7().to_string(), "不对").await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    process.end().await;
}

#[tokio::test]
async fn nothing_is_kept_of_who_and_what_once_the_term_of_a_case_is_over() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = face(&process);
    let (case, other) = (Uuid::now_v7(), Uuid::now_v7());
    let of = |case| asked(&world, (case, "housing", "functional"), FormKind::ReportForm, |_| {});
    let ((gone, first), (kept, second)) = (of(case), of(other));
    world.apply(&process, &[first, second]).await;
    let store = &process.delivery.store;
    let back = Act::Return {
        reason: fengqiao_proto::notification::v1::ReturnReason::NotOurDuty,
        sealed_text: world.keyring.seal("王女士不在辖区".as_bytes(), COUNTY.as_bytes()),
        sealed_evidence: Vec::new(),
    };
    let answer = Answer {
        county: COUNTY.into(),
        push_id: gone,
        agency: "housing".into(),
        actor: "li".into(),
        capacity: "housing".into(),
        act: back,
        at: now(),
        recorded: None,
    };
    store.answer(&answer).await.unwrap();
    // Letters by hand that speak of the cases, each with a file and an answer.
    let mut letters = Vec::new();
    for case in [case, other] {
        let issue = IssueFormRequest { case_id: case.to_string(), ..letter(&case.to_string()) };
        let issued = face.issue_form(as_who(issue, "officer", None)).await.unwrap().into_inner();
        let push_id = Uuid::parse_str(&issued.form.unwrap().form_id).unwrap();
        let said = Act::Feedback {
            request_id: "1".into(),
            outcome: FeedbackOutcome::Done,
            cannot_reason: CannotReason::Unspecified,
            substantive: true,
            attachments: Vec::new(),
            sealed_text: world.keyring.seal("王女士已搬走".as_bytes(), COUNTY.as_bytes()),
        };
        for act in [Act::Sign, said] {
            store.answer(&Answer { push_id, act, ..answer.clone() }).await.unwrap();
        }
        attach(&world, push_id).await;
        letters.push(push_id);
    }
    let paper = async |id: Uuid| {
        let request = GetFormPaperRequest { form_id: id.to_string(), ..Default::default() };
        face.get_form_paper(as_who(request, "officer", None)).await
    };
    let printed = paper(gone).await.unwrap().into_inner();
    assert!(!paper(letters[0]).await.unwrap().into_inner().pdf.is_empty());
    let (_, template) = of(case);
    let expired = Envelope {
        kind: CASE_EXPIRED.into(),
        payload: CaseExpired { case_id: case.to_string() }.encode_to_vec(),
        ..template
    };
    for _ in 0..2 {
        world.apply(&process, std::slice::from_ref(&expired)).await;
    }
    let said = async |id: Uuid| {
        let push = store.push(COUNTY, id).await.unwrap();
        let plain = world.keyring.open(&push.sealed_matter, COUNTY.as_bytes()).unwrap();
        Matter::decode(plain.as_slice()).unwrap()
    };
    assert_eq!(said(gone).await, Matter::default());
    assert_eq!(said(kept).await.address, "某路1号", "another case's");
    assert!(store.push(COUNTY, gone).await.unwrap().form_number.ends_with("第0001号"), "what counts stays");
    let words: i64 = sqlx::query_scalar("SELECT count(*) FROM push WHERE return_text IS NOT NULL")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(words, 0);
    assert_eq!(paper(gone).await.unwrap_err().code(), Code::FailedPrecondition);
    assert!(!paper(kept).await.unwrap().into_inner().pdf.is_empty());
    let hash: Vec<u8> = sqlx::query_scalar("SELECT sha256 FROM form_paper WHERE form_id = $1")
        .bind(gone)
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(hash, printed.sha256, "who has the paper can still have it verified");
    // A letter goes with the case that it speaks of.
    assert_eq!(said(letters[0]).await, Matter::default());
    assert!(said(letters[1]).await.title.contains("物业纠纷增多"), "of another case");
    let push = store.push(COUNTY, letters[0]).await.unwrap();
    assert_eq!(push.reason, push.form_number);
    assert_eq!(process.forms.read(COUNTY, letters[0]).await.unwrap().1, FormContent::default());
    assert!(!process.forms.read(COUNTY, letters[1]).await.unwrap().1.fields.is_empty());
    assert_eq!(paper(letters[0]).await.unwrap_err().code(), Code::FailedPrecondition);
    let mut words = Vec::new();
    for letter in &letters {
        let given = store.given_feedback(COUNTY, *letter, "1").await.unwrap().unwrap();
        words.push(wire::answer(&world.keyring, COUNTY, &given).unwrap().text);
    }
    assert_eq!(words, ["", "王女士已搬走"]);
    let files: Vec<Uuid> =
        sqlx::query_scalar("SELECT push_id FROM attachment").fetch_all(&world.pool).await.unwrap();
    assert_eq!(files, letters[1..]);
    process.end().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_named_and_takes_no_number() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = face(&process);
    let refused = async |change: fn(&mut IssueFormRequest)| {
        let mut message = letter("1");
        change(&mut message);
        let status = face.issue_form(as_who(message, "officer", None)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        format!("{:?}", tonic_types::StatusExt::get_error_details(&status).bad_request().unwrap())
    };
    assert!(refused(|m| m.fields.clear()).await.contains("body (提示事项) is needed"));
    assert!(
        refused(|m| m.fields[0].key = "bodi".into()).await.contains("the 1. is none of the kind's: body")
    );
    assert!(refused(|m| m.fields[0].text = " ".into()).await.contains("1 to 4,000 characters"));
    assert!(refused(|m| m.fields.push(m.fields[0].clone())).await.contains("the 2. is there twice"));
    assert!(refused(|m| m.kind = FormKind::ReportForm.into()).await.contains("issued by hand"));
    assert!(refused(|m| m.kind = 99).await.contains("issued by hand"));
    assert!(refused(|m| m.agency = "hous".into()).await.contains("must be an agency of the county"));
    assert!(refused(|m| m.agency.clear()).await.contains("either an agency or an addressee"));
    assert!(refused(|m| m.issuer = "police".into()).await.contains("one of the county's issuers"));
    assert!(refused(|m| m.level = 9).await.contains("a level that the contract names"));
    assert!(refused(|m| m.case_id = "x".into()).await.contains("must be a UUID"));
    let seen = refused(|m| {
        m.kind = FormKind::WhistleForm.into();
        m.agency = "womens_federation".into();
        m.fields.push(FormField { key: "spot".into(), text: "某路1号".into(), ..Default::default() });
    });
    assert!(seen.await.contains("spot is address, which the recipient does not see"));
    let taken: i64 =
        sqlx::query_scalar("SELECT count(*) FROM form_series").fetch_one(&world.pool).await.unwrap();
    assert_eq!(taken, 0);
    process.end().await;
}

#[tokio::test]
async fn an_agency_reads_lists_and_prints_its_own_forms_and_no_others() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = face(&process);
    let issue = |message| face.issue_form(as_who(message, "officer", None));
    let own = issue(letter("1")).await.unwrap().into_inner().form.unwrap();
    let others = IssueFormRequest { agency: "police".into(), ..letter("2") };
    let others = issue(others).await.unwrap().into_inner().form.unwrap();
    let housing = Some("housing");
    let get = |form: &Form| GetFormRequest { form_id: form.form_id.clone(), ..Default::default() };
    let print = |form: &Form| GetFormPaperRequest { form_id: form.form_id.clone(), ..Default::default() };
    assert!(face.get_form(as_who(get(&own), "agency", housing)).await.is_ok());
    let hidden = face.get_form(as_who(get(&others), "agency", housing)).await.unwrap_err();
    assert_eq!(hidden.code(), Code::NotFound);
    let hidden = face.get_form_paper(as_who(print(&others), "agency", housing)).await.unwrap_err();
    assert_eq!(hidden.code(), Code::NotFound);
    let list = |agency: Option<&'static str>, page_token: String| {
        let role = if agency.is_some() { "agency" } else { "officer" };
        let wanted = ListFormsRequest { page_size: 1, page_token, ..Default::default() };
        face.list_forms(as_who(wanted, role, agency))
    };
    let page = list(housing, String::new()).await.unwrap().into_inner();
    assert_eq!((page.forms.len(), page.next_page_token.as_str()), (1, ""));
    assert_eq!(
        (page.forms[0].form_id.as_str(), page.forms[0].content.is_none()),
        (own.form_id.as_str(), true)
    );
    // The centre sees all, the newest first, page by page.
    let first = list(None, String::new()).await.unwrap().into_inner();
    let second = list(None, first.next_page_token.clone()).await.unwrap().into_inner();
    let ids = [&first.forms[0].form_id, &second.forms[0].form_id];
    assert_eq!(ids, [&others.form_id, &own.form_id]);
    assert!(second.next_page_token.is_empty());
    let kinds = face.list_form_kinds(as_who(ListFormKindsRequest::default(), "agency", housing));
    let kinds = kinds.await.unwrap().into_inner();
    assert_eq!((kinds.kinds.len(), kinds.recipients.len()), (12, 7));
    process.end().await;
}

#[tokio::test]
async fn a_code_says_which_form_it_is_and_nothing_of_people() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let face = face(&process);
    let to_household =
        IssueFormRequest { agency: String::new(), addressee: "王某某".into(), ..letter("1") };
    let issued = face.issue_form(as_who(to_household, "officer", None)).await.unwrap().into_inner();
    let form = issued.form.unwrap();
    assert_eq!((form.addressee.as_str(), form.pushed), ("王某某", false));
    let verify = |check_code: String, sha256: Vec<u8>| {
        let wanted = VerifyFormRequest { check_code, sha256, ..Default::default() };
        face.verify_form(as_who(wanted, "agency", Some("police")))
    };
    let found = verify(form.check_code.to_lowercase(), Vec::new()).await.unwrap().into_inner();
    assert_eq!((found.number.as_str(), found.addressee.as_str()), (form.number.as_str(), ""));
    assert_eq!(found.same_paper, None);
    let print = GetFormPaperRequest { form_id: form.form_id.clone(), ..Default::default() };
    let paper = face.get_form_paper(as_who(print, "officer", None)).await.unwrap().into_inner();
    assert!(paper.pdf.starts_with(b"%PDF-") && paper.pages == 1);
    let same = verify(form.check_code.clone(), paper.sha256).await.unwrap().into_inner();
    let forged = verify(form.check_code.clone(), vec![7; 32]).await.unwrap().into_inner();
    assert_eq!((same.same_paper, forged.same_paper), (Some(true), Some(false)));
    assert_eq!(verify("0000-0000-0000".into(), Vec::new()).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(verify("x".into(), Vec::new()).await.unwrap_err().code(), Code::InvalidArgument);
    // Neither the person's name nor the paper lies anywhere in the clear.
    let row: String = sqlx::query_scalar("SELECT string_agg(form::text, '') FROM form")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert!(!row.contains("王某某"));
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT sealed_pdf FROM form_paper").fetch_one(&world.pool).await.unwrap();
    assert!(!sealed.windows(4).any(|window| window == b"%PDF"));
    process.end().await;
}

/// The sample county's folder with another template of letters.
fn county_with(template: &str, version: &str) -> (tempfile::TempDir, Counties) {
    let folder = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    for file in ["county.toml", "areas.csv", "categories.csv", "agencies.csv"] {
        fs::copy(sample.join(file), folder.path().join(file)).unwrap();
    }
    let forms = folder.path().join("forms");
    fs::create_dir(&forms).unwrap();
    let mut kinds = fs::read_to_string(sample.join("forms/kinds.toml")).unwrap();
    kinds.push_str(&format!(
        "\n[kinds.reminder_letter]\ntemplate = 'mine.typ'\ntemplate_version = '{version}'\n"
    ));
    fs::write(forms.join("kinds.toml"), kinds).unwrap();
    fs::write(forms.join("mine.typ"), template).unwrap();
    let counties = Counties::load(&[folder.path().to_owned()]).unwrap();
    (folder, counties)
}

#[tokio::test]
async fn a_paper_is_byte_for_byte_the_same_after_the_template_has_a_new_version() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let store = &process.delivery.store;
    let load = |counties: &Counties| {
        Arc::new(
            Forms::load(counties, Arc::clone(&world.keyring), store.clone(), process.forms.shared_press())
                .unwrap(),
        )
    };
    let old = "#let form = json(\"form.json\")\n= 旧 #form.number";
    let new = "#let form = json(\"form.json\")\n= 新 #form.number";
    let (_first, counties) = county_with(old, "1");
    let before = load(&counties);
    before.keep_templates().await.unwrap();
    let face = |forms: &Arc<Forms>| FormFace::new(Arc::clone(&process.delivery), Arc::clone(forms));
    let issue = async |forms: &Arc<Forms>, id: &str| {
        let issued = face(forms).issue_form(as_who(letter(id), "officer", None)).await.unwrap();
        issued.into_inner().form.unwrap()
    };
    let print = async |forms: &Arc<Forms>, form: &Form| {
        let wanted = GetFormPaperRequest { form_id: form.form_id.clone(), ..Default::default() };
        face(forms).get_form_paper(as_who(wanted, "agency", Some("housing"))).await.unwrap().into_inner()
    };
    let printed = issue(&before, "1").await;
    let paper = print(&before, &printed).await;
    let not_printed = issue(&before, "2").await;
    let would_be = before.read(COUNTY, not_printed.form_id.parse().unwrap()).await.unwrap();
    // The same version with another text is refused, with what to do.
    let (_second, changed) = county_with(new, "1");
    let refused = load(&changed).keep_templates().await.unwrap_err();
    assert!(matches!(&refused, NotificationError::TemplateChanged { version, .. } if version == "1"));
    assert!(refused.to_string().contains("needs a new template_version"), "{refused}");
    let (_third, renewed) = county_with(new, "2");
    let after = load(&renewed);
    after.keep_templates().await.unwrap();
    assert_eq!(print(&after, &printed).await, paper);
    // What was issued before and is printed only now looks as it was issued.
    let late = print(&after, &not_printed).await;
    let elsewhere = after.print_with(old, &would_be.0, &would_be.1).await.unwrap();
    assert_eq!(late.pdf, elsewhere.pdf);
    let newest = issue(&after, "3").await;
    assert_eq!((printed.template_version.as_str(), newest.template_version.as_str()), ("1", "2"));
    let same_kind = after.read(COUNTY, newest.form_id.parse().unwrap()).await.unwrap();
    assert_ne!(
        print(&after, &newest).await.pdf,
        after.print_with(old, &same_kind.0, &same_kind.1).await.unwrap().pdf
    );
    // Many ask at once: one paper.
    let fourth = issue(&after, "4").await;
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let face = face(&after);
        let wanted = GetFormPaperRequest { form_id: fourth.form_id.clone(), ..Default::default() };
        asking.spawn(async move {
            face.get_form_paper(as_who(wanted, "officer", None)).await.unwrap().into_inner()
        });
    }
    let papers = asking.join_all().await;
    assert!(papers.windows(2).all(|two| two[0] == two[1]));
    process.end().await;
}

#[tokio::test]
async fn an_exercise_is_marked_on_the_push_and_on_the_form() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let mut police = process.open("police", 10);
    let drill = |push: &mut PushRequested| {
        push.drill = true;
        push.level = Red.into();
    };
    let (id, envelope) = asked(&world, (Uuid::now_v7(), "police", "functional"), FormKind::ReportForm, drill);
    world.apply(&process, &[envelope]).await;
    assert!(police.next().await.drill);
    let get = GetFormRequest { form_id: id.to_string(), ..Default::default() };
    let form = face(&process)
        .get_form(as_who(get, "agency", Some("police")))
        .await
        .unwrap()
        .into_inner()
        .form
        .unwrap();
    assert!(form.drill);
    let (stored, content) = process.forms.read(COUNTY, id).await.unwrap();
    let zone = &process.forms.of(COUNTY).unwrap().zone;
    assert_eq!(stored.on_paper(&content, zone)["drill"], serde_json::json!(true));
    police.close().await;
    process.end().await;
}

#[tokio::test]
async fn a_page_of_forms_is_read_down_an_index() {
    let world = World::new(quick()).await;
    let mut plans = BTreeMap::new();
    for list in ["list_of_county", "list_of_agency", "list_of_case"] {
        let path = format!("{}/src/store/sql/forms/{list}.sql", env!("CARGO_MANIFEST_DIR"));
        let statement = fs::read_to_string(path).unwrap();
        let values = [
            ("$1", "'421181'"),
            ("$2", if list == "list_of_agency" { "'police'" } else { "NULL" }),
            ("$3", if list == "list_of_case" { "'01a199d0-cb40-7b3e-9f21-5d0c3e8a1b47'" } else { "NULL" }),
            ("$4", "NULL"),
            ("$5", "now()"),
            ("$6", "'01a199d0-cb40-7b3e-9f21-5d0c3e8a1b47'::uuid"),
            ("$7", "50"),
        ];
        let statement = values.iter().fold(statement, |text, (place, value)| text.replace(place, value));
        let mut conn = world.pool.acquire().await.unwrap();
        for (setting, value) in fengqiao_serving::planning(fengqiao_serving::ServiceName::Notification) {
            sqlx::query(AssertSqlSafe(format!("SET {setting} = {value}"))).execute(&mut *conn).await.unwrap();
        }
        let explained = sqlx::query_scalar(AssertSqlSafe(format!("EXPLAIN {statement}")));
        let plan: Vec<String> = explained.fetch_all(&mut *conn).await.unwrap();
        plans.insert(list, plan.join("\n"));
    }
    for (list, index) in [
        ("list_of_county", "form_newest"),
        ("list_of_agency", "form_of_agency"),
        ("list_of_case", "form_of_case"),
    ] {
        assert!(plans[list].contains(index) && !plans[list].contains("Sort"), "{list}\n{}", plans[list]);
    }
}

#[tokio::test]
async fn a_bulletin_is_announced_to_each_agency_once() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let bulletin = Uuid::now_v7();
    let made = BulletinMade {
        bulletin_id: bulletin.to_string(),
        kind: "weekly".into(),
        title: "周报（2026年第48周）".into(),
        summary: "受理诉求120件。".into(),
        agencies: vec!["housing".into(), "government".into()],
        sha256: "00ff".into(),
        made_at: Some(to_proto(now())),
        link: String::new(),
    };
    let envelope = Envelope {
        county: COUNTY.into(),
        topic: Topic::Statistics,
        position: 1,
        kind: "fengqiao.statistics.v1.BulletinMade".into(),
        payload: made.encode_to_vec(),
        trace: None,
    };
    let events = BulletinEvents::new(Arc::clone(&process.delivery), Arc::clone(&process.forms));
    let mut housing = process.open("housing", 10);
    let mut conn = world.connect().await.acquire().await.unwrap();
    // Once, and once more: as after a crash between the forms and the step.
    for _ in 0..2 {
        let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Statistics).await.unwrap();
        let batch = std::slice::from_ref(&envelope);
        assert_eq!(events.apply(&mut conn, &step, batch).await.unwrap(), Applied::Done);
    }
    let which = WhichForms { kind: Some(FormKind::Bulletin), ..WhichForms::default() };
    let forms = process.delivery.store.list_forms(COUNTY, &which, &FormPlace::start(), 10).await.unwrap();
    assert_eq!(forms.len(), 2);
    assert!(
        forms.iter().all(|form| form.case_id == Some(bulletin) && form.number.contains("统〔")),
        "{forms:?}"
    );
    let push = housing.next().await;
    assert_eq!((push.form(), push.subject()), (FormKind::Bulletin, PushSubject::Form));
    let matter = push.matter.clone().unwrap();
    assert_eq!(matter.title, "统计报告：周报（2026年第48周）");
    assert!(matter.narrative.contains("受理诉求120件。") && matter.narrative.contains(&bulletin.to_string()));
    // Where statistics says where it is read, the form does.
    let link = format!("https://board.example.gov.cn/bulletins/{COUNTY}/{bulletin}/00ff");
    let linked = BulletinMade { bulletin_id: Uuid::now_v7().to_string(), link: link.clone(), ..made.clone() };
    let linked = Envelope { payload: linked.encode_to_vec(), ..envelope.clone() };
    let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Statistics).await.unwrap();
    assert_eq!(events.apply(&mut conn, &step, &[linked]).await.unwrap(), Applied::Done);
    let narrative = housing.next().await.matter.clone().unwrap().narrative;
    assert!(narrative.contains(&link) && !narrative.contains("fengqiao bulletin get"), "{narrative}");
    let other = BulletinMade { summary: "另一份".into(), ..made };
    let other = Envelope { payload: other.encode_to_vec(), ..envelope };
    let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Statistics).await.unwrap();
    assert!(events.apply(&mut conn, &step, &[other]).await.is_err(), "another one under the id is parked");
    housing.close().await;
    process.end().await;
}
