//! Watching on a real database: what is raised is raised once, whoever watches and however often it was stopped.

use std::{path::Path, sync::Arc};

use fengqiao_county::{Counties, County};
use fengqiao_messaging::{Envelope, Outbox, Topic};
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    statistics::v1::{AlertRaised, AlertVerdict},
    types::v1::Source,
};
use fengqiao_serving::time::Clock;
use fengqiao_statistics::{
    store::{Alert, Alerts, Decision, Work, done_through, hold},
    watching::{ALERT_RAISED, WatchedCounties, Watcher},
};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use prost::Message as _;
use uuid::Uuid;

use super::world::{World, at, envelope, id};

const COUNTY: &str = "421181";
const COMMUNITY: &str = "421181002001";

/// A county that is watched.
struct Watched {
    world: World,
    counties: Arc<WatchedCounties>,
    county: Arc<County>,
}

impl Watched {
    async fn new() -> Self {
        let world = World::new().await;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let counties = Counties::load(&[folder]).unwrap();
        let watched = Arc::new(WatchedCounties::load(&counties, &world.answers()).unwrap());
        let county = Arc::clone(counties.get(COUNTY).unwrap());
        Self { world, counties: watched, county }
    }

    fn alerts(&self) -> Alerts {
        Alerts::new(self.world.pool.clone(), Outbox::new(Topic::Statistics))
    }

    fn watcher(&self, now: &str) -> Watcher {
        let now: Timestamp = now.parse().unwrap();
        Watcher {
            id: Uuid::now_v7(),
            pool: self.world.pool.clone(),
            answers: self.world.answers(),
            counties: Arc::clone(&self.counties),
            alerts: self.alerts(),
            clock: Clock::moved_by(move || now),
        }
    }

    /// Looks at all days that can be looked at. Says how many.
    async fn watch(&self, watcher: &Watcher) -> usize {
        let rules = self.counties.rules(COUNTY).unwrap();
        let mut days = 0;
        while watcher.look_at_next_day(&self.county, rules).await.unwrap() {
            days += 1;
        }
        days
    }

    async fn all_is_known_until(&self, time: &str) {
        sqlx::query("DELETE FROM receiver_position").execute(&self.world.pool).await.unwrap();
        for topic in ["intake", "routing", "notification"] {
            self.world.caught_up(COUNTY, topic, time).await;
        }
    }

    async fn raised(&self) -> Vec<Alert> {
        self.alerts().list(COUNTY, "", false, None, 100).await.unwrap()
    }

    async fn sent(&self) -> Vec<AlertRaised> {
        let payloads: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT payload FROM outbox_event WHERE county = $1 AND kind = $2 ORDER BY position",
        )
        .bind(COUNTY)
        .bind(ALERT_RAISED)
        .fetch_all(&self.world.pool)
        .await
        .unwrap();
        payloads.iter().map(|payload| AlertRaised::decode(payload.as_slice()).unwrap()).collect()
    }
}

/// Repeat calls of a community: one every third day from September on, and many on the last two days of 20 November.
fn calls() -> Vec<Envelope> {
    let first: Date = "2026-08-01".parse().unwrap();
    let mut calls = Vec::new();
    for number in 0..112_i32 {
        let day = first.checked_add(number.days()).unwrap();
        let many = if day >= "2026-11-19".parse::<Date>().unwrap() { 6 } else { i32::from(number % 3 == 0) };
        for call in 0..many {
            let time = format!("{day}T0{call}:30:00Z");
            let event = ReportAccepted {
                report_id: id(u128::from((number * 10 + call + 1).unsigned_abs())),
                revision: 1,
                source: Source::Police110 as i32,
                area_code: COMMUNITY.into(),
                category: "neighbourhood".into(),
                occurred_at: at(&time),
                accepted_at: at(&time),
                linkage: Some(Linkage { repeat: true, ..Default::default() }),
                ..Default::default()
            };
            calls.push(envelope(COUNTY, &event));
        }
    }
    calls
}

#[tokio::test]
async fn a_rise_is_raised_once_with_its_reasoning() {
    let watched = Watched::new().await;
    watched.world.apply(&calls()).await;
    watched.all_is_known_until("2026-11-20T17:00:00Z").await;
    // 01:00 of the 21st in the county.
    let watcher = watched.watcher("2026-11-20T17:00:00Z");
    assert_eq!(watched.watch(&watcher).await, 1, "the day that is over");
    assert_eq!(watched.watch(&watcher).await, 0, "once");
    let raised = watched.raised().await;
    assert_eq!(raised.len(), 1, "{raised:?}");
    let alert = &raised[0];
    assert_eq!((alert.rule.as_str(), alert.series.as_str()), ("repeat-calls", COMMUNITY));
    assert_eq!(
        (alert.days.first.to_string(), alert.days.last.to_string()),
        ("2026-11-19".into(), "2026-11-20".into())
    );
    assert_eq!((alert.observed.events, alert.past_windows), (12, 12));
    assert!(alert.expected < 1.0 && alert.limit <= 7 && alert.chance < 1e-4, "{alert:?}");
    for part in ["2026-11-19至2026-11-20", "12件", "鼓楼", "repeat_rate@1"] {
        assert!(alert.reason.contains(part), "{part}: {}", alert.reason);
    }
    let sent = watched.sent().await;
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (sent[0].alert_id.as_str(), sent[0].area_code.as_str()),
        (alert.alert_id.to_string().as_str(), COMMUNITY)
    );
    assert_eq!(sent[0].reason, alert.reason);
}

