//! What became of reports, as their sources can ask.

use std::{sync::Arc, time::Duration};

use fengqiao_access::Principal;
use fengqiao_intake::{Intake, config::CommitSettings, error::IntakeError, store};
use fengqiao_proto::{
    intake::v1::{ChangeKind, ListChangesRequest, ListChangesResponse, Report},
    notification::v1::FeedbackOutcome,
    routing::v1::CaseChanged,
    types::v1::{CaseState, Source},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::world::{COUNTY, World, report, tell};

pub fn hotline() -> Principal {
    Principal::new("hotline", COUNTY, "source", Some("hotline_12345")).unwrap()
}

/// Hands in a report and says under which id.
pub async fn bring(intake: &Intake, report: Report) -> String {
    let officer = Principal::new("officer-1", COUNTY, "officer", None).unwrap();
    intake.submit(&officer, Some(report)).await.unwrap().report_id
}

/// What routing tells of a case.
pub fn told(case: u128, version: i64, state: CaseState) -> CaseChanged {
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    CaseChanged {
        case_id: Uuid::from_u128(case).to_string(),
        version,
        number: format!("20261127-{case:04}"),
        cluster_id: Uuid::from_u128(case).to_string(),
        state: state.into(),
        lead_agency: "justice".into(),
        lead_agency_name: "司法局".into(),
        opened_at: time(1_795_478_400),
        changed_at: time(1_795_478_400 + version),
        ..Default::default()
    }
}

async fn changes(intake: &Intake, who: &Principal, cursor: &str, page_size: i32) -> ListChangesResponse {
    let request = ListChangesRequest { cursor: cursor.into(), page_size, ..Default::default() };
    intake.list_changes(who, request).await.unwrap()
}

fn kinds(answer: &ListChangesResponse) -> Vec<(i64, &str, ChangeKind)> {
    answer.changes.iter().map(|one| (one.position, one.source_ref.as_str(), one.kind())).collect()
}

async fn world_with_intake() -> (World, Arc<Intake>) {
    let mut world = World::new().await;
    let intake = world.intake(&CommitSettings::default());
    (world, intake)
}

#[tokio::test]
async fn a_source_hears_of_each_step_once_in_order_whatever_the_page() {
    let (world, intake) = world_with_intake().await;
    let first = bring(&intake, report("GD-1", 1, 1)).await;
    let grid = Report { source: Source::Grid.into(), ..report("W-1", 2, 2) };
    let second = bring(&intake, grid).await;
    let sealed =
        world.keyring.seal("已电话联系王女士13800000001，约定周三丈量".as_bytes(), COUNTY.as_bytes());
    let steps = [
        CaseChanged { report_id: first, ..told(1, 1, CaseState::Open) },
        CaseChanged { report_id: second, report_count: 2, ..told(1, 2, CaseState::Open) },
        CaseChanged { lead_signed_at: told(1, 3, CaseState::Open).changed_at, ..told(1, 3, CaseState::Open) },
        CaseChanged {
            lead_signed_at: told(1, 3, CaseState::Open).changed_at,
            lead_feedback: FeedbackOutcome::InProgress.into(),
            sealed_words: sealed,
            ..told(1, 4, CaseState::Open)
        },
        told(1, 5, CaseState::Resolved),
        told(1, 6, CaseState::Closed),
    ];
    for step in &steps {
        tell(&world, step).await;
        // What comes again, as after a crash before the position was told to Redis, changes nothing.
        tell(&world, step).await;
    }
    let all = changes(&intake, &hotline(), "", 0).await;
    let expected = [
        (1, "GD-1", ChangeKind::Opened),
        (2, "GD-1", ChangeKind::Signed),
        (3, "GD-1", ChangeKind::Feedback),
        (4, "GD-1", ChangeKind::Resolved),
        (5, "GD-1", ChangeKind::Closed),
    ];
    assert_eq!(kinds(&all), expected);
    let feedback = &all.changes[2];
    assert_eq!(feedback.change_id, "421181-hotline_12345-3");
    let standing = feedback.standing.as_ref().unwrap();
    assert_eq!(
        (standing.case_number.as_str(), standing.lead_agency_name.as_str()),
        ("20261127-0001", "司法局")
    );
    assert!(feedback.words.contains("约定周三丈量") && !feedback.words.contains("138"), "{}", feedback.words);
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let page = changes(&intake, &hotline(), &cursor, 2).await;
        cursor = page.next_cursor.clone();
        if page.changes.is_empty() {
            break;
        }
        seen.extend(page.changes);
    }
    assert_eq!(seen, all.changes);
    // The other source's feed has its own positions; what a case says before a report joins it is not told.
    let officer = Principal::new("officer-1", COUNTY, "officer", None).unwrap();
    let request = ListChangesRequest { source: Source::Grid.into(), ..Default::default() };
    let of_grid = intake.list_changes(&officer, request).await.unwrap();
    assert_eq!(kinds(&of_grid).first(), Some(&(1, "W-1", ChangeKind::Opened)));
    assert_eq!(of_grid.changes.len(), 5);
    world.end().await;
}

