//! By which keys linkage finds the reports of a telephone number, an id number or a house.
//!
//! A clue is put where a report would have it, and linkage says the keys of such a report: so a clue that is asked for
//! and one that was reported are always hashed alike.

use fengqiao_county::County;
use fengqiao_linkage::{
    KeyedHash, MalformedTraits, Places, PlainParty, PlainPhone, PlainReport, Role, Secret, Traits, traits,
};
use fengqiao_sealing::{Keyring, LookupKey};

use crate::domain::{id_number::IdNumber, phone::Phone};

/// A lookup key of the installation, as linkage takes it.
pub(crate) struct LookupHash<'a>(pub(crate) &'a LookupKey);

impl KeyedHash for LookupHash<'_> {
    fn hash(&self, kind: &str, value: &str) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0.hash(kind, value);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// The keys of who called from a number.
#[must_use]
pub fn of_phone(phone: &Phone, county: &County, keyring: &Keyring) -> Vec<i64> {
    let number = PlainPhone { digits: phone.as_str(), personal: phone.is_personal() };
    of_report(reporter(Some(number), None), county, keyring)
}

/// The keys of who has an id number.
#[must_use]
pub fn of_id_number(number: &IdNumber, county: &County, keyring: &Keyring) -> Vec<i64> {
    let number = number.in_new_form();
    of_report(reporter(None, Some(&number)), county, keyring)
}

/// The keys of a house; none where the address names no house.
#[must_use]
pub fn of_address(text: &str, area_prefix: &str, county: &County, keyring: &Keyring) -> Vec<i64> {
    of_report(PlainReport { address: text, area_code: area_prefix, ..nothing() }, county, keyring)
}

/// The keys of a report, by what linkage kept of it.
///
/// # Errors
/// [`MalformedTraits`] for bytes that are none, or of a later version.
pub fn of_traits(bytes: &[u8]) -> Result<Vec<i64>, MalformedTraits> {
    Ok(numbers(&Traits::decode(bytes)?))
}

/// Whether linkage kept nothing of the report: it is an exercise.
#[must_use]
pub fn are_of_nothing(bytes: &[u8]) -> bool {
    Traits::decode(bytes).is_ok_and(|traits| traits == Traits::default())
}

fn of_report(report: PlainReport<'_>, county: &County, keyring: &Keyring) -> Vec<i64> {
    let areas = county.areas.now();
    let places = Places::new(&county.name, areas.iter().map(|area| (area.code.as_str(), area.name.as_str())));
    // By each lookup key: while it changes, a report may be stored under either.
    let by = |key: &LookupKey| numbers(&traits(&report, &places, &Secret::of(&LookupHash(key))));
    keyring.lookup_keys().iter().flat_map(by).collect()
}

fn numbers(traits: &Traits) -> Vec<i64> {
    traits.keys().into_iter().map(|key| key.0).collect()
}

fn nothing<'a>() -> PlainReport<'a> {
    PlainReport { area_code: "", category: "", address: "", title: "", narrative: "", parties: Vec::new() }
}

fn reporter<'a>(phone: Option<PlainPhone<'a>>, id_number: Option<&'a str>) -> PlainReport<'a> {
    let party = PlainParty { role: Role::Reporter, name: "", phone, id_number, wrong_id: None };
    PlainReport { parties: vec![party], ..nothing() }
}
