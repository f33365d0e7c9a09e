//! Content that is older than what is held does not take its place, whatever door it comes through.

use fengqiao_intake::{config::CommitSettings, domain::ticket_states::ticket_of};
use fengqiao_proto::{
    intake::v1::{
        AcceptedReport, GetReportRequest, PoliceCall, PoliceFeedback, PoliceTaking, Record, Report,
        SubmitRecordRequest, SubmitReportRequest, SubmitReportsRequest, details::Form, record,
        record_service_client::RecordServiceClient, submit_reports_response::Outcome,
    },
    types::v1::Source,
};

use crate::{
    tickets::{message, state},
    world::{Client, World, by, channel, client, events, one, report, submit},
};

fn at(minute: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: 1_795_478_400 + minute * 60, nanos: 0 })
}

async fn held(client: &mut Client, source: Source, reference: &str) -> AcceptedReport {
    let request =
        GetReportRequest { source: source.into(), source_ref: reference.into(), ..Default::default() };
    client.get_report(request).await.unwrap().into_inner().report.unwrap()
}

fn title(held: &AcceptedReport) -> &str {
    &held.report.as_ref().unwrap().title
}

/// Hands in one line of a file.
async fn import(client: &mut Client, line: Report) -> (i32, bool) {
    let message = SubmitReportsRequest { mark: 1, report: Some(line), from_file: true, ..Default::default() };
    let mut answers = client.submit_reports(tokio_stream::iter([message])).await.unwrap().into_inner();
    match answers.message().await.unwrap().unwrap().outcome.unwrap() {
        Outcome::Accepted(answer) => (answer.revision, answer.known),
        Outcome::Refused(refused) => panic!("{refused:?}"),
    }
}

#[tokio::test]
async fn an_import_that_is_repeated_does_not_undo_what_came_after_it() {
    let (world, mut client) = one().await;
    let imported = report("GD-1", 1, 1);
    let changed = Report { title: "邻里纠纷（已更正）".into(), ..imported.clone() };
    assert_eq!(import(&mut client, imported.clone()).await, (1, false));
    let answer = submit(&mut client, changed.clone()).await.unwrap();
    assert_eq!((answer.revision, answer.known), (2, false));
    for again in [&imported, &changed] {
        assert_eq!(import(&mut client, again.clone()).await, (2, true));
    }
    assert_eq!(title(&held(&mut client, Source::Hotline12345, "GD-1").await), changed.title);
    assert_eq!(events(&world).await.len(), 2);
    world.end().await;
}

#[tokio::test]
async fn who_takes_back_what_it_said_is_heard() {
    let (world, mut client) = one().await;
    let closed = Report { confidential: true, ..report("GD-1", 1, 1) };
    let open = Report { confidential: false, ..closed.clone() };
    for (sent, revision, known) in
        [(&closed, 1, false), (&open, 2, false), (&open, 2, true), (&closed, 3, false), (&closed, 3, true)]
    {
        let answer = submit(&mut client, sent.clone()).await.unwrap();
        assert_eq!((answer.revision, answer.known), (revision, known));
    }
    assert!(held(&mut client, Source::Hotline12345, "GD-1").await.report.unwrap().confidential);
    world.end().await;
}

