//! Open cases that later evidence shows to be of one dispute: the desk is asked once, a person decides.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::sync::Arc;

use fengqiao_proto::{
    intake::v1::{ClustersJoined, ClustersParted, Evidence, LinkReason, LinkSubject},
    routing::v1::{
        CommentCaseRequest, DismissMergeSuggestionRequest, DutyProgress, ListDutiesRequest,
        ListMergeSuggestionsRequest, MergeCasesRequest, MergeSuggestion, MergeSuggestionState, StandingKind,
        UndoMergeRequest, duty_service_server::DutyService as _,
        merge_suggestion_service_server::MergeSuggestionService as _,
        routing_service_server::RoutingService as _,
    },
};
use fengqiao_routing::cluster_suggestions::ClusterSuggestions;
use fengqiao_serving::time::{now, to_proto};
use jiff::SignedDuration;
use office::{COUNTY, Office, agency, asked, officer};
use tonic::{Code, Status};
use uuid::Uuid;

/// The work of a process that asks.
fn asking(office: &Office) -> ClusterSuggestions {
    ClusterSuggestions {
        pool: office.pool.clone(),
        counties: Arc::clone(&office.counties),
        keyring: Arc::clone(&office.keyring),
        clock: office.clocks.clock.clone(),
    }
}

async fn look(office: &Office) {
    let place = office.counties.get(COUNTY).unwrap();
    asking(office).look(place, Uuid::nil()).await.unwrap();
}

async fn listed(office: &Office, settled: bool) -> Vec<MergeSuggestion> {
    let request = ListMergeSuggestionsRequest { settled, ..Default::default() };
    office.face.list_merge_suggestions(asked(&officer(), request)).await.unwrap().into_inner().suggestions
}

/// What is asked now, as the numbers of cases.
async fn open(office: &Office) -> Vec<Vec<String>> {
    look(office).await;
    let mut pairs: Vec<Vec<String>> = listed(office, false)
        .await
        .iter()
        .map(|one| one.cases.iter().map(|case| case.number.clone()).collect())
        .collect();
    pairs.iter_mut().for_each(|pair| pair.sort());
    pairs
}

fn joined(kept: Uuid, absorbed: Uuid) -> ClustersJoined {
    let reason = |evidence: Evidence, bits: f32| LinkReason {
        evidence: evidence.into(),
        subject: LinkSubject::Case.into(),
        bits,
        ..Default::default()
    };
    ClustersJoined {
        decision_id: Uuid::now_v7().to_string(),
        kept_cluster_id: kept.to_string(),
        absorbed_cluster_id: absorbed.to_string(),
        joined_at: Some(to_proto(now())),
        report_id: Uuid::now_v7().to_string(),
        score_bits: 6.5,
        reasons: vec![reason(Evidence::Phone, 8.0), reason(Evidence::Address, 6.5)],
        ..Default::default()
    }
}

fn by_an_officer(kept: Uuid, absorbed: Uuid) -> ClustersJoined {
    ClustersJoined {
        decided_by: "officer-feng".into(),
        score_bits: 0.0,
        reasons: Vec::new(),
        ..joined(kept, absorbed)
    }
}

/// A case of a cluster: its id, its number and its report.
async fn case(office: &Office, cluster: Uuid) -> (String, String, String) {
    let report = office.report(cluster, "漏水");
    office.take(std::slice::from_ref(&report)).await.unwrap();
    let case = office.changes().await.last().unwrap().case_id.clone();
    (case.clone(), office.case(&case).await.unwrap().number, report.report_id)
}

fn pair(one: &str, other: &str) -> Vec<Vec<String>> {
    let mut pair = vec![one.to_owned(), other.to_owned()];
    pair.sort();
    vec![pair]
}

async fn merge(office: &Office, case: &str, into: &str) {
    let request = MergeCasesRequest {
        case: case.into(),
        into: into.into(),
        request_id: Uuid::now_v7().to_string(),
        reason: "同一纠纷".into(),
        ..Default::default()
    };
    office.face.merge_cases(asked(&officer(), request)).await.unwrap();
}

async fn undo_merge(office: &Office, case: &str) {
    let request = UndoMergeRequest {
        case: case.into(),
        request_id: Uuid::now_v7().to_string(),
        reason: "误并".into(),
        ..Default::default()
    };
    office.face.undo_merge(asked(&officer(), request)).await.unwrap();
}

