//! The face of meetings.

use fengqiao_access::principal;
use fengqiao_masking::mask;
use fengqiao_proto::routing::v1::{
    AddToAgendaRequest, AddToAgendaResponse, AgendaItem as AgendaItemMessage, Attendee as AttendeeMessage,
    FinishDecisionRequest, FinishDecisionResponse, GetMeetingRequest, GetMeetingResponse,
    ListMeetingReportsRequest, ListMeetingReportsResponse, ListMeetingsRequest, ListMeetingsResponse,
    Meeting as MeetingMessage, MeetingReport as MeetingReportMessage, OpenMeetingRequest,
    OpenMeetingResponse, RecordMeetingRequest, RecordMeetingResponse,
    meeting_service_server::{MeetingService, MeetingServiceServer},
};
use fengqiao_serving::{MAX_MESSAGE_BYTES, paging, time::to_proto};
use sqlx::{Postgres, pool::PoolConnection};
use tonic::{Request, Response, Status};

use super::{
    RoutingFace,
    duty_fields::{self, StandingKey},
    requests,
};
use crate::{
    commands::Command,
    counties::RoutingCounty,
    domain::{
        acts::{Act, meetings::MeetingAct},
        meetings::{AgendaItem, AgendaReason, Attendee, Meeting, MeetingKind},
    },
    error::RoutingError,
    meetings::{Decided, Held, MeetingAndAgenda},
    store::{MeetingName, MeetingReport, bounded, find_meeting, list_items, list_meetings, meeting_reports},
};

const TITLE: usize = 100;
const MINUTES: usize = 20_000;
const WORDS: usize = 1_000;
const NAME: usize = 100;
const MOST_ATTENDEES: usize = 200;
const MOST_DECISIONS: usize = 200;

impl RoutingFace {
    /// The service of meetings, to be served.
    #[must_use]
    pub fn into_meeting_server(self) -> MeetingServiceServer<Self> {
        MeetingServiceServer::new(self).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(super) async fn connection(&self) -> Result<PoolConnection<Postgres>, RoutingError> {
        bounded("connect", self.pool.acquire()).await
    }
}

#[tonic::async_trait]
impl MeetingService for RoutingFace {
    async fn open_meeting(
        &self,
        request: Request<OpenMeetingRequest>,
    ) -> Result<Response<OpenMeetingResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("title", &asked.title, 0, TITLE)?;
        let kind = requests::code(asked.kind, "kind", MeetingKind::from_code)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        // It stands in lists.
        let title = mask(&asked.title, &[]);
        let opened = self.commands.open_meeting(place, &actor, &asked.request_id, kind, &title).await?;
        Ok(Response::new(OpenMeetingResponse { meeting: Some(whole(&opened)) }))
    }

    async fn get_meeting(
        &self,
        request: Request<GetMeetingRequest>,
    ) -> Result<Response<GetMeetingResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let id = duty_fields::id("meetingId", &asked.meeting_id)?;
        let county = &place.county.code;
        let mut conn = self.connection().await?;
        let found = find_meeting(&mut conn, &self.keyring, county, MeetingName::Id(id)).await?;
        let meeting = found.ok_or(RoutingError::NoSuch("meeting"))?;
        let items = list_items(&mut conn, county, id).await?;
        let meeting = whole(&MeetingAndAgenda { meeting, items });
        Ok(Response::new(GetMeetingResponse { meeting: Some(meeting) }))
    }

    async fn list_meetings(
        &self,
        request: Request<ListMeetingsRequest>,
    ) -> Result<Response<ListMeetingsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let kind = requests::optional_code(asked.kind, "kind", MeetingKind::from_code)?;
        let after = duty_fields::place_after(&asked.page_token)?;
        let size = paging::size(asked.page_size, 50, 200);
        let county = &place.county.code;
        let mut found = list_meetings(&self.pool, &self.keyring, county, kind, size + 1, after).await?;
        let next_page_token = requests::next_page(
            &mut found,
            size,
            |_| 0,
            |meeting| StandingKey::of(meeting.opened_at, meeting.id),
        );
        let meetings = found.iter().map(brief).collect();
        Ok(Response::new(ListMeetingsResponse { meetings, next_page_token }))
    }

    async fn add_to_agenda(
        &self,
        request: Request<AddToAgendaRequest>,
    ) -> Result<Response<AddToAgendaResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        let id = duty_fields::id("meetingId", &asked.meeting_id)?;
        let case = requests::case_name(&asked.case)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let meeting = self.commands.add_to_agenda(place, &actor, &asked.request_id, id, &case).await?;
        Ok(Response::new(AddToAgendaResponse { meeting: Some(whole(&meeting)) }))
    }

    async fn record_meeting(
        &self,
        request: Request<RecordMeetingRequest>,
    ) -> Result<Response<RecordMeetingResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        let id = duty_fields::id("meetingId", &asked.meeting_id)?;
        let held = held(asked, place)?;
        let actor = self.acting_now(place, who, &asked.capacity)?;
        let recorded = self.commands.record_meeting(place, &actor, &asked.request_id, id, held).await?;
        Ok(Response::new(RecordMeetingResponse { meeting: Some(whole(&recorded)) }))
    }

    async fn finish_decision(
        &self,
        request: Request<FinishDecisionRequest>,
    ) -> Result<Response<FinishDecisionResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        requests::length("requestId", &asked.request_id, 1, 64)?;
        requests::length("text", &asked.text, 1, WORDS)?;
        let no = u32::try_from(asked.decision).ok().filter(|no| *no > 0);
        let no = no.ok_or_else(|| RoutingError::invalid("decision", "must be 1 or more"))?;
        let command = Command {
            actor: self.acting_now(place, who, &asked.capacity)?,
            visible_to: who.agency.clone(),
            case: requests::case_name(&asked.case)?,
            request_id: asked.request_id.clone(),
            etag: asked.etag.clone(),
            act: Act::Meeting(MeetingAct::Finish { no, words: asked.text.clone() }),
        };
        let case = self.commands.run(place, command).await?;
        Ok(Response::new(FinishDecisionResponse { etag: case.etag() }))
    }

    async fn list_meeting_reports(
        &self,
        request: Request<ListMeetingReportsRequest>,
    ) -> Result<Response<ListMeetingReportsResponse>, Status> {
        let who = principal(&request)?;
        let asked = request.get_ref();
        let place = self.place(who, &asked.county)?;
        let id = duty_fields::id("meetingId", &asked.meeting_id)?;
        let after = requests::page_token::<String>(&asked.page_token)?.unwrap_or_default();
        let size = paging::size(asked.page_size, 100, 500);
        let mut found = meeting_reports(&self.pool, &place.county.code, id, size + 1, &after).await?;
        let next_page_token =
            requests::next_page(&mut found, size, |_| 0, |report| paging::write(&report.source_ref));
        let reports = found.into_iter().map(report).collect();
        Ok(Response::new(ListMeetingReportsResponse { reports, next_page_token }))
    }
}

