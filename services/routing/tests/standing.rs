//! Duties besides cases: sweeps, zero reports, visits, hazards, screenings, rewards, the sorting of repeat calls.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail so")]

mod office;

use std::{collections::BTreeMap, sync::Arc};

use fengqiao_access::Principal;
use fengqiao_county::AreaLevel;
use fengqiao_messaging::{Applied, Apply as _, Envelope, Step, Topic};
use fengqiao_proto::{
    intake::v1::{ActivityKind, ActivityRecorded, Linkage, ReportAccepted},
    routing::v1::{
        ApplyRewardRequest, ClassifyRepeatRequest, CountDutiesRequest, CountDutiesResponse,
        CreateDutiesRequest, DecideRewardRequest, DutyKind, DutyOutcome, DutyProgress, DutyRecord,
        GetDutyRequest, GetVisitTimeRequest, Hazard, ListDutiesRequest, ListRewardsRequest,
        ListScreeningRequest, ListWorkRequest, NewDuty, PlaceKind, RaiseSignalRequest, RecordDutyRequest,
        RecordDutyResponse, RepeatClass, RewardState, StandingDuty, StandingKind,
        duty_service_server::DutyService as _, work_service_server::WorkService as _,
    },
    statistics::v1::AlertRaised,
    types::v1::Source,
};
use fengqiao_routing::{
    alert_events::AlertEvents,
    domain::{
        practice::Agenda,
        standing::{
            StandingKind as Kind,
            screening::{Signal, is_listed},
            series::{Every, Series, period_at},
            visits::minutes_by_day,
        },
    },
    retention::Retention,
    series_worker::SeriesWorker,
};
use fengqiao_serving::time::{Clock, to_proto};
use jiff::{SignedDuration, Timestamp, civil::date, tz::TimeZone};
use office::{Office, agency, asked, officer};
use proptest::prelude::*;
use prost::{Message as _, Name as _};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

const GRID: &str = "421181105200001";

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// A local time, as `2026-11-25T10:00`.
fn local(text: &str) -> Timestamp {
    zone().to_timestamp(text.parse().unwrap()).unwrap()
}

fn shown(row: &str, what: &str) {
    println!("row\t{row}\t{what}");
}

