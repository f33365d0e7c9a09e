//! The main way, from a report to a signed push, on a Redis that Sentinel watches, also when it fails over, and on a
//! cluster of three. On one Redis all other tests run.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use fengqiao_proto::{
    notification::v1::{Push, SignPushRequest},
    routing::v1::Case,
};
use fengqiao_scenarios::{
    people::red_report,
    receiving::StreamingAgency,
    shared::County,
    waiting::{USUAL, until},
};
use fengqiao_stack::{
    redis_sets::{RedisCluster, WatchedRedis},
    services::Service,
};

/// The agency that leads red cases.
const STREAMS: &str = "justice";

/// Reports, and follows each to the agency's signature and back to the case.
async fn go_the_way(county: &County, lead: &StreamingAgency, reports: usize) {
    let mut cases = Vec::<Case>::new();
    for _ in 0..reports {
        cases.push(county.open(&red_report()).await);
    }
    for case in &cases {
        let push: Push =
            until("the push comes", USUAL, async || lead.of_case(&case.case_id).into_iter().next()).await;
        let sign = SignPushRequest { push_id: push.push_id, ..Default::default() };
        county.calls().notification(STREAMS).unwrap().sign_push(sign).await.unwrap();
        county
            .until_case(&case.case_id, "the case knows that it is signed", |case| {
                case.pushes.iter().any(|push| push.agency == STREAMS && push.signed_at.is_some())
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_of_a_watched_redis_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let redis = WatchedRedis::start(folder.path()).await.unwrap();
    let county = on(&redis.url()).await;
    let lead = StreamingAgency::start(county.calls(), STREAMS);
    go_the_way(&county, &lead, 2).await;
    // In the middle of reports: what the old master had and the new one has not, is published again.
    let (failed_over, ()) = tokio::join!(redis.fail_over(), go_the_way(&county, &lead, 6));
    failed_over.unwrap();
    go_the_way(&county, &lead, 2).await;
    // With a second process beside the first.
    let second = county.stack.second(Service::Notification).await.unwrap();
    go_the_way(&county, &lead, 2).await;
    drop(second);
    assert_eq!(once(&lead), 12);
    county.stack.stop().await;
    redis.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_of_three_carries_the_main_way() {
    let folder = tempfile::tempdir().unwrap();
    let redis = RedisCluster::start(folder.path()).await.unwrap();
    let county = on(&redis.url()).await;
    let lead = StreamingAgency::start(county.calls(), STREAMS);
    go_the_way(&county, &lead, 4).await;
    assert_eq!(once(&lead), 4);
    county.stack.stop().await;
    redis.stop().await;
}

async fn on(redis: &str) -> County {
    County::start(|plan| {
        if let Some((_, url)) = &mut plan.servers {
            redis.clone_into(url);
        }
    })
    .await
}

/// How many cases' pushes came.
fn once(lead: &StreamingAgency) -> usize {
    let mut of_cases = BTreeMap::new();
    for (push, _) in lead.by_id().into_values() {
        *of_cases.entry(push.case_id).or_insert(0) += 1;
    }
    assert!(of_cases.values().all(|pushes| *pushes == 1), "{of_cases:?}");
    of_cases.len()
}
