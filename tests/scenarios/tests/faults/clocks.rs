//! Clocks of several hundred cases, while both processes that fire them are killed: each says each thing once.

use std::{fs, time::Duration};

use fengqiao_proto::{
    routing::v1::{DutyKind, HistoryKind},
    types::v1::FormKind,
};
use fengqiao_scenarios::{
    people::yellow_report,
    shared::County,
    truth,
    waiting::{USUAL, until},
};
use fengqiao_stack::{services::Service, test_county::write_sample_county};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use sqlx::{Executor as _, PgPool};

const CASES: usize = 300;
/// Reports that are under way at once.
const SUBMITTERS: usize = 10;
/// What the county says of signing: time enough for all reports to be in before the first is warned, and for
/// processes to be killed between one thing that is said and the next.
const TERMS: &str = "
[terms.sign]
any = '40s'
red = '40s'
orange = '40s'
yellow = '40s'
warn_before = '20s'
chase_after = ['20s']
on_breach = 'remind'
";
/// Longer than anything here is waited for.
const AT_MOST: Duration = Duration::from_secs(90);

#[test]
fn each_clock_speaks_once_when_those_who_fire_it_are_killed() {
    super::runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        write_sample_county(folder.path()).unwrap();
        let practice = folder.path().join("practice.toml");
        fs::write(&practice, fs::read_to_string(&practice).unwrap() + TERMS).unwrap();
        let county = County::start(|plan| plan.county_folder = folder.path().to_owned()).await;
        let pool = &county.pool;
        let second = county.stack.second(Service::Routing).await.unwrap();
        let both = [county.stack.service(Service::Routing), &second];
        let owed = open_cases(&county).await;
        assert_eq!(
            said(pool, HistoryKind::DutyNear).await,
            0,
            "all reports were in before the first is near"
        );

        // Killed in the middle of writing what they say: it waits for a lock that the test holds.
        while_a_firing_waits(pool, || both.iter().for_each(|process| assert!(process.kill()))).await;
        until_said(pool, HistoryKind::DutyNear, owed).await;

        // Down while the time of all of them comes.
        for process in both {
            process.take_down().await;
        }
        let last = last_due(pool).await;
        assert_eq!(said(pool, HistoryKind::DutyOver).await, 0, "nobody's time is over yet");
        until("the last one's time is over", AT_MOST, async || (Timestamp::now() > last).then_some(())).await;
        both.iter().for_each(|process| process.bring_back());
        for process in both {
            process.ready().await.unwrap();
        }
        let back = Timestamp::now();
        until_said(pool, HistoryKind::DutyOver, owed).await;
        let waited = last_said(pool, HistoryKind::DutyOver).await.duration_since(back);
        assert!(waited <= SignedDuration::from_secs(1), "the last spoke {waited:?} after they were back");

        // One of two is killed, the other goes on.
        while_a_firing_waits(pool, || assert!(both[0].kill())).await;
        until_said(pool, HistoryKind::DutyChased, owed).await;
        for process in both {
            process.ready().await.unwrap();
        }
        everything_was_said_once(pool, owed).await;
        second.stop().await;
        county.stack.stop().await;
    });
}

/// Opens the cases and says how many signatures they owe.
async fn open_cases(county: &County) -> i64 {
    for _ in 0..CASES / SUBMITTERS {
        let reports: Vec<_> = (0..SUBMITTERS).map(|_| yellow_report()).collect();
        join_all(reports.iter().map(|report| county.submit(report))).await;
    }
    until("all are cases", USUAL, async || {
        let cases = count(&county.pool, "SELECT count(*) FROM routing.case_file").await;
        (cases == i64::try_from(CASES).unwrap()).then_some(())
    })
    .await;
    let sql = "SELECT count(*) FROM routing.duty WHERE kind = $1 AND ended_at IS NULL";
    let owed = sqlx::query_scalar(sql).bind(DutyKind::Sign as i16).fetch_one(&county.pool).await.unwrap();
    assert!(owed >= i64::try_from(CASES).unwrap(), "{owed}");
    owed
}

