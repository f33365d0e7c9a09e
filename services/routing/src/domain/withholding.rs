//! What an agency does not get of a matter (S2-06): it acts on what is needed and on whom to call, and what the police
//! wrote down is not for it. A county's practice says which agency goes without what; what is withheld of the people, no
//! text tells either.

use std::collections::BTreeSet;

use fengqiao_masking::{Telling, mask_matter};
use fengqiao_proto::types::v1::Matter;
use serde::Deserialize;

use super::docket::PROTECTED_TAGS;
use crate::directory::{AgencyKind, Directory};

/// A part of a matter that can be withheld. The title is none: it says what is needed, and without it a form says
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatterPart {
    /// What was told.
    Narrative,
    /// Where it is.
    Address,
    /// The people's names.
    Name,
    /// The people's numbers.
    Phone,
    /// The people's id numbers.
    IdNumber,
}

impl MatterPart {
    /// What says who the people are and what was told.
    pub const OF_PEOPLE: [Self; 5] =
        [Self::Narrative, Self::Address, Self::Name, Self::Phone, Self::IdNumber];
}

/// Who goes without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// An agency or a contact of the directory, by its code.
    From(String),
    /// Each agency of a kind.
    FromKind(AgencyKind),
}

/// What somebody does not get, and of which cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withholding {
    /// Who goes without.
    pub from: Withheld,
    /// Only of cases with one of these marks of protection; of any where there are none.
    pub tags: BTreeSet<String>,
    /// Without what.
    pub parts: BTreeSet<MatterPart>,
}

/// A withholding as a file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawWithholding {
    agency: Option<String>,
    kind: Option<AgencyKind>,
    #[serde(default)]
    tags: BTreeSet<String>,
    fields: BTreeSet<MatterPart>,
}

impl Withholding {
    /// Checks what a file says.
    ///
    /// # Errors
    /// What would have to be true.
    pub fn check(raw: RawWithholding) -> Result<Self, String> {
        let RawWithholding { agency, kind, tags, fields } = raw;
        let from = match (agency, kind) {
            (Some(agency), None) => Withheld::From(agency),
            // Its desk is one of them.
            (None, Some(AgencyKind::Centre)) => {
                return Err("from the centre nothing is withheld; a town's is named as an agency".to_owned());
            }
            (None, Some(kind)) => Withheld::FromKind(kind),
            _ => return Err("withheld from an agency or from a kind of agencies, one of the two".to_owned()),
        };
        if fields.is_empty() {
            return Err("fields names what is withheld".to_owned());
        }
        // A mark that no case ever has would withhold nothing, and nobody would see it.
        if let Some(unknown) = tags.iter().find(|tag| !PROTECTED_TAGS.contains(&tag.as_str())) {
            return Err(format!("the tag {unknown} protects nobody; {} do", PROTECTED_TAGS.join(", ")));
        }
        Ok(Self { from, tags, parts: fields })
    }

    /// Checks that the directory has whom it names.
    ///
    /// # Errors
    /// What would have to be true.
    pub fn check_named(&self, directory: &Directory) -> Result<(), String> {
        match &self.from {
            Withheld::From(code) if code == directory.desk() => {
                Err(format!("from {code}, the centre's desk, nothing is withheld"))
            }
            Withheld::From(code) if directory.agency(code).is_none() && directory.contact(code).is_none() => {
                Err(format!("{code} is neither an agency nor a contact of the directory"))
            }
            Withheld::From(_) | Withheld::FromKind(_) => Ok(()),
        }
    }

    /// Whether it holds for an agency and a case with these marks.
    #[must_use]
    pub fn holds_for(&self, agency: &str, directory: &Directory, tags: &BTreeSet<String>) -> bool {
        let named = match &self.from {
            Withheld::From(code) => code == agency,
            Withheld::FromKind(kind) => directory.agency(agency).is_some_and(|known| known.kind == *kind),
        };
        named && (self.tags.is_empty() || !self.tags.is_disjoint(tags))
    }
}

