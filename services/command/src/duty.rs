//! Duties besides cases: what is owed, and what came of it.

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{
    CreateDutiesRequest, DutyOutcome, DutyProgress, ListDutiesRequest, NewDuty, PlaceKind, RecordDutyRequest,
    StandingDuty, StandingKind, duty_service_client::DutyServiceClient,
};
use uuid::Uuid;

use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    moment::{self, Moment},
    output::{Ink, Output},
    paging,
    table::{Cell, Table},
    words,
};

/// What to do with duties besides cases.
#[derive(Debug, Subcommand)]
pub enum DutyCommand {
    /// List duties by their time.
    List(ListOptions),
    /// Record what came of a duty.
    Record(RecordOptions),
    /// Make a duty by hand.
    Create(CreateOptions),
}

/// Which duties to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this kind.
    #[arg(long, value_parser = words::parser(words::STANDING_KINDS), ignore_case = true)]
    kind: Option<StandingKind>,
    /// Only so far.
    #[arg(long, value_parser = words::parser(words::PROGRESS), ignore_case = true)]
    progress: Option<DutyProgress>,
    /// Only this series or campaign.
    #[arg(long, default_value = "", hide_default_value = true)]
    group: String,
    /// Only this area and what lies below it.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    area: String,
    /// Why something restricted is read; without it nothing restricted is shown.
    #[arg(long, default_value = "", hide_default_value = true)]
    purpose: String,
    /// The post in which to act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    /// At most so many.
    #[arg(short = 'n', long = "limit", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// What came of a duty.
#[derive(Debug, Args)]
pub struct RecordOptions {
    /// The duty's id.
    duty: String,
    /// What came of it.
    #[arg(value_parser = words::parser(words::DUTY_OUTCOMES), ignore_case = true)]
    outcome: DutyOutcome,
    /// In words.
    #[arg(long, default_value = "", hide_default_value = true)]
    text: String,
    /// Of a visit: from.
    #[arg(long, value_name = "TIME", value_parser = Moment::read, requires = "to")]
    from: Option<Moment>,
    /// Of a visit: until.
    #[arg(long, value_name = "TIME", value_parser = Moment::read, requires = "from")]
    to: Option<Moment>,
    /// The post in which to act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
    /// A repeated command with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

/// A duty to be made.
#[derive(Debug, Args)]
pub struct CreateOptions {
    /// What.
    #[arg(value_parser = words::parser(words::STANDING_KINDS), ignore_case = true)]
    kind: StandingKind,
    /// The agency that owes it.
    agency: String,
    /// Where: the area's code.
    area: String,
    /// Whom or what it is about.
    #[arg(long, default_value = "", hide_default_value = true)]
    subject: String,
    /// In what kind of place.
    #[arg(long, value_parser = words::parser(words::PLACE_KINDS), ignore_case = true)]
    place: Option<PlaceKind>,
    /// The campaign that it belongs to.
    #[arg(long, default_value = "", hide_default_value = true)]
    group: String,
    /// By when; by the county's practice where not given.
    #[arg(long, value_name = "TIME", value_parser = Moment::read)]
    due: Option<Moment>,
    /// Only its holder's officers and the centre may know of it.
    #[arg(long)]
    restricted: bool,
    /// A repeated command with the same id has no second effect; a new one where not given.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

/// Does what was asked.
///
/// # Errors
/// Where a call fails.
pub async fn execute(command: DutyCommand, session: &Session, output: &Output) -> Result<(), CommandError> {
    let mut client = session.duties(&Caller::Officer).await?;
    let county = session.county();
    let failed = CommandError::call("the duty");
    let duties = match command {
        DutyCommand::List(options) => return list(options, client, session, output).await,
        DutyCommand::Record(options) => {
            let time = |moment: Option<Moment>| {
                moment.and_then(|moment| moment.begin(&output.zone)).map(moment::to_proto)
            };
            let request = session.request(RecordDutyRequest {
                county,
                duty_id: options.duty,
                request_id: options.request_id.unwrap_or_else(|| Uuid::now_v7().to_string()),
                capacity: options.capacity,
                outcome: options.outcome.into(),
                text: options.text,
                begun_at: time(options.from),
                left_at: time(options.to),
                ..RecordDutyRequest::default()
            });
            let recorded = client.record_duty(request).await.map_err(failed)?.into_inner();
            recorded.duty.into_iter().chain(recorded.follows).collect()
        }
        DutyCommand::Create(options) => {
            let duty = NewDuty {
                kind: options.kind.into(),
                agency: options.agency,
                area_code: options.area,
                place: options.place.unwrap_or_default().into(),
                restricted: options.restricted,
                due_at: options.due.and_then(|due| due.begin(&output.zone)).map(moment::to_proto),
                subject: options.subject,
                ..NewDuty::default()
            };
            let request = session.request(CreateDutiesRequest {
                county,
                request_id: options.request_id.unwrap_or_else(|| Uuid::now_v7().to_string()),
                group: options.group,
                duties: vec![duty],
                ..CreateDutiesRequest::default()
            });
            client.create_duties(request).await.map_err(failed)?.into_inner().duties
        }
    };
    show(&duties, output)
}

async fn list(
    options: ListOptions,
    client: DutyServiceClient<Connection>,
    session: &Session,
    output: &Output,
) -> Result<(), CommandError> {
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let (duties, _) = paging::collect(limit, |page_size, page_token| {
        let mut client = client.clone();
        let request = session.request(ListDutiesRequest {
            county: session.county(),
            page_size,
            page_token,
            capacity: options.capacity.clone(),
            purpose: options.purpose.clone(),
            kind: options.kind.unwrap_or_default().into(),
            group: options.group.clone(),
            area_code: options.area.clone(),
            progress: options.progress.unwrap_or_default().into(),
            ..ListDutiesRequest::default()
        });
        async move {
            let answer = client.list_duties(request).await;
            let page = answer.map_err(CommandError::call("the duties"))?.into_inner();
            Ok((page.duties, page.next_page_token))
        }
    })
    .await?;
    show(&duties, output)
}

fn show(duties: &[StandingDuty], output: &Output) -> Result<(), CommandError> {
    if output.json {
        return duties.iter().try_for_each(|duty| output.json_line(duty));
    }
    let mut table = Table::of_words(["事项", "到期", "情况", "责任单位", "责任人", "地点", "编号"]);
    for duty in duties {
        let (state, ink) = match (&duty.record, duty.done_at, duty.late) {
            (Some(record), _, _) => (words::said(words::DUTY_OUTCOMES, record.outcome()), Ink::Plain),
            (None, Some(_), _) => ("已完成", Ink::Plain),
            (None, None, true) => ("逾期", Ink::Red),
            (None, None, false) => ("待办", Ink::Plain),
        };
        table.row(vec![
            words::said(words::STANDING_KINDS, duty.kind()).into(),
            output.minute(duty.due_at.as_ref()).into(),
            Cell::inked(state, ink),
            duty.agency.as_str().into(),
            duty.person.as_str().into(),
            duty.area_name.as_str().into(),
            duty.duty_id.as_str().into(),
        ]);
    }
    output.table(&table, "没有这样的事项")
}