#[tokio::test]
async fn a_source_hears_of_its_own_only() {
    let (world, intake) = world_with_intake().await;
    let police = Principal::new("110", COUNTY, "source", Some("police_110")).unwrap();
    let of_others = ListChangesRequest { source: Source::Hotline12345.into(), ..Default::default() };
    assert!(matches!(intake.list_changes(&police, of_others).await, Err(IntakeError::NotItsSource)));
    let officer = Principal::new("officer-1", COUNTY, "officer", None).unwrap();
    let of_nobody = intake.list_changes(&officer, ListChangesRequest::default()).await;
    assert!(matches!(of_nobody, Err(IntakeError::Invalid(wrong)) if wrong[0].field == "source"));
    // A cursor is of one source.
    let cursor = changes(&intake, &hotline(), "", 0).await.next_cursor;
    let with_cursor = |cursor: &str| ListChangesRequest { cursor: cursor.into(), ..Default::default() };
    for wrong in [cursor.as_str(), "x"] {
        let refused = intake.list_changes(&police, with_cursor(wrong)).await;
        assert!(matches!(refused, Err(IntakeError::Invalid(wrong)) if wrong[0].field == "cursor"));
    }
    world.end().await;
}

#[tokio::test]
async fn who_waits_hears_at_once_and_who_comes_too_late_is_told_so() {
    let (world, intake) = world_with_intake().await;
    let id = bring(&intake, report("GD-1", 1, 1)).await;
    let waiting = {
        let intake = Arc::clone(&intake);
        let request = ListChangesRequest { wait_seconds: 20, ..Default::default() };
        tokio::spawn(async move { intake.list_changes(&hotline(), request).await.unwrap() })
    };
    let began = Instant::now();
    tell(&world, &CaseChanged { report_id: id, ..told(1, 1, CaseState::Open) }).await;
    assert_eq!(waiting.await.unwrap().changes.len(), 1);
    assert!(began.elapsed() < Duration::from_secs(5));

    for (version, state) in [(2, CaseState::Resolved), (3, CaseState::Open), (4, CaseState::Closed)] {
        tell(&world, &told(1, version, state)).await;
    }
    let read_one = changes(&intake, &hotline(), "", 1).await.next_cursor;
    let of = store::FeedOf { county: COUNTY, source: Source::Hotline12345 };
    let later = fengqiao_serving::time::now() + jiff::SignedDuration::from_hours(1);
    let forgotten = store::forget_changes(&world.pool, of, later).await.unwrap();
    assert_eq!(forgotten, 3, "the newest stays");
    let request = ListChangesRequest { cursor: read_one, ..Default::default() };
    assert!(matches!(intake.list_changes(&hotline(), request).await, Err(IntakeError::CursorTooOld)));
    // Who begins anew gets what is kept.
    assert_eq!(kinds(&changes(&intake, &hotline(), "", 0).await), [(4, "GD-1", ChangeKind::Closed)]);
    world.end().await;
}

#[tokio::test]
async fn reports_that_move_between_cases_are_told_so() {
    let (world, intake) = world_with_intake().await;
    let first = bring(&intake, report("GD-1", 1, 1)).await;
    let second = bring(&intake, report("GD-2", 2, 2)).await;
    tell(&world, &CaseChanged { report_id: first.clone(), ..told(1, 1, CaseState::Open) }).await;
    tell(&world, &CaseChanged { report_id: second, ..told(2, 1, CaseState::Open) }).await;
    let merged_into = Uuid::from_u128(2).to_string();
    tell(&world, &CaseChanged { merged_into, ..told(1, 2, CaseState::Closed) }).await;
    tell(&world, &CaseChanged { moved_report_ids: vec![first.clone()], ..told(2, 2, CaseState::Open) }).await;
    tell(&world, &told(2, 3, CaseState::Resolved)).await;
    // The merger is undone.
    tell(&world, &CaseChanged { moved_report_ids: vec![first], ..told(1, 3, CaseState::Open) }).await;
    let all = changes(&intake, &hotline(), "", 0).await;
    assert_eq!(
        kinds(&all),
        [
            (1, "GD-1", ChangeKind::Opened),
            (2, "GD-2", ChangeKind::Opened),
            (3, "GD-1", ChangeKind::Moved),
            (4, "GD-1", ChangeKind::Resolved),
            (5, "GD-2", ChangeKind::Resolved),
            (6, "GD-1", ChangeKind::Moved),
        ]
    );
    assert_eq!(all.changes[5].standing.as_ref().unwrap().case_number, "20261127-0001");
    world.end().await;
}

#[tokio::test]
async fn a_case_from_before_anything_was_told_is_followed_from_its_next_change_on() {
    let (world, intake) = world_with_intake().await;
    let id: Uuid = bring(&intake, report("GD-1", 1, 1)).await.parse().unwrap();
    let link = "INSERT INTO report_link (county, report_id, source, occurred_at, person_id, household_id, cluster_id, traits) \
        VALUES ($1, $2, 2, now(), $2, $2, $3, '') ON CONFLICT (county, report_id) DO UPDATE SET cluster_id = $3";
    sqlx::query(link).bind(COUNTY).bind(id).bind(Uuid::from_u128(1)).execute(&world.pool).await.unwrap();
    tell(&world, &told(1, 7, CaseState::Open)).await;
    tell(&world, &told(1, 8, CaseState::Resolved)).await;
    let all = changes(&intake, &hotline(), "", 0).await;
    assert_eq!(kinds(&all), [(1, "GD-1", ChangeKind::Opened), (2, "GD-1", ChangeKind::Resolved)]);
    world.end().await;
}