/// A matter without some of its parts. Where names, numbers or id numbers are among them, the texts that stay are masked.
#[must_use]
pub fn without(matter: Matter, parts: &BTreeSet<MatterPart>) -> Matter {
    let telling = |part: &MatterPart| match part {
        MatterPart::Name => Some(Telling::Name),
        MatterPart::Phone => Some(Telling::Contact),
        MatterPart::IdNumber => Some(Telling::Identity),
        MatterPart::Narrative | MatterPart::Address => None,
    };
    let hidden: Vec<Telling> = parts.iter().filter_map(telling).collect();
    let mut matter = mask_matter(matter, &hidden);
    for part in parts {
        match part {
            MatterPart::Narrative => matter.narrative.clear(),
            MatterPart::Address => matter.address.clear(),
            MatterPart::Name => matter.parties.iter_mut().for_each(|party| party.name.clear()),
            MatterPart::Phone => matter.parties.iter_mut().for_each(|party| {
                party.phone.clear();
                party.phone_as_said.clear();
            }),
            MatterPart::IdNumber => matter.parties.iter_mut().for_each(|party| {
                party.id_number.clear();
                party.id_number_as_said.clear();
            }),
        }
    }
    matter
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::types::v1::Party;

    use super::*;

    fn matter() -> Matter {
        let party = Party {
            role: 1,
            name: "王女士".into(),
            phone: "15420110001".into(),
            id_number: "120111201103070021".into(),
            ..Party::default()
        };
        Matter {
            title: "求助".into(),
            narrative: "出警经过".into(),
            address: "某路1号".into(),
            parties: vec![party.clone(), party],
            ..Default::default()
        }
    }

    fn read(text: &str) -> Result<Withholding, String> {
        let raw = toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())?;
        Withholding::check(raw)
    }

    #[test]
    fn s2_06_only_what_is_withheld_is_gone() {
        let whole = matter();
        assert_eq!(without(matter(), &BTreeSet::new()), whole);
        let told = without(matter(), &[MatterPart::Narrative, MatterPart::IdNumber].into());
        assert_eq!((told.title.as_str(), told.narrative.as_str()), ("求助", ""));
        assert_eq!(told.address, whole.address);
        for party in &told.parties {
            assert_eq!((party.phone.as_str(), party.id_number.as_str()), ("15420110001", ""));
            assert_eq!((party.role, party.name.as_str()), (1, "王女士"));
        }
        let told = without(matter(), &[MatterPart::Address, MatterPart::Name, MatterPart::Phone].into());
        assert_eq!((told.narrative.as_str(), told.address.as_str()), ("出警经过", ""));
        assert!(told.parties.iter().all(|party| party.name.is_empty() && party.phone.is_empty()));
        assert!(told.parties.iter().all(|party| !party.id_number.is_empty()));
    }

    #[test]
    fn what_is_withheld_of_the_people_is_not_told_in_a_text_either() {
        let mut told = matter();
        told.parties[0].name = "王小芳".into();
        told.narrative = "王小芳持120111201103070021报警，来电１５４２０１１０００１".into();
        let read = |parts: &[MatterPart]| {
            without(told.clone(), &parts.iter().copied().collect::<BTreeSet<_>>()).narrative
        };
        assert_eq!(read(&[MatterPart::Address]), told.narrative);
        assert_eq!(read(&[MatterPart::Name]), "王某持120111201103070021报警，来电１５４２０１１０００１");
        assert_eq!(read(&[MatterPart::Phone, MatterPart::IdNumber]), "王小芳持〔证件号〕报警，来电〔电话〕");
    }

    #[test]
    fn what_a_file_says_is_checked() {
        let read_well = read("agency = 'court'\ntags = ['minor']\nfields = ['narrative']").unwrap();
        assert_eq!(read_well.from, Withheld::From("court".into()));
        assert_eq!(
            read("kind = 'community'\nfields = ['phone']").unwrap().from,
            Withheld::FromKind(AgencyKind::Community)
        );
        for (text, reason) in [
            ("fields = ['narrative']", "one of the two"),
            ("agency = 'court'\nkind = 'town'\nfields = ['narrative']", "one of the two"),
            ("kind = 'centre'\nfields = ['narrative']", "from the centre nothing is withheld"),
            ("kind = 'school'\nfields = ['narrative']", "unknown variant `school`"),
            ("agency = 'court'\nfields = []", "names what is withheld"),
            ("agency = 'court'\nfields = ['title']", "unknown variant `title`"),
            ("agency = 'court'\nfields = ['narrative']\ntags = ['minors']", "the tag minors protects nobody"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(reason), "{said}");
        }
    }
}
