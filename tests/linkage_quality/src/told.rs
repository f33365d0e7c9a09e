//! Reports as they arrive, in the contract's JSON form.

use std::{error::Error, fmt, fs, path::Path};

use fengqiao_linkage::{PlainParty, PlainPhone, PlainReport, Role, id_number::IdNumber, phone::Phone};
use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::Deserialize;

use crate::county::County;

/// A report as it arrives.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    pub source: String,
    pub source_ref: String,
    pub occurred_at: String,
    #[serde(default)]
    pub area_code: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub narrative: String,
    #[serde(default)]
    pub category: String,
    #[serde(default)]
    pub parties: Vec<ToldParty>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldParty {
    pub role: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub id_number: String,
}

/// The people of a report with what of their numbers is right.
pub struct People {
    people: Vec<(Option<Phone>, Option<String>)>,
}

/// Reads a file of reports, one a line.
pub fn read(file: &Path) -> Result<Vec<Told>, Box<dyn Error>> {
    fs::read_to_string(file)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

impl Told {
    pub fn told_at(&self) -> Timestamp {
        self.occurred_at.parse().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Reads telephones and id numbers, as validation does.
    pub fn people(&self) -> People {
        let today: Date = Offset::UTC.to_datetime(self.told_at()).date();
        let read = |party: &ToldParty| {
            let id = IdNumber::read(&party.id_number, today).map(|id| id.in_new_form());
            (Phone::read(&party.phone), id)
        };
        People { people: self.parties.iter().map(read).collect() }
    }

    /// What linkage looks at.
    pub fn plain<'a>(&'a self, people: &'a People, county: &'a County) -> PlainReport<'a> {
        let parties = self
            .parties
            .iter()
            .zip(&people.people)
            .map(|(party, (phone, id))| PlainParty {
                role: match party.role.as_str() {
                    "REPORTER" => Role::Reporter,
                    "RESPONDENT" => Role::Respondent,
                    _ => Role::Other,
                },
                name: &party.name,
                phone: phone
                    .as_ref()
                    .map(|phone| PlainPhone { digits: phone.as_str(), personal: phone.is_personal() }),
                contact_phone: None,
                id_number: id.as_deref(),
                wrong_id: (id.is_none() && !party.id_number.is_empty()).then_some(party.id_number.as_str()),
            })
            .collect();
        PlainReport {
            area_code: &self.area_code,
            category: county.category(&self.category),
            address: &self.address,
            title: &self.title,
            narrative: &self.narrative,
            numbers: Vec::new(),
            parties,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, source_ref, occurred_at, area_code, address, title, narrative, category, parties } =
            self;
        write!(f, "{source_ref} {} {source} {area_code} [{address}] {category}", &occurred_at[..10])?;
        for ToldParty { role, name, phone, id_number } in parties {
            write!(f, " {}:{name}/{phone}/{id_number}", &role[..3])?;
        }
        write!(f, " {title} | {narrative}")
    }
}
