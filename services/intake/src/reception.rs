//! What happens to a report before it waits for a commit: checked, hashed, sealed. Done by each caller's
//! own task, so that nothing of it stands in the way of the commits.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use fengqiao_access::Principal;
use fengqiao_county::{AreaTree, CategoryDictionary, Counties, County};
use fengqiao_linkage::{PlainParty, PlainPhone, PlainReport, Role as LinkRole};
use fengqiao_masking::mask;
use fengqiao_proto::{
    intake::v1::{Activity, Details, Report, TicketStanding},
    types::v1::{Matter, PartyRole, Role, Source},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_proto;
use jiff::{Timestamp, civil::Date};
use prost::Message as _;

use crate::{
    contract,
    domain::{
        activity::{self, ValidActivity},
        area::AreaCode,
        completing::Whole,
        id_number::IdNumber,
        linkage::Digest,
        mapping::Knowledge,
        matter_fingerprint, one_key,
        phone::Phone,
        police,
        report::{ValidParty, ValidReport},
        ticket_states,
        validation::{Circumstances, validate},
    },
    error::IntakeError,
    lookup_keys::Hashes,
    store::StoredReport,
};

/// A right report, ready to be committed. Nothing personal in it is in the clear.
#[derive(Debug, Clone)]
pub struct ReceivedReport {
    /// The door it came through.
    pub source: Source,
    /// The source's own number for it.
    pub source_ref: String,
    /// Keyed hash of the content.
    pub fingerprint: Digest,
    /// Keyed hash of the content as it was brought: the same, unless it was completed by what is held.
    pub said: Digest,
    /// Whether it comes from a file, which may be older than what is held.
    pub from_file: bool,
    /// Whether it may take the place of what is held.
    pub whole: Whole,
    /// When it was told.
    pub occurred_at: Timestamp,
    /// Whether its source says that it repeats another one.
    pub repeats: bool,
    /// The area that the source named.
    pub named_area: String,
    /// Where it belongs.
    pub area: AreaCode,
    /// The canonical category.
    pub category: String,
    /// The source's own word.
    pub source_category: String,
    /// By what earlier reports are found and it is compared with them: keyed hashes, nothing that can be read.
    pub hashes: Hashes,
    /// The sealed matter.
    pub sealed_matter: Vec<u8>,
    /// Whether the source keeps it confidential.
    pub confidential: bool,
    /// Whether it is an exercise.
    pub drill: bool,
    /// The sealed details of the source's own form, where it has any.
    pub sealed_details: Option<Vec<u8>>,
    /// The revision that its content was made on; see [`crate::domain::decision::Candidate::made_on`].
    pub made_on: Option<i32>,
    /// Of a one-key call: the post that is called first; empty where no device says.
    pub first_contact: String,
    /// Of a 12345 ticket: how it stands with the hotline.
    pub ticket: Option<TicketStanding>,
    /// The principal's name.
    pub submitted_by: String,
    /// The trace of the call.
    pub trace: Option<String>,
}

impl ReceivedReport {
    /// About how much memory it takes, in KiB, rounded up.
    #[must_use]
    pub fn kib(&self) -> u32 {
        let fixed = 1536;
        let details = self.sealed_details.as_ref().map_or(0, Vec::len);
        u32::try_from((fixed + self.sealed_matter.len() + details).div_ceil(1024)).unwrap_or(u32::MAX)
    }
}

/// The desks of all counties.
pub struct Reception {
    desks: BTreeMap<String, Desk>,
    keyring: Arc<Keyring>,
}

/// What receiving in one county needs.
struct Desk {
    county: Arc<County>,
    places: RwLock<Arc<Places>>,
}

/// The areas that hold, and their names as addresses say them.
struct Places {
    areas: Arc<AreaTree>,
    names: fengqiao_linkage::Places,
}

impl Reception {
    /// Opens a desk for each county.
    #[must_use]
    pub fn new(counties: &Counties, keyring: Arc<Keyring>) -> Self {
        let desk = |county: &Arc<County>| {
            let places = RwLock::new(Arc::new(Places::of(county)));
            (county.code.clone(), Desk { county: Arc::clone(county), places })
        };
        Self { desks: counties.iter().map(desk).collect(), keyring }
    }

    /// The county's folder.
    ///
    /// # Errors
    /// [`IntakeError::NoSuchCounty`] for one that is not served here.
    pub fn county(&self, code: &str) -> Result<&Arc<County>, IntakeError> {
        self.desks.get(code).map(|desk| &desk.county).ok_or(IntakeError::NoSuchCounty)
    }

    /// Checks an activity that a caller brings for a county.
    ///
    /// # Errors
    /// [`IntakeError::Invalid`] with all that is wrong, or [`IntakeError::NoSuchCounty`].
    pub fn check_activity(
        &self,
        code: &str,
        activity: Activity,
        now: Timestamp,
    ) -> Result<ValidActivity, IntakeError> {
        let desk = self.desks.get(code).ok_or(IntakeError::NoSuchCounty)?;
        let places = desk.places();
        let today = desk.county.day(now);
        let standing_area = |code: &str| places.standing_area(code, today);
        let about = Circumstances { county: code, now, today, standing_area: &standing_area };
        activity::validate(activity, &about).map_err(IntakeError::Invalid)
    }

    /// What translating a record of a county must know, given to `ask`.
    ///
    /// # Errors
    /// [`IntakeError::NoSuchCounty`] for one that is not served here.
    pub fn knowing<T>(
        &self,
        code: &str,
        now: Timestamp,
        ask: impl FnOnce(&County, &Knowledge<'_>) -> T,
    ) -> Result<T, IntakeError> {
        let desk = self.desks.get(code).ok_or(IntakeError::NoSuchCounty)?;
        let today = desk.county.day(now);
        Ok(Knowledge::of(&desk.county, today, |knowledge| ask(&desk.county, knowledge)))
    }

    /// The counties that are served here.
    pub(crate) fn county_codes(&self) -> impl Iterator<Item = &str> {
        self.desks.keys().map(String::as_str)
    }

    /// What linkage keeps of a report that is stored already, by the lookup keys that hold now.
    ///
    /// # Errors
    /// [`IntakeError::NoSuchCounty`] for one that is not served here.
    pub(crate) fn hash_anew(
        &self,
        code: &str,
        (matter, details): (&Matter, Option<&Details>),
        (area_code, category): (&str, &str),
        now: Timestamp,
    ) -> Result<Hashes, IntakeError> {
        let desk = self.desks.get(code).ok_or(IntakeError::NoSuchCounty)?;
        let area = AreaCode::of_area(area_code);
        let today = desk.county.day(now);
        let people: Vec<ValidParty> =
            matter.parties.iter().map(|party| ValidParty::of_stored(party, today)).collect();
        let contact = ticket_states::contact_phone(details);
        let texts = [&matter.title, &matter.address, &matter.narrative].map(String::as_str);
        let report = plain((&area, category), texts, &people, (details, contact.as_ref()));
        Ok(Hashes::of(Some(&report), &desk.places().names, &self.keyring))
    }

    /// The keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Checks a report that a caller brings for a county, and makes it ready. It takes more than a kilobyte, and is handed
    /// from future to queue to batch: where it lies it stays.
    ///
    /// # Errors
    /// [`IntakeError::Invalid`] with all that is wrong, [`IntakeError::NotItsSource`], or
    /// [`IntakeError::NoSuchCounty`].
    pub fn receive(
        &self,
        who: &Principal,
        mut report: Report,
        now: Timestamp,
        trace: Option<String>,
    ) -> Result<Box<ReceivedReport>, IntakeError> {
        let code = who.county_of(&report.county).map_err(|_| IntakeError::NoSuchCounty)?;
        let desk = self.desks.get(code).ok_or(IntakeError::NoSuchCounty)?;
        let county = &desk.county;
        let places = desk.places();
        let first_contact = one_key::complete(&mut report, &county.devices, &county.code);
        let valid = desk.check(report, &places, now)?;
        if who.role == Role::Source && who.source != Some(valid.source) {
            return Err(IntakeError::NotItsSource);
        }
        let mut ready = Box::new(self.make_ready(desk, &places, valid, &who.name, trace));
        ready.first_contact = first_contact;
        Ok(ready)
    }

    /// Checks what a report came to with what is held of it, and makes it ready in its place.
    ///
    /// # Errors
    /// [`IntakeError::Invalid`] with all that is wrong, or [`IntakeError::NoSuchCounty`].
    pub(crate) fn receive_completed(
        &self,
        code: &str,
        completed: Report,
        brought: &ReceivedReport,
        now: Timestamp,
    ) -> Result<ReceivedReport, IntakeError> {
        let desk = self.desks.get(code).ok_or(IntakeError::NoSuchCounty)?;
        let places = desk.places();
        let valid = desk.check(completed, &places, now)?;
        let ready = self.make_ready(desk, &places, valid, &brought.submitted_by, brought.trace.clone());
        Ok(ReceivedReport {
            said: brought.said,
            from_file: brought.from_file,
            first_contact: brought.first_contact.clone(),
            ..ready
        })
    }

    /// A report as it was brought.
    ///
    /// # Errors
    /// That it cannot be opened.
    pub(crate) fn brought(&self, county: &str, report: &ReceivedReport) -> Result<Report, IntakeError> {
        let (matter, details) = self.open(county, &report.sealed_matter, report.sealed_details.as_deref())?;
        Ok(Report {
            county: county.to_owned(),
            source: report.source.into(),
            source_ref: report.source_ref.clone(),
            occurred_at: Some(to_proto(report.occurred_at)),
            area_code: report.named_area.clone(),
            category: report.source_category.clone(),
            confidential: report.confidential,
            ..contract::content(matter, details)
        })
    }

    /// A report as it is stored.
    ///
    /// # Errors
    /// That it cannot be opened.
    pub(crate) fn held(&self, county: &str, stored: &StoredReport) -> Result<Report, IntakeError> {
        let (matter, details) = self.open(county, &stored.sealed_matter, stored.sealed_details.as_deref())?;
        Ok(contract::held(county, stored, matter, details))
    }

    /// What was sealed of a report.
    ///
    /// # Errors
    /// That it cannot be opened.
    pub(crate) fn open(
        &self,
        county: &str,
        matter: &[u8],
        details: Option<&[u8]>,
    ) -> Result<(Matter, Option<Details>), IntakeError> {
        let open = |sealed: &[u8]| {
            let plain = self.keyring.open(sealed, county.as_bytes());
            plain.map_err(|error| IntakeError::Sealed(Arc::new(error)))
        };
        let matter = Matter::decode(open(matter)?.as_slice()).map_err(IntakeError::Matter)?;
        let details = match details {
            Some(sealed) => Some(Details::decode(open(sealed)?.as_slice()).map_err(IntakeError::Matter)?),
            None => None,
        };
        Ok((matter, details))
    }

    fn make_ready(
        &self,
        desk: &Desk,
        places: &Places,
        report: ValidReport,
        submitted_by: &str,
        trace: Option<String>,
    ) -> ReceivedReport {
        let fingerprint =
            self.keyring.proof_hash("content", &hexadecimal(&matter_fingerprint::fingerprint(&report)));
        let category = &desk.county.categories.canonical(&report.category).code;
        let drill = report.is_drill();
        // Nothing is found by an exercise, and it is found by nothing: nobody has come again for it.
        let details = report.details.as_ref();
        let contact = ticket_states::contact_phone(details);
        let texts = [&report.title, &report.address, &report.narrative].map(String::as_str);
        let told = (!drill)
            .then(|| plain((&report.area, category), texts, &report.parties, (details, contact.as_ref())));
        let hashes = Hashes::of(told.as_ref(), &places.names, &self.keyring);
        let ticket = report.details.as_ref().and_then(ticket_states::standing);
        let seal = |plain: Vec<u8>| self.keyring.seal(&plain, desk.county.code.as_bytes());
        ReceivedReport {
            source: report.source,
            source_ref: report.source_ref.clone(),
            fingerprint,
            said: fingerprint,
            from_file: false,
            whole: Whole::of(report.details.as_ref()),
            repeats: police::repeats(report.details.as_ref()),
            occurred_at: report.occurred_at,
            named_area: report.named_area.clone(),
            area: report.area.clone(),
            category: category.clone(),
            source_category: category_as_kept(&report, &desk.county.categories),
            hashes,
            confidential: report.confidential,
            drill,
            sealed_details: report.details.as_ref().map(|details| seal(details.encode_to_vec())),
            sealed_matter: seal(report.into_matter().encode_to_vec()),
            made_on: None,
            first_contact: String::new(),
            ticket,
            submitted_by: submitted_by.to_owned(),
            trace,
        }
    }
}

/// The category as it was said. Where the county does not know it, anything may stand there, and what says who is masked: it
/// is kept outside what is sealed.
fn category_as_kept(report: &ValidReport, known: &CategoryDictionary) -> String {
    if known.known(&report.category).is_some() {
        return report.category.clone();
    }
    let names: Vec<&str> = report.parties.iter().map(|party| party.name.as_str()).collect();
    mask(&report.category, &names)
}

impl Desk {
    /// The places of the areas that hold now; made anew where others hold than at the last report.
    fn places(&self) -> Arc<Places> {
        let held = Arc::clone(&self.places.read().unwrap_or_else(PoisonError::into_inner));
        if Arc::ptr_eq(&held.areas, &self.county.areas.now()) {
            return held;
        }
        let places = Arc::new(Places::of(&self.county));
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&places);
        places
    }

    fn check(&self, report: Report, places: &Places, now: Timestamp) -> Result<ValidReport, IntakeError> {
        let today = self.county.day(now);
        let standing_area = |code: &str| places.standing_area(code, today);
        let about = Circumstances { county: &self.county.code, now, today, standing_area: &standing_area };
        validate(report, &about).map_err(IntakeError::Invalid)
    }
}

impl Places {
    fn of(county: &County) -> Self {
        let areas = county.areas.now();
        let places = areas.iter().map(|area| (area.code.as_str(), area.name.as_str()));
        Self { names: fengqiao_linkage::Places::new(&county.name, places), areas }
    }

    /// The area that stands on a day for what a source's code names. Where an area is over without a successor, what
    /// it lay in: nobody's report is refused for that.
    fn standing_area(&self, code: &str, day: Date) -> Option<String> {
        let named = self.areas.resolve(code)?;
        self.areas.current_ancestry(&named.code, day).next().map(|area| area.code.clone())
    }
}

/// A report as linkage takes it, when it comes and when it is hashed anew.
fn plain<'a>(
    (area, category): (&'a AreaCode, &'a str),
    [title, address, narrative]: [&'a str; 3],
    people: &'a [ValidParty],
    (details, contact): (Option<&'a Details>, Option<&'a Phone>),
) -> PlainReport<'a> {
    PlainReport {
        area_code: area.prefix(),
        category,
        address,
        title,
        narrative,
        numbers: police::numbers(details),
        parties: plain_parties(people, contact),
    }
}

