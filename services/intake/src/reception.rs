//! What happens to a report before it waits for a commit: checked, hashed, sealed. Done by each caller's
//! own task, so that nothing of it stands in the way of the commits.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use fengqiao_access::Principal;
use fengqiao_county::{AreaTree, Counties, County};
use fengqiao_proto::{
    intake::v1::{Evidence, Report},
    types::v1::{PartyRole, Role, Source},
};
use fengqiao_sealing::Keyring;
use jiff::{Timestamp, civil::Date};
use prost::Message as _;

use crate::{
    domain::{
        address::{self, PlaceNames},
        area::AreaCode,
        linkage::{Clue, Key},
        mapping::Knowledge,
        matter_fingerprint,
        report::ValidReport,
        validation::{Circumstances, validate},
    },
    error::IntakeError,
};

/// A right report, ready to be committed. Nothing personal in it is in the clear.
#[derive(Debug, Clone)]
pub struct ReceivedReport {
    /// The door it came through.
    pub source: Source,
    /// The source's own number for it.
    pub source_ref: String,
    /// Keyed hash of the content.
    pub fingerprint: Key,
    /// When it was told.
    pub occurred_at: Timestamp,
    /// Where it belongs.
    pub area: AreaCode,
    /// The canonical category.
    pub category: String,
    /// The source's own word.
    pub source_category: String,
    /// Keyed hash of the normalised address, where it names a house.
    pub address_key: Option<Key>,
    /// The people.
    pub parties: Vec<ReceivedParty>,
    /// By what earlier reports may be found.
    pub clues: Vec<Clue>,
    /// The sealed matter.
    pub sealed_matter: Vec<u8>,
    /// Whether the source keeps it confidential.
    pub confidential: bool,
    /// The sealed details of the source's own form, where it has any.
    pub sealed_details: Option<Vec<u8>>,
    /// The principal's name.
    pub submitted_by: String,
    /// The trace of the call.
    pub trace: Option<String>,
}

impl ReceivedReport {
    /// About how much memory it takes, in KiB, rounded up.
    #[must_use]
    pub fn kib(&self) -> u32 {
        let fixed = 512 + self.parties.len() * size_of::<ReceivedParty>();
        let details = self.sealed_details.as_ref().map_or(0, Vec::len);
        u32::try_from((fixed + self.sealed_matter.len() + details).div_ceil(1024)).unwrap_or(u32::MAX)
    }
}

/// A person, by keyed hashes.
#[derive(Debug, Clone, Copy)]
pub struct ReceivedParty {
    /// What the person is in the report.
    pub role: PartyRole,
    /// Of the telephone, where it leads to a person.
    pub phone_key: Option<Key>,
    /// Of the id number.
    pub id_key: Option<Key>,
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
    names: PlaceNames,
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
        let areas = desk.county.areas.now();
        let area_of_code = |code: &str| areas.resolve(code).map(|_| code.to_owned());
        let area_of_name =
            |name: &str| areas.named(name).map(|area| AreaCode::of_area(&area.code).as_str().to_owned());
        let knowledge = Knowledge {
            categories: &desk.county.categories,
            area_of_code: &area_of_code,
            area_of_name: &area_of_name,
            zone: &desk.county.time_zone,
            today: desk.county.day(now),
        };
        Ok(ask(&desk.county, &knowledge))
    }

    /// The keys.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Checks a report that a caller brings for a county, and makes it ready.
    ///
    /// # Errors
    /// [`IntakeError::Invalid`] with all that is wrong, [`IntakeError::NotItsSource`], or
    /// [`IntakeError::NoSuchCounty`].
    pub fn receive(
        &self,
        who: &Principal,
        report: Report,
        now: Timestamp,
        trace: Option<String>,
    ) -> Result<ReceivedReport, IntakeError> {
        let code = who.county_of(&report.county).map_err(|_| IntakeError::NoSuchCounty)?;
        let desk = self.desks.get(code).ok_or(IntakeError::NoSuchCounty)?;
        let places = desk.places();
        let valid = desk.check(report, &places, now)?;
        if who.role == Role::Source && who.source != Some(valid.source) {
            return Err(IntakeError::NotItsSource);
        }
        Ok(self.make_ready(desk, &places, valid, who, trace))
    }

    fn make_ready(
        &self,
        desk: &Desk,
        places: &Places,
        report: ValidReport,
        who: &Principal,
        trace: Option<String>,
    ) -> ReceivedReport {
        let hash = |kind: &str, value: &str| self.keyring.lookup_hash(kind, value);
        let fingerprint = hash("content", &hexadecimal(&matter_fingerprint::fingerprint(&report)));
        let address_key = address::normalise(&report.address, report.area.prefix(), &places.names)
            .map(|address| hash("address", &address));
        let parties: Vec<ReceivedParty> = report
            .parties
            .iter()
            .map(|party| ReceivedParty {
                role: party.role,
                phone_key: party
                    .phone
                    .as_ref()
                    .filter(|phone| phone.is_personal())
                    .map(|phone| hash("phone", phone.as_str())),
                id_key: party.id_number.as_ref().map(|id| hash("id_number", &id.in_new_form())),
            })
            .collect();
        let seal = |plain: Vec<u8>| self.keyring.seal(&plain, desk.county.code.as_bytes());
        ReceivedReport {
            source: report.source,
            source_ref: report.source_ref.clone(),
            fingerprint,
            occurred_at: report.occurred_at,
            area: report.area.clone(),
            category: desk.county.categories.canonical(&report.category).code.clone(),
            source_category: report.category.clone(),
            address_key,
            clues: clues(&parties, address_key),
            parties,
            confidential: report.confidential,
            sealed_details: report.details.as_ref().map(|details| seal(details.encode_to_vec())),
            sealed_matter: seal(report.into_matter().encode_to_vec()),
            submitted_by: who.name.clone(),
            trace,
        }
    }
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
        Self { names: PlaceNames::new(&county.name, places), areas }
    }

    /// The area that stands on a day for what a source's code names. Where an area is over without a successor, what
    /// it lay in: nobody's report is refused for that.
    fn standing_area(&self, code: &str, day: Date) -> Option<String> {
        let named = self.areas.resolve(code)?;
        self.areas.current_ancestry(&named.code, day).next().map(|area| area.code.clone())
    }
}

/// Who called and where; whom it is about says nothing of who was here before.
fn clues(parties: &[ReceivedParty], address_key: Option<Key>) -> Vec<Clue> {
    let mut clues: Vec<Clue> = Vec::with_capacity(4);
    let mut add = |evidence: Evidence, key: Option<Key>| {
        if let Some(key) = key {
            let clue = Clue { evidence, key };
            if !clues.contains(&clue) {
                clues.push(clue);
            }
        }
    };
    for party in parties.iter().filter(|party| party.role == PartyRole::Reporter) {
        add(Evidence::Phone, party.phone_key);
        add(Evidence::IdNumber, party.id_key);
    }
    add(Evidence::Address, address_key);
    clues
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

    #[test]
    fn only_who_called_and_where_are_clues() {
        let party = |role, key| ReceivedParty { role, phone_key: Some([key; 16]), id_key: None };
        let parties =
            [party(PartyRole::Respondent, 1), party(PartyRole::Reporter, 2), party(PartyRole::Reporter, 2)];
        let found = clues(&parties, Some([3; 16]));
        assert_eq!(
            found,
            [
                Clue { evidence: Evidence::Phone, key: [2; 16] },
                Clue { evidence: Evidence::Address, key: [3; 16] }
            ]
        );
    }
}