async fn dismiss(office: &Office, suggestion: &str, reason: &str) -> Result<(), Status> {
    let request = DismissMergeSuggestionRequest {
        suggestion_id: suggestion.to_owned(),
        request_id: Uuid::now_v7().to_string(),
        reason: reason.to_owned(),
        ..Default::default()
    };
    office.face.dismiss_merge_suggestion(asked(&officer(), request)).await.map(drop)
}

#[tokio::test]
async fn two_open_cases_of_one_dispute_are_a_duty_of_the_desk_until_they_are_merged() {
    let office = Office::open().await;
    let (kept, absorbed) = (Uuid::now_v7(), Uuid::now_v7());
    let (one, one_number, _) = case(&office, kept).await;
    let (other, other_number, _) = case(&office, absorbed).await;
    assert!(open(&office).await.is_empty());
    let event = joined(kept, absorbed);
    // Doubled in a batch, and replayed.
    office.tell(&[event.clone(), event.clone()]).await.unwrap();
    office.tell(std::slice::from_ref(&event)).await.unwrap();
    assert_eq!(open(&office).await, pair(&one_number, &other_number));
    assert_eq!(open(&office).await.len(), 1, "asked once");
    let suggested = listed(&office, false).await.remove(0);
    assert_eq!(suggested.decision_id, event.decision_id);
    let why: Vec<&str> = suggested.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert_eq!((why.as_slice(), suggested.score_bits), (&["同一电话", "同一地址"][..], 6.5));
    // It stands among what the desk owes, with what it is about, a limit and a clock.
    let owed = ListDutiesRequest {
        kind: StandingKind::Merging.into(),
        progress: DutyProgress::Owed.into(),
        ..Default::default()
    };
    let duties = office.face.list_duties(asked(&officer(), owed)).await.unwrap().into_inner().duties;
    assert_eq!((duties.len(), duties[0].agency.as_str()), (1, "centre"));
    assert!(duties[0].due_at.is_some());
    let duty = suggested.duty.unwrap();
    assert!(duty.subject.contains(&one_number) && duty.subject.contains("同一电话"), "{}", duty.subject);
    // An agency sees nothing of it.
    let request = ListMergeSuggestionsRequest::default();
    let seen = office.face.list_merge_suggestions(asked(&agency("police"), request)).await.unwrap();
    assert!(seen.into_inner().suggestions.is_empty());

    merge(&office, &other, &one).await;
    assert!(open(&office).await.is_empty());
    let settled = listed(&office, true).await;
    assert_eq!((settled.len(), settled[0].state()), (1, MergeSuggestionState::Merged));
    // Someone takes the merger back: that is a no, and nobody is asked again.
    undo_merge(&office, &other).await;
    assert!(open(&office).await.is_empty());
    // What an officer says after that is a newer word.
    office.tell(&[by_an_officer(kept, absorbed)]).await.unwrap();
    assert_eq!(open(&office).await, pair(&one_number, &other_number));
    assert_eq!(listed(&office, false).await[0].decided_by, "officer-feng");
}

#[tokio::test]
async fn after_a_no_nobody_is_asked_again() {
    let office = Office::open().await;
    let (kept, absorbed) = (Uuid::now_v7(), Uuid::now_v7());
    let (one, ..) = case(&office, kept).await;
    let (other, other_number, _) = case(&office, absorbed).await;
    office.tell(&[joined(kept, absorbed)]).await.unwrap();
    look(&office).await;
    let id = listed(&office, false).await[0].suggestion_id.clone();
    let nothing_said = dismiss(&office, &id, "  ").await.unwrap_err();
    assert_eq!(nothing_said.code(), Code::InvalidArgument);
    dismiss(&office, &id, "两家各有各的漏水").await.unwrap();
    let twice = dismiss(&office, &id, "两家各有各的漏水").await.unwrap_err();
    assert_eq!(twice.code(), Code::FailedPrecondition);
    assert!(open(&office).await.is_empty());
    let settled = listed(&office, true).await;
    assert_eq!(settled[0].state(), MergeSuggestionState::Dismissed);
    let record = settled[0].duty.clone().unwrap().record.unwrap();
    assert_eq!((record.text.as_str(), record.recorded_by.as_str()), ("两家各有各的漏水", "officer-li"));
    // However often evidence comes, also where a cluster has another case meanwhile, and the other way round.
    office.tell(&[joined(kept, absorbed)]).await.unwrap();
    office.reject(&other).await;
    sqlx::query("UPDATE case_file SET closed_at = closed_at - interval '400 days' WHERE number = $1")
        .bind(&other_number)
        .execute(&office.pool)
        .await
        .unwrap();
    let (again, ..) = case(&office, absorbed).await;
    assert!(again != other && again != one);
    office.tell(&[joined(absorbed, kept)]).await.unwrap();
    assert!(open(&office).await.is_empty());
}

