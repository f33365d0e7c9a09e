//! Bulletins on a real database: each number is that of a question, each bulletin is made once and stays as it was.

use std::{path::Path, sync::Arc};

use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_messaging::{Outbox, Topic};
use fengqiao_paper::{FONT_FOLDER, Press};
use fengqiao_proto::statistics::v1::{
    BulletinFormat, BulletinMade, GetBulletinFileRequest, GetBulletinRequest, ListBulletinsRequest,
    MakeBulletinRequest, QueryIndicatorsRequest, bulletin_service_server::BulletinService as _,
};
use fengqiao_serving::time::{Clock, to_proto};
use fengqiao_statistics::{
    board::bulletin,
    bulletins::{BulletinCounties, BulletinCounty, making::Maker, making::Order, scheduling::Scheduler},
    domain::{
        bulletin::{
            page::{Scope, Told},
            text::Only,
        },
        days::Days,
    },
    grpc::BulletinFace,
    store::Bulletins,
};
use jiff::{Timestamp, tz::TimeZone};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use tonic::{Code, Request};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::world::{World, the_day};

const COUNTY: &str = "421181";
const BOARD: &str = "https://board.example.gov.cn/";
/// Saturday, 10:00 in the county.
const SATURDAY: &str = "2026-11-28T02:00:00Z";
/// Monday, 10:00 in the county: all shipped kinds are due.
const MONDAY: &str = "2026-11-30T02:00:00Z";

struct Office {
    world: World,
    maker: Arc<Maker>,
}

impl Office {
    async fn new() -> Self {
        let world = World::with_the_day(COUNTY).await;
        // As if it had been received on the day itself, whenever that is: what was known for a moment only, a moment before.
        for table in ["fact_report", "fact_case", "fact_push", "fact_duty", "fact_activity"] {
            let sql = format!(
                "UPDATE {table} SET known_from = CASE WHEN known_until IS NULL THEN timestamptz '2026-11-25T02:00:00Z'
                     ELSE '2026-11-25T01:59:59Z' END,
                 known_until = CASE WHEN known_until IS NOT NULL THEN timestamptz '2026-11-25T02:00:00Z' END"
            );
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&world.pool).await.unwrap();
        }
        let maker = maker(&world);
        Self { world, maker }
    }

    fn place(&self) -> &BulletinCounty {
        self.maker.counties().get(COUNTY).unwrap()
    }

    fn face(&self, now: &str) -> BulletinFace {
        BulletinFace { maker: Arc::clone(&self.maker), clock: clock(now) }
    }

    fn scheduler(&self, now: &str) -> Scheduler {
        let (pool, maker) = (self.world.pool.clone(), maker(&self.world));
        Scheduler { id: Uuid::now_v7(), pool, maker, clock: clock(now) }
    }

    async fn all_is_known_until(&self, time: &str) {
        sqlx::query("DELETE FROM receiver_position").execute(&self.world.pool).await.unwrap();
        for topic in ["intake", "routing", "notification"] {
            self.world.caught_up(COUNTY, topic, time).await;
        }
    }

    async fn sent(&self) -> Vec<BulletinMade> {
        let payloads: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT payload FROM outbox_event WHERE county = $1 ORDER BY position")
                .bind(COUNTY)
                .fetch_all(&self.world.pool)
                .await
                .unwrap();
        payloads.iter().map(|payload| BulletinMade::decode(payload.as_slice()).unwrap()).collect()
    }
}

fn maker(world: &World) -> Arc<Maker> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let counties = Counties::load(&[folder]).unwrap();
    let answers = world.answers();
    let counties = Arc::new(BulletinCounties::load(&counties, &answers).unwrap());
    let press = Arc::new(Press::new(Path::new(FONT_FOLDER)).unwrap());
    let store = Bulletins::new(world.pool.clone(), Outbox::new(Topic::Statistics));
    Arc::new(Maker::new(answers, counties, Some(press), store, Some(BOARD.to_owned())))
}

fn clock(now: &str) -> Clock {
    let now: Timestamp = now.parse().unwrap();
    Clock::moved_by(move || now)
}

fn asked<T>(message: T, role: &str, agency: Option<&str>) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(Principal::new("wang", COUNTY, role, agency).unwrap()));
    request
}

fn weekly(request_id: &str) -> MakeBulletinRequest {
    MakeBulletinRequest {
        request_id: request_id.into(),
        kind: "weekly".into(),
        day: "2026-11-25".into(),
        push: true,
        ..Default::default()
    }
}

/// The question that a figure of the text says it answers.
fn question(told: &Told, at: Timestamp) -> QueryIndicatorsRequest {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let begin = |day: &str, after: i64| {
        let day: jiff::civil::Date = day.parse().unwrap();
        let day = day.checked_add(jiff::ToSpan::days(after)).unwrap();
        Some(to_proto(zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap()))
    };
    let one = |word: &String| if word.is_empty() { vec![] } else { vec![word.clone()] };
    QueryIndicatorsRequest {
        indicators: vec![format!("{}@{}", told.indicator, told.version)],
        from: begin(&told.first_day, 0),
        before: begin(&told.last_day, 1),
        area_code: told.area.clone(),
        agencies: one(&told.agency),
        categories: one(&told.category),
        known_at: Some(to_proto(at)),
        happened_by: Some(to_proto(at)),
        ..Default::default()
    }
}

