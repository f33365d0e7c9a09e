//! Redis is away for a while: first it does not answer, then it is dead. Reports are taken and agencies answer as ever, and
//! when it is back all that was held up goes its way with nobody's help.

use std::time::Duration;

use fengqiao_proto::notification::v1::{Push, SignPushRequest};
use fengqiao_scenarios::{
    people::red_report,
    receiving::StreamingAgency,
    shared::County,
    truth,
    waiting::{USUAL, until},
};
use fengqiao_stack::redis_server::PrivateRedis;
use nix::sys::signal::Signal;
use sqlx::PgPool;
use tokio::time::{sleep, timeout};

/// Leads red cases.
const LEAD: &str = "justice";
/// Of each kind of being away.
const REPORTS: usize = 60;
/// A call that waited for Redis would wait for at least as long as a client of Redis does, which is three seconds.
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);
/// Longer than anything here is waited for.
const AT_MOST: Duration = Duration::from_secs(90);

#[test]
fn reports_are_taken_and_agencies_answer_while_redis_is_away() {
    super::runtime().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let redis = PrivateRedis::start_private(folder.path()).await.unwrap();
        let county = County::start(|plan| {
            if let Some((_, url)) = &mut plan.servers {
                redis.url().clone_into(url);
            }
        })
        .await;
        let (pool, calls) = (&county.pool, county.calls());
        let lead = StreamingAgency::start(calls.clone(), LEAD);
        let mut signed = Vec::new();
        for _ in 0..2 {
            let case = county.open(&red_report()).await;
            let push =
                until("the push comes", USUAL, async || lead.of_case(&case.case_id).into_iter().next());
            signed.push(push.await);
        }
        truth::at_rest(pool, AT_MOST).await;

        // It takes connections and says nothing.
        assert!(redis.process().unwrap().signal(Signal::SIGSTOP));
        let before = in_cases(pool).await;
        answered_as_ever(&county, &signed[0]).await;
        assert_eq!(in_cases(pool).await, before, "events went their way: Redis was not away");

        // It is dead.
        redis.take_down().await.unwrap();
        answered_as_ever(&county, &signed[1]).await;
        assert_eq!(in_cases(pool).await, before, "events went their way: Redis was not away");

        redis.bring_back().await.unwrap();
        until("everything is right and every push has come", AT_MOST, async || {
            let mut found = truth::faults(pool).await;
            found.extend(truth::wrong_figures(pool, &calls).await);
            found.extend(not_come(pool, &lead).await);
            if !found.is_empty() {
                sleep(Duration::from_millis(250)).await;
            }
            found.is_empty().then_some(())
        })
        .await;
        let reports: i64 =
            sqlx::query_scalar("SELECT count(*) FROM intake.report").fetch_one(pool).await.unwrap();
        assert_eq!(usize::try_from(reports).unwrap(), 2 + 2 * REPORTS);
        county.stack.stop().await;
        redis.stop().await;
    });
}

/// Reports are acknowledged and a push is signed, each in good time.
async fn answered_as_ever(county: &County, push: &Push) {
    for _ in 0..REPORTS {
        let report = red_report();
        timeout(ANSWERED_WITHIN, county.submit(&report)).await.expect("a report waits for Redis");
    }
    let sign = SignPushRequest { push_id: push.push_id.clone(), ..Default::default() };
    let mut desk = county.calls().notification(LEAD).unwrap();
    timeout(ANSWERED_WITHIN, desk.sign_push(sign)).await.expect("a signature waits for Redis").unwrap();
}

/// How many reports routing has heard of.
async fn in_cases(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM routing.case_report").fetch_one(pool).await.unwrap()
}

/// Pushes of the lead that it has not got.
async fn not_come(pool: &PgPool, lead: &StreamingAgency) -> Option<String> {
    let sql = "SELECT push_id::text FROM notification.push WHERE agency = $1";
    let pushes: Vec<String> = sqlx::query_scalar(sql).bind(LEAD).fetch_all(pool).await.unwrap();
    let came = lead.by_id();
    let missing = pushes.iter().filter(|id| !came.contains_key(*id)).count();
    (missing > 0).then(|| format!("{missing} pushes have not come"))
}
