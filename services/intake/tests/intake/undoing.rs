//! Decisions of who came before that are taken back after others, and links that officers confirm.

use fengqiao_proto::intake::v1::{
    ConfirmLinkRequest, JoinClustersRequest, LinkAct, LinkDecision, LinkSubject, ListLinkDecisionsRequest,
    ListLinksRequest, Report, SplitReportsRequest, UndoLinkDecisionRequest,
    linkage_service_client::LinkageServiceClient,
};
use tonic::{Code, Status, transport::Channel};

use crate::world::{Client, World, by, channel, client, report, submit};

fn id(text: &str) -> uuid::Uuid {
    uuid::Uuid::try_parse(text).unwrap()
}

struct Desk {
    world: World,
    client: Client,
    linkage: LinkageServiceClient<Channel>,
    requests: u32,
}

impl Desk {
    async fn new() -> Self {
        let mut world = World::new().await;
        let address = world.process(fengqiao_intake::config::CommitSettings::default()).await;
        let linkage = LinkageServiceClient::new(channel(&address).await);
        let client = client(&address).await;
        Self { world, client, linkage, requests: 0 }
    }

    /// The report's id and its person.
    async fn told(&mut self, report: Report) -> (String, String) {
        let answer = submit(&mut self.client, report).await.unwrap();
        (answer.report_id, answer.linkage.unwrap().person_id)
    }

    /// Of persons who have nothing in common.
    async fn strangers<const N: usize>(&mut self) -> [(String, String); N] {
        let mut told = Vec::new();
        for n in 1..=N as u32 {
            told.push(self.told(report(&format!("GD-{n}"), n, 40 * n)).await);
        }
        told.try_into().unwrap()
    }

    fn request(&mut self) -> String {
        self.requests += 1;
        format!("r-{}", self.requests)
    }

    async fn join(&mut self, kept: &str, absorbed: &str) -> LinkDecision {
        let asked = JoinClustersRequest {
            request_id: self.request(),
            subject: LinkSubject::Person.into(),
            kept_id: kept.to_owned(),
            absorbed_id: absorbed.to_owned(),
            reason: "同一人".into(),
            ..Default::default()
        };
        self.linkage.join_clusters(by("officer", asked)).await.unwrap().into_inner().decision.unwrap()
    }

    async fn split(&mut self, report: &str) -> LinkDecision {
        let asked = SplitReportsRequest {
            request_id: self.request(),
            subject: LinkSubject::Person.into(),
            report_ids: vec![report.to_owned()],
            reason: "不是同一人".into(),
            ..Default::default()
        };
        self.linkage.split_reports(by("officer", asked)).await.unwrap().into_inner().decision.unwrap()
    }

    async fn undo(&mut self, decision: &LinkDecision) -> Result<LinkDecision, Status> {
        let asked = UndoLinkDecisionRequest {
            decision_id: decision.decision_id.clone(),
            reason: "认错人".into(),
            ..Default::default()
        };
        let undone = self.linkage.undo_link_decision(by("officer", asked)).await?;
        Ok(undone.into_inner().decision.unwrap())
    }

    /// It cannot be taken back, and stands as it was.
    async fn undo_is_refused(&mut self, decision: &LinkDecision) {
        let before = self.persons().await;
        let refused = self.undo(decision).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert_eq!(self.persons().await, before);
        let asked = by("officer", ListLinkDecisionsRequest::default());
        let listed = self.linkage.list_link_decisions(asked).await.unwrap().into_inner().decisions;
        let held = listed.iter().find(|one| one.decision_id == decision.decision_id).unwrap();
        assert_eq!(held.undone_at, None);
    }

    /// The person of each report, in the order in which they came.
    async fn persons(&mut self) -> Vec<String> {
        let links = self.linkage.list_links(by("officer", ListLinksRequest::default())).await;
        let mut pages = links.unwrap().into_inner();
        let mut persons = Vec::new();
        while let Some(page) = pages.message().await.unwrap() {
            persons.extend(page.links.into_iter().map(|link| link.person_id));
        }
        persons
    }