#[tokio::test]
async fn each_number_in_the_text_is_the_answer_to_its_question() {
    let office = Office::new().await;
    let at: Timestamp = SATURDAY.parse().unwrap();
    let (answers, mut looked_at) = (office.world.answers(), 0);
    for template in office.place().bulletins.kinds.values() {
        let day = "2026-11-24".parse().unwrap();
        let days = template.period.with(day).unwrap_or(Days { first: day, last: day });
        let only = match template.kind.as_str() {
            "special" => Only { category: "neighbourhood".into(), ..Only::default() },
            _ => Only::default(),
        };
        let order = Order { template, scope: Scope { days, only }, by: "wang", request_id: "1", push: false };
        let composed = office.maker.composed(office.place(), &order, at).await.unwrap();
        let mut text: String =
            composed.page.sections.iter().flat_map(|section| section.paragraphs.clone()).collect();
        text.push_str(&composed.page.summary);
        for told in &composed.told {
            let rows = answers.answer(COUNTY, &question(told, at), at).await.unwrap().rows;
            let row = &rows[0];
            assert_eq!((told.numerator, told.denominator), (row.numerator, row.denominator), "{told:?}");
            assert!(text.contains(&told.shown), "{told:?} is not in the text");
            looked_at += 1;
        }
        // What is left without them has no number but those of the template's own words; the longest go first, so that
        // none takes a piece of another.
        text = text.replace(&composed.page.period, "").replace("90日", "").replace("110", "");
        let mut shown: Vec<&str> = composed.told.iter().map(|told| told.shown.as_str()).collect();
        shown.sort_by_key(|shown| std::cmp::Reverse(shown.len()));
        for shown in shown {
            text = text.replacen(shown, "", 1);
        }
        assert!(!text.contains(|letter: char| letter.is_ascii_digit()), "{}: {text}", template.kind);
    }
    assert!(looked_at > 60, "{looked_at}");
}

#[tokio::test]
async fn the_text_says_what_was_counted_that_week() {
    let office = Office::new().await;
    let made = office.face(SATURDAY).make_bulletin(asked(weekly("1"), "officer", None)).await.unwrap();
    let bulletin = made.into_inner().bulletin.unwrap();
    assert_eq!(bulletin.title, "麻城市社会治理周报（2026年第48周（11月23日至11月29日））");
    let id = bulletin.bulletin_id.clone();
    let request = GetBulletinRequest { bulletin_id: id, ..Default::default() };
    let got = office.face(SATURDAY).get_bulletin(asked(request, "analyst", None)).await.unwrap().into_inner();
    let text = got.text.join("\n");
    for part in ["受理诉求4件", "新增矛盾纠纷2件", "化解率50.0%", "推送3件"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        got.figures
            .iter()
            .any(|figure| figure.shown == "50.0%" && figure.numerator == 1 && figure.denominator == 2)
    );
}

