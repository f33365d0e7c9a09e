//! Cases that are over: until when a report opens them again, what follows them later, and when nobody may.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use fengqiao_proto::{
    intake::v1::ReportAccepted,
    routing::v1::{CaseChanged, MergeCasesRequest, routing_service_server::RoutingService as _},
    types::v1::CaseState,
};
use fengqiao_routing::{
    commands::Command,
    domain::{acts::Act, case::CaseFile, case_number::CaseName, history::Occasion, refusal::Refusal},
    error::RoutingError,
};
use fengqiao_serving::time::{from_proto, to_proto};
use jiff::{SignedDuration, Timestamp};
use office::{COUNTY, Office, asked, officer};
use uuid::Uuid;

/// How long a case of this county is opened again, as the shipped practice has it.
const WINDOW: SignedDuration = SignedDuration::from_hours(24 * 30);

fn command(office: &Office, case: &str, act: Act) -> Command {
    Command {
        actor: Occasion::of_system(office.now()),
        visible_to: None,
        case: CaseName::parse(case).unwrap(),
        request_id: Uuid::now_v7().to_string(),
        etag: String::new(),
        act,
    }
}

async fn run(office: &Office, case: &str, act: Act) -> Result<CaseFile, RoutingError> {
    let place = office.counties.get(COUNTY).unwrap();
    office.face.commands.run(place, command(office, case, act)).await
}

fn reject() -> Act {
    Act::Reject { words: "依法另行处理".into() }
}

fn reopen() -> Act {
    Act::Reopen { words: "又起争执".into() }
}

