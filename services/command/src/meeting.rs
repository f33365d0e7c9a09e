//! Meetings: the agenda, and what was decided.

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{
    Attendee, GetMeetingRequest, Meeting, MeetingDecision, MeetingKind, OpenMeetingRequest,
    RecordMeetingRequest,
};
use uuid::Uuid;

use crate::{
    connection::{Caller, Session},
    errors::CommandError,
    moment::{self, Moment},
    output::Output,
    table::Table,
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
    /// Record who came and what was decided.
    Record(RecordOptions),
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
    /// A repeated command with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
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
    /// A repeated command with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
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
    let id = |given: Option<String>| given.unwrap_or_else(|| Uuid::now_v7().to_string());
    let meeting = match command {
        MeetingCommand::Open(options) => {
            let kind = if options.residents { MeetingKind::Residents } else { MeetingKind::Joint };
            let request = session.request(OpenMeetingRequest {
                county,
                request_id: id(options.request_id),
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
                request_id: id(options.request_id),
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

fn show(meeting: &Meeting, output: &Output) -> Result<(), CommandError> {
    if output.json {
        return output.document(meeting);
    }
    let kind = if meeting.kind() == MeetingKind::Residents { "居民会议" } else { "联席会议" };
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