#[tokio::test]
async fn a_bulletin_stays_byte_for_byte_and_a_request_makes_one() {
    let office = Office::new().await;
    let face = office.face(SATURDAY);
    let made =
        face.make_bulletin(asked(weekly("1"), "officer", None)).await.unwrap().into_inner().bulletin.unwrap();
    let file = |format: BulletinFormat, role, agency| {
        let request = GetBulletinFileRequest {
            bulletin_id: made.bulletin_id.clone(),
            format: format.into(),
            ..Default::default()
        };
        face.get_bulletin_file(asked(request, role, agency))
    };
    let pdf = file(BulletinFormat::Pdf, "analyst", None).await.unwrap().into_inner();
    let book = file(BulletinFormat::Xlsx, "analyst", None).await.unwrap().into_inner();
    assert!(pdf.content.starts_with(b"%PDF-") && book.content.starts_with(b"PK"));
    for (found, kept) in [&pdf, &book].into_iter().zip(&made.files) {
        assert_eq!(Sha256::digest(&found.content).to_vec(), found.sha256);
        assert_eq!((&found.sha256, found.content.len() as i64), (&kept.sha256, kept.bytes));
    }
    // What comes later changes nothing of it; the same request answers as it did, another one counts anew.
    office.world.apply(&the_day(COUNTY)[0][..1]).await;
    let again =
        face.make_bulletin(asked(weekly("1"), "officer", None)).await.unwrap().into_inner().bulletin.unwrap();
    assert_eq!(again, made);
    assert_eq!(file(BulletinFormat::Pdf, "analyst", None).await.unwrap().into_inner(), pdf);
    let other =
        face.make_bulletin(asked(weekly("2"), "officer", None)).await.unwrap().into_inner().bulletin.unwrap();
    assert_ne!(other.bulletin_id, made.bulletin_id);
    let reused = MakeBulletinRequest { day: "2026-11-18".into(), ..weekly("1") };
    let refused = face.make_bulletin(asked(reused, "officer", None)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let sent = office.sent().await;
    assert_eq!(sent.len(), 2);

    // Whoever was given the link has the file, without an account; a wrong one tells nothing.
    let path = sent[0].link.strip_prefix(BOARD.trim_end_matches('/')).unwrap().to_owned();
    let opened = async |path: String| {
        let store = Bulletins::new(office.world.pool.clone(), Outbox::new(Topic::Statistics));
        let request = axum::http::Request::builder().uri(path).body(axum::body::Body::empty()).unwrap();
        bulletin::router::<()>(store).oneshot(request).await.unwrap()
    };
    let shown = opened(path.clone()).await;
    assert_eq!(
        (shown.status().as_u16(), &shown.headers()["content-type"]),
        (200, &"application/pdf".parse().unwrap())
    );
    let bytes = axum::body::to_bytes(shown.into_body(), usize::MAX).await.unwrap();
    let known = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(path.ends_with(&known) && known == sent[0].sha256);
    let (place, _) = path.rsplit_once('/').unwrap();
    for wrong in
        [format!("{place}/{}", "0".repeat(64)), format!("{place}/{known}0"), path.replace(COUNTY, "110101")]
    {
        assert_eq!(opened(wrong).await.status().as_u16(), 404);
    }

    // An agency has what was made for it, and nothing else.
    assert!(file(BulletinFormat::Pdf, "agency", Some("government")).await.is_ok());
    assert_eq!(
        file(BulletinFormat::Pdf, "agency", Some("housing")).await.unwrap_err().code(),
        Code::NotFound
    );
    let list = |agency| face.list_bulletins(asked(ListBulletinsRequest::default(), "agency", Some(agency)));
    assert_eq!(list("government").await.unwrap().into_inner().bulletins.len(), 2);
    assert!(list("housing").await.unwrap().into_inner().bulletins.is_empty());
}

#[tokio::test]
async fn the_calendar_makes_each_kind_once_whoever_looks_and_makes_up_for_a_stop() {
    let office = Office::new().await;
    office.all_is_known_until("2026-11-29T15:59:59Z").await;
    let (one, other) = (office.scheduler(MONDAY), office.scheduler(MONDAY));
    // Sunday is not wholly known: its daily and the week wait.
    assert_eq!(one.make_due(office.place()).await.unwrap(), 0);
    office.all_is_known_until("2026-11-29T16:00:00Z").await;
    assert_eq!(
        one.make_due(office.place()).await.unwrap(),
        2,
        "of the month and the quarter before nothing is known"
    );
    assert_eq!(one.make_due(office.place()).await.unwrap(), 0);
    assert_eq!(other.make_due(office.place()).await.unwrap(), 0, "another holds the work");
    // Two days nobody made any; another process makes up for them.
    office.all_is_known_until("2026-12-01T16:00:00Z").await;
    let later = office.scheduler("2026-12-02T02:00:00Z");
    assert_eq!(later.make_due(office.place()).await.unwrap(), 3, "two dailies, and November");
    let kinds: Vec<String> = office.sent().await.into_iter().map(|made| made.kind).collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| *kind == "daily").count(), 3, "{kinds:?}");
    // Who holds the work is not what keeps a bulletin from being made twice.
    let place = office.place();
    let template = &place.bulletins.kinds["weekly"];
    let days = template.period.with("2026-11-25".parse().unwrap()).unwrap();
    let order =
        Order { template, scope: Scope { days, only: Only::default() }, by: "", request_id: "", push: true };
    let (_, new) = office.maker.make(place, &order, MONDAY.parse().unwrap()).await.unwrap();
    assert!(!new);
    assert_eq!(office.sent().await.len(), 5);
}

#[tokio::test]
async fn wrong_orders_name_the_field() {
    let office = Office::new().await;
    let face = office.face(SATURDAY);
    for (field, wrong) in [
        ("kind", MakeBulletinRequest { kind: "yearly".into(), ..weekly("1") }),
        ("requestId", weekly("")),
        ("day", MakeBulletinRequest { day: "yesterday".into(), ..weekly("1") }),
        ("day", MakeBulletinRequest { day: "2026-12-08".into(), ..weekly("1") }),
        ("lastDay", MakeBulletinRequest { last_day: "2026-11-26".into(), ..weekly("1") }),
        ("areaCode", MakeBulletinRequest { area_code: "110101".into(), ..weekly("1") }),
        ("category", MakeBulletinRequest { category: "nothing".into(), ..weekly("1") }),
    ] {
        let refused = face.make_bulletin(asked(wrong, "officer", None)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let details = tonic_types::StatusExt::get_details_bad_request(&refused).unwrap();
        assert_eq!(details.field_violations[0].field, field);
    }
}
