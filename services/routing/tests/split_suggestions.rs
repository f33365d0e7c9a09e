//! Cases with reports that an officer put to another dispute in intake: the desk is asked once, a person decides.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::sync::Arc;

use fengqiao_proto::{
    intake::v1::{ClustersJoined, ClustersParted},
    routing::v1::{
        DutyOutcome, DutyProgress, GetDutyRequest, ListDutiesRequest, MergeCasesRequest, RecordDutyRequest,
        SplitCaseRequest, StandingDuty, StandingKind, duty_service_server::DutyService as _,
        routing_service_server::RoutingService as _,
    },
};
use fengqiao_routing::cluster_suggestions::ClusterSuggestions;
use fengqiao_serving::time::{now, to_proto};
use office::{COUNTY, Office, asked, officer};
use tonic::{Code, Status};
use uuid::Uuid;

/// Looks, as a process does, and says what the desk owes because of splits.
async fn owed(office: &Office) -> Vec<StandingDuty> {
    let asking = ClusterSuggestions {
        pool: office.pool.clone(),
        counties: Arc::clone(&office.counties),
        keyring: Arc::clone(&office.keyring),
        clock: office.clocks.clock.clone(),
    };
    asking.look(office.counties.get(COUNTY).unwrap(), Uuid::nil()).await.unwrap();
    listed(office, DutyProgress::Owed).await
}

async fn listed(office: &Office, progress: DutyProgress) -> Vec<StandingDuty> {
    let request = ListDutiesRequest {
        kind: StandingKind::Splitting.into(),
        progress: progress.into(),
        ..Default::default()
    };
    office.face.list_duties(asked(&officer(), request)).await.unwrap().into_inner().duties
}

/// A case of one cluster with so many reports: its number and the reports.
async fn case(office: &Office, cluster: Uuid, reports: usize) -> (String, Vec<String>) {
    let reports: Vec<_> = (0..reports).map(|_| office.report(cluster, "漏水")).collect();
    office.take(&reports).await.unwrap();
    let case = office.changes().await.last().unwrap().case_id.clone();
    let number = office.case(&case).await.unwrap().number;
    (number, reports.into_iter().map(|report| report.report_id).collect())
}

fn split_off(cluster: Uuid, reports: &[String]) -> ClustersParted {
    ClustersParted {
        decision_id: Uuid::now_v7().to_string(),
        cluster_id: cluster.to_string(),
        other_cluster_id: Uuid::now_v7().to_string(),
        parted_at: Some(to_proto(now())),
        decided_by: "officer-feng".into(),
        report_ids: reports.to_vec(),
        ..Default::default()
    }
}

fn together_again(split: &ClustersParted, decision_id: String) -> ClustersJoined {
    ClustersJoined {
        decision_id,
        kept_cluster_id: split.cluster_id.clone(),
        absorbed_cluster_id: split.other_cluster_id.clone(),
        joined_at: Some(to_proto(now())),
        decided_by: "officer-feng".into(),
        ..Default::default()
    }
}

async fn split_case(office: &Office, number: &str, reports: &[String]) -> String {
    let request = SplitCaseRequest {
        case: number.to_owned(),
        report_ids: reports.to_vec(),
        request_id: Uuid::now_v7().to_string(),
        reason: "另一纠纷".into(),
        ..Default::default()
    };
    let answer = office.face.split_case(asked(&officer(), request)).await.unwrap().into_inner();
    answer.new_case.unwrap().number
}

async fn keep_together(office: &Office, duty: &str, text: &str) -> Result<(), Status> {
    let request = RecordDutyRequest {
        duty_id: duty.to_owned(),
        request_id: Uuid::now_v7().to_string(),
        outcome: DutyOutcome::Together.into(),
        text: text.to_owned(),
        ..Default::default()
    };
    office.face.record_duty(asked(&officer(), request)).await.map(drop)
}

