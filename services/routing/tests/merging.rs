//! Merging cases, undoing it and splitting one: no report and no push is ever without a living case.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::collections::BTreeSet;

use fengqiao_proto::{
    intake::v1::{LinkReason, LinkSubject},
    notification::v1::ReceiptKind,
    routing::v1::{
        Case, CloseCaseRequest, CommentCaseRequest, GetCaseRequest, HistoryEntry, HistoryKind,
        ListCaseHistoryRequest, MergeCasesRequest, MergeCasesResponse, PushRequested, RelevelCaseRequest,
        ResolveCaseRequest, SplitCaseRequest, SplitCaseResponse, UndoMergeRequest, UndoMergeResponse,
        routing_service_server::RoutingService as _,
    },
    types::v1::{CaseState, Level},
};
use fengqiao_routing::{domain::duty::DutyKind, grpc::RoutingFace};
use jiff::{SignedDuration, Timestamp};
use office::{COMMUNITY, Office, agency, asked, officer};
use proptest::{prelude::*, test_runner::TestRunner};
use sqlx::Row as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// Grave enough to be pushed.
const GRAVE: &str = "对方持刀";

/// A case of a new cluster.
async fn case_of(office: &Office, cluster: Uuid, narrative: &str) -> String {
    office.take(&[office.report(cluster, narrative)]).await.unwrap();
    office.changes().await.last().unwrap().case_id.clone()
}

async fn new_case(office: &Office, narrative: &str) -> String {
    case_of(office, Uuid::now_v7(), narrative).await
}

fn merging(case: &str, into: &str) -> MergeCasesRequest {
    MergeCasesRequest {
        case: case.into(),
        into: into.into(),
        request_id: Uuid::now_v7().to_string(),
        reason: "同一纠纷，两次反映".into(),
        ..Default::default()
    }
}

/// The case as it is read: an answer to a command does not hold its reports and pushes.
async fn whole(face: &RoutingFace, case: Option<Case>) -> Option<Case> {
    let request = GetCaseRequest { case: case.unwrap().case_id, ..Default::default() };
    face.get_case(asked(&officer(), request)).await.unwrap().into_inner().case
}

async fn merge(face: &RoutingFace, case: &str, into: &str) -> Result<MergeCasesResponse, Status> {
    let answer = face.merge_cases(asked(&officer(), merging(case, into))).await?.into_inner();
    Ok(MergeCasesResponse { case: whole(face, answer.case).await, into: whole(face, answer.into).await })
}

async fn undo(face: &RoutingFace, case: &str) -> Result<UndoMergeResponse, Status> {
    let request = UndoMergeRequest {
        case: case.into(),
        request_id: Uuid::now_v7().to_string(),
        reason: "误并".into(),
        ..Default::default()
    };
    let answer = face.undo_merge(asked(&officer(), request)).await?.into_inner();
    Ok(UndoMergeResponse { case: whole(face, answer.case).await, from: whole(face, answer.from).await })
}

async fn split(face: &RoutingFace, case: &str, reports: &[String]) -> Result<SplitCaseResponse, Status> {
    let request = SplitCaseRequest {
        case: case.into(),
        report_ids: reports.to_vec(),
        request_id: Uuid::now_v7().to_string(),
        reason: "两件事".into(),
        ..Default::default()
    };
    let answer = face.split_case(asked(&officer(), request)).await?.into_inner();
    let (case, new_case) = (whole(face, answer.case).await, whole(face, answer.new_case).await);
    Ok(SplitCaseResponse { case, new_case })
}

async fn history(office: &Office, case: &str) -> Vec<HistoryEntry> {
    let request = ListCaseHistoryRequest { case: case.into(), ..Default::default() };
    office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner().entries
}

fn reports(case: &Case) -> BTreeSet<String> {
    case.reports.iter().map(|report| report.report_id.clone()).collect()
}

fn pushes(case: &Case) -> BTreeSet<String> {
    case.pushes.iter().map(|push| push.push_id.clone()).collect()
}

