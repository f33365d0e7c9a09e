//! Who was here before, over gRPC.

use std::sync::Arc;

use fengqiao_access::principal;
use fengqiao_masking::mask;
use fengqiao_proto::intake::v1::{
    BackgroundLine, BackgroundReading, FormerContacts, GetBackgroundRequest, GetBackgroundResponse,
    ListBackgroundReadingsRequest, ListBackgroundReadingsResponse, OpenCase, PossiblePerson, ReadingPurpose,
    ReportCount, ReportName, SaidAddress, background_service_server::BackgroundService,
    get_background_request,
};
use fengqiao_serving::{paging, time::to_proto};
use jiff::{Timestamp, civil::Date};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::queries::in_time;
use crate::{
    background::{Asked, Backgrounds, Known, Purpose},
    domain::{
        area::AreaCode,
        background::{Contacts, Count},
        id_number::IdNumber,
        phone::Phone,
        text,
        validation::Violation,
    },
    error::IntakeError,
    store::{self, Reading},
};

const USUAL_PAGE: u16 = 100;
const LARGEST_PAGE: u16 = 1_000;
const PURPOSE_LENGTH: usize = 200;
const ADDRESS_LENGTH: usize = 200;

/// Serves `fengqiao.intake.v1.BackgroundService`.
pub struct BackgroundFace(Arc<Backgrounds>);

impl BackgroundFace {
    /// A face of these answers.
    #[must_use]
    pub const fn new(backgrounds: Arc<Backgrounds>) -> Self {
        Self(backgrounds)
    }
}

#[tonic::async_trait]
impl BackgroundService for BackgroundFace {
    async fn get_background(
        &self,
        request: Request<GetBackgroundRequest>,
    ) -> Result<Response<GetBackgroundResponse>, Status> {
        let who = principal(&request)?.clone();
        let request = request.into_inner();
        let county = self.0.county(&who, &request.county)?;
        let today = county.day(self.0.now());
        let purpose = purpose(request.purpose, &request.purpose_words);
        let asked = asked(request.asked, &county.code, today);
        let (asked, purpose) = both(asked, purpose)?;
        let known = self.0.look(&who, county, &asked, purpose).await?;
        Ok(Response::new(answer(&known)))
    }

    async fn list_background_readings(
        &self,
        request: Request<ListBackgroundReadingsRequest>,
    ) -> Result<Response<ListBackgroundReadingsResponse>, Status> {
        let county = &self.0.county(principal(&request)?, &request.get_ref().county)?.code;
        let ListBackgroundReadingsRequest { page_size, page_token, reader, .. } = request.get_ref();
        let limit = paging::size(*page_size, USUAL_PAGE, LARGEST_PAGE);
        let before: Option<Uuid> = paging::read(page_token)
            .map_err(|_| IntakeError::invalid("pageToken", "must be the nextPageToken of the page before"))?;
        let listing = store::list_readings(self.0.pool(), county, before, reader, limit + 1);
        let mut readings = in_time(listing).await.map_err(IntakeError::from)?;
        let more = paging::cut(&mut readings, limit, |reading| reading.purpose_words.len());
        let next_page_token = match readings.last() {
            Some(last) if more => paging::write(&last.reading_id),
            _ => String::new(),
        };
        let readings = readings.into_iter().map(reading).collect();
        Ok(Response::new(ListBackgroundReadingsResponse { readings, next_page_token }))
    }
}

/// Both, or all that is wrong with either.
fn both<A, B>(
    one: Result<A, Vec<Violation>>,
    other: Result<B, Vec<Violation>>,
) -> Result<(A, B), IntakeError> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let wrong = one.err().into_iter().chain(other.err()).flatten();
            Err(IntakeError::Invalid(wrong.collect()))
        }
    }
}

fn purpose(kind: i32, words: &str) -> Result<Purpose, Vec<Violation>> {
    let mut wrong = Vec::new();
    let kind = ReadingPurpose::try_from(kind).unwrap_or_default();
    if kind == ReadingPurpose::Unspecified {
        wrong.push(Violation::new("purpose", "must be one of the known purposes"));
    }
    let words = words.trim();
    if words.is_empty() {
        wrong.push(Violation::new("purposeWords", "must be given: who reads says why"));
    } else if let Err(fault) = text::single_line(words, PURPOSE_LENGTH) {
        wrong.push(Violation::new("purposeWords", fault));
    }
    if wrong.is_empty() { Ok(Purpose { kind, words: mask(words, &[]) }) } else { Err(wrong) }
}