fn reason_of(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

async fn office_at(text: &str) -> Office {
    let office = Office::of("macheng").await;
    office.set_clock(local(text));
    office
}

fn series_of(office: &Office) -> SeriesWorker {
    let now = office.now();
    SeriesWorker {
        pool: office.pool.clone(),
        counties: office.counties.clone(),
        keyring: office.keyring.clone(),
        clock: Clock::moved_by(move || now),
    }
}

async fn make_series(office: &Office) -> u64 {
    series_of(office).make_all(office.counties.iter().next().unwrap()).await.unwrap()
}

fn visit(kind: StandingKind, agency: &str, place: PlaceKind) -> NewDuty {
    NewDuty {
        kind: kind.into(),
        agency: agency.into(),
        area_code: GRID.into(),
        place: place.into(),
        subject: "某某学校".into(),
        ..NewDuty::default()
    }
}

async fn create(
    office: &Office,
    who: &Principal,
    group: &str,
    duties: Vec<NewDuty>,
) -> Result<Vec<StandingDuty>, Status> {
    let request = CreateDutiesRequest {
        request_id: Uuid::now_v7().to_string(),
        group: group.into(),
        duties,
        ..CreateDutiesRequest::default()
    };
    Ok(office.face.create_duties(asked(who, request)).await?.into_inner().duties)
}

async fn record(
    office: &Office,
    who: &Principal,
    id: &str,
    request: RecordDutyRequest,
) -> Result<RecordDutyResponse, Status> {
    let request = RecordDutyRequest {
        duty_id: id.into(),
        request_id: if request.request_id.is_empty() {
            Uuid::now_v7().to_string()
        } else {
            request.request_id.clone()
        },
        ..request
    };
    Ok(office.face.record_duty(asked(who, request)).await?.into_inner())
}

fn stayed(begun: Timestamp, minutes: i64) -> RecordDutyRequest {
    RecordDutyRequest {
        outcome: DutyOutcome::Done.into(),
        begun_at: Some(to_proto(begun)),
        left_at: Some(to_proto(begun.checked_add(SignedDuration::from_mins(minutes)).unwrap())),
        ..RecordDutyRequest::default()
    }
}

fn outcome(outcome: DutyOutcome) -> RecordDutyRequest {
    RecordDutyRequest { outcome: outcome.into(), ..RecordDutyRequest::default() }
}

async fn list(office: &Office, who: &Principal, request: ListDutiesRequest) -> Vec<StandingDuty> {
    office.face.list_duties(asked(who, request)).await.unwrap().into_inner().duties
}

async fn count(office: &Office, request: CountDutiesRequest) -> CountDutiesResponse {
    office.face.count_duties(asked(&officer(), request)).await.unwrap().into_inner()
}

fn of_kind(kind: StandingKind, progress: DutyProgress) -> ListDutiesRequest {
    ListDutiesRequest { kind: kind.into(), progress: progress.into(), ..ListDutiesRequest::default() }
}

// --- rules

#[test]
fn s4_08_three_hours_fifty_is_not_enough_and_overlap_counts_once() {
    let at = |text: &str| local(text);
    let morning = (at("2026-11-25T08:00"), at("2026-11-25T10:00"));
    let within = (at("2026-11-25T09:00"), at("2026-11-25T10:30"));
    let later = (at("2026-11-25T14:00"), at("2026-11-25T15:20"));
    let minutes = minutes_by_day(&[later, within, morning, morning], &zone());
    assert_eq!(minutes, BTreeMap::from([(date(2026, 11, 25), 230)]));
    let over_midnight = minutes_by_day(&[(at("2026-11-25T23:30"), at("2026-11-26T00:45"))], &zone());
    assert_eq!(over_midnight, BTreeMap::from([(date(2026, 11, 25), 30), (date(2026, 11, 26), 45)]));
    assert!(minutes_by_day(&[(at("2026-11-25T10:00"), at("2026-11-25T10:00"))], &zone()).is_empty());
}

proptest! {
    /// Minute by minute: a minute counts where somebody was there in it, however often.
    #[test]
    fn s4_08_minutes_are_those_of_the_union(stays in prop::collection::vec((0_i64..4_000, 0_i64..900), 0..12)) {
        let midnight = local("2026-11-25T00:00");
        let at = |minute: i64| midnight.checked_add(SignedDuration::from_mins(minute)).unwrap();
        let mut expected = BTreeMap::new();
        for minute in 0..5_000_i64 {
            if stays.iter().any(|(begun, lasted)| (*begun..begun + lasted).contains(&minute)) {
                *expected.entry(at(minute).to_zoned_datetime(zone()).date()).or_insert(0_u32) += 1;
            }
        }
        let spans: Vec<_> = stays.iter().map(|(begun, lasted)| (at(*begun), at(begun + lasted))).collect();
        prop_assert_eq!(minutes_by_day(&spans, &zone()), expected);
    }
}

#[test]
fn s4_07_one_agency_however_often_lists_no_family() {
    let signal = |agency: &str, at: &str| Signal { agency: agency.into(), raised_at: local(at) };
    let often = [signal("police", "2026-11-20T09:00"), signal("police", "2026-11-21T09:00")];
    assert!(!is_listed(&often, None, 2));
    let two = [often[0].clone(), signal("civil_affairs", "2026-11-22T09:00")];
    assert!(is_listed(&two, None, 2));
    assert!(!is_listed(&two, None, 3));
    assert!(!is_listed(&two, Some(local("2026-11-21T00:00")), 2), "what was said before was screened");
    assert!(!is_listed(&[], None, 0));
}

#[test]
fn periods_end_with_the_local_day_and_week_and_a_meeting_has_its_hour() {
    let agenda = Agenda {
        level: fengqiao_routing::domain::level::Level::Orange,
        open_days: 30,
        returned: 2,
        weekday: 5,
        hour: 9,
    };
    let period = |kind, every, at: &str| {
        let areas = AreaLevel::Grid;
        let series = Series { code: "s".into(), kind, every, areas, within: None };
        let period = period_at(&series, &agenda, local(at), &zone());
        (period.first, period.due_at)
    };
    let monday = date(2026, 11, 23);
    for at in ["2026-11-23T00:00", "2026-11-25T10:00", "2026-11-29T23:59"] {
        assert_eq!(period(Kind::Sweep, Every::Week, at), (monday, local("2026-11-30T00:00")));
        assert_eq!(period(Kind::Meeting, Every::Week, at), (monday, local("2026-11-27T09:00")));
    }
    let day = period(Kind::ZeroReport, Every::Day, "2026-11-25T23:59");
    assert_eq!(day, (date(2026, 11, 25), local("2026-11-26T00:00")));
}

// --- series

#[tokio::test]
async fn s4_01_a_grid_without_its_sweep_by_sunday_is_on_the_late_list() {
    let office = office_at("2026-11-23T08:00").await;
    assert_eq!(make_series(&office).await, 108, "54 grids, a sweep and a zero report each");
    assert_eq!(make_series(&office).await, 0, "a period is made once");
    let sweeps = list(&office, &officer(), of_kind(StandingKind::Sweep, DutyProgress::Owed)).await;
    assert_eq!(sweeps.len(), 54);
    assert_eq!(sweeps[0].due_at, Some(to_proto(local("2026-11-30T00:00"))));
    let headed = sweeps.iter().find(|duty| duty.area_code == "421181105202001").unwrap();
    assert_eq!((headed.agency.as_str(), headed.person.as_str()), ("community-421181105202", "head-wei"));
    for sweep in &sweeps[1..] {
        record(&office, &officer(), &sweep.duty_id, outcome(DutyOutcome::Nothing)).await.unwrap();
    }
    office.pass_until(local("2026-11-29T23:59")).await;
    assert!(list(&office, &officer(), of_kind(StandingKind::Sweep, DutyProgress::Late)).await.is_empty());
    office.pass_until(local("2026-11-30T00:00")).await;
    let late = list(&office, &officer(), of_kind(StandingKind::Sweep, DutyProgress::Late)).await;
    assert_eq!(late.iter().map(|duty| &duty.duty_id).collect::<Vec<_>>(), [&sweeps[0].duty_id]);
    assert!(late[0].late);
    // It stands late on its agency's list of work, and its clock has nothing more to say: it does not spin.
    let work = ListWorkRequest { agency: late[0].agency.clone(), ..ListWorkRequest::default() };
    let work = office.face.list_work(asked(&officer(), work)).await.unwrap().into_inner();
    assert!(work.items.iter().any(|item| item.case_id.is_empty() && item.duty.as_ref().unwrap().late));
    office.set_clock(local("2026-11-30T01:00"));
    office.fire().await;
    assert_eq!(office.fire().await, 0);
    // A new week: each grid owes again.
    assert_eq!(make_series(&office).await, 108);
    shown("S4-01", "每周摸排任务按网格生成；周日二十四时未摸排的网格列红");
}

#[tokio::test]
async fn s4_02_a_grid_with_neither_item_nor_zero_report_is_listed() {
    let office = office_at("2026-11-25T08:00").await;
    make_series(&office).await;
    let owed = list(&office, &officer(), of_kind(StandingKind::ZeroReport, DutyProgress::Owed)).await;
    assert_eq!(owed.len(), 54);
    let of = |code: &str| owed.iter().find(|duty| duty.area_code == code).unwrap().duty_id.clone();
    record(&office, &officer(), &of("421181105202001"), outcome(DutyOutcome::Nothing)).await.unwrap();
    let mut report = told(&office, Source::Grid, "421181105202002", false, Uuid::now_v7());
    report.accepted_at = Some(to_proto(local("2026-11-25T23:59")));
    office.take(&[report]).await.unwrap();
    // All of them, and the case's own clocks, in one batch.
    office.pass_until(local("2026-11-26T00:00")).await;
    let late = list(
        &office,
        &officer(),
        ListDutiesRequest { page_size: 500, ..of_kind(StandingKind::ZeroReport, DutyProgress::Late) },
    )
    .await;
    assert_eq!(late.len(), 52);
    assert!(late.iter().all(|duty| !duty.area_code.starts_with("4211811052020010")
        && duty.area_code != "421181105202001"
        && duty.area_code != "421181105202002"));
    let counted =
        count(&office, CountDutiesRequest { kind: StandingKind::ZeroReport.into(), ..Default::default() })
            .await;
    assert_eq!((counted.owed, counted.met, counted.late), (54, 2, 52));
    office.set_clock(local("2026-11-26T00:20"));
    while office.fire().await > 0 {}
    assert_eq!(office.fire().await, 0);
    shown("S4-02", "二十四时既无事项又无零报告的网格列出");
}

fn record_of(duty: &StandingDuty) -> &DutyRecord {
    duty.record.as_ref().unwrap()
}

fn done(kind: ActivityKind, begun: &str, change: impl FnOnce(&mut ActivityRecorded)) -> ActivityRecorded {
    let begun = local(begun);
    let mut activity = ActivityRecorded {
        activity_id: Uuid::now_v7().to_string(),
        revision: 1,
        source: Source::Grid.into(),
        kind: kind.into(),
        area_code: GRID.into(),
        begun_at: Some(to_proto(begun)),
        ended_at: Some(to_proto(begun.checked_add(SignedDuration::from_mins(40)).unwrap())),
        accepted_at: Some(to_proto(begun)),
        received_by: "grid-app".into(),
        ..ActivityRecorded::default()
    };
    change(&mut activity);
    activity
}

#[tokio::test]
async fn s4_01_what_a_grid_app_tells_of_a_sweep_fulfils_it_and_nobody_elses() {
    let office = office_at("2026-11-25T10:00").await;
    make_series(&office).await;
    let owed = async |kind| list(&office, &officer(), of_kind(kind, DutyProgress::Owed)).await.len();
    let swept = done(ActivityKind::Sweep, "2026-11-25T09:00", |activity| activity.count = 2);
    let of_last_week = done(ActivityKind::Sweep, "2026-11-20T09:00", |activity| {
        activity.area_code = "421181105200002".into();
    });
    let patrolled = done(ActivityKind::Patrol, "2026-11-25T09:00", |_| {});
    let nothing = done(ActivityKind::ZeroReport, "2026-11-25T09:30", |_| {});
    // The same again, as a corrected revision of it, and with what fulfils nothing between them.
    office.tell(&[patrolled.clone(), swept.clone(), swept.clone(), nothing]).await.unwrap();
    office.tell(&[swept, of_last_week]).await.unwrap();
    office.tell(&[patrolled]).await.unwrap();
    assert_eq!(owed(StandingKind::Sweep).await, 53);
    assert_eq!(owed(StandingKind::ZeroReport).await, 53);
    let met = list(&office, &officer(), of_kind(StandingKind::Sweep, DutyProgress::Met)).await;
    assert_eq!(
        (met.len(), met[0].area_code.as_str(), record_of(&met[0]).outcome()),
        (1, GRID, DutyOutcome::Found)
    );
    shown("S4-01", "an activity fulfils its grid's sweep and zero report, and nothing else");
}

#[tokio::test]
async fn s4_08_a_visit_that_names_its_duty_fulfils_it_with_its_minutes() {
    let office = office_at("2026-11-25T10:00").await;
    let wanted = vec![visit(StandingKind::Visit, "police", PlaceKind::School); 2];
    let duties = create(&office, &officer(), "", wanted).await.unwrap();
    office.set_clock(local("2026-11-25T18:00"));
    let of = |duty: &StandingDuty, agency: &str| {
        done(ActivityKind::Visit, "2026-11-25T14:00", |activity| {
            activity.duty_id = duty.duty_id.clone();
            activity.agency = agency.into();
        })
    };
    let anothers = of(&duties[1], "justice");
    let unnamed = done(ActivityKind::Visit, "2026-11-25T14:00", |_| {});
    let unknown = done(ActivityKind::Visit, "2026-11-25T14:00", |activity| {
        activity.duty_id = Uuid::now_v7().to_string();
    });
    let told = [anothers, unnamed, unknown, of(&duties[0], "police")];
    office.tell(&told).await.unwrap();
    let met = list(&office, &officer(), of_kind(StandingKind::Visit, DutyProgress::Met)).await;
    assert_eq!(met.iter().map(|duty| &duty.duty_id).collect::<Vec<_>>(), [&duties[0].duty_id]);
    let record = record_of(&met[0]);
    assert_eq!(record.begun_at, Some(to_proto(local("2026-11-25T14:00"))));
    assert_eq!(record.left_at, Some(to_proto(local("2026-11-25T14:40"))));
}

#[tokio::test]
async fn a_visit_is_of_the_worker_who_is_named_whether_a_duty_asked_for_it_or_not() {
    let office = office_at("2026-11-25T10:00").await;
    let wanted = vec![visit(StandingKind::Visit, "police", PlaceKind::School)];
    let duty = create(&office, &officer(), "", wanted).await.unwrap().remove(0);
    office.set_clock(local("2026-11-25T18:00"));
    let by = |name: &str, begun: &str| {
        done(ActivityKind::Visit, begun, |activity| {
            activity.sealed_person = office.keyring.seal(name.as_bytes(), office.county().as_bytes());
        })
    };
    let asked_for = done(ActivityKind::Visit, "2026-11-25T09:00", |activity| {
        activity.sealed_person = by("李巡", "2026-11-25T09:00").sealed_person;
        activity.duty_id = duty.duty_id.clone();
    });
    let mut own = by("李巡", "2026-11-25T14:00");
    let another = by("王防", "2026-11-25T14:00");
    let nameless = done(ActivityKind::Visit, "2026-11-25T15:00", |_| {});
    office.tell(&[asked_for, own.clone(), another, nameless]).await.unwrap();
    // A corrected revision is the same visit.
    own.revision = 2;
    own.ended_at = Some(to_proto(local("2026-11-25T15:00")));
    office.tell(&[own]).await.unwrap();
    for (visitor, minutes) in [("李巡", 100), ("王防", 40), ("grid-app", 40)] {
        let asked_time = GetVisitTimeRequest {
            visitor: visitor.into(),
            from: "2026-11-25".into(),
            to: "2026-11-25".into(),
            ..Default::default()
        };
        let time = office.face.get_visit_time(asked(&officer(), asked_time)).await.unwrap().into_inner();
        assert_eq!(time.days[0].minutes, minutes, "{visitor}");
    }
}

#[tokio::test]
async fn a_patrol_and_publicity_fulfil_what_their_area_owes_once() {
    let office = office_at("2026-11-25T10:00").await;
    let wanted = [StandingKind::Patrol, StandingKind::Publicity].map(|kind| NewDuty {
        kind: kind.into(),
        agency: "police".into(),
        area_code: GRID.into(),
        ..Default::default()
    });
    let duties = create(&office, &officer(), "", wanted.to_vec()).await.unwrap();
    office.set_clock(local("2026-11-25T18:00"));
    let of = |kind, duty: &StandingDuty| {
        done(kind, "2026-11-25T14:00", |activity| activity.duty_id = duty.duty_id.clone())
    };
    // What is done for another kind fulfils nothing.
    let patrol = of(ActivityKind::Patrol, &duties[0]);
    office.tell(&[of(ActivityKind::Publicity, &duties[0]), patrol.clone(), patrol.clone()]).await.unwrap();
    office.tell(&[ActivityRecorded { revision: 2, ..patrol }]).await.unwrap();
    let met = async |kind| list(&office, &officer(), of_kind(kind, DutyProgress::Met)).await;
    let patrolled = met(StandingKind::Patrol).await;
    assert_eq!((patrolled.len(), record_of(&patrolled[0]).outcome()), (1, DutyOutcome::Done));
    assert_eq!(met(StandingKind::Publicity).await.len(), 0);
    office.tell(&[of(ActivityKind::Publicity, &duties[1])]).await.unwrap();
    assert_eq!(met(StandingKind::Publicity).await.len(), 1);
}

#[tokio::test]
async fn a_visit_counts_once_however_its_revisions_come_and_whether_one_names_a_duty() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let office = office_at("2026-11-25T10:00").await;
        let wanted = vec![visit(StandingKind::Visit, "police", PlaceKind::School)];
        let duty = create(&office, &officer(), "", wanted).await.unwrap().remove(0);
        office.set_clock(local("2026-11-25T18:00"));
        // Its time was told wrong at first, then the duty was named, and then its time was put right.
        let first = done(ActivityKind::Visit, "2026-11-25T09:00", |_| {});
        let again = |revision, begun: &str, minutes| ActivityRecorded {
            revision,
            duty_id: duty.duty_id.clone(),
            begun_at: Some(to_proto(local(begun))),
            ended_at: Some(to_proto(local(begun).checked_add(SignedDuration::from_mins(minutes)).unwrap())),
            ..first.clone()
        };
        let revisions = [first.clone(), again(2, "2026-11-25T11:00", 30), again(3, "2026-11-25T14:00", 25)];
        for revision in order {
            office.tell(&[revisions[revision].clone(), revisions[revision].clone()]).await.unwrap();
        }
        assert_eq!(minutes_of(&office, "grid-app").await, 25, "{order:?}");
        let met = list(&office, &officer(), of_kind(StandingKind::Visit, DutyProgress::Met)).await;
        assert_eq!(met.len(), 1, "{order:?}");
    }
}