#[tokio::test]
async fn a_case_of_two_disputes_is_a_duty_of_the_desk_until_it_is_split() {
    let office = Office::open().await;
    let cluster = Uuid::now_v7();
    let (number, reports) = case(&office, cluster, 3).await;
    let split = split_off(cluster, &reports[1..]);
    // Doubled in a batch, and replayed.
    office.tell(&[split.clone(), split.clone()]).await.unwrap();
    office.tell(std::slice::from_ref(&split)).await.unwrap();
    let duties = owed(&office).await;
    assert_eq!(owed(&office).await.len(), 1, "asked once");
    let [duty] = duties.as_slice() else { panic!("{duties:?}") };
    assert_eq!((duty.agency.as_str(), duty.due_at.is_some()), ("centre", true));
    let request = GetDutyRequest { duty_id: duty.duty_id.clone(), ..Default::default() };
    let whole = office.face.get_duty(asked(&officer(), request)).await.unwrap().into_inner().duty.unwrap();
    for said in [number.as_str(), "2件", "officer-feng", &reports[1], &reports[2]] {
        assert!(whole.subject.contains(said), "{} says nothing of {said}", whole.subject);
    }

    let new = split_case(&office, &number, &reports[1..]).await;
    assert!(owed(&office).await.is_empty());
    assert_eq!(listed(&office, DutyProgress::Met).await.len(), 1);
    // Someone merges the new case back: that is a no, and nobody is asked again.
    let back = MergeCasesRequest {
        case: new,
        into: number,
        request_id: Uuid::now_v7().to_string(),
        reason: "误分".into(),
        ..Default::default()
    };
    office.face.merge_cases(asked(&officer(), back)).await.unwrap();
    assert!(owed(&office).await.is_empty());
}

#[tokio::test]
async fn after_a_no_nobody_is_asked_again() {
    let office = Office::open().await;
    let cluster = Uuid::now_v7();
    let (_, reports) = case(&office, cluster, 2).await;
    office.tell(&[split_off(cluster, &reports[..1])]).await.unwrap();
    let duty = owed(&office).await.remove(0).duty_id;
    assert_eq!(keep_together(&office, &duty, " ").await.unwrap_err().code(), Code::FailedPrecondition);
    keep_together(&office, &duty, "仍属一案，一并办理").await.unwrap();
    assert!(owed(&office).await.is_empty());
    // Another split is another question.
    office.tell(&[split_off(cluster, &reports[1..])]).await.unwrap();
    assert_eq!(owed(&office).await.len(), 1);
}

#[tokio::test]
async fn it_goes_away_by_itself() {
    let office = Office::open().await;
    // All reports of a case go: it holds one dispute.
    let cluster = Uuid::now_v7();
    let (_, reports) = case(&office, cluster, 2).await;
    office.tell(&[split_off(cluster, &reports)]).await.unwrap();
    assert!(owed(&office).await.is_empty());
    // The split is taken back.
    let cluster = Uuid::now_v7();
    let (_, reports) = case(&office, cluster, 2).await;
    let split = split_off(cluster, &reports[..1]);
    office.tell(std::slice::from_ref(&split)).await.unwrap();
    assert_eq!(owed(&office).await.len(), 1);
    office.tell(&[together_again(&split, split.decision_id.clone())]).await.unwrap();
    assert!(owed(&office).await.is_empty());
    assert!(listed(&office, DutyProgress::Met).await.is_empty(), "it fell away");
    // An officer makes one of both later, by a decision of its own.
    let split = split_off(cluster, &reports[..1]);
    office.tell(std::slice::from_ref(&split)).await.unwrap();
    assert_eq!(owed(&office).await.len(), 1);
    office.tell(&[together_again(&split, Uuid::now_v7().to_string())]).await.unwrap();
    assert!(owed(&office).await.is_empty());
    // The case is over.
    let cluster = Uuid::now_v7();
    let (number, reports) = case(&office, cluster, 2).await;
    office.tell(&[split_off(cluster, &reports[..1])]).await.unwrap();
    assert_eq!(owed(&office).await.len(), 1);
    office.reject(&number).await;
    assert!(owed(&office).await.is_empty());
}