/// Does something while a process has read what is due, and cannot write what it says of it.
async fn while_a_firing_waits(pool: &PgPool, act: impl FnOnce()) {
    let mut held = pool.begin().await.unwrap();
    held.execute("LOCK TABLE routing.case_history IN SHARE MODE").await.unwrap();
    let waiting =
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'routing.case_history'::regclass";
    until("a firing waits", AT_MOST, async || (count(pool, waiting).await > 0).then_some(())).await;
    act();
    held.rollback().await.unwrap();
}

async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// How often clocks of signatures said something.
async fn said(pool: &PgPool, kind: HistoryKind) -> i64 {
    let sql = "SELECT count(*) FROM routing.case_history WHERE kind = $1 AND text LIKE '%签收%'";
    sqlx::query_scalar(sql).bind(kind as i16).fetch_one(pool).await.unwrap()
}

async fn until_said(pool: &PgPool, kind: HistoryKind, owed: i64) {
    until(&format!("{kind:?}"), AT_MOST, async || (said(pool, kind).await >= owed).then_some(())).await;
}

async fn last_due(pool: &PgPool) -> Timestamp {
    let sql = "SELECT (extract(epoch FROM max(due_at)) * 1000000)::bigint FROM routing.duty WHERE kind = $1";
    moment(pool, sql, DutyKind::Sign as i16).await
}

async fn last_said(pool: &PgPool, kind: HistoryKind) -> Timestamp {
    let sql =
        "SELECT (extract(epoch FROM max(at)) * 1000000)::bigint FROM routing.case_history WHERE kind = $1";
    moment(pool, sql, kind as i16).await
}

async fn moment(pool: &PgPool, sql: &'static str, kind: i16) -> Timestamp {
    Timestamp::from_microsecond(sqlx::query_scalar(sql).bind(kind).fetch_one(pool).await.unwrap()).unwrap()
}

/// One entry for each thing that a clock says, and one reminder for each entry, at routing and at notification.
async fn everything_was_said_once(pool: &PgPool, owed: i64) {
    for kind in [HistoryKind::DutyNear, HistoryKind::DutyOver, HistoryKind::DutyChased] {
        assert_eq!(said(pool, kind).await, owed, "{kind:?}");
    }
    let twice = "SELECT count(*) FROM (SELECT FROM routing.case_history WHERE text LIKE '%签收%'
        GROUP BY county, case_id, kind, text HAVING count(*) > 1) AS twice";
    assert_eq!(count(pool, twice).await, 0, "something was said twice");
    // Of each signature its holder is reminded of all three; whoever else is told of the chase is no holder.
    let wrong = "SELECT count(*) FROM routing.duty AS owed WHERE kind = $1 AND 3 * (
            SELECT count(*) FROM routing.duty AS same WHERE kind = $1 AND same.county = owed.county
            AND same.subject_id = owed.subject_id AND same.agency = owed.agency
        ) <> (
            SELECT count(*) FROM routing.case_push AS push WHERE push.county = owed.county
            AND push.case_id = owed.subject_id AND push.agency = owed.agency AND push.form = $2
        )";
    let wrong: i64 = sqlx::query_scalar(wrong)
        .bind(DutyKind::Sign as i16)
        .bind(FormKind::ReminderLetter as i16)
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(wrong, 0, "signatures of which too few or too many reminders were pushed");
    truth::at_rest(pool, AT_MOST).await;
    // What notification has of duties besides cases, routing keeps elsewhere.
    let missing = "SELECT count(*) FROM routing.case_push AS asked
        FULL JOIN (SELECT * FROM notification.push WHERE subject = 1) AS held
        USING (county, push_id) WHERE asked.agency IS NULL OR held.agency IS NULL";
    assert_eq!(count(pool, missing).await, 0, "pushes that only one of the two services has");
}
