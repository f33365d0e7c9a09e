//! Pushes of protected cases: who reads one says why, and that is kept before anything is shown; lists and records tell of
//! nobody; an agency's system gets what it is pushed. On a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request as Asked, StatusCode, header},
};
use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_messaging::{Envelope, Topic};
use fengqiao_notification::{
    answering::{Answerer, Answering},
    attachments::{Attachments, Coming, ObjectPlace, Pieces},
    delivery::Console,
    desk::{Desk, Residents, SITE},
    domain::reading::Reader,
    grpc::{EndpointFace, FormFace, NotificationFace},
    people::People,
    store::Opened,
};
use fengqiao_pages::Entrance;
use fengqiao_proto::{
    notification::v1::{
        DownloadAttachmentRequest, FormField, GetFormPaperRequest, GetFormRequest, GetPushRequest,
        IssueFormRequest, ListAnswersRequest, ListAttachmentsRequest, ListAttemptsRequest, ListPushesOrder,
        ListPushesRequest, ListReadingsRequest, ReadPart, Reading, answer_service_server::AnswerService as _,
        attachment_service_server::AttachmentService as _, endpoint_service_server::EndpointService as _,
        form_service_server::FormService as _, notification_service_server::NotificationService as _,
        reading_service_server::ReadingService as _,
    },
    routing::v1::{CaseChanged, CaseExpired, PushRequested},
    types::v1::{
        CaseState, FormKind,
        Level::{self, Red, Yellow},
        Matter, Party, PartyRole,
    },
};
use fengqiao_serving::time::{now, to_proto};
use fengqiao_signin::{AccountName, Door, NewAccount, password::Hashing, token::Token};
use fengqiao_webhook::Poster;
use jiff::ToSpan as _;
use prost::Message as _;
use sqlx::{Executor as _, PgPool};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{Code, Request, Status, codegen::Service as _};
use tonic_types::StatusExt as _;
use uuid::Uuid;
use world::{COUNTY, Process, World, quick};

static COUNTIES: LazyLock<Arc<Counties>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    Arc::new(Counties::load(&[folder]).unwrap())
});

fn event(world: &World, kind: &str, payload: Vec<u8>) -> Envelope {
    let (_, like) = world.request("police", Yellow);
    Envelope { kind: kind.into(), topic: Topic::Routing, payload, trace: None, ..like }
}

/// What routing says a case is.
fn changed(world: &World, case_id: Uuid, version: i64, protected: bool) -> Envelope {
    let changed = CaseChanged {
        case_id: case_id.to_string(),
        version,
        number: "20261124-0001".into(),
        state: CaseState::Open.into(),
        opened_at: Some(to_proto(now())),
        protected,
        ..CaseChanged::default()
    };
    event(world, "fengqiao.routing.v1.CaseChanged", changed.encode_to_vec())
}

/// A push of a case with people in it.
fn asked(world: &World, agency: &str, level: Level, case_id: Uuid) -> (Uuid, Envelope) {
    let (push_id, envelope) = world.request_of(agency, level, case_id);
    let party = Party { role: PartyRole::Victim.into(), name: "王小芳".into(), ..Party::default() };
    let matter = Matter {
        title: "王小芳求助".into(),
        narrative: "夜间被打".into(),
        address: "某路1号".into(),
        parties: vec![party],
        ..Matter::default()
    };
    let asked = PushRequested {
        sealed_matter: world.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes()),
        ..PushRequested::decode(envelope.payload.as_slice()).unwrap()
    };
    (push_id, Envelope { payload: asked.encode_to_vec(), ..envelope })
}

/// Somebody of the police.
fn zhao() -> Answerer {
    Answerer {
        county: COUNTY.into(),
        agency: "police".into(),
        actor: "officer-zhao".into(),
        capacity: "police".into(),
        entry: None,
    }
}

/// A service whose county has a push of a protected case, and one of a case that is none.
struct Office {
    world: World,
    process: Process,
    case_id: Uuid,
    push_id: Uuid,
    plain: Uuid,
    face: NotificationFace,
    forms: FormFace,
    answering: Answering,
}