fn asked(
    asked: Option<get_background_request::Asked>,
    county: &str,
    today: Date,
) -> Result<Asked, Vec<Violation>> {
    use get_background_request::Asked as Said;
    let id = |field: &str, id: &str| {
        Uuid::try_parse(id).map_err(|_| vec![Violation::new(field, "must be a UUID")])
    };
    match asked {
        Some(Said::PersonId(person)) => id("personId", &person).map(Asked::Person),
        Some(Said::HouseholdId(household)) => id("householdId", &household).map(Asked::Household),
        Some(Said::ReportId(report)) => id("reportId", &report).map(Asked::Report),
        Some(Said::Phone(phone)) => Phone::read(&phone)
            .filter(Phone::is_personal)
            .map(Asked::Phone)
            .ok_or_else(|| vec![Violation::new("phone", "must be a mobile or landline number of people")]),
        Some(Said::IdNumber(number)) => IdNumber::read(&number, today)
            .map(Asked::IdNumber)
            .ok_or_else(|| vec![Violation::new("idNumber", "must be an id number with a right check sign")]),
        Some(Said::Address(said)) => address(said, county),
        None => Err(vec![Violation::new("asked", "must say about whom")]),
    }
}

fn address(said: SaidAddress, county: &str) -> Result<Asked, Vec<Violation>> {
    let mut wrong = Vec::new();
    if said.text.trim().is_empty() {
        wrong.push(Violation::new("address.text", "must be given"));
    } else if let Err(fault) = text::single_line(&said.text, ADDRESS_LENGTH) {
        wrong.push(Violation::new("address.text", fault));
    }
    let area = AreaCode::read(&said.area_code, county);
    if area.is_none() && !said.area_code.is_empty() {
        let right = "must be the code of an area of the county: 6, 12 or 15 digits";
        wrong.push(Violation::new("address.areaCode", right));
    }
    if wrong.is_empty() { Ok(Asked::Address { text: said.text, area }) } else { Err(wrong) }
}

fn answer(known: &Known) -> GetBackgroundResponse {
    let background = &known.background;
    GetBackgroundResponse {
        person_id: known.person_id.map(|id| id.to_string()).unwrap_or_default(),
        household_id: known.household.map(|(id, _)| id.to_string()).unwrap_or_default(),
        contacts: background.contacts.iter().map(|contacts| former(contacts, known)).collect(),
        all_three: background.all_three(),
        reports: Some(count(background.count)),
        household_reports: known.household.map(|(_, reports)| count(reports)),
        open_cases: known
            .open_cases
            .iter()
            .map(|case| OpenCase {
                case_id: case.case_id.to_string(),
                number: case.number.clone(),
                state: case.state.into(),
                opened_at: Some(to_proto(case.opened_at)),
            })
            .collect(),
        last_lines: known
            .lines
            .iter()
            .map(|line| BackgroundLine {
                at: Some(to_proto(line.at)),
                source: line.source.into(),
                category: line.category.clone(),
                title: line.title.clone(),
            })
            .collect(),
        people: known
            .people
            .iter()
            .map(|one| PossiblePerson {
                person_id: one.person_id.to_string(),
                reports: number(one.reports),
                last_at: Some(to_proto(one.last_at)),
            })
            .collect(),
    }
}

fn former(contacts: &Contacts, known: &Known) -> FormerContacts {
    let time = |at: Timestamp| to_proto(at);
    FormerContacts {
        kind: contacts.kind.into(),
        reports: Some(count(contacts.count)),
        first_at: contacts.first_and_last.map(|(first, _)| time(first)),
        last_at: contacts.first_and_last.map(|(_, last)| time(last)),
        names: contacts
            .newest
            .iter()
            .map(|one| ReportName {
                report_id: one.report_id.to_string(),
                source: one.source.into(),
                source_ref: known.names.get(&one.report_id).cloned().unwrap_or_default(),
                occurred_at: Some(to_proto(one.at)),
            })
            .collect(),
    }
}

fn count(count: Count) -> ReportCount {
    ReportCount { count: number(count.count), at_least: count.at_least }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn reading(reading: Reading) -> BackgroundReading {
    BackgroundReading {
        at: Some(to_proto(reading.at)),
        reader: reading.reader,
        capacity: reading.capacity,
        purpose: reading.purpose.into(),
        purpose_words: reading.purpose_words,
        asked_by: reading.asked_by.into(),
        asked_hash: reading.asked.iter().map(|byte| format!("{byte:02x}")).collect(),
        shown: reading.shown,
    }
}
