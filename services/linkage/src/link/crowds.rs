//! How many share what a report has: a telephone of a village office, a common name.

use uuid::Uuid;

use crate::{
    candidates::{CANDIDATES_OF_FREQUENT, Earlier},
    compare::{Crowd, Home},
    level::Level,
    traits::{Key, PartyTraits, Traits},
    weights::Weights,
};

/// So many family names on one telephone or in one house are one family's: husband, wife, in-laws.
const NAMES_OF_A_FAMILY: usize = 2;
/// A key that more reports have than are compared is taken to be shared by so many people, where each of those that were
/// compared is another's.
const FREQUENT_OF: f32 = 48.0;
/// So many times as many people share it as were found.
const CUT: f32 = FREQUENT_OF / CANDIDATES_OF_FREQUENT as f32;

/// Counts what is shared among the reports that are compared.
pub(super) fn of(new: &Traits, earlier: &[&Earlier<'_>], frequent: &[Key], weights: &Weights) -> Crowd {
    let reporter = new.reporter();
    let phones: Vec<u32> =
        reporter.into_iter().flat_map(PartyTraits::phones).map(|phone| phone.whole).collect();
    let name = reporter.and_then(whole_name);
    let (mut phone_names, mut house_names) = (Vec::new(), Vec::new());
    let (mut on_phone, mut in_house) = (0, 0);
    let (mut people, mut cases): (Vec<Uuid>, Vec<Uuid>) = (Vec::new(), Vec::new());
    let opponents: Vec<u32> =
        new.respondents().filter_map(whole_name).chain(new.matter.named.iter().copied()).collect();
    for one in earlier {
        let has_opponent = one
            .traits
            .respondents()
            .filter_map(whole_name)
            .chain(one.traits.matter.named.iter().copied())
            .any(|name| opponents.contains(&name));
        if has_opponent && !cases.contains(&one.case) {
            cases.push(one.case);
        }
        let Some(other) = one.traits.reporter() else { continue };
        let surname = other.name.map_or(0, |name| name.surname);
        let count = |names: &mut Vec<u32>| {
            if surname != 0 && !names.contains(&surname) {
                names.push(surname);
            }
        };
        if other.phones().any(|phone| phones.contains(&phone.whole)) {
            on_phone += 1;
            count(&mut phone_names);
        }
        if Home::of(&new.place, &one.traits.place).house == Some(Level::HouseSame) {
            in_house += 1;
            count(&mut house_names);
        }
        let same_name = name.is_some() && whole_name(other) == name;
        if same_name && !people.contains(&one.person) {
            people.push(one.person);
        }
    }
    let cut = |found: usize| if !frequent.is_empty() && found >= CANDIDATES_OF_FREQUENT { CUT } else { 1.0 };
    let families = |names: usize, found: usize| {
        if names <= NAMES_OF_A_FAMILY { 1.0 } else { names as f32 * cut(found) }
    };
    // Whom a frequent name would find is not compared; there are at least so many.
    let at_least = |frequent: bool| if frequent { CANDIDATES_OF_FREQUENT } else { 0 };
    let is_frequent = |key: Key| frequent.contains(&key);
    let namesakes = people.len().max(at_least(new.reporter_name_key().is_some_and(is_frequent)));
    let disputes = cases.len().max(at_least(new.opponent_name_keys().any(is_frequent)));
    let counted = |of: usize| if of > 1 { of as f32 * cut(of) } else { 1.0 };
    let own = reporter.and_then(|teller| teller.name).map_or(0, |name| name.surname);
    let another = own != 0 && !phone_names.contains(&own);
    let is_of_an_office = phone_names.len() + usize::from(another) > NAMES_OF_A_FAMILY;
    Crowd {
        people: weights.people.log2(),
        phone: families(phone_names.len(), on_phone),
        of_an_office: is_of_an_office,
        name: counted(namesakes),
        opponent: counted(disputes),
        house: families(house_names.len(), in_house),
    }
}

fn whole_name(party: &PartyTraits) -> Option<u32> {
    party.name.filter(|name| name.whole).map(|name| name.sound)
}