#[tokio::test]
async fn it_goes_away_by_itself_and_comes_in_whatever_order() {
    let office = Office::open().await;
    let (kept, absorbed) = (Uuid::now_v7(), Uuid::now_v7());
    // The join is told before there is any case.
    let event = joined(kept, absorbed);
    office.tell(std::slice::from_ref(&event)).await.unwrap();
    let (_, one_number, _) = case(&office, kept).await;
    assert!(open(&office).await.is_empty());
    let (other, other_number, other_report) = case(&office, absorbed).await;
    assert_eq!(open(&office).await, pair(&one_number, &other_number));
    // One case is over.
    office.reject(&other).await;
    assert!(open(&office).await.is_empty());
    assert_eq!(listed(&office, true).await[0].state(), MergeSuggestionState::FellAway);
    // It is opened again by a report: asked again, since nobody said no.
    let (again, ..) = case(&office, absorbed).await;
    assert_eq!(again, other);
    assert_eq!(open(&office).await, pair(&one_number, &other_number));
    // The reports of the one are split off in intake.
    let split = ClustersParted {
        decision_id: Uuid::now_v7().to_string(),
        cluster_id: kept.to_string(),
        other_cluster_id: Uuid::now_v7().to_string(),
        parted_at: Some(to_proto(now())),
        decided_by: "officer-feng".into(),
        report_ids: vec![other_report],
        ..Default::default()
    };
    office.tell(std::slice::from_ref(&split)).await.unwrap();
    assert!(open(&office).await.is_empty());
    // The split is taken back, and at last the join itself.
    let back = ClustersJoined {
        decision_id: split.decision_id.clone(),
        absorbed_cluster_id: split.other_cluster_id.clone(),
        ..by_an_officer(kept, absorbed)
    };
    office.tell(&[back]).await.unwrap();
    assert_eq!(open(&office).await, pair(&one_number, &other_number));
    let taken_back = ClustersParted {
        decision_id: event.decision_id,
        other_cluster_id: absorbed.to_string(),
        takes_back: true,
        report_ids: Vec::new(),
        ..split
    };
    office.tell(&[taken_back]).await.unwrap();
    assert!(open(&office).await.is_empty());
    let states: Vec<_> = listed(&office, true).await.iter().map(MergeSuggestion::state).collect();
    assert_eq!(states, [MergeSuggestionState::FellAway; 3]);
}

#[tokio::test]
async fn a_chain_of_clusters_is_asked_about_where_the_one_between_has_no_case() {
    let office = Office::open().await;
    let [first, between, last] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
    let (_, first_number, _) = case(&office, first).await;
    let (middle, ..) = case(&office, between).await;
    let (_, last_number, _) = case(&office, last).await;
    office.tell(&[joined(between, last), joined(first, between)]).await.unwrap();
    assert_eq!(open(&office).await.len(), 2, "each with the one between");
    office.reject(&middle).await;
    assert_eq!(open(&office).await, pair(&first_number, &last_number));
}

#[tokio::test]
async fn two_processes_ask_once_and_it_is_chased_like_every_duty() {
    let office = Office::open().await;
    let (kept, absorbed) = (Uuid::now_v7(), Uuid::now_v7());
    let (one, ..) = case(&office, kept).await;
    case(&office, absorbed).await;
    office.tell(&[joined(kept, absorbed)]).await.unwrap();
    let place = office.counties.get(COUNTY).unwrap();
    let (here, there) = (asking(&office), asking(&office));
    let both = tokio::join!(here.look(place, Uuid::nil()), there.look(place, Uuid::nil()));
    both.0.unwrap();
    both.1.unwrap();
    assert_eq!(listed(&office, true).await.len(), 1);
    assert!(office.pass_until(office.now() + SignedDuration::from_hours(24 * 8)).await > 0);
    let late = listed(&office, false).await.remove(0).duty.unwrap();
    assert!(late.late);
    // Commands of the county go on beside it.
    let comment = CommentCaseRequest {
        case: one,
        request_id: Uuid::now_v7().to_string(),
        text: "已联系".into(),
        ..Default::default()
    };
    office.face.comment_case(asked(&officer(), comment)).await.unwrap();
}