impl Office {
    async fn new() -> Self {
        let world = World::new(quick()).await;
        let process = world.process().await;
        let (case_id, other) = (Uuid::now_v7(), Uuid::now_v7());
        let (push_id, first) = asked(&world, "police", Red, case_id);
        let (plain, second) = asked(&world, "police", Red, other);
        let protected = changed(&world, case_id, 1, true);
        world.apply(&process, &[first, second, protected]).await;
        let store = process.delivery.store.clone();
        let pieces = Pieces::new(store.clone(), &ObjectPlace::default()).unwrap();
        let files = Attachments::new(store, pieces, Arc::clone(&world.keyring));
        let answering = Answering::new(Arc::clone(&process.delivery), files, HashMap::new());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let face = NotificationFace::new(Arc::clone(&process.delivery), answering.clone(), tasks, stop);
        let forms = FormFace::new(Arc::clone(&process.delivery), Arc::clone(&process.forms));
        Self { world, process, case_id, push_id, plain, face, forms, answering }
    }

    async fn readings(&self, case: &str) -> Vec<Reading> {
        let asked = ListReadingsRequest { case: case.into(), ..Default::default() };
        self.face.list_readings(officer(asked)).await.unwrap().into_inner().readings
    }

    /// A file of the protected push, handed in by its agency.
    async fn file(&self) -> Uuid {
        let coming =
            Coming { push_id: self.push_id, name: "王小芳伤情.jpg".into(), size: None, most: 1 << 20 };
        let mut upload = self.answering.files.begin(&zhao(), coming).await.unwrap();
        let photo = [b"\xFF\xD8\xFF\xE0\0\x10JFIF".as_slice(), &[7; 9_000]].concat();
        upload.write(&photo).await.unwrap();
        Uuid::parse_str(&upload.finish(now()).await.unwrap().attachment_id).unwrap()
    }

    async fn end(self) {
        self.process.end().await;
    }
}

fn as_who<T>(message: T, name: &str, role: &str, agency: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(Principal::new(name, COUNTY, role, agency).unwrap()));
    request
}

fn officer<T>(message: T) -> Request<T> {
    as_who(message, "wang", "officer", None)
}

fn police<T>(message: T) -> Request<T> {
    as_who(message, "police-system", "agency", Some("police"))
}

fn get(push_id: Uuid, purpose: &str) -> GetPushRequest {
    GetPushRequest { push_id: push_id.to_string(), purpose: purpose.into(), ..Default::default() }
}

/// That a call was refused for its purpose, and for nothing else.
fn wants_purpose<T>(answer: Result<T, Status>) {
    let status = answer.map(drop).unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields = status.get_details_bad_request().unwrap().field_violations;
    assert_eq!(fields.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["purpose"]);
}