#[tokio::test]
async fn no_name_of_a_worker_lies_with_the_visits_and_after_the_term_nothing_does() {
    let office = office_at("2026-11-25T18:00").await;
    let visited = done(ActivityKind::Visit, "2026-11-25T09:00", |activity| {
        activity.sealed_person = office.keyring.seal("李巡".as_bytes(), office.county().as_bytes());
    });
    office.tell(&[visited]).await.unwrap();
    // A process of before still writes names.
    sqlx::query(
        "INSERT INTO visit_stay (county, activity_id, visitor, begun_at, left_at)
         SELECT county, gen_random_uuid(), '李巡', begun_at + interval '2 hours', left_at + interval '2 hours' FROM visit_stay",
    )
    .execute(&office.pool)
    .await
    .unwrap();
    assert_eq!(minutes_of(&office, "李巡").await, 80);
    let retention = Retention {
        pool: office.pool.clone(),
        counties: Arc::clone(&office.counties),
        keyring: Arc::clone(&office.keyring),
        clock: office.clocks.clock.clone(),
    };
    let place = office.counties.iter().next().unwrap();
    retention.look(place, &office.stop).await.unwrap();
    let row: Vec<String> =
        sqlx::query_scalar("SELECT visit_stay::text FROM visit_stay").fetch_all(&office.pool).await.unwrap();
    assert_eq!(row.len(), 2);
    assert!(!row.concat().contains("李巡"), "{row:?}");
    assert_eq!(minutes_of(&office, "李巡").await, 80);
    let days = place.county.settings.retention.report_days.unwrap();
    office.set_clock(
        local("2026-11-25T18:00").checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap(),
    );
    retention.look(place, &office.stop).await.unwrap();
    assert_eq!(minutes_of(&office, "李巡").await, 0);
}