/// The people, and the telephone under which the first of those who report is reached; where nobody is named, that of
/// whoever it is.
fn plain_parties<'a>(people: &'a [ValidParty], contact: Option<&'a Phone>) -> Vec<PlainParty<'a>> {
    let mut parties: Vec<PlainParty<'a>> = people.iter().map(plain_party).collect();
    let Some(contact_phone) = contact.map(plain_phone) else { return parties };
    match parties.iter_mut().find(|party| party.role == LinkRole::Reporter) {
        Some(reporter) => reporter.contact_phone = Some(contact_phone),
        None => parties.push(PlainParty {
            role: LinkRole::Reporter,
            name: "",
            phone: Some(contact_phone),
            contact_phone: None,
            id_number: None,
            wrong_id: None,
        }),
    }
    parties
}

fn plain_phone(phone: &Phone) -> PlainPhone<'_> {
    PlainPhone { digits: phone.as_str(), personal: phone.is_personal() }
}

fn plain_party(party: &ValidParty) -> PlainParty<'_> {
    PlainParty {
        role: match party.role {
            PartyRole::Reporter => LinkRole::Reporter,
            PartyRole::Respondent => LinkRole::Respondent,
            PartyRole::Unspecified | PartyRole::Victim | PartyRole::Witness => LinkRole::Other,
        },
        name: &party.name,
        phone: party.phone.as_ref().map(plain_phone),
        contact_phone: None,
        id_number: party.id_number.as_ref().map(IdNumber::as_str),
        wrong_id: Some(party.id_number_as_said.as_str()).filter(|said| !said.is_empty()),
    }
}

fn hexadecimal(bytes: &[u8; 32]) -> String {
    let (high, low) = bytes.split_at(16);
    let number = |half: &[u8]| half.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    format!("{:032x}{:032x}", number(high), number(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_digest_is_stable() {
        let mut bytes = [0_u8; 32];
        (bytes[0], bytes[31]) = (0x0a, 0xff);
        let written = hexadecimal(&bytes);
        assert_eq!(written.len(), 64);
        assert!(written.starts_with("0a00") && written.ends_with("00ff"));
    }
}
