//! Meetings: the agenda, and what was decided.

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{
    AddToAgendaRequest, Attendee, FinishDecisionRequest, GetMeetingRequest, ListMeetingReportsRequest,
    ListMeetingsRequest, Meeting, MeetingDecision, MeetingKind, OpenMeetingRequest, RecordMeetingRequest,
    meeting_service_client::MeetingServiceClient,
};

use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    moment::{self, Moment},
    output::{Output, state_ink},
    paging,
    request_id::RequestId,
    table::{Cell, Table},
    words,
};

/// What to do with meetings.
#[derive(Debug, Subcommand)]
pub enum MeetingCommand {
    /// Open the week's joint meeting (周会商) with its agenda, or a residents' one.
    Open(OpenOptions),
    /// Show one meeting and its agenda.
    Show {
        /// The meeting's id.
        meeting: String,
    },
    /// List meetings, the newest first.
    List(ListOptions),
    /// Put a case on the agenda by hand.
    Add(AddOptions),
    /// Record who came and what was decided.
    Record(RecordOptions),
    /// Say that what a meeting decided on a case is done (决定办结).
    Finish(FinishOptions),
    /// List the reports that came of a meeting.
    Reports(ReportsOptions),
}

/// Which meetings to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this kind.
    #[arg(long, value_parser = words::parser(words::MEETINGS), ignore_case = true)]
    kind: Option<MeetingKind>,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// What to put on the agenda.