async fn minutes_of(office: &Office, visitor: &str) -> i32 {
    let request = GetVisitTimeRequest {
        visitor: visitor.into(),
        from: "2026-11-25".into(),
        to: "2026-11-25".into(),
        ..Default::default()
    };
    let time = office.face.get_visit_time(asked(&officer(), request)).await.unwrap().into_inner();
    time.days[0].minutes
}

#[tokio::test]
async fn two_processes_make_and_fire_a_series_once() {
    let office = office_at("2026-11-25T08:00").await;
    let place = office.counties.iter().next().unwrap();
    let (one, two) = (series_of(&office), series_of(&office));
    let (one, two) = tokio::join!(one.make_all(place), two.make_all(place));
    assert_eq!(one.unwrap() + two.unwrap(), 108);
    office.set_clock(local("2026-11-26T00:00"));
    let other = office.another_clock();
    assert!(office.fire_beside(&other).await >= 54);
    let stages: Vec<i16> = sqlx::query_scalar("SELECT DISTINCT stage FROM duty WHERE kind = 21")
        .fetch_all(&office.pool)
        .await
        .unwrap();
    assert_eq!(stages, [2], "over, and not chased yet");
}

// --- visits, hazards, campaigns

#[tokio::test]
async fn s0_10_a_hazard_is_put_right_looked_at_and_late_when_it_is_not() {
    let office = office_at("2026-11-25T15:00").await;
    let police = agency("police");
    let visits = create(
        &office,
        &police,
        "十一月走访",
        vec![
            visit(StandingKind::Visit, "police", PlaceKind::School),
            visit(StandingKind::Visit, "police", PlaceKind::SmallPlace),
        ],
    )
    .await
    .unwrap();
    let found = RecordDutyRequest {
        hazards: vec![Hazard {
            topic: "消防".into(),
            text: "消防通道堵塞".into(),
            agency: "housing".into(),
            due_at: Some(to_proto(local("2026-11-30T18:00"))),
        }],
        text: "已当面告知".into(),
        request_id: "visit-1".into(),
        ..stayed(local("2026-11-25T09:00"), 60)
    };
    let recorded = record(&office, &police, &visits[0].duty_id, found.clone()).await.unwrap();
    let notice = &recorded.follows[0];
    assert_eq!((notice.kind(), notice.agency.as_str()), (StandingKind::Rectify, "housing"));
    assert_eq!(notice.parent_id, visits[0].duty_id);
    assert_eq!(notice.subject, "", "what another agency owes is its own to read");
    // A second send answers as the first did; the same id with something else is refused.
    let again = record(&office, &police, &visits[0].duty_id, found.clone()).await.unwrap();
    assert_eq!(again, recorded);
    let other = RecordDutyRequest { text: "别的".into(), ..found };
    let refused = record(&office, &police, &visits[0].duty_id, other).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let twice = stayed(local("2026-11-25T09:00"), 60);
    let refused = record(&office, &police, &visits[0].duty_id, twice).await.unwrap_err();
    assert_eq!(reason_of(&refused), "RECORDED_ALREADY");
    // Others see and record nothing of it.
    let stranger = record(&office, &agency("court"), &notice.duty_id, outcome(DutyOutcome::Done)).await;
    assert_eq!(stranger.unwrap_err().code(), Code::NotFound);
    // Not put right by then: on the late list, also on the agency's own.
    office.pass_until(local("2026-11-30T18:00")).await;
    let late = list(&office, &agency("housing"), of_kind(StandingKind::Rectify, DutyProgress::Late)).await;
    assert_eq!(late[0].duty_id, notice.duty_id);
    office.set_clock(local("2026-11-30T18:01"));
    // Put right, looked at, not right yet, put right again.
    let done =
        record(&office, &agency("housing"), &notice.duty_id, outcome(DutyOutcome::Done)).await.unwrap();
    let recheck = &done.follows[0];
    assert_eq!((recheck.kind(), recheck.agency.as_str()), (StandingKind::Recheck, "police"));
    let failed = record(&office, &police, &recheck.duty_id, outcome(DutyOutcome::Failed)).await.unwrap();
    let again = &failed.follows[0];
    assert_eq!((again.kind(), again.agency.as_str()), (StandingKind::Rectify, "housing"));
    let done = record(&office, &agency("housing"), &again.duty_id, outcome(DutyOutcome::Done)).await.unwrap();
    let passed = outcome(DutyOutcome::Passed);
    let passed = record(&office, &police, &done.follows[0].duty_id, passed).await.unwrap();
    assert!(passed.follows.is_empty());
    let by_place = count(&office, CountDutiesRequest::default()).await;
    let visits_of = |place: PlaceKind| {
        let one = |c: &&fengqiao_proto::routing::v1::DutyCount| {
            c.kind() == StandingKind::Visit && c.place() == place
        };
        let count = by_place.counts.iter().find(one).unwrap();
        (count.owed, count.met, count.hazards)
    };
    assert_eq!((visits_of(PlaceKind::School), visits_of(PlaceKind::SmallPlace)), ((1, 1, 1), (1, 0, 0)));
    let rectified = by_place.counts.iter().find(|count| count.kind() == StandingKind::Rectify).unwrap();
    assert_eq!((rectified.owed, rectified.met, rectified.late), (2, 2, 1));
    shown("S0-10", "走访发现隐患即出整改通知并限期，逾期上榜，整改后复查，复查不过再整改；按场所类别计数");
}

