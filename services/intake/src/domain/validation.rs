//! Is a report right? All that is wrong is said at once, field by field, without repeating a value.

use fengqiao_proto::{
    intake::v1::{Details, Report},
    types::v1::{Party, PartyRole, Source},
};
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{
    area::AreaCode,
    details,
    id_number::IdNumber,
    phone::Phone,
    report::{ValidParty, ValidReport},
    said_numbers, text,
};

pub(crate) const SOURCE_REF_LENGTH: usize = 64;
pub(crate) const ADDRESS_LENGTH: usize = 200;
pub(crate) const TITLE_LENGTH: usize = 100;
pub(crate) const NARRATIVE_LENGTH: usize = 10_000;
pub(crate) const NEED_LENGTH: usize = 500;
pub(crate) const SAFE_CONTACT_LENGTH: usize = 200;
pub(crate) const CATEGORY_LENGTH: usize = 64;
pub(crate) const NAME_LENGTH: usize = 80;
/// The most people that a report may name.
pub const MOST_PARTIES: usize = 50;
/// How far a source's clock may run ahead.
pub const CLOCK_ERROR: SignedDuration = SignedDuration::from_mins(5);
/// 2000-01-01T00:00:00Z
const EARLIEST_SECOND: i64 = 946_684_800;

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field in its JSON name: `parties[1].phone`.
    pub field: String,
    /// What would be right.
    pub description: String,
}

impl Violation {
    /// A wrong field and what would be right.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

/// What validation must know beside the report.
pub struct Circumstances<'a> {
    /// The county's 6-digit code.
    pub county: &'a str,
    /// The time of the call.
    pub now: Timestamp,
    /// The day in the county.
    pub today: Date,
    /// The area that stands today for what a code of any system names, by its code without filling zeros.
    pub standing_area: &'a dyn Fn(&str) -> Option<String>,
}

/// Takes a report apart into what is right, or says everything that is wrong.
///
/// # Errors
/// Every violation, in the order of the fields.
pub fn validate(report: Report, about: &Circumstances<'_>) -> Result<ValidReport, Vec<Violation>> {
    let mut wrong = Violations::default();
    if report.parties.len() > MOST_PARTIES {
        // Nothing else is looked at: such a message must cost nothing.
        wrong.add("parties", format!("must be at most {MOST_PARTIES}"));
        return Err(wrong.0);
    }
    let source = wrong.check("source", source_of(report.source));
    wrong.check("sourceRef", source_ref(&report.source_ref));
    let occurred_at = wrong.check("occurredAt", moment(report.occurred_at.as_ref(), about.now));
    let area = wrong.check("areaCode", area_of(&report.area_code, about));
    wrong.check("address", text::single_line(&report.address, ADDRESS_LENGTH));
    wrong.check(
        "title",
        required(&report.title).and_then(|()| text::single_line(&report.title, TITLE_LENGTH)),
    );
    wrong.check("narrative", text::lines(&report.narrative, NARRATIVE_LENGTH));
    wrong.check("need", text::lines(&report.need, NEED_LENGTH));
    wrong.check("safeContactTime", text::single_line(&report.safe_contact_time, SAFE_CONTACT_LENGTH));
    wrong.check("category", text::single_line(&report.category, CATEGORY_LENGTH));
    let parties: Vec<Option<ValidParty>> = report
        .parties
        .into_iter()
        .enumerate()
        .map(|(index, party)| party_of(party, index, about.today, &mut wrong))
        .collect();
    if let Some(details) = &report.details {
        details::check(details, source, &mut |field, description| wrong.add(field, description));
    }
    match (source, occurred_at, area, parties.into_iter().collect::<Option<Vec<_>>>()) {
        (Some(source), Some(occurred_at), Some((named_area, area)), Some(parties)) if wrong.0.is_empty() => {
            Ok(ValidReport {
                source,
                source_ref: report.source_ref,
                occurred_at,
                named_area,
                area,
                address: report.address,
                title: report.title,
                narrative: report.narrative,
                category: report.category,
                need: report.need,
                safe_contact_time: report.safe_contact_time,
                parties,
                confidential: report.confidential,
                details: report.details.filter(|details| *details != Details::default()),
            })
        }
        _ => Err(wrong.0),
    }
}

/// What was found wrong so far.
#[derive(Default)]
pub(super) struct Violations(Vec<Violation>);