#[derive(Debug, Args)]
pub struct AddOptions {
    /// The meeting's id.
    meeting: String,
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// What is done.
#[derive(Debug, Args)]
pub struct FinishOptions {
    /// The case's number, for instance 20261124-0017, or its id.
    case: String,
    /// The decision's number in its case.
    decision: i32,
    /// How it was done.
    #[arg(long)]
    text: String,
    /// The case's etag as it was seen; the command is refused where the case has changed since.
    #[arg(long, default_value = "", hide_default_value = true)]
    etag: String,
    /// The post in which you act, where a rank is needed: a code of the directory's posts.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// Which reports to list.
#[derive(Debug, Args)]
pub struct ReportsOptions {
    /// The meeting's id.
    meeting: String,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Which meeting to open.
#[derive(Debug, Args)]
pub struct OpenOptions {
    /// A meeting of residents (院落会、院坝问政): its reports name it as ID/1, ID/2 …
    #[arg(long)]
    residents: bool,
    /// Its title.
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,
    #[command(flatten)]
    request_id: RequestId,
}

/// What was held and decided.
#[derive(Debug, Args)]
pub struct RecordOptions {
    /// The meeting's id.
    meeting: String,
    /// When it was held.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    held: Moment,
    /// An agency that came; may be repeated.
    #[arg(long = "attendee", value_name = "AGENCY", required = true)]
    attendees: Vec<String>,
    /// The minutes.
    #[arg(long, default_value = "", hide_default_value = true)]
    minutes: String,
    /// What an agency has to do in a case of the agenda; may be repeated.
    #[arg(long = "decision", value_name = "CASE:AGENCY:WORDS", value_parser = decision)]
    decisions: Vec<MeetingDecision>,
    #[command(flatten)]
    request_id: RequestId,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(
    command: MeetingCommand,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let mut client = session.meetings(&Caller::Officer).await?;
    let county = session.county();
    let failed = CommandError::call("the meeting");
    let meeting = match command {
        MeetingCommand::List(options) => return list(options, client, session, output).await,
        MeetingCommand::Reports(options) => return reports(options, client, session, output).await,
        MeetingCommand::Finish(options) => {
            let FinishOptions { case, decision, text, etag, capacity, request_id } = options;
            let failed = CommandError::call(format!("decision {decision} of case {case}"));
            let said = format!("{case} 第{decision}项会议决定已办结");
            let request_id = request_id.or_new();
            let request = FinishDecisionRequest { county, case, request_id, etag, capacity, decision, text };
            let answer = client.finish_decision(session.request(request)).await.map_err(failed)?.into_inner();
            return if output.json { output.document(&answer) } else { output.line(&said) };
        }
        MeetingCommand::Add(options) => {
            let request = session.request(AddToAgendaRequest {
                county,
                meeting_id: options.meeting,
                request_id: options.request_id.or_new(),
                case: options.case,
                ..AddToAgendaRequest::default()
            });
            client.add_to_agenda(request).await.map_err(failed)?.into_inner().meeting
        }
        MeetingCommand::Open(options) => {
            let kind = if options.residents { MeetingKind::Residents } else { MeetingKind::Joint };
            let request = session.request(OpenMeetingRequest {
                county,
                request_id: options.request_id.or_new(),
                kind: kind.into(),
                title: options.title,
                ..OpenMeetingRequest::default()
            });
            client.open_meeting(request).await.map_err(failed)?.into_inner().meeting
        }
        MeetingCommand::Show { meeting } => {
            let request = session.request(GetMeetingRequest { county, meeting_id: meeting });
            client.get_meeting(request).await.map_err(failed)?.into_inner().meeting
        }
        MeetingCommand::Record(options) => {
            let attendee = |agency: String| Attendee { agency, person: String::new() };
            let request = session.request(RecordMeetingRequest {
                county,
                meeting_id: options.meeting,
                request_id: options.request_id.or_new(),
                held_at: options.held.begin(&output.zone).map(moment::to_proto),
                attendees: options.attendees.into_iter().map(attendee).collect(),
                minutes: options.minutes,
                decisions: options.decisions,
                ..RecordMeetingRequest::default()
            });
            client.record_meeting(request).await.map_err(failed)?.into_inner().meeting
        }
    };
    show(&meeting.unwrap_or_default(), output)
}

async fn list(
    options: ListOptions,
    client: MeetingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (meetings, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListMeetingsRequest {
            county: session.county(),
            page_size,
            page_token,
            kind: options.kind.unwrap_or_default().into(),
        });
        async move {
            let answer = client.list_meetings(request).await;
            let page = answer.map_err(CommandError::call("the meetings"))?.into_inner();
            Ok((page.meetings, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return meetings.iter().try_for_each(|meeting| output.json_line(meeting));
    }
    let mut table = Table::of_words(["周", "会议", "标题", "召开", "编号"]);
    for meeting in &meetings {
        table.row(vec![
            meeting.week.as_str().into(),
            words::said(words::MEETINGS, meeting.kind()).into(),
            meeting.title.as_str().into(),
            output.minute(meeting.held_at.as_ref()).into(),
            meeting.meeting_id.as_str().into(),
        ]);
    }
    output.table(&table, "没有会议")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

async fn reports(
    options: ReportsOptions,
    client: MeetingServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (reports, more) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListMeetingReportsRequest {
            county: session.county(),
            meeting_id: options.meeting.clone(),
            page_size,
            page_token,
        });
        async move {
            let answer = client.list_meeting_reports(request).await;
            let page = answer.map_err(CommandError::call("the reports"))?.into_inner();
            Ok((page.reports, page.next_page_token))
        }
    })
    .await?;
    if output.json {
        return reports.iter().try_for_each(|report| output.json_line(report));
    }
    let mut table = Table::of_words(["来源编号", "发生", "案件", "状态"]);
    for report in &reports {
        table.row(vec![
            report.source_ref.as_str().into(),
            output.minute(report.occurred_at.as_ref()).into(),
            report.case_number.as_str().into(),
            Cell::inked(words::said(words::STATES, report.case_state()), state_ink(report.case_state())),
        ]);
    }
    output.table(&table, "没有诉求")?;
    if more { output.line("… 还有更多: --limit") } else { Ok(()) }
}

fn show(meeting: &Meeting, output: &Output) -> Result<(), CommandError> {
    if output.json {
        return output.document(meeting);
    }
    let kind = words::said(words::MEETINGS, meeting.kind());
    output.line(&format!("{kind}  {}  {}", meeting.title, meeting.meeting_id))?;
    output.line(&format!("{}当周，{}发起", meeting.week, output.minute(meeting.opened_at.as_ref())))?;
    if meeting.held_at.is_some() {
        let agencies: Vec<&str> = meeting.attendees.iter().map(|one| one.agency.as_str()).collect();
        let held = output.minute(meeting.held_at.as_ref());
        output.line(&format!("{held}召开，参加：{}", agencies.join("、")))?;
        output.line(&meeting.minutes)?;
    }
    let mut table = Table::of_words(["序号", "事项", "列入原因", "决定"]);
    for item in &meeting.agenda {
        let reasons: Vec<&str> =
            item.reasons().map(|reason| words::said(words::AGENDA_REASONS, reason)).collect();
        table.row(vec![
            item.number.to_string().into(),
            item.case_number.as_str().into(),
            reasons.join("、").into(),
            item.decisions.to_string().into(),
        ]);
    }
    output.table(&table, "没有议程")
}

fn decision(text: &str) -> Result<MeetingDecision, String> {
    let mut parts = text.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(case), Some(agency), Some(words)) if !words.is_empty() => Ok(MeetingDecision {
            case: case.to_owned(),
            agency: agency.to_owned(),
            due_at: None,
            text: words.to_owned(),
        }),
        _ => Err("a case, an agency and what it has to do, as 20261124-0017:housing:上门核实".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_a_case_an_agency_and_words() {
        let read = decision("20261124-0017:housing:周五前：上门核实").unwrap();
        assert_eq!((read.case.as_str(), read.agency.as_str()), ("20261124-0017", "housing"));
        assert_eq!(read.text, "周五前：上门核实");
        for wrong in ["", "20261124-0017", "20261124-0017:housing", "20261124-0017:housing:"] {
            assert!(decision(wrong).is_err(), "{wrong}");
        }
    }
}