#[tokio::test]
async fn refusals_name_what_would_have_to_be_true() {
    let office = office_at("2026-11-25T15:00").await;
    let police = agency("police");
    let by_hand = |kind| create(&office, &police, "", vec![visit(kind, "police", PlaceKind::School)]);
    let refused = by_hand(StandingKind::Screening).await.unwrap_err();
    assert_eq!(reason_of(&refused), "KIND_FOLLOWS_FROM_OTHERS");
    let other = vec![visit(StandingKind::Visit, "housing", PlaceKind::School)];
    assert_eq!(reason_of(&create(&office, &police, "", other).await.unwrap_err()), "NOT_THE_HOLDER");
    let past = NewDuty {
        due_at: Some(to_proto(local("2026-11-25T14:00"))),
        ..visit(StandingKind::Visit, "police", PlaceKind::School)
    };
    assert_eq!(reason_of(&create(&office, &police, "", vec![past]).await.unwrap_err()), "DUE_IN_THE_PAST");
    let series = create(
        &office,
        &officer(),
        "weekly-sweep",
        vec![visit(StandingKind::Sweep, "police", PlaceKind::School)],
    )
    .await;
    assert_eq!(series.unwrap_err().code(), Code::InvalidArgument);
    let made = by_hand(StandingKind::Visit).await.unwrap();
    let id = &made[0].duty_id;
    for (request, reason) in [
        (outcome(DutyOutcome::Done), "VISIT_WITHOUT_TIME"),
        (outcome(DutyOutcome::Passed), "OUTCOME_NOT_OF_KIND"),
        (stayed(local("2026-11-25T14:30"), 60), "VISIT_TIME_IMPOSSIBLE"),
        (stayed(local("2026-11-25T14:30"), -1), "VISIT_TIME_IMPOSSIBLE"),
        (stayed(local("2026-11-24T14:30"), 17 * 60), "VISIT_TIME_IMPOSSIBLE"),
    ] {
        assert_eq!(reason_of(&record(&office, &police, id, request).await.unwrap_err()), reason);
    }
    let seen = list(&office, &police, of_kind(StandingKind::Visit, DutyProgress::Owed)).await;
    assert_eq!(seen.len(), 1, "what was refused changed nothing");
}

