//! What is only checked says what would become of it, and leaves nothing behind.

use fengqiao_proto::intake::v1::{
    Foreseen, Report, SubmitReportsRequest, TicketStageKind, submit_reports_response::Outcome,
};

use crate::{
    tickets::state,
    world::{Client, one, report, submit},
};

async fn foreseen(client: &mut Client, report: Report) -> (Foreseen, String) {
    let message = SubmitReportsRequest {
        mark: 1,
        report: Some(report),
        validate_only: true,
        from_file: true,
        ..Default::default()
    };
    let mut answers = client.submit_reports(tokio_stream::iter([message])).await.unwrap().into_inner();
    match answers.message().await.unwrap().unwrap().outcome {
        Some(Outcome::Accepted(accepted)) => (accepted.foreseen(), accepted.source_ref),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_report_that_is_only_checked_says_whether_it_is_new_known_or_a_revision() {
    let (world, mut client) = one().await;
    let first = report("GD-1", 1, 1);
    assert_eq!(foreseen(&mut client, first.clone()).await, (Foreseen::New, "GD-1".to_owned()));
    submit(&mut client, first.clone()).await.unwrap();
    let second = Report { title: "又来".into(), ..first.clone() };
    assert_eq!(foreseen(&mut client, second.clone()).await.0, Foreseen::Revised);
    submit(&mut client, second.clone()).await.unwrap();
    for known in [first, second] {
        assert_eq!(foreseen(&mut client, known).await.0, Foreseen::Known, "a file takes nothing back");
    }
    assert_eq!(world.count("SELECT count(*) FROM report").await, 1);
    assert_eq!(world.count("SELECT revision::bigint FROM report").await, 2);
    world.end().await;
}

#[tokio::test]
async fn a_state_of_a_ticket_is_foreseen_by_what_it_adds() {
    let (world, mut client) = one().await;
    let base = report("GD-1", 1, 1);
    for n in [0, 2] {
        submit(&mut client, state(&base, n)).await.unwrap();
    }
    for (n, becomes) in [(0, Foreseen::Known), (1, Foreseen::Revised), (2, Foreseen::Known)] {
        assert_eq!(foreseen(&mut client, state(&base, n)).await.0, becomes, "{n}");
    }
    // An older state that brings no stage of its own says nothing new.
    let mut nothing = state(&base, 0);
    nothing.title = "别的".into();
    assert_eq!(foreseen(&mut client, nothing).await.0, Foreseen::Known);
    assert_eq!(world.count("SELECT revision::bigint FROM report").await, 2);
    let kinds = [TicketStageKind::Taken, TicketStageKind::Handled];
    assert_eq!(crate::tickets::stages_of(&mut client, "GD-1").await, kinds);
    world.end().await;
}
