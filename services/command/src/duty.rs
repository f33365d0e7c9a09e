//! Duties besides cases: what is owed, and what came of it.

mod count;
mod families;

use clap::{Args, Subcommand};
use fengqiao_proto::routing::v1::{
    CreateDutiesRequest, DutyOutcome, DutyProgress, GetDutyRequest, ListDutiesRequest, NewDuty, PlaceKind,
    RecordDutyRequest, StandingDuty, StandingKind, duty_service_client::DutyServiceClient,
};

use self::{
    count::{CountOptions, TimeOptions},
    families::{ScreeningOptions, SignalOptions},
};
use crate::{
    connection::{Caller, Connection, Session},
    errors::CommandError,
    moment::{self, Moment},
    output::{Ink, Output},
    paging,
    request_id::RequestId,
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
    /// Show one duty, and what it is about.
    Show(ShowOptions),
    /// Count what was owed and what was done of it, by kind and place (覆盖率).
    Count(CountOptions),
    /// Say how long someone was out in people's homes, day by day (入户时长).
    Time(TimeOptions),
    /// Say what your agency sees of a family at risk (风险家庭线索).
    Signal(SignalOptions),
    /// List the families that are to be screened jointly (联合筛查); who looks is kept.
    Screening(ScreeningOptions),
}

/// Which duty to show.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// The duty's id.
    duty: String,
    /// Why something restricted is read; it is kept.
    #[arg(long, default_value = "", hide_default_value = true)]
    purpose: String,
    /// The post in which to act.
    #[arg(long, value_name = "POST", default_value = "", hide_default_value = true)]
    capacity: String,
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
    #[command(flatten)]
    request_id: RequestId,
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
    #[command(flatten)]
    request_id: RequestId,
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
        DutyCommand::Count(options) => return count::count(options, client, session, output).await,
        DutyCommand::Time(options) => return count::time(options, client, session, output).await,
        DutyCommand::Signal(options) => return families::signal(options, client, session, output).await,
        DutyCommand::Screening(options) => {
            return families::screening(options, client, session, output).await;
        }
        DutyCommand::Show(ShowOptions { duty, purpose, capacity }) => {
            let request = session.request(GetDutyRequest { county, duty_id: duty, capacity, purpose });
            let duty = client.get_duty(request).await.map_err(failed)?.into_inner().duty.unwrap_or_default();
            return if output.json { output.document(&duty) } else { output.text(&page(&duty, output)) };
        }
        DutyCommand::Record(options) => {
            let time = |moment: Option<Moment>| {
                moment.and_then(|moment| moment.begin(&output.zone)).map(moment::to_proto)
            };
            let request = session.request(RecordDutyRequest {
                county,
                duty_id: options.duty,
                request_id: options.request_id.or_new(),
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
                request_id: options.request_id.or_new(),
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

/// One duty, a line for each thing that is known of it.
fn page(duty: &StandingDuty, output: &Output) -> String {
    let record = duty.record.clone().unwrap_or_default();
    let stay = match (&record.begun_at, &record.left_at) {
        (Some(begun), Some(left)) => {
            format!("{} 至 {}", output.minute(Some(begun)), output.minute(Some(left)))
        }
        _ => String::new(),
    };
    let late = if duty.late { "，逾期" } else { "" };
    let lines = [
        ("事项", words::said(words::STANDING_KINDS, duty.kind()).to_owned()),
        ("系列", duty.group.clone()),
        ("内容", duty.subject.clone()),
        ("类别", duty.topic.clone()),
        ("场所", words::said(words::PLACE_KINDS, duty.place()).to_owned()),
        ("地点", duty.area_name.clone()),
        ("责任", [duty.agency.as_str(), &duty.post, &duty.person].join(" ").trim_end().to_owned()),
        ("到期", format!("{}{late}", output.minute(duty.due_at.as_ref()))),
        ("完成", output.minute(duty.done_at.as_ref())),
        ("结果", words::said(words::DUTY_OUTCOMES, record.outcome()).to_owned()),
        ("走访", [record.visitor.as_str(), &stay].join(" ").trim().to_owned()),
        ("记录", record.text),
        ("编号", duty.duty_id.clone()),
    ];
    let said = lines.iter().filter(|(_, text)| !text.is_empty());
    said.map(|(name, text)| format!("{}  {text}\n", output.paint.ink(name, Ink::Dim))).collect()
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

#[cfg(test)]
mod tests {
    use fengqiao_proto::routing::v1::DutyRecord;

    use super::*;
    use crate::output::Paint;

    #[test]
    fn a_duty_shows_what_is_known_of_it_and_nothing_else() {
        let output = Output { json: false, paint: Paint::NONE, zone: jiff::tz::TimeZone::UTC };
        let duty = StandingDuty {
            kind: StandingKind::Visit.into(),
            agency: "police".into(),
            person: "officer-zhao".into(),
            subject: "某某学校".into(),
            late: true,
            due_at: Some(prost_types::Timestamp { seconds: 1_795_478_400, nanos: 0 }),
            record: Some(DutyRecord { outcome: DutyOutcome::Done.into(), ..Default::default() }),
            duty_id: "x".into(),
            ..Default::default()
        };
        assert_eq!(
            page(&duty, &output),
            "事项  走访\n内容  某某学校\n责任  police  officer-zhao\n到期  2026-11-24 00:00，逾期\n结果  已完成\n编号  x\n"
        );
    }
}