#[tokio::test]
async fn a_day_is_looked_at_when_all_of_it_is_known() {
    let watched = Watched::new().await;
    watched.world.apply(&calls()).await;
    watched.all_is_known_until("2026-11-20T15:59:59Z").await;
    let watcher = watched.watcher("2026-11-20T17:00:00Z");
    assert_eq!(watched.watch(&watcher).await, 0);
    watched.all_is_known_until("2026-11-20T16:00:00Z").await;
    assert_eq!(watched.watch(&watcher).await, 1);
}

#[tokio::test]
async fn after_a_stop_the_missed_days_are_looked_at_and_quiet_series_stay_quiet() {
    let watched = Watched::new().await;
    watched.world.apply(&calls()).await;
    watched.all_is_known_until("2026-11-17T17:00:00Z").await;
    assert_eq!(watched.watch(&watched.watcher("2026-11-17T17:00:00Z")).await, 1);
    assert!(watched.raised().await.is_empty());
    // Nobody looks for three days; another process comes.
    watched.all_is_known_until("2026-11-20T17:00:00Z").await;
    assert_eq!(watched.watch(&watched.watcher("2026-11-20T17:02:00Z")).await, 3);
    let raised = watched.raised().await;
    assert_eq!(raised.len(), 1, "the next day is in the quiet period: {raised:?}");
    assert_eq!(
        done_through(&watched.world.pool, COUNTY, Work::Watching).await.unwrap(),
        Some("2026-11-20".parse().unwrap())
    );
}

#[tokio::test]
async fn several_watchers_raise_once() {
    let watched = Watched::new().await;
    watched.world.apply(&calls()).await;
    watched.all_is_known_until("2026-11-20T17:00:00Z").await;
    let (one, other) = (watched.watcher("2026-11-20T17:00:00Z"), watched.watcher("2026-11-20T17:00:00Z"));
    let (one, other) = tokio::join!(watched.watch(&one), watched.watch(&other));
    assert_eq!(one + other, 1);
    assert_eq!((watched.raised().await.len(), watched.sent().await.len()), (1, 1));
    // Who was overtaken while it counted writes nothing.
    let now: Timestamp = "2026-11-21T17:00:00Z".parse().unwrap();
    let slow = hold(&watched.world.pool, COUNTY, Work::Watching, Uuid::now_v7(), now).await.unwrap().unwrap();
    let later = now.checked_add(61.seconds()).unwrap();
    let quick =
        hold(&watched.world.pool, COUNTY, Work::Watching, Uuid::now_v7(), later).await.unwrap().unwrap();
    let day = "2026-11-21".parse().unwrap();
    let event = |_: &Alert| unreachable!();
    assert!(!watched.alerts().raise(&slow, COUNTY, day, &[], event, later).await.unwrap());
    assert!(watched.alerts().raise(&quick, COUNTY, day, &[], event, later).await.unwrap());
    assert!(!watched.alerts().raise(&quick, COUNTY, day, &[], event, later).await.unwrap(), "done already");
}

#[tokio::test]
async fn what_is_muted_is_not_raised_and_an_alert_is_acknowledged_once() {
    let watched = Watched::new().await;
    watched.world.apply(&calls()).await;
    watched.all_is_known_until("2026-11-20T17:00:00Z").await;
    let now: Timestamp = "2026-11-20T17:00:00Z".parse().unwrap();
    let decision = Decision { by: "officer", at: now, reason: "已知" };
    let alerts = watched.alerts();
    let tomorrow = now.checked_add(24.hours()).unwrap();
    alerts.mute(COUNTY, "repeat-calls", COMMUNITY, Some(tomorrow), decision).await.unwrap();
    assert_eq!(alerts.mutes(COUNTY, now).await.unwrap().len(), 1);
    assert_eq!(watched.watch(&watched.watcher("2026-11-20T17:00:00Z")).await, 1);
    assert!(watched.raised().await.is_empty());
    alerts.mute(COUNTY, "repeat-calls", COMMUNITY, None, decision).await.unwrap();
    assert!(alerts.mutes(COUNTY, now).await.unwrap().is_empty());
    watched.all_is_known_until("2026-11-21T17:00:00Z").await;
    watched.world.apply(&[]).await;
    assert_eq!(watched.watch(&watched.watcher("2026-11-21T17:02:00Z")).await, 1);
    let raised = watched.raised().await;
    assert_eq!(raised.len(), 1, "the week has it still");
    let seen = |verdict| alerts.acknowledge(COUNTY, raised[0].alert_id, verdict, decision);
    let kept = seen(AlertVerdict::Real).await.unwrap().unwrap();
    assert_eq!(kept.seen.unwrap().verdict, AlertVerdict::Real);
    assert!(seen(AlertVerdict::False).await.unwrap().is_none());
    assert!(alerts.acknowledge(COUNTY, Uuid::now_v7(), AlertVerdict::Real, decision).await.is_err());
    assert!(alerts.list(COUNTY, "", true, None, 10).await.unwrap().is_empty(), "none is unseen");
}
