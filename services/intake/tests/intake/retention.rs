//! After the county's term what says who and what is removed, and the counts stay.

use std::sync::{Arc, Mutex};

use fengqiao_county::Counties;
use fengqiao_intake::retention::Retention;
use fengqiao_messaging::{Outbox, Topic};
use fengqiao_proto::{
    intake::v1::{Details, GetReportRequest, OwnField, Report, ReportsExpired},
    routing::v1::CaseChanged,
    types::v1::CaseState,
};
use fengqiao_serving::time::{Clock, now};
use fengqiao_stack::StackPlan;
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use sqlx::AssertSqlSafe;
use tokio_util::sync::CancellationToken;

use crate::world::{COUNTY, World, case_changed, one, report, submit, tell, until};

/// A clock that the test moves, and who removes by it after 200 days.
pub struct Term {
    time: Arc<Mutex<Timestamp>>,
    retention: Retention,
    counties: Arc<Counties>,
}

impl Term {
    pub fn of(world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["areas.csv", "categories.csv", "county.toml"] {
            std::fs::copy(StackPlan::sample_county().join(file), folder.path().join(file)).unwrap();
        }
        let settings = folder.path().join("county.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        std::fs::write(&settings, text.replace("report_days = 1825", "report_days = 200")).unwrap();
        let counties = Arc::new(Counties::load(&[folder.path().to_owned()]).unwrap());
        let time = Arc::new(Mutex::new(now()));
        let told = Arc::clone(&time);
        let clock = Clock::moved_by(move || *told.lock().unwrap());
        let retention =
            Retention::new(world.pool.clone(), Arc::clone(&counties), Outbox::new(Topic::Intake), clock);
        Self { time, retention, counties }
    }

    pub fn pass(&self, days: i64) {
        let mut time = self.time.lock().unwrap();
        *time = time.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    }

    pub async fn look(&self) -> usize {
        let county = self.counties.get(COUNTY).unwrap();
        self.retention.look(county, &CancellationToken::new()).await.unwrap()
    }

    pub async fn look_beside_reports(&self) {
        let county = self.counties.get(COUNTY).unwrap();
        self.retention.look_beside_reports(county, &CancellationToken::new()).await.unwrap();
    }
}

#[tokio::test]
async fn after_the_term_a_word_that_no_mapping_knows_goes_and_its_count_stays() {
    let (world, mut client) = one().await;
    for (number, category) in ["占道经营", "占道经营", "油烟扰民"].into_iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        let told = Report { category: category.into(), ..report(&format!("GD-{number}"), number, number) };
        submit(&mut client, told).await.unwrap();
    }
    // Known to the county: not counted.
    submit(&mut client, report("GD-9", 9, 9)).await.unwrap();
    // What is counted is written at the stop at the latest.
    world.stop.cancel();
    let words = "SELECT count(*) FROM unmapped_value WHERE mapping = '*' AND field = 'category'
                 AND value IN ('占道经营', '油烟扰民')";
    until("the counts are written", async || world.count(words).await == 2).await;
    let counted = "SELECT sum(count)::bigint FROM unmapped_value";
    assert_eq!(world.count(counted).await, 3);
    let term = Term::of(&world);
    term.pass(201);
    term.look_beside_reports().await;
    assert_eq!(world.count(words).await, 0);
    assert_eq!(world.count(counted).await, 3);
    world.end().await;
}