#[tokio::test]
async fn s3_01_coverage_is_visited_by_target_and_a_restricted_list_is_not_for_everyone() {
    let office = office_at("2026-11-25T15:00").await;
    let target = |n: usize| NewDuty {
        restricted: true,
        subject: format!("独居老人第{n}户"),
        topic: "独居老人".into(),
        due_at: Some(to_proto(local("2026-12-25T18:00"))),
        ..visit(StandingKind::Visit, "police", PlaceKind::Household)
    };
    let all = create(&office, &officer(), "独居老人专项", (1..=8).map(target).collect()).await.unwrap();
    for visit in &all[..6] {
        record(&office, &officer(), &visit.duty_id, outcome(DutyOutcome::Done)).await.unwrap();
    }
    let campaign = CountDutiesRequest { group: "独居老人专项".into(), ..Default::default() };
    let counted = count(&office, campaign).await;
    assert_eq!((counted.owed, counted.met), (8, 6));
    // Without a purpose, and for a clerk with one, the list is empty.
    let ask = |purpose: &str, capacity: &str| ListDutiesRequest {
        group: "独居老人专项".into(),
        purpose: purpose.into(),
        capacity: capacity.into(),
        ..ListDutiesRequest::default()
    };
    assert!(list(&office, &officer(), ask("", "")).await.is_empty());
    assert!(list(&office, &agency("police"), ask("看看", "")).await.is_empty());
    let zhao = Principal::new("officer-zhao", office::COUNTY, "agency", Some("police")).unwrap();
    assert_eq!(list(&office, &zhao, ask("安排走访", "community-officer")).await.len(), 8);
    let looks: Vec<(String, String, String, i32)> = sqlx::query_as(
        "SELECT actor, capacity, purpose, cardinality(shown) FROM standing_reading ORDER BY at",
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    assert_eq!(looks, [("officer-zhao".into(), "community-officer".into(), "安排走访".into(), 8)]);
    shown("S3-01", "专项摸排名单覆盖率＝已走访／应走访；受限名单普通角色看不到，谁看过留痕");
}

#[tokio::test]
async fn s4_08_a_day_of_visits_is_counted_for_its_visitor() {
    let office = office_at("2026-11-25T18:00").await;
    let four = (0..4).map(|_| visit(StandingKind::Visit, "police", PlaceKind::Household)).collect();
    let made = create(&office, &agency("police"), "", four).await.unwrap();
    let spans = [
        ("2026-11-25T08:00", 120),
        ("2026-11-25T09:00", 90),
        ("2026-11-25T14:00", 80),
        ("2026-11-25T16:00", 10),
    ];
    let time = || async {
        let request = GetVisitTimeRequest {
            visitor: "officer-zhao".into(),
            from: "2026-11-24".into(),
            to: "2026-11-25".into(),
            ..Default::default()
        };
        let answer = office.face.get_visit_time(asked(&officer(), request)).await.unwrap().into_inner();
        assert_eq!(answer.wanted_minutes, 240);
        answer.days.iter().map(|day| (day.minutes, day.enough)).collect::<Vec<_>>()
    };
    for (n, (begun, minutes)) in spans.into_iter().enumerate() {
        if n == 3 {
            assert_eq!(time().await, [(0, false), (230, false)], "3 h 50 min");
        }
        let stay = RecordDutyRequest { visitor: "officer-zhao".into(), ..stayed(local(begun), minutes) };
        record(&office, &agency("police"), &made[n].duty_id, stay).await.unwrap();
    }
    assert_eq!(time().await, [(0, false), (240, true)]);
    shown("S4-08", "入户3小时50分不达标；重叠时段只算一次");
}

#[tokio::test]
async fn s4_14_a_restricted_meeting_is_not_found_by_ordinary_roles_and_keeps_no_track() {
    let office = office_at("2026-11-25T15:00").await;
    let zhao = Principal::new("officer-zhao", office::COUNTY, "agency", Some("police")).unwrap();
    let new = NewDuty { restricted: true, ..visit(StandingKind::Visit, "police", PlaceKind::Unspecified) };
    assert_eq!(reason_of(&create(&office, &zhao, "", vec![new.clone()]).await.unwrap_err()), "RANK_TOO_LOW");
    let made = create(&office, &officer(), "", vec![new]).await.unwrap();
    let id = made[0].duty_id.clone();
    let get = |who: &Principal, capacity: &str, purpose: &str| {
        let request = GetDutyRequest {
            duty_id: id.clone(),
            capacity: capacity.into(),
            purpose: purpose.into(),
            ..Default::default()
        };
        office.face.get_duty(asked(who, request))
    };
    for (who, capacity, purpose) in [
        (&agency("police"), "", "走访"),
        (&agency("court"), "", "走访"),
        (&zhao, "", "走访"),
        (&zhao, "community-officer", ""),
        (&officer(), "", " "),
    ] {
        assert_eq!(get(who, capacity, purpose).await.unwrap_err().code(), Code::NotFound);
    }
    assert!(get(&zhao, "community-officer", "定期见面").await.is_ok());
    let track =
        RecordDutyRequest { capacity: "community-officer".into(), ..stayed(local("2026-11-25T10:00"), 30) };
    assert_eq!(reason_of(&record(&office, &zhao, &id, track).await.unwrap_err()), "KEEPS_NO_TRACK");
    let met = RecordDutyRequest {
        capacity: "community-officer".into(),
        next_at: Some(to_proto(local("2026-12-25T18:00"))),
        ..outcome(DutyOutcome::Done)
    };
    let recorded = record(&office, &zhao, &id, met).await.unwrap();
    assert!(recorded.follows[0].restricted);
    assert_eq!(recorded.follows[0].due_at, Some(to_proto(local("2026-12-25T18:00"))));
    let looks: i64 =
        sqlx::query_scalar("SELECT count(*) FROM standing_reading").fetch_one(&office.pool).await.unwrap();
    assert_eq!(looks, 1);
    let refused = sqlx::query("DELETE FROM standing_reading").execute(&office.pool).await.unwrap_err();
    assert!(refused.to_string().contains("append-only"), "{refused}");
    shown("S4-14", "重点人员定期见面只记日程，不记行踪；普通角色查询为NOT_FOUND");
}

// --- families at risk, rewards, repeat calls

#[tokio::test]
async fn s4_07_a_single_weak_signal_lists_no_family_and_readers_are_kept() {
    let office = office_at("2026-11-25T15:00").await;
    let signal = |who: Principal, household: &str| {
        let request = RaiseSignalRequest {
            request_id: Uuid::now_v7().to_string(),
            household: household.into(),
            area_code: GRID.into(),
            text: "夫妻多次争吵，邻居反映".into(),
            ..Default::default()
        };
        let face = office.face.clone();
        async move { face.raise_signal(asked(&who, request)).await.unwrap() }
    };
    let listed = || async {
        let request = ListScreeningRequest { purpose: "每周研判".into(), ..Default::default() };
        office.face.list_screening(asked(&officer(), request)).await.unwrap().into_inner().families
    };
    signal(agency("police"), "凉亭村3组12号").await;
    signal(agency("police"), "凉亭村3组 12号").await;
    assert!(listed().await.is_empty(), "one agency, however often");
    signal(agency("womens_federation"), "凉亭村3组13号").await;
    assert!(listed().await.is_empty(), "another family");
    signal(agency("womens_federation"), "凉亭村 3组12号").await;
    let families = listed().await;
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].agencies, 2);
    let screening = families[0].screening.clone().unwrap();
    assert_eq!((screening.agency.as_str(), screening.restricted), ("centre", true));
    signal(agency("justice"), "凉亭村3组12号").await;
    assert_eq!(listed().await.len(), 1, "listed once");
    let empty = ListScreeningRequest::default();
    let refused = office.face.list_screening(asked(&officer(), empty)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let looks: Vec<(String, String)> =
        sqlx::query_as("SELECT actor, purpose FROM standing_reading").fetch_all(&office.pool).await.unwrap();
    assert_eq!(looks, vec![("officer-li".to_owned(), "每周研判".to_owned()); 2]);
    // Screened: a visit is owed, and what was said before counts no more.
    let result = outcome(DutyOutcome::FollowUp);
    let recorded = record(&office, &officer(), &screening.duty_id, result).await.unwrap();
    assert_eq!(recorded.follows[0].kind(), StandingKind::Visit);
    assert!(listed().await.is_empty());
    office.set_clock(local("2026-11-26T15:00"));
    signal(agency("police"), "凉亭村3组12号").await;
    assert!(listed().await.is_empty());
    shown("S4-07", "两家以上单位各自的线索才列入联合筛查；一家的线索再多也不列；谁看过名单留痕");
}