#[tokio::test]
async fn a_list_of_tickets_over_one_with_stages_keeps_its_form_and_is_known_when_it_comes_again() {
    let (world, mut client) = one().await;
    let base = report("GD-1", 1, 1);
    for n in [0, 2] {
        submit(&mut client, state(&base, n)).await.unwrap();
    }
    let listed = Report { title: "导出表里的标题".into(), ..base.clone() };
    let answer = submit(&mut client, listed.clone()).await.unwrap();
    assert_eq!((answer.revision, answer.known), (3, false), "nobody knows when it is of");
    let now = held(&mut client, Source::Hotline12345, "GD-1").await;
    assert_eq!(title(&now), "导出表里的标题");
    assert_eq!(ticket_of(now.report.as_ref().unwrap()).unwrap().stages.len(), 2);

    let later = submit(&mut client, state(&base, 3)).await.unwrap();
    assert_eq!((later.revision, later.known), (4, false));
    for again in [listed, state(&base, 0), state(&base, 2)] {
        let answer = submit(&mut client, again).await.unwrap();
        assert_eq!((answer.revision, answer.known), (4, true));
    }
    let now = held(&mut client, Source::Hotline12345, "GD-1").await;
    assert_eq!(title(&now), "第3步时的标题");
    assert_eq!(ticket_of(now.report.as_ref().unwrap()).unwrap().stages.len(), 3);
    world.end().await;
}

fn call_of(held: &AcceptedReport) -> &PoliceCall {
    match held.report.as_ref().unwrap().details.as_ref().unwrap().form.as_ref().unwrap() {
        Form::PoliceCall(call) => call,
        Form::HotlineTicket(_) => panic!("no call"),
    }
}

#[tokio::test]
async fn a_plain_report_over_a_folded_call_keeps_its_records() {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let (mut records, mut client) =
        (RecordServiceClient::new(channel(&address).await), client(&address).await);
    let taking = PoliceTaking {
        number: "J1".into(),
        called_at: at(0),
        area_code: "421181105204".into(),
        address: "5组7号".into(),
        content: "隔壁又吵起来了".into(),
        ..Default::default()
    };
    let feedback = |number: &str| PoliceFeedback {
        number: number.into(),
        call_number: "J1".into(),
        fed_back_at: at(9),
        content: format!("已劝解 {number}"),
        ..Default::default()
    };
    let mut send = async |form| {
        let record = Some(Record { form: Some(form), ..Default::default() });
        let request = SubmitRecordRequest { record, validate_only: false };
        records.submit_record(by("police_110", request)).await.unwrap().into_inner().reports.remove(0)
    };
    send(record::Form::PoliceTaking(taking.clone())).await;
    send(record::Form::PoliceFeedback(feedback("F1"))).await;
    let plain = Report {
        source: Source::Police110.into(),
        source_ref: "J1".into(),
        title: "纠纷警情".into(),
        occurred_at: at(0),
        ..report("J1", 7, 7)
    };
    let plainly = async |client: &mut Client| {
        let request = SubmitReportRequest { report: Some(plain.clone()), ..Default::default() };
        client.submit_report(by("police_110", request)).await.unwrap().into_inner()
    };
    let answer = plainly(&mut client).await;
    assert_eq!((answer.revision, answer.known), (3, false));
    let now = held(&mut client, Source::Police110, "J1").await;
    assert_eq!((title(&now), call_of(&now).feedbacks.len()), ("纠纷警情", 1));
    assert!(send(record::Form::PoliceTaking(taking)).await.known, "the records say what they said");
    assert_eq!(send(record::Form::PoliceFeedback(feedback("F2"))).await.revision, 4);
    assert!(plainly(&mut client).await.known);
    let now = held(&mut client, Source::Police110, "J1").await;
    assert_eq!(call_of(&now).feedbacks.len(), 2);
    world.end().await;
}

#[tokio::test]
async fn states_of_one_ticket_in_one_stream_are_taken_in_their_order() {
    let (world, mut client) = one().await;
    let messages: Vec<_> = (0..30)
        .flat_map(|index| (0..4).map(move |n| (index, n)))
        .map(|(index, n)| message(index, n))
        .collect();
    let mut answers = client.submit_reports(tokio_stream::iter(messages)).await.unwrap().into_inner();
    let mut answered = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        let Some(Outcome::Accepted(accepted)) = answer.outcome else { panic!("{answer:?}") };
        assert_eq!(accepted.revision as u64, answer.mark % 10 + 1, "{}", answer.mark);
        answered += 1;
    }
    assert_eq!(answered, 120);
    world.end().await;
}