#[tokio::test]
async fn after_the_term_the_personal_part_goes_and_the_counts_stay() {
    let (world, mut client) = one().await;
    let own_fields = vec![OwnField { name: "工号".into(), value: "A07".into() }];
    let details = Details { own_fields, ..Details::default() };
    let mut first = report("GD-1", 1, 1);
    first.details = Some(details);
    let over = submit(&mut client, first.clone()).await.unwrap();
    // Another revision, whose former content goes as well.
    first.title = "补充".into();
    submit(&mut client, first.clone()).await.unwrap();
    let open = submit(&mut client, report("GD-2", 2, 2)).await.unwrap();
    submit(&mut client, report("GD-3", 3, 3)).await.unwrap();
    let keys_of_kept = world
        .count(
            "SELECT count(*) FROM link_key JOIN report USING (county, report_id) WHERE source_ref <> 'GD-1'",
        )
        .await;
    let cluster =
        |taken: &fengqiao_proto::intake::v1::SubmitReportResponse| taken.linkage.clone().unwrap().cluster_id;
    tell(&world, &case_changed(1, "20261127-0001", &cluster(&over), CaseState::Closed, Some(now()))).await;
    tell(&world, &case_changed(2, "20261127-0002", &cluster(&open), CaseState::Open, None)).await;

    let term = Term::of(&world);
    assert_eq!(term.look().await, 0);
    term.pass(199);
    assert_eq!(term.look().await, 0, "the term is not over");
    term.pass(2);
    assert_eq!(term.look().await, 1);
    assert_eq!(term.look().await, 0, "once");
    let told: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT payload FROM outbox_event WHERE kind LIKE '%ReportsExpired'")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    let told: Vec<ReportsExpired> =
        told.iter().map(|payload| ReportsExpired::decode(payload.as_slice()).unwrap()).collect();
    assert_eq!(told, [ReportsExpired { report_ids: vec![over.report_id.clone()] }]);
    for (what, left) in [
        ("report WHERE removed_at IS NULL", 2),
        ("report WHERE octet_length(sealed_matter) = 0 AND sealed_details IS NULL", 1),
        ("report_revision WHERE octet_length(sealed_matter) > 0 OR sealed_details IS NOT NULL", 0),
        ("report_link", 2),
        ("link_key", keys_of_kept),
        // What counts is made of.
        ("report WHERE source = 2 AND category = 'neighbourhood' AND area_code <> ''", 3),
    ] {
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {what}")))
            .fetch_one(&world.pool)
            .await
            .unwrap();
        assert_eq!(count, left, "{what}");
    }
    let get = GetReportRequest { report_id: over.report_id.clone(), ..Default::default() };
    let read = client.get_report(get).await.unwrap().into_inner().report.unwrap();
    assert!(read.removed_at.is_some());
    let emptied = read.report.unwrap();
    assert_eq!((emptied.source_ref.as_str(), emptied.title.as_str()), ("GD-1", ""));
    assert!(emptied.parties.is_empty() && emptied.narrative.is_empty() && emptied.details.is_none());

    // The same message is still known; another one is kept until its own term is over.
    let known = submit(&mut client, first.clone()).await.unwrap();
    assert!(known.known);

    // A case that ends later lets its reports go a term after that, although they were passed before.
    let closed = case_changed(
        2,
        "20261127-0002",
        &cluster(&open),
        CaseState::Closed,
        Some(*term.time.lock().unwrap()),
    );
    tell(&world, &CaseChanged { version: 2, ..closed }).await;
    assert_eq!(term.look().await, 0);
    term.pass(201);
    assert_eq!(term.look().await, 1);
    assert_eq!(
        world.count("SELECT count(*) FROM retention_kept").await,
        1,
        "the one whose case was never told"
    );

    // Nobody remembers whose it was.
    let again = submit(&mut client, report("GD-4", 1, 1)).await.unwrap();
    let person =
        |taken: &fengqiao_proto::intake::v1::SubmitReportResponse| taken.linkage.clone().unwrap().person_id;
    assert_ne!(person(&again), person(&over));
    world.end().await;
}

#[tokio::test]
async fn a_revision_of_what_was_removed_is_removed_after_its_own_term() {
    let (world, mut client) = one().await;
    let taken = submit(&mut client, report("GD-1", 1, 1)).await.unwrap();
    let cluster = taken.linkage.unwrap().cluster_id;
    tell(&world, &case_changed(1, "20261127-0001", &cluster, CaseState::Closed, Some(now()))).await;
    let term = Term::of(&world);
    term.pass(201);
    assert_eq!(term.look().await, 1);
    // As if it had been accepted when its term was over.
    sqlx::query("UPDATE report SET accepted_at = accepted_at - interval '201 days'")
        .execute(&world.pool)
        .await
        .unwrap();
    submit(&mut client, Report { title: "补充".into(), ..report("GD-1", 1, 1) }).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM report WHERE removed_at IS NULL").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM retention_kept").await, 1);
    assert_eq!(term.look().await, 1, "by the moved clock its own term is over too");
    assert_eq!(world.count("SELECT count(*) FROM report WHERE octet_length(sealed_matter) > 0").await, 0);
    world.end().await;
}

#[tokio::test]
async fn many_reports_are_looked_at_in_steps_and_each_once() {
    let (world, _) = one().await;
    sqlx::query(
        "INSERT INTO report (county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at,
             area_code, category, source_category, cluster_id, submitted_by, sealed_matter)
         SELECT '421181', lpad(to_hex(n), 32, '0')::uuid, 1, n::text, 1, '', now(), now(), '421181', 'other', '',
             lpad(to_hex(n % 2), 32, '1')::uuid, '', 'x'
         FROM generate_series(1, 501) AS n",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    let cluster = sqlx::types::Uuid::parse_str("11111111-1111-1111-1111-111111111110").unwrap().to_string();
    tell(&world, &case_changed(1, "20261127-0001", &cluster, CaseState::Rejected, Some(now()))).await;
    let term = Term::of(&world);
    term.pass(201);
    assert_eq!(term.look().await, 250);
    assert_eq!(world.count("SELECT count(*) FROM retention_kept").await, 251);
    assert_eq!(term.look().await, 0);
    world.end().await;
}