#[tokio::test]
async fn s1_05_one_reward_for_a_case_and_a_person() {
    let office = office_at("2026-11-25T15:00").await;
    office.take(&[told(&office, Source::Grid, GRID, false, Uuid::now_v7())]).await.unwrap();
    let case = office.changes().await[0].case_id.clone();
    let apply = |identity: &str, fen: i32| {
        let request = ApplyRewardRequest {
            request_id: Uuid::now_v7().to_string(),
            case: case.clone(),
            person: "热心居民".into(),
            identity: identity.into(),
            amount_fen: fen,
            text: "提供线索".into(),
            ..Default::default()
        };
        office.face.apply_reward(asked(&officer(), request))
    };
    let first = apply("11010519491231002X", 10_000).await.unwrap().into_inner().reward.unwrap();
    let second = apply("11010519491231002x", 5_000).await.unwrap_err();
    assert_eq!(reason_of(&second), "REWARD_GIVEN");
    let other = apply("440524188001010014", 12_000).await.unwrap().into_inner().reward.unwrap();
    let decide = |who: Principal, reward: &str, approve: bool| {
        let request = DecideRewardRequest {
            request_id: Uuid::now_v7().to_string(),
            reward_id: reward.into(),
            approve,
            ..Default::default()
        };
        let face = office.face.clone();
        async move { face.decide_reward(asked(&who, request)).await }
    };
    let wang = || Principal::new("officer-wang", office::COUNTY, "officer", None).unwrap();
    let own = decide(officer(), &first.reward_id, true).await.unwrap_err();
    assert_eq!(reason_of(&own), "OWN_REQUEST");
    decide(wang(), &first.reward_id, true).await.unwrap();
    decide(wang(), &other.reward_id, false).await.unwrap();
    let again = decide(wang(), &first.reward_id, true).await.unwrap_err();
    assert_eq!(reason_of(&again), "REWARD_DECIDED");
    // What was refused may be asked for again.
    office.set_clock(local("2026-12-01T09:00"));
    let anew = apply("440524188001010014", 8_000).await.unwrap().into_inner().reward.unwrap();
    decide(wang(), &anew.reward_id, true).await.unwrap();
    let sums = |from: &str, before: &str| {
        let request = ListRewardsRequest {
            granted_from: Some(to_proto(local(from))),
            granted_before: Some(to_proto(local(before))),
            ..Default::default()
        };
        office.face.list_rewards(asked(&officer(), request))
    };
    let november = sums("2026-11-01T00:00", "2026-12-01T00:00").await.unwrap().into_inner();
    assert_eq!((november.granted, november.granted_fen, november.rewards.len()), (1, 10_000, 3));
    assert_eq!(november.rewards[0].state(), RewardState::Approved);
    let both = sums("2026-11-01T00:00", "2027-01-01T00:00").await.unwrap().into_inner();
    assert_eq!((both.granted, both.granted_fen), (2, 18_000));
    shown("S1-05", "一事一案一补：同案同人第二次申请被拒；审批须另一人；期间合计正确");
}

fn told(office: &Office, source: Source, area: &str, repeat: bool, cluster: Uuid) -> ReportAccepted {
    let at = Some(to_proto(office.now()));
    let mut report = office.report(cluster, "邻里争吵");
    report.source = source.into();
    report.area_code = area.into();
    report.occurred_at = at;
    report.accepted_at = at;
    report.linkage = Some(Linkage { cluster_id: cluster.to_string(), repeat, ..Default::default() });
    report
}