#[tokio::test]
async fn an_officer_says_why_a_push_its_form_its_answers_and_its_files_are_read_and_that_is_kept() {
    let office = Office::new().await;
    let id = office.push_id.to_string();
    let file = office.file().await.to_string();
    office.answering.sign(&zhao(), office.push_id, now()).await.unwrap();
    let form = |purpose: &str| {
        officer(GetFormRequest { form_id: id.clone(), purpose: purpose.into(), ..Default::default() })
    };
    let paper = |purpose: &str| {
        officer(GetFormPaperRequest { form_id: id.clone(), purpose: purpose.into(), ..Default::default() })
    };
    let answers = |purpose: &str| {
        officer(ListAnswersRequest { push_id: id.clone(), purpose: purpose.into(), ..Default::default() })
    };
    let download = |purpose: &str| {
        officer(DownloadAttachmentRequest {
            push_id: id.clone(),
            attachment_id: file.clone(),
            purpose: purpose.into(),
            ..Default::default()
        })
    };
    let (face, forms) = (&office.face, &office.forms);
    for purpose in ["", "  ", &"查".repeat(201)] {
        wants_purpose(face.get_push(officer(get(office.push_id, purpose))).await);
        wants_purpose(forms.get_form(form(purpose)).await);
        wants_purpose(forms.get_form_paper(paper(purpose)).await);
        wants_purpose(face.list_answers(answers(purpose)).await);
        wants_purpose(face.download_attachment(download(purpose)).await);
    }
    assert_eq!(office.readings(&id).await, []);
    let case = office.case_id.to_string();
    assert_eq!(office.readings(&case).await, [], "who was shown nothing has read nothing");

    let why = "核对王小芳的回访";
    let push = face.get_push(officer(get(office.push_id, why))).await.unwrap().into_inner().push.unwrap();
    assert_eq!(push.matter.unwrap().parties[0].name, "王小芳");
    let shown = forms.get_form(form("二")).await.unwrap().into_inner().form.unwrap();
    assert_eq!(shown.content.unwrap().matter.unwrap().narrative, "夜间被打");
    // Whether the machine has fonts or not: it was asked for.
    let _ = forms.get_form_paper(paper("三")).await;
    assert_eq!(face.list_answers(answers("四")).await.unwrap().into_inner().answers.len(), 1);
    assert!(face.download_attachment(download("五")).await.is_ok());
    let kept = office.readings(&case).await;
    let said: Vec<_> = kept.iter().map(|one| (one.part(), one.purpose.as_str())).collect();
    assert_eq!(
        said,
        [
            (ReadPart::Attachment, "五"),
            (ReadPart::Answers, "四"),
            (ReadPart::Paper, "三"),
            (ReadPart::Form, "二"),
            (ReadPart::Push, "核对王某的回访"),
        ],
        "the newest first, and nobody is named"
    );
    assert!(kept.iter().all(|one| (one.actor.as_str(), one.capacity.as_str()) == ("wang", "officer")));
    assert!(kept.iter().all(|one| one.push_id == id && one.agency.is_empty() && one.at.is_some()));
    // By the number that people say, page by page.
    let mut pages = Vec::new();
    let mut page_token = String::new();
    loop {
        let asked = ListReadingsRequest {
            case: "20261124-0001".into(),
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = face.list_readings(officer(asked)).await.unwrap().into_inner();
        pages.extend(page.readings);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, kept);
    let unknown = ListReadingsRequest { case: "20261124-9999".into(), ..Default::default() };
    assert_eq!(face.list_readings(officer(unknown)).await.unwrap_err().code(), Code::NotFound);

    // Of another case nothing is asked, and nothing kept.
    let plain = face.get_push(officer(get(office.plain, ""))).await.unwrap().into_inner();
    assert!(!plain.push.unwrap().matter.unwrap().parties.is_empty());
    assert_eq!(office.readings(&case).await.len(), 5);
    // An operator is shown no matter, and reads nothing.
    let operated = as_who(get(office.push_id, ""), "ops", "operator", None);
    assert_eq!(face.get_push(operated).await.unwrap().into_inner().push.unwrap().matter, None);
    // What was kept stays as it is.
    for change in [
        "UPDATE protected_reading SET purpose = ''",
        "DELETE FROM protected_reading",
        "TRUNCATE protected_reading",
    ] {
        assert!(office.world.pool.execute(change).await.is_err(), "{change}");
    }
    office.end().await;
}

#[tokio::test]
async fn where_a_reading_cannot_be_kept_nothing_is_shown() {
    let office = Office::new().await;
    office
        .world
        .pool
        .execute("ALTER TABLE protected_reading ADD CONSTRAINT nothing CHECK (false)")
        .await
        .unwrap();
    let refused = office.face.get_push(officer(get(office.push_id, "回访"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
    let form =
        GetFormRequest {
            form_id: office.push_id.to_string(), purpose: "回访".into(), ..Default::default()
        };
    assert!(office.forms.get_form(officer(form)).await.is_err());
    office.end().await;
}

#[tokio::test]
async fn an_agency_s_system_gets_what_it_is_pushed_and_may_say_why_somebody_looks() {
    let office = Office::new().await;
    let mut agency = office.process.open("police", 10);
    for _ in 0..2 {
        let push = agency.next().await;
        assert_eq!(push.matter.as_ref().unwrap().parties[0].name, "王小芳");
        agency.acknowledge(&push);
    }
    agency.close().await;
    let (face, case) = (&office.face, office.case_id.to_string());
    let got = face.get_push(police(get(office.push_id, ""))).await.unwrap().into_inner().push.unwrap();
    assert_eq!(got.matter.unwrap().narrative, "夜间被打");
    for order in [ListPushesOrder::Danger, ListPushesOrder::Arrival] {
        let asked = ListPushesRequest { order: order.into(), ..Default::default() };
        let listed = face.list_pushes(police(asked)).await.unwrap().into_inner().pushes;
        assert!(listed.iter().all(|push| !push.matter.as_ref().unwrap().parties.is_empty()));
    }
    assert_eq!(office.readings(&case).await, []);
    face.get_push(police(get(office.push_id, "民警出警前查看"))).await.unwrap();
    let kept = office.readings(&case).await;
    assert_eq!((kept[0].actor.as_str(), kept[0].agency.as_str()), ("police-system", "police"));
    // Another's push is not there for it, whatever it says; nor is it kept.
    let court = as_who(get(office.push_id, "查看"), "court-system", "agency", Some("court"));
    assert_eq!(face.get_push(court).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(office.readings(&case).await.len(), 1);
    office.end().await;
}

#[tokio::test]
async fn lists_and_records_of_tries_tell_nothing_of_a_protected_case() {
    let office = Office::new().await;
    let file = office.file().await;
    for order in [ListPushesOrder::Danger, ListPushesOrder::Arrival] {
        let asked = ListPushesRequest { agency: "police".into(), order: order.into(), ..Default::default() };
        let listed = office.face.list_pushes(officer(asked)).await.unwrap().into_inner().pushes;
        let of = |id: Uuid| listed.iter().find(|push| push.push_id == id.to_string()).unwrap();
        assert_eq!(of(office.push_id).matter, None);
        assert_eq!(of(office.push_id).case_number, "20261124-0001");
        let plain = of(office.plain).matter.clone().unwrap();
        assert!(plain.title.starts_with("王某") && plain.parties.is_empty(), "{plain:?}");
    }
    let files = ListAttachmentsRequest { push_id: office.push_id.to_string(), ..Default::default() };
    let listed = office.face.list_attachments(officer(files.clone())).await.unwrap().into_inner().attachments;
    assert_eq!((listed[0].attachment_id.clone(), listed[0].name.as_str()), (file.to_string(), ""));
    let own = office.face.list_attachments(police(files)).await.unwrap().into_inner().attachments;
    assert_eq!(own[0].name, "王小芳伤情.jpg");
    // What was posted to an endpoint, and what it answered.
    let id = office.push_id;
    let answer = office.world.keyring.seal("已收到：夜间被打".as_bytes(), COUNTY.as_bytes());
    sqlx::query(
        "INSERT INTO delivery_attempt (county, push_id, number, at, channel, delivered, http_status, error,
             duration_ms, sealed_answer)
         SELECT $1, push_id, 1, now(), 'webhook', true, 200, '', 5, $3 FROM UNNEST ($2::uuid[]) AS of (push_id)",
    )
    .bind(COUNTY)
    .bind([id, office.plain])
    .bind(answer)
    .execute(&office.world.pool)
    .await
    .unwrap();
    // Fails only where one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let console = Console::new(Arc::clone(&office.process.delivery), Poster::new().unwrap());
    let console = EndpointFace::new(console);
    let tries = |push_id: Uuid| ListAttemptsRequest { push_id: push_id.to_string(), ..Default::default() };
    let shown = async |push_id| {
        let tries = console.list_attempts(officer(tries(push_id))).await.unwrap().into_inner();
        String::from_utf8(tries.attempts[0].answer.clone()).unwrap()
    };
    assert_eq!(shown(id).await, "");
    assert!(shown(office.plain).await.contains("夜间被打"));
    office.end().await;
}

#[tokio::test]
async fn what_was_said_last_of_a_case_holds_whichever_of_the_two_receivers_heard_of_it() {
    let office = Office::new().await;
    let (world, process, face) = (&office.world, &office.process, &office.face);
    let shows = async || face.get_push(officer(get(office.push_id, ""))).await.is_ok();
    assert!(!shows().await);
    // Before persons are told of anything, and before how the case stands is kept: a push is never without its protection.
    let case_id = Uuid::now_v7();
    let (early, push) = asked(world, "police", Red, case_id);
    world.apply_without_queueing(process, &[push, changed(world, case_id, 3, true)]).await;
    wants_purpose(face.get_push(officer(get(early, ""))).await);
    // Not protected any more; then again.
    world.apply(process, &[changed(world, office.case_id, 2, false)]).await;
    assert!(shows().await);
    world.apply_without_queueing(process, &[changed(world, office.case_id, 3, true)]).await;
    assert!(!shows().await);
    // An older one that comes late changes nothing.
    world.apply(process, &[changed(world, office.case_id, 4, false)]).await;
    world.apply(process, &[changed(world, office.case_id, 3, true)]).await;
    assert!(shows().await);
    // A process of before this was asked for tells how the case stands, and nothing else.
    world.pool.execute("DELETE FROM protected_case").await.unwrap();
    world.pool.execute("UPDATE case_progress SET version = 5, protected = true").await.unwrap();
    assert!(!shows().await);
    // With the term of what it is about its protection goes; who read it stays.
    face.get_push(officer(get(office.push_id, "回访"))).await.unwrap();
    world.apply(process, &[changed(world, office.case_id, 6, true)]).await;
    let expired = CaseExpired { case_id: office.case_id.to_string() }.encode_to_vec();
    world.apply(process, &[event(world, "fengqiao.routing.v1.CaseExpired", expired)]).await;
    assert!(shows().await);
    assert_eq!(office.readings(&office.case_id.to_string()).await.len(), 1);
    office.end().await;
}

#[tokio::test]
async fn a_form_by_hand_of_a_protected_case_is_read_like_its_pushes() {
    let office = Office::new().await;
    let issue = IssueFormRequest {
        request_id: "1".into(),
        kind: FormKind::ReminderLetter.into(),
        agency: "housing".into(),
        case_id: office.case_id.to_string(),
        fields: vec![FormField { key: "body".into(), text: "请约谈。".into(), ..Default::default() }],
        ..Default::default()
    };
    let issued = office.forms.issue_form(officer(issue)).await.unwrap().into_inner().form.unwrap();
    let id = Uuid::parse_str(&issued.form_id).unwrap();
    wants_purpose(office.face.get_push(officer(get(id, ""))).await);
    let form = GetFormRequest { form_id: issued.form_id.clone(), ..Default::default() };
    wants_purpose(office.forms.get_form(officer(form.clone())).await);
    office.forms.get_form(officer(GetFormRequest { purpose: "核对".into(), ..form })).await.unwrap();
    assert_eq!(office.readings(&office.case_id.to_string()).await[0].push_id, issued.form_id);
    office.end().await;
}

/// The desk's pages, and two of its people.
struct Pages {
    router: Router,
    door: Door,
}

impl Pages {
    async fn new(office: &Office) -> Self {
        let pool: PgPool = office.world.pool.clone();
        let migrator = sqlx::migrate::Migrator {
            migrations: fengqiao_signin::MIGRATIONS.migrations.clone(),
            ignore_missing: true,
            ..sqlx::migrate::Migrator::DEFAULT
        };
        migrator.run(&pool).await.unwrap();
        let door = Door::new(pool.clone(), &COUNTIES, Hashing::new().unwrap()).unwrap();
        let (keyring, counties) = (Arc::clone(&office.world.keyring), Arc::clone(&COUNTIES));
        let store = office.process.delivery.store.clone();
        let residents = Residents::new(
            store,
            Arc::clone(&keyring),
            Arc::clone(&counties),
            door.clone(),
            People::default(),
            pool,
        );
        let entrance = Entrance::new(&SITE, door.clone(), counties, keyring, HashMap::new());
        let delivery = Arc::clone(&office.process.delivery);
        let forms = Arc::clone(&office.process.forms);
        let router = Desk::new(office.answering.clone(), delivery, entrance, residents, forms).router();
        Self { router, door }
    }

    /// Someone of an agency who has signed in, with a password of their own.
    async fn signed(&self, person: &str, agency: &str) -> Token {
        let name = AccountName::read(person).unwrap();
        let account =
            NewAccount { name: name.clone(), person: person.into(), agency: agency.into(), subject: None };
        let (_, first) = self.door.add(COUNTY, &account, now()).await.unwrap();
        let first = first.unwrap();
        let token = self.door.by_password(COUNTY, name.as_str(), first.clone(), now()).await.unwrap();
        let signed = self.door.signed(token.clone(), now()).await.unwrap().unwrap();
        let own = "一个足够长的新口令呀呀呀".to_owned();
        self.door.change_password(&signed, first, own, now()).await.unwrap();
        token
    }

    async fn ask(&self, token: &Token, asked: Asked<Body>) -> (StatusCode, String, String) {
        let (mut parts, body) = asked.into_parts();
        let cookie = format!("__Host-fengqiao={}", token.write());
        parts.headers.insert(header::COOKIE, cookie.parse().unwrap());
        let answer = self.router.clone().call(Asked::from_parts(parts, body)).await.unwrap();
        let status = answer.status();
        let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let page = to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        (status, to.unwrap_or_default(), String::from_utf8_lossy(&page).into_owned())
    }

    async fn get(&self, token: &Token, address: &str) -> (StatusCode, String, String) {
        self.ask(token, Asked::get(address).body(Body::empty()).unwrap()).await
    }

    async fn post(
        &self,
        token: &Token,
        address: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, String, String) {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", &token.form_token())
            .extend_pairs(fields)
            .finish();
        let asked = Asked::post(address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        self.ask(token, asked).await
    }
}

#[tokio::test]
async fn the_desk_asks_why_before_it_shows_a_protected_push() {
    let office = Office::new().await;
    let pages = Pages::new(&office).await;
    let zhao = pages.signed("officer-zhao", "police").await;
    let id = office.push_id;
    let page_of = format!("/pushes/{id}");
    let file = office.file().await;
    let case = office.case_id.to_string();

    // The list names it and says nothing of it; what is not protected stands there as before.
    let (status, _, list) = pages.get(&zhao, "/pushes?show=all").await;
    assert_eq!(status, StatusCode::OK);
    assert!(list.contains(&id.to_string()) && list.contains("受保护"), "{list}");
    assert_eq!(list.matches("王某").count(), 1, "{list}");

    // The page asks, also on the ways that lead past it.
    let (status, _, asking) = pages.get(&zhao, &page_of).await;
    assert_eq!(status, StatusCode::OK);
    assert!(asking.contains("name=\"purpose\"") && asking.contains("查看事由"), "{asking}");
    let tells = |page: &str| page.contains("王小芳") || page.contains("夜间被打");
    assert!(!tells(&asking), "{asking}");
    for past in [
        format!("{page_of}?reading={}", Uuid::now_v7()),
        format!("{page_of}/paper"),
        format!("{page_of}/files/{file}"),
        format!("{page_of}/files/{file}?reading={}", Uuid::now_v7()),
    ] {
        let (status, to, page) = pages.get(&zhao, &past).await;
        let asks = status == StatusCode::OK && page.contains("name=\"purpose\"");
        // Without fonts there is no paper at all.
        let none = past.ends_with("/paper") && status == StatusCode::SERVICE_UNAVAILABLE;
        assert!(asks || to == page_of || none, "{past}: {status} {to}");
        assert!(!tells(&page), "{past}");
    }
    // Signing goes on as before, and shows no more.
    let (status, to, _) = pages.post(&zhao, &format!("{page_of}/sign"), &[]).await;
    assert_eq!((status, to.clone()), (StatusCode::SEE_OTHER, format!("{page_of}?done=signed")));
    let (_, _, signed) = pages.get(&zhao, &to).await;
    assert!(signed.contains("已签收。") && signed.contains("name=\"purpose\"") && !tells(&signed));
    assert_eq!(office.readings(&case).await, []);

    // An empty purpose is refused in words, one from another session as forged.
    let open = format!("{page_of}/open");
    let (status, _, page) = pages.post(&zhao, &open, &[("purpose", "  ")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("请写明查看事由") && !tells(&page), "{page}");
    let forged = Asked::post(open.as_str())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("csrf=x&purpose=x"))
        .unwrap();
    assert_eq!(pages.ask(&zhao, forged).await.0, StatusCode::FORBIDDEN);
    assert_eq!(office.readings(&case).await, []);

    // With one it opens, and goes on being open where the page leads.
    let (status, to, _) = pages.post(&zhao, &open, &[("purpose", "出警前了解王小芳情况")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, _, shown) = pages.get(&zhao, &to).await;
    assert!(tells(&shown), "{shown}");
    let reading = to.split_once("?reading=").unwrap().1.to_owned();
    assert!(shown.contains(&format!("{page_of}/feedback?reading={reading}")), "{shown}");
    let (_, again, wrong) =
        pages.post(&zhao, &format!("{page_of}/return?reading={reading}"), &[("text", "x")]).await;
    assert!(again.is_empty() && wrong.contains("请选择退回理由") && tells(&wrong), "{wrong}");
    let given = pages.get(&zhao, &format!("{page_of}/files/{file}?reading={reading}")).await;
    assert_eq!(given.0, StatusCode::OK);
    let kept = office.readings(&case).await;
    let said: Vec<_> = kept.iter().map(|one| (one.part(), one.purpose.as_str())).collect();
    let why = "出警前了解王某情况";
    assert_eq!(said, [(ReadPart::Attachment, why), (ReadPart::Push, why)]);
    assert_eq!((kept[1].actor.as_str(), kept[1].agency.as_str()), ("officer-zhao", "police"));

    // It opens to nobody else, opens no other push, and not for ever.
    let store = &office.process.delivery.store;
    let (me, other) = (("officer-zhao", "police"), ("officer-feng", "town-421181105"));
    let is_open = async |(actor, agency): (&str, &str), push_id, since| {
        let reader = Reader { actor, capacity: "", agency };
        let opened =
            Opened { county: COUNTY, id: Uuid::parse_str(&reading).unwrap(), push_id, reader, since };
        let shows = store.is_open(opened).await.unwrap();
        assert_eq!(store.keep_part(opened, ReadPart::Paper, now()).await.unwrap(), shows);
        shows
    };
    let hour_ago = now() - 1.hour();
    assert!(is_open(me, id, hour_ago).await);
    assert!(!is_open(other, id, hour_ago).await);
    assert!(!is_open(me, office.plain, hour_ago).await);
    assert!(!is_open(me, id, now() + 1.second()).await);
    // What is not protected is shown as ever.
    assert!(tells(&pages.get(&zhao, &format!("/pushes/{}", office.plain)).await.2));
    // Who cannot be kept is shown nothing.
    office
        .world
        .pool
        .execute("ALTER TABLE protected_reading ADD CONSTRAINT nothing CHECK (false) NOT VALID")
        .await
        .unwrap();
    let (status, _, page) = pages.post(&zhao, &open, &[("purpose", "再看")]).await;
    assert!(status.is_server_error() && !tells(&page), "{status}");
    let (status, ..) = pages.get(&zhao, &format!("{page_of}/files/{file}?reading={reading}")).await;
    assert!(status.is_server_error(), "{status}");
    office.end().await;
}