fn held(asked: &RecordMeetingRequest, place: &RoutingCounty) -> Result<Held, RoutingError> {
    requests::length("minutes", &asked.minutes, 0, MINUTES)?;
    if asked.attendees.is_empty() || asked.attendees.len() > MOST_ATTENDEES {
        return Err(RoutingError::invalid("attendees", "1 to 200"));
    }
    if asked.decisions.len() > MOST_DECISIONS {
        return Err(RoutingError::invalid("decisions", "at most 200"));
    }
    let attendee = |(n, attendee): (usize, &AttendeeMessage)| {
        requests::length(&format!("attendees[{n}].person"), &attendee.person, 0, NAME)?;
        let agency = duty_fields::agency(&format!("attendees[{n}].agency"), &attendee.agency, place)?;
        Ok(Attendee { agency, person: attendee.person.clone() })
    };
    let decided = |(n, decision): (usize, &fengqiao_proto::routing::v1::MeetingDecision)| {
        let field = |name: &str| format!("decisions[{n}].{name}");
        requests::length(&field("text"), &decision.text, 1, WORDS)?;
        Ok(Decided {
            case: requests::case_name(&decision.case)?,
            agency: duty_fields::agency(&field("agency"), &decision.agency, place)?,
            due_at: duty_fields::moment_if(&field("dueAt"), decision.due_at.as_ref())?,
            words: decision.text.clone(),
        })
    };
    let held_at = duty_fields::moment_if("heldAt", asked.held_at.as_ref())?;
    Ok(Held {
        held_at: held_at.ok_or_else(|| RoutingError::invalid("heldAt", "is needed"))?,
        attendees: asked.attendees.iter().enumerate().map(attendee).collect::<Result<_, RoutingError>>()?,
        minutes: asked.minutes.clone(),
        decisions: asked.decisions.iter().enumerate().map(decided).collect::<Result<_, RoutingError>>()?,
    })
}

fn whole(meeting: &MeetingAndAgenda) -> MeetingMessage {
    let mut message = brief(&meeting.meeting);
    if let Some(record) = &meeting.meeting.record {
        message.minutes.clone_from(&record.minutes);
    }
    message.agenda = meeting.items.iter().map(item).collect();
    message
}

fn brief(meeting: &Meeting) -> MeetingMessage {
    let record = meeting.record.as_ref();
    let attendee = |attendee: &Attendee| AttendeeMessage {
        agency: attendee.agency.clone(),
        person: attendee.person.clone(),
    };
    MeetingMessage {
        meeting_id: meeting.id.to_string(),
        kind: meeting.kind.code().into(),
        week: meeting.week.to_string(),
        title: meeting.title.clone(),
        opened_at: Some(to_proto(meeting.opened_at)),
        opened_by: meeting.opened_by.clone(),
        held_at: record.map(|record| to_proto(record.held_at)),
        attendees: record.map(|record| record.attendees.iter().map(attendee).collect()).unwrap_or_default(),
        minutes: String::new(),
        recorded_at: record.map(|record| to_proto(record.at)),
        recorded_by: record.map(|record| record.by.clone()).unwrap_or_default(),
        capacity: record.map(|record| record.capacity.clone()).unwrap_or_default(),
        agenda: Vec::new(),
    }
}

fn item(item: &AgendaItem) -> AgendaItemMessage {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    AgendaItemMessage {
        number: number(item.no),
        case_id: item.case_id.to_string(),
        case_number: item.case_number.clone(),
        reasons: item.reasons.iter().copied().map(AgendaReason::code).map(i32::from).collect(),
        decisions: number(item.decisions),
    }
}

fn report(report: MeetingReport) -> MeetingReportMessage {
    MeetingReportMessage {
        report_id: report.report_id.to_string(),
        source_ref: report.source_ref,
        occurred_at: Some(to_proto(report.occurred_at)),
        case_id: report.case_id.to_string(),
        case_number: report.case_number,
        case_state: report.state.code().into(),
    }
}