#[tokio::test]
async fn s3_02_at_midnight_each_repeat_call_is_sorted_or_told() {
    let office = office_at("2026-11-25T15:00").await;
    let cluster = Uuid::now_v7();
    for repeat in [false, true, true] {
        office.take(&[told(&office, Source::Police110, GRID, repeat, cluster)]).await.unwrap();
    }
    let case = office.changes().await[0].case_id.clone();
    let classify = |report: i32, class: RepeatClass| {
        let request = ClassifyRepeatRequest {
            case: case.clone(),
            request_id: Uuid::now_v7().to_string(),
            report,
            class: class.into(),
            ..Default::default()
        };
        office.face.classify_repeat(asked(&officer(), request))
    };
    let first = classify(1, RepeatClass::Dispute).await.unwrap_err();
    assert_eq!(reason_of(&first), "NOTHING_TO_CLASSIFY", "the first call is no repeat");
    classify(2, RepeatClass::Wages).await.unwrap();
    let before = office.pushes().await.len();
    office.pass_until(local("2026-11-25T23:59")).await;
    let reminded = |pushes: &[fengqiao_proto::routing::v1::PushRequested]| {
        pushes.iter().filter(|push| push.reason.contains("重复警情归类")).count()
    };
    assert_eq!(reminded(&office.pushes().await[before..]), 0);
    office.pass_until(local("2026-11-26T00:00")).await;
    assert_eq!(reminded(&office.pushes().await[before..]), 1, "one of two is not sorted");
    let list = || async {
        let unsorted = ListWorkRequest { kind: DutyKind::Classify.into(), ..ListWorkRequest::default() };
        office.face.list_work(asked(&officer(), unsorted)).await.unwrap().into_inner()
    };
    let unsorted = list().await;
    let rows: Vec<_> = unsorted.items.iter().map(|item| item.duty.as_ref().unwrap()).collect();
    assert!(matches!(rows[..], [duty] if duty.kind() == DutyKind::Classify && duty.about == 3 && duty.late));
    assert_eq!(unsorted.items[0].case_id, case);
    let counts = unsorted.counts.unwrap();
    assert_eq!((counts.open, counts.late), (1, 1), "the list is of these alone");
    classify(3, RepeatClass::Threat).await.unwrap();
    assert!(list().await.items.is_empty(), "sorted, it is on the list no more");
    let held = office.case(&case).await.unwrap();
    assert!(held.docket.unwrap().suggestion.is_some(), "a threat suggests a higher level");
    shown("S3-02", "重复警情逐条归类；二十四时未归类的即提醒并列出");
}

#[tokio::test]
async fn a_series_with_mistakes_is_refused_with_its_line() {
    let office = office_at("2026-11-25T15:00").await;
    let rulebook = office.counties.iter().next().unwrap().rulebook();
    let said = |series: &str| {
        let text = format!("version = \"1\"\n\n[[series]]\n{series}");
        let file = std::path::Path::new("practice.toml");
        let parsed = fengqiao_routing::domain::practice::Practice::parse(file, &text, &rulebook.directory);
        parsed.map_or_else(|mistakes| mistakes.to_string(), |practice| practice.series[0].code.clone())
    };
    assert_eq!(said("code = \"s\"\nkind = \"sweep\"\nevery = \"week\"\nareas = \"community\"\n"), "s");
    for (series, reason) in [
        ("code = \"\"\nkind = \"sweep\"\nevery = \"week\"\n", "a series needs a code"),
        ("code = \"s\"\nkind = \"handle\"\nevery = \"day\"\n", "a series is of the kind"),
        ("code = \"s\"\nkind = \"meeting\"\nevery = \"day\"\n", "a series of meetings is every week"),
        ("code = \"s\"\nkind = \"sweep\"\nevery = \"day\"\nwithin = \"x\"\n", "within must be"),
        ("code = \"s\"\nkind = \"sweep\"\nevery = \"year\"\n", "unknown variant `year`"),
    ] {
        let mistake = said(series);
        assert!(mistake.contains("practice.toml:") && mistake.contains(reason), "{mistake}");
    }
}

#[tokio::test]
async fn what_figures_show_is_looked_into_by_the_desk_once() {
    let office = office_at("2026-11-27T01:00").await;
    let raised = AlertRaised {
        alert_id: Uuid::now_v7().to_string(),
        rule: "repeat-calls".into(),
        rule_name: "重复诉求上升".into(),
        area_code: "421181105202".into(),
        reason: "12件；推算0.7件，界限6件".into(),
        raised_at: Some(to_proto(office.now())),
        ..Default::default()
    };
    let envelope = |raised: &AlertRaised| Envelope {
        county: office::COUNTY.into(),
        topic: Topic::Statistics,
        position: 1,
        kind: AlertRaised::full_name(),
        payload: raised.encode_to_vec(),
        trace: None,
    };
    let later = Envelope { kind: "fengqiao.statistics.v9.Other".into(), ..envelope(&raised) };
    let events = AlertEvents { counties: office.counties.clone(), keyring: office.keyring.clone() };
    let mut conn = office.pool.acquire().await.unwrap();
    let step = Step::on_the_spot(&mut conn, office::COUNTY, Topic::Statistics).await.unwrap();
    let batch = [envelope(&raised), later];
    assert_eq!(events.apply(&mut conn, &step, &batch).await.unwrap(), Applied::Done);
    // Another process that read the same batch takes a step that is taken.
    let stale = Step::on_the_spot(&mut conn, office::COUNTY, Topic::Statistics).await.unwrap();
    sqlx::query("UPDATE receiver_position SET position = position + 2").execute(&mut *conn).await.unwrap();
    assert_eq!(events.apply(&mut conn, &stale, &batch).await.unwrap(), Applied::Overtaken);
    let broken = Envelope { payload: vec![0xff], ..envelope(&raised) };
    let step = Step::on_the_spot(&mut conn, office::COUNTY, Topic::Statistics).await.unwrap();
    assert!(events.apply(&mut conn, &step, &[broken]).await.is_err());
    drop(conn);

    let duties = list(&office, &officer(), of_kind(StandingKind::Inquiry, DutyProgress::Owed)).await;
    assert_eq!(duties.len(), 1, "{duties:?}");
    let duty = &duties[0];
    assert_eq!((duty.duty_id.as_str(), duty.group.as_str()), (raised.alert_id.as_str(), "repeat-calls"));
    assert_eq!((duty.agency.as_str(), duty.topic.as_str()), ("centre", "重复诉求上升"));
    assert_eq!(
        duty.due_at,
        Some(to_proto(local("2026-12-02T00:00"))),
        "two working days: Monday and Tuesday"
    );
    let found = record(&office, &officer(), &duty.duty_id, outcome(DutyOutcome::Found)).await.unwrap();
    assert!(found.duty.unwrap().done_at.is_some());
    let wanted = vec![visit(StandingKind::Inquiry, "centre", PlaceKind::Unspecified)];
    let by_hand = create(&office, &officer(), "", wanted).await;
    assert_eq!(reason_of(&by_hand.unwrap_err()), "KIND_FOLLOWS_FROM_OTHERS");
}