impl Violations {
    pub(super) fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push(Violation::new(field, description));
    }

    pub(super) fn into_inner(self) -> Vec<Violation> {
        self.0
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn check<T>(&mut self, field: &str, found: Result<T, text::Fault>) -> Option<T> {
        found.map_err(|fault| self.add(field, fault)).ok()
    }
}

fn required(text: &str) -> Result<(), text::Fault> {
    if text.trim().is_empty() { Err("must be given".to_owned()) } else { Ok(()) }
}

pub(super) fn source_of(number: i32) -> Result<Source, text::Fault> {
    match Source::try_from(number) {
        Ok(Source::Unspecified) => Err("must be given".to_owned()),
        Ok(source) => Ok(source),
        Err(_) => Err("must be one of the known sources".to_owned()),
    }
}

pub(super) fn source_ref(text: &str) -> Result<(), text::Fault> {
    required(text)?;
    text::single_line(text, SOURCE_REF_LENGTH)?;
    // It names the report for ever, so it is never changed silently.
    if text.trim().len() != text.len() {
        return Err("must not begin or end with a space".to_owned());
    }
    // Two of the same reference are one report: the second would take the first's place.
    if text::names_nothing(text) {
        return Err(NAMES_NOTHING.to_owned());
    }
    Ok(())
}

/// Of a number by which a record is known.
pub(super) const NAMES_NOTHING: &str =
    "must name the record: what stands where there is no number names all of them";

/// A moment that a source tells.
pub(super) fn moment(
    given: Option<&prost_types::Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, text::Fault> {
    let given = given.ok_or_else(|| "must be given".to_owned())?;
    let time = Timestamp::new(given.seconds, given.nanos)
        .ok()
        .filter(|_| (0..1_000_000_000).contains(&given.nanos))
        .ok_or_else(|| "must be a time".to_owned())?;
    if time.as_second() < EARLIEST_SECOND {
        return Err("must not be before the year 2000".to_owned());
    }
    if time.duration_since(now) > CLOCK_ERROR {
        return Err("must not be in the future".to_owned());
    }
    // Kept to the microsecond, as the database does, so that what is read equals what was compared.
    Timestamp::from_microsecond(time.as_microsecond()).map_err(|_| "must be a time".to_owned())
}

/// The area as it is named, its own codes in one form, and the one that stands for it.
pub(super) fn area_of(code: &str, about: &Circumstances<'_>) -> Result<(String, AreaCode), text::Fault> {
    required(code)?;
    (about.standing_area)(code)
        .map(|standing| {
            let named = AreaCode::read(code, about.county);
            let named = named.map_or_else(|| code.to_owned(), |own| own.as_str().to_owned());
            (named, AreaCode::of_area(&standing))
        })
        .ok_or_else(|| "must be the code of an area of the county: 6, 12 or 15 digits".to_owned())
}

fn party_of(party: Party, index: usize, today: Date, wrong: &mut Violations) -> Option<ValidParty> {
    let path = |field: &str| format!("parties[{index}].{field}");
    let role = match PartyRole::try_from(party.role) {
        Ok(PartyRole::Unspecified) => Err("must be given".to_owned()),
        Ok(role) => Ok(role),
        Err(_) => Err("must be one of the known roles".to_owned()),
    };
    let role = wrong.check(&path("role"), role);
    let name = wrong.check(&path("name"), text::single_line(&party.name, NAME_LENGTH));
    let phone = wrong.check(
        &path("phone"),
        optional(
            &party.phone,
            Phone::read,
            "must be a mobile number, a landline with its area code, or empty",
        ),
    );
    let id_number = wrong.check(
        &path("idNumber"),
        optional(
            &party.id_number,
            |text| IdNumber::read(text, today),
            "must be an id number of 18 or 15 digits with a right check sign, or empty",
        ),
    );
    for (field, said) in [("phoneAsSaid", &party.phone_as_said), ("idNumberAsSaid", &party.id_number_as_said)]
    {
        wrong.check(&path(field), text::single_line(said, said_numbers::AS_SAID_LENGTH));
    }
    Some(ValidParty {
        role: role?,
        name: name.map(|()| party.name)?,
        phone: phone?,
        id_number: id_number?,
        phone_as_said: party.phone_as_said,
        id_number_as_said: party.id_number_as_said,
    })
}

fn optional<T>(text: &str, read: impl Fn(&str) -> Option<T>, right: &str) -> Result<Option<T>, text::Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).ok_or_else(|| right.to_owned())
}

#[cfg(test)]
#[path = "validation_tests.rs"]
pub(crate) mod tests;
