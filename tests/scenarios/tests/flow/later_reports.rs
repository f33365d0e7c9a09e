//! What becomes of a call about a case that was here before: it joins it, opens it again, or begins one that follows
//! it, however long ago the last report was.

use fengqiao_proto::{
    intake::v1::Report,
    routing::v1::{ActOnCaseRequest, Case, HistoryKind, RejectAct, act_on_case_request::Act},
    types::v1::CaseState,
};
use fengqiao_scenarios::{
    people::{self, report},
    shared::{County, run},
    waiting::{USUAL, until},
};

use super::history;

/// The case of a report, which is not taken up, and its cluster, once intake has heard until when it takes reports
/// all the same.
async fn rejected(county: &County, report: &Report) -> (Case, String) {
    let accepted = county.submit(report).await;
    let case = county.case_of(&accepted.report_id).await;
    let cluster = accepted.linkage.unwrap().cluster_id;
    let act = ActOnCaseRequest {
        case: case.case_id.clone(),
        request_id: format!("reject-{}", people::unique()),
        act: Some(Act::Reject(RejectAct { words: "已告知依法途径".into() })),
        ..Default::default()
    };
    let over = county.calls().routing("officer").unwrap().act_on_case(act).await.unwrap().into_inner();
    assert_eq!(over.case.unwrap().state(), CaseState::Rejected);
    until("intake knows the window", USUAL, async || {
        sqlx::query("SELECT FROM intake.cluster_case WHERE cluster_id = $1::uuid AND takes_until > now()")
            .bind(&cluster)
            .fetch_optional(&county.pool)
            .await
            .unwrap()
    })
    .await;
    (case, cluster)
}

#[test]
fn a_report_soon_after_the_end_opens_the_case_again() {
    run(|county| async move {
        let first = report();
        let (case, _) = rejected(county, &first).await;
        let again = Report { parties: first.parties.clone(), ..report() };
        let next = county.open(&again).await;
        assert_eq!((&next.case_id, next.state()), (&case.case_id, CaseState::Open));
        assert!(history(county, &case).await.contains(&HistoryKind::ReportJoined));
    });
}

#[test]
fn a_report_after_the_window_begins_a_case_that_follows_the_one_that_is_over() {
    run(|county| async move {
        let first = report();
        let (case, cluster) = rejected(county, &first).await;
        sqlx::query("UPDATE intake.cluster_case SET takes_until = now() - interval '1 day' WHERE cluster_id = $1::uuid")
            .bind(&cluster)
            .execute(&county.pool)
            .await
            .unwrap();
        let later = county.submit(&Report { parties: first.parties.clone(), ..report() }).await;
        let linkage = later.linkage.unwrap();
        assert_eq!((linkage.repeat, &linkage.follows_cluster_id), (true, &cluster), "the caller was here");
        let new = county.case_of(&later.report_id).await;
        assert_ne!(new.case_id, case.case_id);
        assert_eq!(new.links.unwrap().follows, case.case_id);
        assert_eq!(county.case(&case.case_id).await.state(), CaseState::Rejected);
    });
}

/// A report that was told so many days ago.
fn told(days: i64) -> Report {
    let report = report();
    let now = report.occurred_at.unwrap();
    Report {
        occurred_at: Some(prost_types::Timestamp { seconds: now.seconds - days * 86_400, ..now }),
        ..report
    }
}

/// One more call of who made an earlier report.
fn call_after(earlier: &Report) -> Report {
    Report { parties: earlier.parties.clone(), ..report() }
}

/// Makes it as if the end of a rejected case were so many days longer ago, for routing and for intake.
async fn age(county: &County, case: &Case, cluster: &str, days: i32) {
    for (statement, id) in [
        (
            "UPDATE routing.case_file SET closed_at = closed_at - make_interval(days => $2) WHERE id = $1::uuid",
            &*case.case_id,
        ),
        (
            "UPDATE intake.cluster_case SET takes_until = takes_until - make_interval(days => $2)
             WHERE cluster_id = $1::uuid",
            cluster,
        ),
    ] {
        let aged = sqlx::query(statement).bind(id).bind(days).execute(&county.pool).await.unwrap();
        assert_eq!(aged.rows_affected(), 1);
    }
}

#[test]
fn a_call_long_after_the_last_report_still_belongs_to_its_case() {
    run(|county| async move {
        // Open, the last report 60 days ago.
        let first = told(60);
        let case = county.open(&first).await;
        let joined = county.open(&call_after(&first)).await;
        assert_eq!((&joined.case_id, joined.reports.len()), (&case.case_id, 2));
        assert!(joined.reports[1].repeat);

        // Over for 10 days.
        let first = told(60);
        let (case, cluster) = rejected(county, &first).await;
        age(county, &case, &cluster, 10).await;
        let again = county.open(&call_after(&first)).await;
        assert_eq!((&again.case_id, again.state()), (&case.case_id, CaseState::Open));

        // Over for 50 days: nobody opens it again, and it is not forgotten.
        let first = told(60);
        let (case, cluster) = rejected(county, &first).await;
        age(county, &case, &cluster, 50).await;
        let new = county.open(&call_after(&first)).await;
        assert_ne!(new.case_id, case.case_id);
        assert_eq!(new.links.unwrap().follows, case.case_id);
    });
}