fn reason_of(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// What a case owes: kind, agency, due time, still owed.
async fn duties(office: &Office, case: &str) -> Vec<(i16, String, String, bool)> {
    sqlx::query(
        "SELECT kind, agency, due_at::text AS due, ended_at IS NULL AS owed FROM duty
         WHERE subject_id = $1::uuid ORDER BY no",
    )
    .bind(case)
    .fetch_all(&office.pool)
    .await
    .unwrap()
    .iter()
    .map(|row| (row.get("kind"), row.get("agency"), row.get("due"), row.get("owed")))
    .collect()
}

/// What must be true whatever was done. Returns how many reports there are.
async fn check_all(office: &Office) -> i64 {
    let wrong: Vec<String> = sqlx::query_scalar(
        "WITH living AS (
             SELECT file.* FROM case_file AS file WHERE NOT EXISTS (
                 SELECT FROM case_merger AS merger WHERE merger.from_case = file.id AND merger.undone_at IS NULL)
         )
         SELECT 'report ' || report_id FROM case_report WHERE case_id NOT IN (SELECT id FROM living)
         UNION ALL
         SELECT 'push ' || push_id FROM case_push WHERE case_id NOT IN (SELECT id FROM living)
         UNION ALL
         SELECT 'count of ' || number FROM living WHERE report_count <>
             (SELECT count(*) FROM case_report WHERE case_id = living.id)
         UNION ALL
         SELECT 'owed by a merged case ' || subject_id FROM duty
         WHERE ended_at IS NULL AND subject_id NOT IN (SELECT id FROM living)
         UNION ALL
         SELECT 'goes to no living case ' || from_case FROM case_merger
         WHERE undone_at IS NULL AND goes_to NOT IN (SELECT id FROM living)
         UNION ALL
         SELECT 'merged but not over ' || number FROM case_file
         WHERE state <> 3 AND id NOT IN (SELECT id FROM living)
         UNION ALL
         SELECT 'gap in the history of ' || number FROM case_file WHERE history_count <>
             (SELECT count(*) FROM case_history WHERE case_id = case_file.id)",
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
    sqlx::query_scalar("SELECT count(*) FROM case_report").fetch_one(&office.pool).await.unwrap()
}

/// Everything that a command may change, in one number each.
async fn footprint(office: &Office) -> Vec<i64> {
    let mut counts = Vec::new();
    for count in [
        "SELECT count(*) FROM outbox_event",
        "SELECT sum(version)::bigint FROM case_file",
        "SELECT count(*) FROM case_history",
        "SELECT count(*) FROM command_answer",
        "SELECT count(*) FROM case_merger",
        "SELECT count(*) FROM duty WHERE ended_at IS NULL",
    ] {
        counts.push(sqlx::query_scalar(count).fetch_one(&office.pool).await.unwrap());
    }
    counts
}

#[tokio::test]
async fn a_merger_keeps_reports_pushes_and_both_histories() {
    let office = Office::open().await;
    let (a, b) = (new_case(&office, GRAVE).await, new_case(&office, "漏水").await);
    let (before_a, before_b) = (office.case(&a).await.unwrap(), office.case(&b).await.unwrap());
    assert!(before_a.level() > before_b.level() && !before_a.pushes.is_empty());
    let history_before = history(&office, &a).await;
    let merged = merge(&office.face, &a, &b).await.unwrap();
    let (case, into) = (merged.case.unwrap(), merged.into.unwrap());
    assert_eq!((case.state(), case.reports.len(), case.pushes.len()), (CaseState::Closed, 0, 0));
    assert_eq!(case.links.as_ref().unwrap().merged_into, b);
    assert_eq!(into.links.as_ref().unwrap().merged, std::slice::from_ref(&a));
    assert_eq!(reports(&into), &reports(&before_a) | &reports(&before_b));
    assert!(pushes(&into).is_superset(&pushes(&before_a)), "a push keeps its id");
    assert_eq!(into.level(), before_a.level(), "the higher level holds");
    assert_eq!(into.matter.as_ref().unwrap().narrative, "漏水", "of the newest report");
    let after = history(&office, &a).await;
    assert_eq!(after[..history_before.len()], history_before[..]);
    let last = after.last().unwrap();
    assert_eq!((last.kind(), last.actor.as_str()), (HistoryKind::Merged, "officer-li"));
    let owed = format!("并入事项{}；转入该事项：签收1项、办理1项", into.number);
    assert!(last.text.starts_with(&owed), "{}", last.text);
    assert_eq!(last.remark, "同一纠纷，两次反映");
    let took = format!("事项{}并入；承接：签收1项、办理1项", case.number);
    assert!(history(&office, &b).await.iter().any(|entry| entry.text == took));
    let changes = office.changes().await;
    let [.., of_a, of_b] = changes.as_slice() else { panic!("two events") };
    assert_eq!((of_a.case_id.as_str(), of_a.merged_into.as_str()), (a.as_str(), b.as_str()));
    assert_eq!(of_b.taken_clusters[0].cluster_id, of_a.cluster_id);
    assert_eq!(of_b.moved_report_ids.iter().cloned().collect::<BTreeSet<_>>(), reports(&before_a));
    assert_eq!(of_b.report_count, 2);
    check_all(&office).await;
}

#[tokio::test]
async fn a_receipt_of_an_old_push_reaches_the_case_that_took_it_in() {
    let office = Office::open().await;
    let (a, b) = (new_case(&office, GRAVE).await, new_case(&office, GRAVE).await);
    let push: PushRequested =
        office.pushes().await.into_iter().find(|push| push.case_id == a && push.agency != "centre").unwrap();
    merge(&office.face, &a, &b).await.unwrap();
    office.hear(&[Office::receipt(&push, ReceiptKind::Signed)]).await.unwrap();
    let into = office.case(&b).await.unwrap();
    let told = into.pushes.iter().find(|held| held.push_id == push.push_id).unwrap();
    assert!(told.signed_at.is_some());
    assert_eq!(history(&office, &b).await.last().unwrap().kind(), HistoryKind::PushSigned);
    // Whoever had the push sees both cases: the number on its form is the old one.
    for case in [&a, &b] {
        let request = GetCaseRequest { case: case.clone(), ..Default::default() };
        let seen = office.face.get_case(asked(&agency(&push.agency), request)).await.unwrap().into_inner();
        assert_eq!(seen.case.unwrap().case_id, *case);
    }
    let stranger = asked(&agency("court"), GetCaseRequest { case: a, ..Default::default() });
    assert_eq!(office.face.get_case(stranger).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_new_report_of_the_merged_cluster_joins_the_other_case_and_goes_back_with_it() {
    let office = Office::open().await;
    let (cluster_a, cluster_b) = (Uuid::now_v7(), Uuid::now_v7());
    let (a, b) = (case_of(&office, cluster_a, "漏水").await, case_of(&office, cluster_b, "漏水").await);
    merge(&office.face, &a, &b).await.unwrap();
    let (later, own) = (office.report(cluster_a, "又漏水"), office.report(cluster_b, "还漏水"));
    // Twice, in one batch and again: it is one report.
    office.take(&[later.clone(), own.clone(), later.clone()]).await.unwrap();
    office.take(std::slice::from_ref(&later)).await.unwrap();
    assert_eq!(reports(&office.case(&b).await.unwrap()).len(), 4);
    let mut revised = later.clone();
    revised.revision = 2;
    office.reseal(&mut revised, "更正：又漏水");
    office.take(&[revised.clone()]).await.unwrap();
    assert_eq!(office.changes().await.last().unwrap().case_id, b);
    assert_eq!(check_all(&office).await, 4);
    let undone = undo(&office.face, &a).await.unwrap();
    let (case, from) = (undone.case.unwrap(), undone.from.unwrap());
    assert_eq!((case.reports.len(), from.reports.len()), (2, 2));
    assert!(reports(&case).contains(&later.report_id));
    assert_eq!(case.matter.unwrap().narrative, "更正：又漏水");
    assert_eq!(from.matter.unwrap().narrative, "还漏水", "nothing of the other case stays");
    // And the revision after that finds it there.
    revised.revision = 3;
    office.take(&[revised, office.report(cluster_a, "再漏水")]).await.unwrap();
    let changes = office.changes().await;
    assert!(changes[changes.len() - 2..].iter().all(|change| change.case_id == a));
    assert_eq!(check_all(&office).await, 5);
}

#[tokio::test]
async fn undoing_gives_back_the_case_as_it_was() {
    let office = Office::open().await;
    let start: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
    office.set_clock(start);
    let (a, b) = (new_case(&office, GRAVE).await, new_case(&office, GRAVE).await);
    let push = office.pushes().await.into_iter().find(|push| push.case_id == a).unwrap();
    office.hear(&[Office::receipt(&push, ReceiptKind::Signed)]).await.unwrap();
    let (before_a, before_b) = (office.case(&a).await.unwrap(), office.case(&b).await.unwrap());
    let (owed_a, owed_b) = (duties(&office, &a).await, duties(&office, &b).await);
    merge(&office.face, &a, &b).await.unwrap();
    assert!(duties(&office, &a).await.iter().all(|duty| !duty.3), "a merged case owes nothing");
    let undone = undo(&office.face, &a).await.unwrap();
    let as_before = |case: Case, before: &Case, told: bool| {
        // A push says that it goes on.
        let mut own = case.pushes.clone();
        own.retain(|push| before.pushes.iter().any(|old| old.push_id == push.push_id));
        assert_eq!(case.pushes.len() > own.len(), told);
        Case { etag: before.etag.clone(), pushes: own, ..case }
    };
    assert_eq!(as_before(undone.case.unwrap(), &before_a, true), before_a);
    assert_eq!(as_before(undone.from.unwrap(), &before_b, false), before_b);
    assert_eq!(duties(&office, &a).await, owed_a);
    assert_eq!(duties(&office, &b).await, owed_b);
    // A second time, at the same moment.
    merge(&office.face, &a, &b).await.unwrap();
    undo(&office.face, &a).await.unwrap();
    assert_eq!(duties(&office, &a).await, owed_a);
    check_all(&office).await;
}

#[tokio::test]
async fn the_clocks_of_a_merged_case_run_on_in_the_other_one_and_go_back_as_they_stand() {
    let office = Office::open().await;
    let start: Timestamp = "2026-11-24T02:00:00Z".parse().unwrap();
    office.set_clock(start);
    let (a, b) = (new_case(&office, GRAVE).await, new_case(&office, "漏水").await);
    let before = history(&office, &a).await.len();
    let owed = |duties: Vec<(i16, String, String, bool)>| -> BTreeSet<_> {
        duties.into_iter().filter(|duty| duty.3).map(|duty| (duty.0, duty.1, duty.2)).collect()
    };
    let own = owed(duties(&office, &a).await);
    merge(&office.face, &a, &b).await.unwrap();
    let grows_old = DutyKind::Ageing.code();
    let joint = owed(duties(&office, &b).await);
    assert!(own.iter().filter(|duty| duty.0 != grows_old).all(|duty| joint.contains(duty)), "{joint:?}");
    let day = SignedDuration::from_hours(24);
    office.pass_until(start + day).await;
    assert_eq!(history(&office, &a).await.len(), before + 1, "only that it was merged");
    let said = [HistoryKind::DutyOver, HistoryKind::DutyChased];
    assert!(history(&office, &b).await.iter().any(|entry| said.contains(&entry.kind())));
    undo(&office.face, &a).await.unwrap();
    let after = history(&office, &a).await.len();
    office.fire().await;
    assert_eq!(history(&office, &a).await[after..].len(), 0, "what was said there is said");
    let again = owed(duties(&office, &a).await);
    assert!(own.iter().filter(|duty| duty.0 != grows_old).all(|duty| again.contains(duty)), "{again:?}");
}

#[tokio::test]
async fn a_chain_leads_to_its_end_and_is_undone_from_there() {
    let office = Office::open().await;
    let clusters: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    let mut cases = Vec::new();
    for cluster in &clusters {
        cases.push(case_of(&office, *cluster, GRAVE).await);
    }
    let [a, b, c] = cases.as_slice() else { panic!("three") };
    merge(&office.face, a, b).await.unwrap();
    let into = merge(&office.face, b, c).await.unwrap().into.unwrap();
    assert_eq!(into.reports.len(), 3);
    let taken = office.changes().await.pop().unwrap().taken_clusters;
    assert_eq!(taken.len(), 2, "both clusters come here");
    office.take(&[office.report(clusters[0], "又一次")]).await.unwrap();
    assert_eq!(office.changes().await.last().unwrap().case_id, *c);
    let refused = undo(&office.face, a).await.unwrap_err();
    assert_eq!(reason_of(&refused), "MERGED_ON");
    let undone = undo(&office.face, b).await.unwrap();
    assert_eq!(undone.case.unwrap().reports.len(), 3, "its own, and what it had taken in");
    assert_eq!(undone.from.unwrap().reports.len(), 1);
    assert!(office.changes().await.last().unwrap().taken_clusters.is_empty());
    office.take(&[office.report(clusters[0], "再一次")]).await.unwrap();
    assert_eq!(office.changes().await.last().unwrap().case_id, *b);
    let undone = undo(&office.face, a).await.unwrap();
    assert_eq!((undone.case.unwrap().reports.len(), undone.from.unwrap().reports.len()), (3, 1));
    // Two into one are undone in any order.
    merge(&office.face, a, c).await.unwrap();
    merge(&office.face, b, c).await.unwrap();
    undo(&office.face, a).await.unwrap();
    undo(&office.face, b).await.unwrap();
    assert_eq!(check_all(&office).await, 5);
    let asked_for = office.pushes().await.into_iter().filter(|push| push.case_id == *a).count();
    assert_eq!(pushes(&office.case(a).await.unwrap()).len(), asked_for);
}

#[tokio::test]
async fn some_reports_become_a_case_of_their_own_and_a_merger_brings_them_back() {
    let office = Office::open().await;
    let cluster = Uuid::now_v7();
    let case = case_of(&office, cluster, "漏水").await;
    let mut other = office.report(cluster, "打麻将噪音");
    other.category = "neighbourhood".into();
    other.received_by = "grid-7".into();
    office.take(&[other.clone(), office.report(cluster, "漏水没修")]).await.unwrap();
    let before = office.case(&case).await.unwrap();
    let answer = split(&office.face, &case, &[other.report_id.clone()]).await.unwrap();
    let (old, new) = (answer.case.unwrap(), answer.new_case.unwrap());
    assert_eq!((old.reports.len(), reports(&new)), (2, BTreeSet::from([other.report_id.clone()])));
    assert_eq!(new.matter.as_ref().unwrap().narrative, "打麻将噪音");
    assert_eq!(old.matter.as_ref().unwrap().narrative, "漏水没修");
    assert_eq!((new.category.as_str(), new.area_code.as_str()), ("neighbourhood", COMMUNITY));
    assert_eq!((new.first_receiver.as_str(), new.level()), ("grid-7", before.level()));
    assert_eq!(new.level_reason, before.level_reason);
    assert_eq!(new.links.as_ref().unwrap().split_from, case);
    assert_eq!(old.links.as_ref().unwrap().split, std::slice::from_ref(&new.case_id));
    assert_ne!(new.number, old.number);
    assert_eq!(pushes(&old), pushes(&before), "what was pushed was the old case");
    assert_eq!(!new.pushes.is_empty(), new.level() > Level::Blue, "the new one begins as any case does");
    let opened = history(&office, &new.case_id).await.remove(0);
    assert!(opened.text.ends_with(&format!("由事项{}拆出1件诉求", old.number)), "{}", opened.text);
    assert_eq!(opened.remark, "两件事");
    // The next case of the day has the next number.
    new_case(&office, "漏水").await;
    // A revision follows its report; what is new is intake's cluster's, in one batch too.
    let mut revised = other.clone();
    revised.revision = 2;
    office.reseal(&mut revised, "更正：麻将");
    office.take(&[revised, office.report(cluster, "又漏水")]).await.unwrap();
    let changes = office.changes().await;
    let [.., of_new, of_old] = changes.as_slice() else { panic!("two events") };
    assert_eq!((of_new.case_id.as_str(), of_old.case_id.as_str()), (new.case_id.as_str(), case.as_str()));
    assert_ne!(of_new.cluster_id, of_old.cluster_id);
    // What intake found by the report that was split off is with it, and intake hears so.
    let mut further = office.report(cluster, "又打麻将");
    further.linkage.as_mut().unwrap().reasons = vec![LinkReason {
        subject: LinkSubject::Case.into(),
        earlier_report_id: other.report_id.clone(),
        bits: 9.0,
        ..LinkReason::default()
    }];
    office.take(std::slice::from_ref(&further)).await.unwrap();
    let followed = office.changes().await.pop().unwrap();
    assert_eq!((&followed.case_id, &followed.moved_report_ids), (&new.case_id, &vec![further.report_id]));
    let merged = merge(&office.face, &new.case_id, &case).await.unwrap();
    assert_eq!(merged.into.unwrap().reports.len(), 5);
    check_all(&office).await;
}

#[tokio::test]
async fn what_is_not_lawful_is_refused_and_changes_nothing() {
    let office = Office::open().await;
    let (a, b) = (new_case(&office, GRAVE).await, new_case(&office, "漏水").await);
    let over = new_case(&office, "漏水").await;
    office.reject(&over).await;
    let own = office.case(&a).await.unwrap().reports[0].report_id.clone();
    let merged = new_case(&office, "漏水").await;
    merge(&office.face, &merged, &b).await.unwrap();
    let before = footprint(&office).await;
    let mut refusals = Vec::new();
    for (case, into) in [(&a, &a), (&a, &merged), (&merged, &a), (&over, &a), (&a, &over)] {
        refusals.push(reason_of(&merge(&office.face, case, into).await.unwrap_err()));
    }
    assert_eq!(refusals, ["SAME_CASE", "CASE_MERGED", "CASE_MERGED", "CASE_NOT_IN_STATE", "CASE_NOT_OPEN"]);
    assert_eq!(reason_of(&undo(&office.face, &a).await.unwrap_err()), "CASE_NOT_MERGED");
    let foreign = office.case(&b).await.unwrap().reports[0].report_id.clone();
    for (reports, reason) in [(vec![own.clone()], "NOTHING_TO_SPLIT"), (vec![foreign], "REPORT_NOT_IN_CASE")]
    {
        assert_eq!(reason_of(&split(&office.face, &a, &reports).await.unwrap_err()), reason);
    }
    for reports in [vec![], vec!["x".to_owned()]] {
        assert_eq!(split(&office.face, &a, &reports).await.unwrap_err().code(), Code::InvalidArgument);
    }
    let nowhere = merge(&office.face, &a, "20200101-0001").await.unwrap_err();
    assert_eq!(nowhere.get_details_bad_request().unwrap().field_violations[0].field, "into");
    assert_eq!(merge(&office.face, "20200101-0001", &a).await.unwrap_err().code(), Code::NotFound);
    let stale = MergeCasesRequest { etag: "77".into(), ..merging(&a, &b) };
    let stale = office.face.merge_cases(asked(&officer(), stale)).await.unwrap_err();
    assert_eq!(stale.code(), Code::Aborted);
    // Whoever acts for an agency does not merge.
    let push = office.pushes().await.into_iter().find(|push| push.case_id == a).unwrap();
    let refused = office.face.merge_cases(asked(&agency(&push.agency), merging(&a, &a))).await.unwrap_err();
    assert_eq!(reason_of(&refused), "CENTRE_ONLY");
    // Of a merged case one may still speak, and nothing else.
    let relevel = RelevelCaseRequest {
        case: merged.clone(),
        request_id: "l".into(),
        level: Level::Red.into(),
        reason: "重".into(),
        ..Default::default()
    };
    let refused = office.face.relevel_case(asked(&officer(), relevel)).await.unwrap_err();
    assert_eq!(reason_of(&refused), "CASE_MERGED");
    let closing = CloseCaseRequest {
        case: merged.clone(),
        request_id: "c".into(),
        revisit: "好".into(),
        ..Default::default()
    };
    let refused = office.face.close_case(asked(&officer(), closing)).await.unwrap_err();
    assert_eq!(reason_of(&refused), "CASE_MERGED");
    assert_eq!(footprint(&office).await, before);
    let comment = CommentCaseRequest {
        case: merged,
        request_id: "w".into(),
        text: "见新案".into(),
        ..Default::default()
    };
    office.face.comment_case(asked(&officer(), comment)).await.unwrap();
}

#[tokio::test]
async fn a_second_send_answers_as_the_first() {
    let office = Office::open().await;
    let cluster = Uuid::now_v7();
    let (a, b) = (new_case(&office, "漏水").await, case_of(&office, cluster, "漏水").await);
    let request = merging(&a, &b);
    let first = office.face.merge_cases(asked(&officer(), request.clone())).await.unwrap().into_inner();
    let after = footprint(&office).await;
    let second = office.face.merge_cases(asked(&officer(), request.clone())).await.unwrap().into_inner();
    assert_eq!(first, second);
    let other = MergeCasesRequest { reason: "别的".into(), ..request.clone() };
    let refused = office.face.merge_cases(asked(&officer(), other)).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "requestId");
    // An id that stands for a merger stands for no other command.
    let comment = CommentCaseRequest {
        case: a.clone(),
        request_id: request.request_id,
        text: "x".into(),
        ..Default::default()
    };
    let refused = office.face.comment_case(asked(&officer(), comment)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(footprint(&office).await, after);
    let split_request = SplitCaseRequest {
        case: b.clone(),
        report_ids: vec![office.case(&b).await.unwrap().reports[0].report_id.clone()],
        request_id: "s".into(),
        ..Default::default()
    };
    let first = office.face.split_case(asked(&officer(), split_request.clone())).await.unwrap().into_inner();
    let second = office.face.split_case(asked(&officer(), split_request)).await.unwrap().into_inner();
    assert_eq!(first, second, "the same new case");
    check_all(&office).await;
}

#[tokio::test]
async fn what_fails_on_the_way_leaves_everything_as_it_was() {
    let office = Office::open().await;
    let (a, b) = (new_case(&office, GRAVE).await, new_case(&office, "漏水").await);
    let before = footprint(&office).await;
    let files = (office.case(&a).await.unwrap(), office.case(&b).await.unwrap());
    sqlx::raw_sql(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
         CREATE TRIGGER fail BEFORE INSERT ON case_merger FOR EACH ROW EXECUTE FUNCTION fail();",
    )
    .execute(&office.pool)
    .await
    .unwrap();
    let request = merging(&a, &b);
    let failed = office.face.merge_cases(asked(&officer(), request.clone())).await.unwrap_err();
    assert!(!matches!(failed.code(), Code::FailedPrecondition | Code::InvalidArgument), "{failed:?}");
    assert_eq!(footprint(&office).await, before);
    assert_eq!((office.case(&a).await.unwrap(), office.case(&b).await.unwrap()), files);
    sqlx::raw_sql("DROP TRIGGER fail ON case_merger").execute(&office.pool).await.unwrap();
    office.face.merge_cases(asked(&officer(), request)).await.unwrap();
    check_all(&office).await;
}

#[tokio::test]
async fn two_processes_at_once_make_one_merger() {
    let office = Office::open().await;
    let other = office.another_face();
    for _ in 0..4 {
        let clusters = [Uuid::now_v7(), Uuid::now_v7()];
        let a = case_of(&office, clusters[0], GRAVE).await;
        let b = case_of(&office, clusters[1], "漏水").await;
        // Each into the other: one wins, the other finds it merged.
        let (one, two) = tokio::join!(merge(&office.face, &a, &b), merge(&other, &b, &a));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        assert_eq!(reason_of(&one.as_ref().err().or(two.as_ref().err()).unwrap().clone()), "CASE_MERGED");
        let merged = if one.is_ok() { &a } else { &b };
        // The same command of both is one.
        let request =
            UndoMergeRequest { case: merged.clone(), request_id: merged.clone(), ..Default::default() };
        let (one, two) = tokio::join!(
            office.face.undo_merge(asked(&officer(), request.clone())),
            other.undo_merge(asked(&officer(), request))
        );
        let ids = |answer: Result<tonic::Response<UndoMergeResponse>, Status>| {
            answer.unwrap().into_inner().case.unwrap().case_id
        };
        assert_eq!((ids(one), ids(two)), (merged.clone(), merged.clone()));
        // Reports that come while it is merged are in one of them.
        let coming = [office.report(clusters[0], "一"), office.report(clusters[1], "二")];
        let (taken, merged) = tokio::join!(office.take(&coming), merge(&other, &a, &b));
        taken.unwrap();
        assert_eq!(merged.unwrap().into.unwrap().case_id, b);
        check_all(&office).await;
    }
    assert_eq!(check_all(&office).await, 16);
}

#[tokio::test]
async fn after_the_other_case_is_over_a_report_opens_it_again_or_begins_a_new_one() {
    let office = Office::open().await;
    let (cluster_a, cluster_b) = (Uuid::now_v7(), Uuid::now_v7());
    let (a, b) = (case_of(&office, cluster_a, "漏水").await, case_of(&office, cluster_b, "漏水").await);
    merge(&office.face, &a, &b).await.unwrap();
    office.reject(&b).await;
    sqlx::query("UPDATE case_file SET closed_at = now() - interval '400 days' WHERE id = $1::uuid")
        .bind(&b)
        .execute(&office.pool)
        .await
        .unwrap();
    let new = case_of(&office, cluster_a, "又漏水").await;
    assert!(new != a && new != b);
    assert_eq!(office.case(&new).await.unwrap().links.unwrap().follows, b);
    office.take(&[office.report(cluster_a, "还漏水")]).await.unwrap();
    assert_eq!(office.changes().await.last().unwrap().case_id, new, "the live case of the cluster");
    let refused = undo(&office.face, &a).await.unwrap_err();
    assert_eq!(reason_of(&refused), "CLUSTER_HAS_ANOTHER_CASE");
    // The later case of the cluster is merged too: both mergers hold, the later one says where reports go.
    let third = new_case(&office, "漏水").await;
    merge(&office.face, &new, &third).await.unwrap();
    office.take(&[office.report(cluster_a, "再漏水")]).await.unwrap();
    assert_eq!(office.changes().await.last().unwrap().case_id, third);
    let undone = undo(&office.face, &a).await.unwrap();
    assert_eq!(undone.case.unwrap().reports.len(), 1, "only its own");
    assert_eq!(undone.from.unwrap().state(), CaseState::Rejected, "what is over stays over");
    assert_eq!(check_all(&office).await, 6);
}

#[tokio::test]
async fn what_was_split_off_meanwhile_stays_where_it_is() {
    let office = Office::open().await;
    let (a, b) = (new_case(&office, "漏水").await, new_case(&office, "漏水").await);
    let (of_a, of_b) = (office.case(&a).await.unwrap(), office.case(&b).await.unwrap());
    merge(&office.face, &a, &b).await.unwrap();
    let id = |case: &Case| vec![case.reports[0].report_id.clone()];
    let own_split = split(&office.face, &b, &id(&of_b)).await.unwrap().new_case.unwrap();
    assert_eq!(reason_of(&undo(&office.face, &a).await.unwrap_err()), "NOTHING_WOULD_STAY");
    merge(&office.face, &own_split.case_id, &b).await.unwrap();
    split(&office.face, &b, &id(&of_a)).await.unwrap();
    assert_eq!(reason_of(&undo(&office.face, &a).await.unwrap_err()), "NOTHING_TO_GIVE_BACK");
    assert_eq!(check_all(&office).await, 2);
}

/// Something that is done to the cases of a county.
#[derive(Debug, Clone)]
enum Deed {
    Report(prop::sample::Index),
    Merge(prop::sample::Index, prop::sample::Index),
    Undo(prop::sample::Index),
    Split(prop::sample::Index, u8),
    Resolve(prop::sample::Index),
}

fn deed() -> impl Strategy<Value = Deed> {
    let any_one = any::<prop::sample::Index>;
    prop_oneof![
        2 => any_one().prop_map(Deed::Report),
        4 => (any_one(), any_one()).prop_map(|(from, into)| Deed::Merge(from, into)),
        3 => any_one().prop_map(Deed::Undo),
        2 => (any_one(), any::<u8>()).prop_map(|(case, which)| Deed::Split(case, which)),
        1 => any_one().prop_map(Deed::Resolve),
    ]
}

/// Does it. What is not lawful is refused as such, and nothing else goes wrong.
async fn carry_out(office: &Office, clusters: &[Uuid], cases: &mut Vec<String>, deed: &Deed) {
    let named = |index: &prop::sample::Index| -> String { index.get(cases.as_slice()).clone() };
    let done = match deed {
        Deed::Report(cluster) => {
            office.take(&[office.report(*cluster.get(clusters), "漏水")]).await.unwrap();
            let case = office.changes().await.last().unwrap().case_id.clone();
            if !cases.contains(&case) {
                cases.push(case);
            }
            return;
        }
        Deed::Merge(from, into) => merge(&office.face, &named(from), &named(into)).await.map(|_| ()),
        Deed::Undo(case) => undo(&office.face, &named(case)).await.map(|_| ()),
        Deed::Split(case, which) => {
            let case = &named(case);
            let held = office.case(case).await.unwrap().reports;
            let ids: Vec<String> = held
                .into_iter()
                .enumerate()
                .filter(|(at, _)| which >> (at % 8) & 1 == 1)
                .map(|(_, report)| report.report_id)
                .collect();
            split(&office.face, case, &ids).await.map(|split| cases.push(split.new_case.unwrap().case_id))
        }
        Deed::Resolve(case) => {
            let request = ResolveCaseRequest {
                case: named(case),
                request_id: Uuid::now_v7().to_string(),
                outcome: "和解".into(),
                ..Default::default()
            };
            office.face.resolve_case(asked(&officer(), request)).await.map(|_| ())
        }
    };
    if let Err(refused) = done {
        assert!(
            matches!(refused.code(), Code::FailedPrecondition | Code::InvalidArgument),
            "{deed:?}: {refused:?}"
        );
    }
}

#[test]
fn whatever_is_done_every_report_is_in_one_living_case_and_every_push_has_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let office = runtime.block_on(Office::open());
    let mut runner = TestRunner::new(ProptestConfig { cases: 16, ..ProptestConfig::default() });
    runner
        .run(&prop::collection::vec(deed(), 1..30), |deeds| {
            runtime.block_on(async {
                sqlx::query("TRUNCATE case_file, case_report, case_push, case_merger, duty, command_answer, outbox_event")
                    .execute(&office.pool)
                    .await
                    .unwrap();
                let clusters: Vec<Uuid> = (0..4).map(|_| Uuid::now_v7()).collect();
                let mut cases = Vec::new();
                for cluster in &clusters {
                    cases.push(case_of(&office, *cluster, GRAVE).await);
                }
                let mut reports = 4;
                for deed in &deeds {
                    carry_out(&office, &clusters, &mut cases, deed).await;
                    reports += i64::from(matches!(deed, Deed::Report(_)));
                    assert_eq!(check_all(&office).await, reports);
                }
                // Everything that can be undone is, from the ends of the chains.
                for _ in 0..cases.len() {
                    for case in &cases {
                        carry_out_undo(&office, case).await;
                    }
                }
                assert_eq!(check_all(&office).await, reports);
            });
            Ok(())
        })
        .unwrap();
}

async fn carry_out_undo(office: &Office, case: &str) {
    if let Err(refused) = undo(&office.face, case).await {
        assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    }
}
