//! By which keys linkage finds the reports of a telephone number, an id number or a house.
//!
//! A clue is put where a report would have it, and linkage says the keys of such a report: so a clue that is asked for
//! and one that was reported are always hashed alike.

use fengqiao_county::County;
use fengqiao_linkage::{
    KeyedHash, Leads, MalformedTraits, Places, PlainParty, PlainPhone, PlainReport, Role, Secret, Traits,
    traits,
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

/// What is asked for, as linkage knows it.
pub struct Clue {
    /// By which keys reports are found that are worth a look.
    pub keys: Vec<i64>,
    /// The clue by each lookup key: while that changes, a report may be stored by either.
    pub traits: Vec<Traits>,
}

impl Clue {
    /// Who called from a number.
    #[must_use]
    pub fn of_phone(phone: &Phone, county: &County, keyring: &Keyring) -> Self {
        let number = PlainPhone { digits: phone.as_str(), personal: phone.is_personal() };
        Self::of(&reporter(Some(number), None), county, keyring)
    }

    /// Who has an id number.
    #[must_use]
    pub fn of_id_number(number: &IdNumber, county: &County, keyring: &Keyring) -> Self {
        Self::of(&reporter(None, Some(number.as_str())), county, keyring)
    }

    /// Who lives in a house; without keys where the address names no house.
    #[must_use]
    pub fn of_address(text: &str, area_prefix: &str, county: &County, keyring: &Keyring) -> Self {
        Self::of(&PlainReport { address: text, area_code: area_prefix, ..nothing() }, county, keyring)
    }

    fn of(report: &PlainReport<'_>, county: &County, keyring: &Keyring) -> Self {
        let areas = county.areas.now();
        let names = areas.iter().map(|area| (area.code.as_str(), area.name.as_str()));
        let places = Places::new(&county.name, names);
        let by = |key: &LookupKey| traits(report, &places, &Secret::of(&LookupHash(key)));
        let traits: Vec<Traits> = keyring.lookup_keys().iter().map(by).collect();
        Self { keys: traits.iter().flat_map(numbers).collect(), traits }
    }

    /// How surely it leads to a report, of which these are the traits by each lookup key.
    #[must_use]
    pub fn leads_to(&self, report: &[Traits]) -> Leads {
        let pairs = report.iter().flat_map(|known| self.traits.iter().map(|clue| known.led_to_by(clue)));
        pairs.max().unwrap_or(Leads::Nowhere)
    }
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

fn numbers(traits: &Traits) -> Vec<i64> {
    traits.keys().into_iter().map(|key| key.0).collect()
}

fn nothing<'a>() -> PlainReport<'a> {
    PlainReport {
        area_code: "",
        category: "",
        address: "",
        title: "",
        narrative: "",
        numbers: Vec::new(),
        parties: Vec::new(),
    }
}

fn reporter<'a>(phone: Option<PlainPhone<'a>>, id_number: Option<&'a str>) -> PlainReport<'a> {
    let party =
        PlainParty { role: Role::Reporter, name: "", phone, contact_phone: None, id_number, wrong_id: None };
    PlainReport { parties: vec![party], ..nothing() }
}
