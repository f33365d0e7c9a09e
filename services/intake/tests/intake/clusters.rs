//! What intake tells of clusters that turned out to be one dispute, and of those that an officer parts.

use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::intake::v1::{
    CallsRepeated, ClustersJoined, ClustersParted, Evidence, JoinClustersRequest, LinkSubject,
    ListLinkDecisionsRequest, Report, SplitReportsRequest, UndoLinkDecisionRequest,
    linkage_service_client::LinkageServiceClient,
};
use fengqiao_proto::types::v1::Source;
use tonic::transport::Channel;

use crate::world::{Client, World, by, channel, client, report, sent, submit};

/// One of the standard's own examples (GB 11643): nobody's.
const ID: &str = "11010519491231002X";

async fn world() -> (World, Client, LinkageServiceClient<Channel>) {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    (world, client(&address).await, LinkageServiceClient::new(channel(&address).await))
}

async fn cluster(client: &mut Client, told: Report) -> String {
    submit(client, told).await.unwrap().linkage.unwrap().cluster_id
}

/// Two disputes of which one caller shows that they are one: one is known by a telephone and a house, the other by an
/// identity number.
async fn joined_by_a_third(client: &mut Client) -> (String, String, String) {
    let one = cluster(client, report("GD-1", 1, 1)).await;
    let mut elsewhere = report("GD-2", 2, 40);
    elsewhere.parties[0].id_number = ID.into();
    let other = cluster(client, elsewhere).await;
    assert_ne!(one, other);
    let mut both = report("GD-3", 1, 1);
    both.parties[0].id_number = ID.into();
    let third = submit(client, both).await.unwrap();
    assert_eq!(third.linkage.unwrap().cluster_id, one);
    (one, other, third.report_id)
}

#[tokio::test]
async fn later_evidence_that_joins_two_clusters_is_told_once_with_its_reasons() {
    let (world, mut client, mut linkage) = world().await;
    let (one, other, third) = joined_by_a_third(&mut client).await;
    let told: Vec<ClustersJoined> = sent(&world).await;
    assert_eq!(told.len(), 1, "of the person nothing is told: {told:?}");
    let joined = &told[0];
    assert_eq!((&joined.kept_cluster_id, &joined.absorbed_cluster_id), (&one, &other));
    assert_eq!((joined.decided_by.as_str(), &joined.report_id), ("", &third));
    let evidence: Vec<Evidence> = joined.reasons.iter().map(|reason| reason.evidence()).collect();
    assert!(joined.score_bits > 0.0 && !evidence.is_empty());
    for earlier in [&one, &other] {
        assert!(joined.reasons.iter().any(|reason| reason.earlier_report_id == *earlier), "{joined:?}");
    }
    assert!(joined.reasons.iter().all(|reason| reason.subject() == LinkSubject::Case));
    assert!(sent::<CallsRepeated>(&world).await.is_empty(), "of no other door");
    // It is the decision that is kept.
    let listed = linkage
        .list_link_decisions(by("officer", ListLinkDecisionsRequest::default()))
        .await
        .unwrap()
        .into_inner()
        .decisions;
    assert!(listed.iter().any(|decision| decision.decision_id == joined.decision_id
        && decision.subject() == LinkSubject::Case
        && decision.decided_by == "machine"));
    // What comes again tells nothing more.
    let mut both = report("GD-4", 1, 1);
    both.parties[0].id_number = ID.into();
    cluster(&mut client, both).await;
    assert_eq!(sent::<ClustersJoined>(&world).await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn what_an_officer_takes_back_splits_and_joins_is_told() {
    let (world, mut client, mut linkage) = world().await;
    let (one, other, third) = joined_by_a_third(&mut client).await;
    let decision_id = sent::<ClustersJoined>(&world).await.remove(0).decision_id;
    let undo = |decision_id: &str| UndoLinkDecisionRequest {
        decision_id: decision_id.to_owned(),
        reason: "两件事".into(),
        ..Default::default()
    };
    linkage.undo_link_decision(by("officer", undo(&decision_id))).await.unwrap();
    let parted: Vec<ClustersParted> = sent(&world).await;
    assert_eq!(
        (&parted[0].decision_id, parted[0].takes_back, &parted[0].cluster_id, &parted[0].other_cluster_id),
        (&decision_id, true, &one, &other)
    );
    let split = SplitReportsRequest {
        request_id: "r-1".into(),
        subject: LinkSubject::Case.into(),
        report_ids: vec![third.clone()],
        reason: "两件事".into(),
        ..Default::default()
    };
    let split = linkage.split_reports(by("officer", split)).await.unwrap().into_inner().decision.unwrap();
    let parted: Vec<ClustersParted> = sent(&world).await;
    assert_eq!((parted[1].takes_back, parted[1].report_ids.as_slice()), (false, &[third][..]));
    assert_eq!((&parted[1].cluster_id, &parted[1].other_cluster_id), (&one, &split.other_id));
    assert_eq!(parted[1].decided_by, "officer-1");
    linkage.undo_link_decision(by("officer", undo(&split.decision_id))).await.unwrap();
    let join = JoinClustersRequest {
        request_id: "r-2".into(),
        subject: LinkSubject::Case.into(),
        kept_id: one.clone(),
        absorbed_id: other.clone(),
        reason: "王某某电话证实".into(),
        ..Default::default()
    };
    linkage.join_clusters(by("officer", join)).await.unwrap();
    let joined: Vec<ClustersJoined> = sent(&world).await;
    assert_eq!(joined.len(), 3);
    assert_eq!((&joined[1].decision_id, &joined[1].kept_cluster_id), (&split.decision_id, &one));
    assert_eq!((joined[2].decided_by.as_str(), &joined[2].absorbed_cluster_id), ("officer-1", &other));
    let told = format!("{joined:?}");
    assert!(!told.contains("王某某"), "an officer's words may be personal");
    world.end().await;
}

#[tokio::test]
async fn calls_that_later_evidence_shows_to_be_repeats_are_told() {
    let (world, mut client, _) = world().await;
    let call = |number: &str, caller, house, id_number: &str| {
        let mut call = Report { source: Source::Police110.into(), ..report(number, caller, house) };
        call.parties[0].id_number = id_number.to_owned();
        call
    };
    let mut told = Vec::new();
    for call in [call("J1", 1, 1, ""), call("J2", 2, 40, ID), call("J3", 1, 1, ID)] {
        told.push(submit(&mut client, call).await.unwrap());
    }
    let repeats: Vec<bool> = told.iter().map(|one| one.linkage.as_ref().unwrap().repeat).collect();
    assert_eq!(repeats, [false, false, true]);
    let shown: Vec<CallsRepeated> = sent(&world).await;
    let shown: Vec<String> = shown.into_iter().flat_map(|event| event.report_ids).collect();
    assert_eq!(shown, [told[1].report_id.clone()]);
    world.end().await;
}
