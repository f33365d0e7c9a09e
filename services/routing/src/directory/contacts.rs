//! `contacts.csv`: code, name, kind, area_code, phone. Parties that are no agency and have no account, such
//! as a property company: they are whistled for by phone (S1-04).

use std::collections::HashMap;

use fengqiao_county::{AreaTree, shortest_code};
use serde::Deserialize;

use super::{
    Directory,
    fields::{check_area, check_code, check_name, check_phone},
    files::{CONTACTS_FILE, Inspection},
    nearness::nearness,
};

/// Somebody outside the government who can be called to a spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The code, unique in the county.
    pub code: String,
    /// The name.
    pub name: String,
    /// What it is, a word of the county's: property, water, …
    pub kind: String,
    /// The shortest code of its area.
    pub area_code: String,
    /// The number.
    pub phone: String,
}

/// The contacts of a county.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    by_code: HashMap<String, Contact>,
    /// Codes, in the file's order.
    by_kind: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactRow {
    code: String,
    name: String,
    kind: String,
    area_code: String,
    phone: String,
}

impl Contacts {
    /// Reads the file and checks each row against the areas. An empty area is the whole county.
    pub(super) fn read(inspection: &mut Inspection<'_>, areas: &AreaTree, county: &str) -> Self {
        let mut contacts = Self::default();
        inspection.each(CONTACTS_FILE, |_, row: ContactRow| {
            let ContactRow { code, name, kind, area_code, phone } = row;
            check_code(&code)?;
            check_code(&kind).map_err(|reason| format!("the kind: {reason}"))?;
            check_name(&name, "a contact")?;
            check_phone(&phone)?;
            if phone.is_empty() {
                return Err("a contact needs a phone number".to_owned());
            }
            let area = check_area(areas, &area_code)?;
            let area_code = area.map_or_else(|| county.to_owned(), |area| area.code.clone());
            if contacts.by_code.contains_key(&code) {
                return Err(format!("{code} is there twice"));
            }
            contacts.by_kind.entry(kind.clone()).or_default().push(code.clone());
            contacts.by_code.insert(code.clone(), Contact { code, name, kind, area_code, phone });
            Ok(())
        });
        contacts
    }
}

impl Directory {
    /// The contact with this code.
    #[must_use]
    pub fn contact(&self, code: &str) -> Option<&Contact> {
        self.contacts.by_code.get(code)
    }

    /// The contacts of a kind for an area: of it, of what it lies in and of what lies in it, nearest first.
    #[must_use]
    pub fn contacts_in(&self, area_code: &str, kind: &str) -> Vec<&Contact> {
        let Some(place) = shortest_code(area_code) else { return Vec::new() };
        let of_kind = self.contacts.by_kind.get(kind).into_iter().flatten();
        let mut found: Vec<&Contact> = of_kind
            .filter_map(|code| self.contacts.by_code.get(code))
            .filter(|held| place.starts_with(&held.area_code) || held.area_code.starts_with(place))
            .collect();
        found.sort_by_key(|held| nearness(place, &held.area_code));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{mistakes, with};

    #[test]
    fn s1_04_the_property_company_of_a_place_is_found() {
        let directory = with(&[(
            "contacts.csv",
            "code,name,kind,area_code,phone\n\
             city,市物业协会,property,,0713-1\n\
             garden,花园物业,property,421181105200001,139\n\
             village,村物业,property,421181105200,138\n\
             beside,邻村物业,property,421181105202,137\n\
             water,水务公司,water,421181105200,136\n",
        )])
        .unwrap();
        let codes = |area, kind| {
            directory.contacts_in(area, kind).iter().map(|held| held.code.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(codes("421181105200001", "property"), ["garden", "village", "city"]);
        assert_eq!(codes("421181105200002", "property"), ["village", "city"]);
        assert_eq!(codes("421181105200", "property"), ["village", "garden", "city"]);
        assert_eq!(codes("421181105200001", "water"), ["water"]);
        assert!(codes("421181105200001", "gas").is_empty());
        assert!(codes("nowhere", "water").is_empty());
        assert_eq!(directory.contact("water").unwrap().phone, "136");
    }

    #[test]
    fn mistakes_of_contacts_are_named() {
        let found = mistakes(&[(
            "contacts.csv",
            "code,name,kind,area_code,phone\n\
             a,甲,property,,1\na,甲,property,,1\nb,乙,property,999999,1\nc,丙,property,,\nd,丁,物业,,1\n",
        )]);
        let said = [
            "contacts.csv:3: a is there twice",
            "contacts.csv:4: the area 999999",
            "contacts.csv:5: a contact needs a phone number",
            "contacts.csv:6: the kind: a code has",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{said}: {found}");
        }
    }
}