    /// Whether officers have said that two are not the same.
    async fn are_apart(&self, one: &str, other: &str) -> bool {
        let pair = "SELECT EXISTS (
            SELECT FROM link_apart WHERE one = LEAST($1::uuid, $2::uuid) AND other = GREATEST($1::uuid, $2::uuid)
        )";
        sqlx::query_scalar(pair).bind(id(one)).bind(id(other)).fetch_one(&self.world.pool).await.unwrap()
    }
}

#[tokio::test]
async fn a_join_is_undone_after_the_one_that_stayed_went_into_another() {
    let mut desk = Desk::new().await;
    let [(_, first), (_, second), (_, third)] = desk.strangers().await;
    let join = desk.join(&first, &second).await;
    let later = desk.join(&third, &first).await;
    assert_eq!(desk.persons().await, [&third, &third, &third].map(String::clone));
    desk.undo(&join).await.unwrap();
    assert_eq!(desk.persons().await, [&third, &second, &third].map(String::clone));
    assert!(desk.are_apart(&third, &second).await, "the two that are there now");
    // What comes of the second one is its own.
    assert_eq!(desk.told(report("GD-9", 2, 80)).await.1, second);
    // And of the first one, when that is there again: an officer's word was of it.
    desk.undo(&later).await.unwrap();
    assert_eq!(desk.persons().await, [&first, &second, &third, &second].map(String::clone));
    assert!(desk.are_apart(&first, &second).await && desk.are_apart(&first, &third).await);
    desk.world.end().await;
}

#[tokio::test]
async fn a_split_is_undone_into_what_its_cluster_has_become() {
    let mut desk = Desk::new().await;
    let (_, person) = desk.told(report("GD-1", 1, 40)).await;
    let (moved, same) = desk.told(report("GD-2", 1, 40)).await;
    assert_eq!(person, same);
    let (_, other) = desk.told(report("GD-3", 3, 120)).await;
    let split = desk.split(&moved).await;
    desk.join(&other, &person).await;
    assert_eq!(desk.persons().await, [&other, &split.other_id, &other].map(String::clone));
    assert!(desk.are_apart(&other, &split.other_id).await);
    desk.undo(&split).await.unwrap();
    assert_eq!(desk.persons().await, [&other, &other, &other].map(String::clone));
    assert!(!desk.are_apart(&other, &split.other_id).await);
    desk.world.end().await;
}

#[tokio::test]
async fn what_others_have_moved_since_cannot_be_undone() {
    let mut desk = Desk::new().await;
    let [(_, first), (report, second)] = desk.strangers().await;
    let join = desk.join(&first, &second).await;
    let split = desk.split(&report).await;
    desk.undo_is_refused(&join).await;
    // An officer made them one again: the split has nothing left.
    desk.join(&first, &split.other_id).await;
    desk.undo_is_refused(&split).await;
    desk.world.end().await;
}

#[tokio::test]
async fn what_an_officer_confirms_stays_whatever_is_said_later() {
    let mut desk = Desk::new().await;
    let [(_, first), (second_report, second)] = desk.strangers().await;
    let join = desk.join(&first, &second).await;
    let asked = ConfirmLinkRequest {
        request_id: desk.request(),
        subject: LinkSubject::Person.into(),
        report_id: second_report.clone(),
        reason: "电话核实".into(),
        ..Default::default()
    };
    let confirm = async |desk: &mut Desk| {
        let confirmed = desk.linkage.confirm_link(by("officer", asked.clone())).await.unwrap();
        confirmed.into_inner().decision.unwrap()
    };
    let confirmed = confirm(&mut desk).await;
    assert_eq!((confirmed.act(), &confirmed.cluster_id), (LinkAct::Confirm, &first));
    assert_eq!(confirmed.report_ids, std::slice::from_ref(&second_report));
    assert_eq!(confirm(&mut desk).await, confirmed, "the same command again");
    // The machine leaves it there, also where its source says another caller and another house now.
    let corrected = Report { source_ref: "GD-2".into(), ..report("GD-2", 77, 900) };
    assert_eq!(desk.told(corrected).await, (second_report, first.clone()));
    // Whoever takes back what had brought it there is told of the other's word.
    desk.undo_is_refused(&join).await;
    assert_eq!(desk.undo(&confirmed).await.unwrap().undone_by, "officer-1");
    desk.undo(&join).await.unwrap();
    assert_eq!(desk.persons().await, [first, second]);
    desk.world.end().await;
}