fn reason(ran: Result<CaseFile, RoutingError>) -> &'static str {
    match ran.unwrap_err() {
        RoutingError::Refused(Refusal { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

async fn last_change(office: &Office) -> CaseChanged {
    office.changes().await.pop().unwrap()
}

async fn case_of(office: &Office, report: ReportAccepted) -> String {
    office.take(&[report]).await.unwrap();
    last_change(office).await.case_id
}

fn told(office: &Office, cluster: Uuid, at: Timestamp) -> ReportAccepted {
    let at = Some(to_proto(at));
    ReportAccepted { occurred_at: at, accepted_at: at, ..office.report(cluster, "又漏水") }
}

fn until(change: &CaseChanged) -> Option<Timestamp> {
    change.takes_reports_until.as_ref().map(|until| from_proto(until).unwrap())
}

/// Two cases of one cluster, the second of which follows the first, which is over.
async fn two_of_one_cluster(office: &Office) -> (Uuid, [String; 2]) {
    let cluster = Uuid::now_v7();
    let first = case_of(office, office.report(cluster, "漏水")).await;
    run(office, &first, reject()).await.unwrap();
    sqlx::query("UPDATE case_file SET closed_at = now() - interval '400 days' WHERE id = $1::uuid")
        .bind(&first)
        .execute(&office.pool)
        .await
        .unwrap();
    let second = case_of(office, office.report(cluster, "漏水")).await;
    assert_ne!(first, second);
    (cluster, [first, second])
}

#[tokio::test]
async fn a_case_that_is_over_says_until_when_a_report_opens_it_again() {
    let office = Office::open().await;
    let cluster = Uuid::now_v7();
    let case = case_of(&office, office.report(cluster, "漏水")).await;
    assert_eq!(until(&last_change(&office).await), None, "it takes reports anyway");
    run(&office, &case, reject()).await.unwrap();
    let over = last_change(&office).await;
    let closed_at = from_proto(over.closed_at.as_ref().unwrap()).unwrap();
    let end = closed_at + WINDOW;
    assert_eq!((over.state(), until(&over)), (CaseState::Rejected, Some(end)));

    office.take(&[told(&office, cluster, end)]).await.unwrap();
    let again = last_change(&office).await;
    assert_eq!((&again.case_id, again.state(), until(&again)), (&case, CaseState::Open, None));

    let cluster = Uuid::now_v7();
    let case = case_of(&office, office.report(cluster, "漏水")).await;
    run(&office, &case, reject()).await.unwrap();
    let end = until(&last_change(&office).await).unwrap();
    let later = case_of(&office, told(&office, cluster, end + SignedDuration::from_micros(1))).await;
    assert_ne!(later, case);
    assert_eq!(office.case(&later).await.unwrap().links.unwrap().follows, case);
}

#[tokio::test]
async fn a_merged_case_says_nothing_and_the_other_one_speaks_for_its_cluster() {
    let office = Office::open().await;
    let (own, other) = (Uuid::now_v7(), Uuid::now_v7());
    let merged = case_of(&office, office.report(own, "漏水")).await;
    let into = case_of(&office, office.report(other, "漏水")).await;
    let request = MergeCasesRequest {
        case: merged.clone(),
        into: into.clone(),
        request_id: "m".into(),
        reason: "同一纠纷".into(),
        ..Default::default()
    };
    office.face.merge_cases(asked(&officer(), request)).await.unwrap();
    let changes = office.changes().await;
    let change = changes.iter().rfind(|change| change.case_id == merged).unwrap();
    assert_eq!((change.state(), until(change)), (CaseState::Closed, None));
    run(&office, &into, reject()).await.unwrap();
    let over = last_change(&office).await;
    assert!(until(&over).is_some());
    assert_eq!(over.taken_clusters[0].cluster_id, own.to_string());
    // A cluster that follows that of the merged case follows the other one.
    let mut follower = office.report(Uuid::now_v7(), "又漏水");
    follower.linkage.as_mut().unwrap().follows_cluster_id = own.to_string();
    let new = case_of(&office, follower).await;
    assert_eq!(office.case(&new).await.unwrap().links.unwrap().follows, into);
}

#[tokio::test]
async fn the_case_of_a_new_cluster_follows_the_last_one_of_the_cluster_that_it_names() {
    let office = Office::open().await;
    let (cluster, [_, last]) = two_of_one_cluster(&office).await;
    run(&office, &last, reject()).await.unwrap();
    let new = Uuid::now_v7();
    let follower = |follows: &str| {
        let mut report = office.report(new, "又漏水");
        report.linkage.as_mut().unwrap().follows_cluster_id = follows.to_owned();
        report
    };
    assert!(office.take(&[follower("no cluster")]).await.is_err());
    // In one batch with one that joins it.
    office.take(&[follower(&cluster.to_string()), follower("")]).await.unwrap();
    let change = last_change(&office).await;
    assert_eq!((change.report_count, change.cluster_id), (2, new.to_string()));
    let case = office.case(&change.case_id).await.unwrap();
    assert_eq!(case.links.unwrap().follows, last);
    assert_eq!(office.case(&last).await.unwrap().state(), CaseState::Rejected, "it stays over");
}

#[tokio::test]
async fn a_case_is_not_opened_again_while_its_cluster_has_another_one_that_takes_reports() {
    let office = Office::open().await;
    let (_, [first, second]) = two_of_one_cluster(&office).await;
    let before = office.case(&first).await.unwrap();
    assert_eq!(reason(run(&office, &first, reopen()).await), "CLUSTER_HAS_ANOTHER_CASE");
    assert_eq!(office.case(&first).await.unwrap(), before);
    // What else is wrong with a command is said as ever.
    assert_eq!(reason(run(&office, &first, reject()).await), "CASE_NOT_OPEN");
    assert_eq!(reason(run(&office, &second, reopen()).await), "CASE_NOT_OVER");
    run(&office, &second, reject()).await.unwrap();

    // Both in one batch: the first one is carried out, its neighbour is refused, and others are not hurt.
    let other = case_of(&office, office.report(Uuid::now_v7(), "漏水")).await;
    let place = office.counties.get(COUNTY).unwrap();
    let turn = place.alone().await;
    let (one, two, beside, ()) = tokio::join!(
        run(&office, &first, reopen()),
        run(&office, &second, reopen()),
        run(&office, &other, reject()),
        async { drop(turn) }
    );
    assert!(one.unwrap().state.takes_reports());
    assert_eq!(reason(two), "CLUSTER_HAS_ANOTHER_CASE");
    assert_eq!(beside.unwrap().id.to_string(), other);
}

/// One is closed and the other opened again in one batch: whoever comes first, nobody else's command fails.
#[tokio::test]
async fn who_ends_one_case_and_who_opens_the_other_again_may_come_together() {
    let office = Office::open().await;
    let (_, [first, second]) = two_of_one_cluster(&office).await;
    let place = office.counties.get(COUNTY).unwrap();
    let turn = place.alone().await;
    let (ended, opened, ()) =
        tokio::join!(run(&office, &second, reject()), run(&office, &first, reopen()), async { drop(turn) });
    assert!(!ended.unwrap().state.takes_reports());
    assert_eq!(reason(opened), "CLUSTER_HAS_ANOTHER_CASE");
    run(&office, &first, reopen()).await.unwrap();
}
