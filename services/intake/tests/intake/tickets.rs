//! Tickets of the hotline, whose states come in any order, more than once, and at once.

use fengqiao_intake::{config::CommitSettings, domain::ticket_states::ticket_of};
use fengqiao_proto::{
    intake::v1::{
        AcceptedReport, Details, GetReportRequest, HotlineTicket, Report, SubmitReportRequest,
        SubmitReportsRequest, TicketStage, TicketStageKind, details::Form, submit_reports_response::Outcome,
    },
    types::v1::Source,
};
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::world::{Client, World, client, events, one, report, submit};

const STAGES: [TicketStageKind; 5] = [
    TicketStageKind::Taken,
    TicketStageKind::Screened,
    TicketStageKind::Handled,
    TicketStageKind::Revisited,
    TicketStageKind::Closed,
];

/// The ticket's n-th state, as a hotline that sends only what is new would have it.
pub fn state(base: &Report, n: usize) -> Report {
    let at = Some(prost_types::Timestamp { seconds: 1_795_478_400 + n as i64 * 60, nanos: 0 });
    let stage = TicketStage { kind: STAGES[n].into(), at, words: format!("第{n}步") };
    let ticket = HotlineTicket { updated_at: at, stages: vec![stage], ..Default::default() };
    let details = Details { form: Some(Form::HotlineTicket(ticket)), ..Default::default() };
    Report { title: format!("第{n}步时的标题"), details: Some(details), ..base.clone() }
}

/// The n-th state of one of many tickets, marked by both.
pub fn message(index: u32, n: usize) -> SubmitReportsRequest {
    SubmitReportsRequest {
        mark: u64::from(index) * 10 + n as u64,
        report: Some(state(&report(&format!("GD-{index}"), index, index), n)),
        ..Default::default()
    }
}

async fn held(client: &mut Client, reference: &str) -> AcceptedReport {
    let request = GetReportRequest {
        source: Source::Hotline12345.into(),
        source_ref: reference.into(),
        ..Default::default()
    };
    client.get_report(request).await.unwrap().into_inner().report.unwrap()
}

fn stages(held: &AcceptedReport) -> Vec<TicketStageKind> {
    let ticket = ticket_of(held.report.as_ref().unwrap()).unwrap();
    ticket.stages.iter().map(TicketStage::kind).collect()
}

/// The stages of a ticket that is held.
pub async fn stages_of(client: &mut Client, reference: &str) -> Vec<TicketStageKind> {
    stages(&held(client, reference).await)
}

#[tokio::test]
async fn states_that_come_at_once_by_two_processes_are_all_in_the_ticket() {
    let mut world = World::new().await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        clients.push(client(&world.process(CommitSettings::default()).await).await);
    }
    let base = report("GD-1", 1, 1);
    let mut calls = JoinSet::new();
    // Each state comes twice, by another process each time.
    for n in [3, 0, 4, 1, 2, 4, 2, 0, 3, 1] {
        let (mut client, state) = (clients[(n + calls.len()) % 2].clone(), state(&base, n));
        calls.spawn(async move { submit(&mut client, state).await.unwrap() });
    }
    while let Some(answered) = calls.join_next().await {
        answered.unwrap();
    }
    let held = held(&mut clients[0], "GD-1").await;
    assert_eq!(stages(&held), STAGES);
    assert_eq!(held.report.unwrap().title, "第4步时的标题", "the newest state's");
    // Each state that said something new is one revision, and each revision one event.
    assert_eq!(events(&world).await.len(), held.revision as usize);
    world.end().await;
}

#[tokio::test]
async fn an_older_state_that_says_nothing_new_changes_nothing() {
    let (world, mut client) = one().await;
    let base = report("GD-1", 1, 1);
    for n in [0, 2] {
        submit(&mut client, state(&base, n)).await.unwrap();
    }
    let again = submit(&mut client, state(&base, 0)).await.unwrap();
    assert_eq!((again.revision, again.known), (2, true));
    let between = submit(&mut client, state(&base, 1)).await.unwrap();
    assert_eq!((between.revision, between.known), (3, false));
    let held = held(&mut client, "GD-1").await;
    assert_eq!((stages(&held).len(), held.report.unwrap().title.as_str()), (3, "第2步时的标题"));
    world.end().await;
}

/// What the ticket says in words, of a source that says no more of time than its newest stage.
fn untimed(base: &Report, title: &str, stage: usize) -> Report {
    let mut untimed = Report { title: title.into(), ..state(base, stage) };
    if let Some(Form::HotlineTicket(ticket)) = untimed.details.as_mut().and_then(|one| one.form.as_mut()) {
        ticket.updated_at = None;
    }
    untimed
}

