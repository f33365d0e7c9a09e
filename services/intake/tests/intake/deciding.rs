//! What officers decide of who came before, and that the machine never overrides it.

use fengqiao_proto::intake::v1::{
    JoinClustersRequest, LinkAct, LinkDecision, LinkSubject, ListLinkDecisionsRequest, ListLinksRequest,
    SplitReportsRequest, SubmitReportResponse, UndoLinkDecisionRequest,
    linkage_service_client::LinkageServiceClient,
};
use tonic::{Code, transport::Channel};

use crate::world::{Client, World, by, channel, client, report, submit};

type Linkage = LinkageServiceClient<Channel>;

async fn world() -> (World, Client, Linkage) {
    let mut world = World::new().await;
    let address = world.process(fengqiao_intake::config::CommitSettings::default()).await;
    let linkage = LinkageServiceClient::new(channel(&address).await);
    let client = client(&address).await;
    (world, client, linkage)
}

async fn told(client: &mut Client, reference: &str, caller: u32, house: u32) -> SubmitReportResponse {
    submit(client, report(reference, caller, house)).await.unwrap()
}

fn person(response: &SubmitReportResponse) -> String {
    response.linkage.clone().unwrap().person_id
}

/// The person of each report, as the links as a whole say.
async fn persons(linkage: &mut Linkage) -> Vec<String> {
    let mut pages =
        linkage.list_links(by("officer", ListLinksRequest::default())).await.unwrap().into_inner();
    let mut persons = Vec::new();
    while let Some(page) = pages.message().await.unwrap() {
        persons.extend(page.links.into_iter().map(|link| link.person_id));
    }
    persons
}

async fn split(
    linkage: &mut Linkage,
    request_id: &str,
    reports: &[&str],
) -> Result<LinkDecision, tonic::Status> {
    let asked = SplitReportsRequest {
        request_id: request_id.into(),
        subject: LinkSubject::Person.into(),
        report_ids: reports.iter().map(|id| (*id).to_owned()).collect(),
        reason: "不是同一个人".into(),
        ..Default::default()
    };
    Ok(linkage.split_reports(by("officer", asked)).await?.into_inner().decision.unwrap())
}

#[tokio::test]
async fn what_an_officer_has_split_is_never_joined_again_by_the_machine() {
    let (world, mut client, mut linkage) = world().await;
    let first = told(&mut client, "GD-1", 1, 1).await;
    let second = told(&mut client, "GD-2", 1, 1).await;
    assert_eq!(person(&first), person(&second));
    let decision = split(&mut linkage, "r-1", &[&second.report_id]).await.unwrap();
    assert_eq!((decision.act(), decision.cluster_id.clone()), (LinkAct::Split, person(&first)));
    assert_eq!(decision.report_ids, std::slice::from_ref(&second.report_id));
    // The same command again is the same decision.
    let again = split(&mut linkage, "r-1", &[&second.report_id]).await.unwrap();
    assert_eq!(again, decision);
    assert_eq!(persons(&mut linkage).await, [person(&first), decision.other_id.clone()]);
    // However much evidence comes for both, they stay apart.
    for n in 3..8 {
        let later = person(&told(&mut client, &format!("GD-{n}"), 1, 1).await);
        assert!([&person(&first), &decision.other_id].contains(&&later), "one of both");
    }
    let held = persons(&mut linkage).await;
    assert_eq!((&held[0], &held[1]), (&person(&first), &decision.other_id));

    let undo = UndoLinkDecisionRequest {
        decision_id: decision.decision_id.clone(),
        reason: "核实为同一人".into(),
        ..Default::default()
    };
    let undone = linkage.undo_link_decision(by("officer", undo.clone())).await.unwrap().into_inner();
    assert_eq!(undone.decision.unwrap().undone_by, "officer-1");
    assert_eq!(persons(&mut linkage).await[1], person(&first));
    let twice = linkage.undo_link_decision(by("officer", undo)).await.unwrap_err();
    assert_eq!(twice.code(), Code::FailedPrecondition);
    world.end().await;
}

#[tokio::test]
async fn two_persons_are_made_one_and_apart_again_with_what_came_between() {
    let (world, mut client, mut linkage) = world().await;
    let one = told(&mut client, "GD-1", 1, 1).await;
    let other = told(&mut client, "GD-2", 2, 40).await;
    assert_ne!(person(&one), person(&other));
    let join = |kept: &str, absorbed: &str| JoinClustersRequest {
        request_id: "r-1".into(),
        subject: LinkSubject::Person.into(),
        kept_id: kept.to_owned(),
        absorbed_id: absorbed.to_owned(),
        reason: "换了号码，原号１３８１２３４５６７８".into(),
        ..Default::default()
    };
    let decision = linkage.join_clusters(by("officer", join(&person(&one), &person(&other)))).await;
    let decision = decision.unwrap().into_inner().decision.unwrap();
    assert_eq!(decision.report_ids, std::slice::from_ref(&other.report_id));
    assert_eq!(decision.reason, "换了号码，原号〔电话〕", "a number is nobody's to keep here");
    assert_eq!(person(&told(&mut client, "GD-3", 2, 40).await), person(&one), "the batch after knows it");
    let nobody = uuid::Uuid::now_v7().to_string();
    let missing = JoinClustersRequest { request_id: "r-2".into(), ..join(&person(&one), &nobody) };
    let missing = linkage.join_clusters(by("officer", missing)).await.unwrap_err();
    assert_eq!(missing.code(), Code::InvalidArgument);

    let undo = UndoLinkDecisionRequest {
        decision_id: decision.decision_id,
        reason: "认错人".into(),
        ..Default::default()
    };
    linkage.undo_link_decision(by("officer", undo)).await.unwrap();
    let held = persons(&mut linkage).await;
    assert_eq!((&held[0], &held[1], &held[2]), (&person(&one), &person(&other), &person(&one)));
    let listed = linkage.list_link_decisions(by("officer", ListLinkDecisionsRequest::default())).await;
    let listed = listed.unwrap().into_inner().decisions;
    // One person with one matter has one household and one case, too: that the machine found itself.
    let of_persons: Vec<_> =
        listed.iter().filter(|decision| decision.subject() == LinkSubject::Person).collect();
    assert_eq!(of_persons.len(), 1);
    assert!(of_persons[0].undone_at.is_some());
    world.end().await;
}

#[tokio::test]
async fn reports_of_two_persons_are_not_split_at_once() {
    let (world, mut client, mut linkage) = world().await;
    let one = told(&mut client, "GD-1", 1, 1).await;
    let other = told(&mut client, "GD-2", 2, 40).await;
    let refused = split(&mut linkage, "r-1", &[&one.report_id, &other.report_id]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let nothing = split(&mut linkage, "r-2", &[]).await.unwrap_err();
    assert_eq!(nothing.code(), Code::InvalidArgument);
    world.end().await;
}
