//! A report whose every field was found right.

use fengqiao_proto::{
    intake::v1::Details,
    types::v1::{Matter, Party, PartyRole, Source},
};
use jiff::{Timestamp, civil::Date};

use super::{area::AreaCode, id_number::IdNumber, phone::Phone};

/// A report whose every field was found right and brought into one form.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidReport {
    /// The door it came through.
    pub source: Source,
    /// The source's own number for it.
    pub source_ref: String,
    /// When it happened or was told.
    pub occurred_at: Timestamp,
    /// The area that the source named; the same for ever, whatever comes after it.
    pub named_area: String,
    /// Where it belongs: the area that stands for the named one.
    pub area: AreaCode,
    /// The place as it was said.
    pub address: String,
    /// A short title.
    pub title: String,
    /// What was told.
    pub narrative: String,
    /// The source's own word for the kind of matter.
    pub category: String,
    /// What the people need.
    pub need: String,
    /// When and how the people can be called without danger to them.
    pub safe_contact_time: String,
    /// The people, in the order given.
    pub parties: Vec<ValidParty>,
    /// Whether the source keeps it confidential.
    pub confidential: bool,
    /// What the source's own form says besides; nothing where it says nothing.
    pub details: Option<Details>,
}

/// A person in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidParty {
    /// What the person is in the report.
    pub role: PartyRole,
    /// The name as it was said.
    pub name: String,
    /// The telephone number, where one was given.
    pub phone: Option<Phone>,
    /// The id number, where one was given.
    pub id_number: Option<IdNumber>,
    /// What was said as a telephone number and is none; mostly empty.
    pub phone_as_said: String,
    /// What was said as an id number and is none; mostly empty.
    pub id_number_as_said: String,
}

impl ValidParty {
    /// As it is read back from what was stored of it.
    #[must_use]
    pub fn of_stored(party: &Party, today: Date) -> Self {
        Self {
            role: party.role(),
            name: party.name.clone(),
            phone: Phone::read(&party.phone),
            id_number: IdNumber::read(&party.id_number, today),
            phone_as_said: party.phone_as_said.clone(),
            id_number_as_said: party.id_number_as_said.clone(),
        }
    }
}

impl ValidReport {
    /// Whether it is an exercise.
    #[must_use]
    pub fn is_drill(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.drill)
    }

    /// The people who reported.
    pub fn reporters(&self) -> impl Iterator<Item = &ValidParty> {
        self.parties.iter().filter(|party| party.role == PartyRole::Reporter)
    }

    /// The part that is personal data, ready to be sealed.
    #[must_use]
    pub fn into_matter(self) -> Matter {
        Matter {
            title: self.title,
            narrative: self.narrative,
            address: self.address,
            parties: self
                .parties
                .into_iter()
                .map(|party| Party {
                    role: party.role.into(),
                    name: party.name,
                    phone: party.phone.map(Phone::into_text).unwrap_or_default(),
                    id_number: party.id_number.map(IdNumber::into_text).unwrap_or_default(),
                    phone_as_said: party.phone_as_said,
                    id_number_as_said: party.id_number_as_said,
                })
                .collect(),
            need: self.need,
            safe_contact_time: self.safe_contact_time,
        }
    }
}