#[tokio::test]
async fn a_correction_within_a_stage_holds_and_what_came_before_does_not_come_back() {
    let (world, mut client) = one().await;
    for (reference, titles) in [("GD-1", ["甲", "乙", "丙"]), ("GD-2", ["丙", "乙", "甲"])] {
        let base = report(reference, 1, 1);
        let states = titles.map(|title| untimed(&base, title, 1));
        for (nth, state) in states.iter().enumerate() {
            let answer = submit(&mut client, state.clone()).await.unwrap();
            assert_eq!((answer.revision, answer.known), (nth as i32 + 1, false), "{reference}");
        }
        // Sent again in whatever order, and an earlier stage.
        for nth in [0, 2, 1, 1, 0] {
            assert!(submit(&mut client, states[nth].clone()).await.unwrap().known);
        }
        submit(&mut client, untimed(&base, "早", 0)).await.unwrap();
        let held = held(&mut client, reference).await;
        assert_eq!((stages(&held).len(), held.report.unwrap().title.as_str()), (2, titles[2]));
    }
    world.end().await;
}

#[tokio::test]
async fn who_calls_from_the_number_under_which_a_ticket_s_citizen_is_reached_was_here_before() {
    let (world, mut client) = one().await;
    let mut ticket = state(&report("GD-1", 1, 1), 0);
    if let Some(Form::HotlineTicket(ticket)) = ticket.details.as_mut().and_then(|one| one.form.as_mut()) {
        ticket.contact_phone = "138-1234-5678".into();
    }
    let first = submit(&mut client, ticket).await.unwrap().linkage.unwrap();
    let mut later = report("GD-2", 2, 2);
    later.parties[0].phone = "13812345678".into();
    let second = submit(&mut client, later).await.unwrap().linkage.unwrap();
    assert_eq!(second.person_id, first.person_id, "{second:?}");
    assert!(second.repeat);
    let stored: Vec<u8> = sqlx::query_scalar("SELECT sealed_details FROM report WHERE source_ref = 'GD-1'")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert!(!stored.windows(8).any(|part| part == b"1234-5678"), "it is sealed");
    world.end().await;
}

#[tokio::test]
async fn a_stream_takes_states_of_many_tickets_and_answers_each() {
    let (world, mut client) = one().await;
    let messages: Vec<_> = (0..20).flat_map(|index| [2, 0, 1].map(|n| message(index, n))).collect();
    let mut answers = client.submit_reports(tokio_stream::iter(messages)).await.unwrap().into_inner();
    let mut marks = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        assert!(matches!(answer.outcome, Some(Outcome::Accepted(_))), "{answer:?}");
        marks.push(answer.mark);
    }
    marks.sort_unstable();
    assert_eq!(marks.len(), 60);
    assert!(marks.windows(2).all(|pair| pair[0] != pair[1]));
    for index in 0..20 {
        assert_eq!(stages(&held(&mut client, &format!("GD-{index}")).await), STAGES[..3], "{index}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_wrong_ticket_is_refused_even_where_it_would_be_the_older_one() {
    let (world, mut client) = one().await;
    let base = report("GD-1", 1, 1);
    submit(&mut client, state(&base, 3)).await.unwrap();
    let mut wrong = state(&base, 0);
    wrong.title = String::new();
    if let Some(Form::HotlineTicket(ticket)) = wrong.details.as_mut().and_then(|one| one.form.as_mut()) {
        ticket.urgency = 9;
    }
    let request = SubmitReportRequest { report: Some(wrong), ..Default::default() };
    let status = client.submit_report(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields: Vec<_> =
        status.get_details_bad_request().unwrap().field_violations.into_iter().map(|one| one.field).collect();
    assert_eq!(fields, ["title", "details.hotlineTicket.urgency"]);
    world.end().await;
}

#[tokio::test]
async fn a_state_that_is_only_to_be_checked_is_not_taken() {
    let (world, mut client) = one().await;
    let message = SubmitReportsRequest {
        mark: 1,
        report: Some(state(&report("GD-1", 1, 1), 0)),
        validate_only: true,
        ..Default::default()
    };
    let mut answers = client.submit_reports(tokio_stream::iter([message])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    assert!(matches!(answer.outcome, Some(Outcome::Accepted(_))), "{answer:?}");
    assert_eq!(world.count("SELECT count(*) FROM report").await, 0);
    world.end().await;
}
