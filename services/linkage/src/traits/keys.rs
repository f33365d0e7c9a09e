//! By what earlier reports are looked up.

use super::{PartyTraits, PlaceTraits, Traits};
use crate::report::Role;

/// Something by which earlier reports are looked up. Equal keys make a report worth a comparison, no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub i64);

/// A report has no more keys than so many.
const MOST_KEYS: usize = 10;
/// The keys of so many of the people.
const PEOPLE: usize = 4;

/// What a key is made of.
#[derive(Clone, Copy)]
enum By {
    Id = 1,
    Phone,
    Name,
    NameInTown,
    /// Group and number in the community, flat in the estate.
    House,
    /// The same, where the community or the estate is left out.
    HouseInTown,
    SharedTopic,
}

impl Traits {
    /// The keys under which the report is found, and by which it finds earlier ones. At most ten, each once; the
    /// surest first.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::with_capacity(MOST_KEYS);
        let mut add = |key: Key| {
            if keys.len() < MOST_KEYS && !keys.contains(&key) {
                keys.push(key);
            }
        };
        let people = &self.parties[..self.parties.len().min(PEOPLE)];
        for party in people {
            if let Some(id) = party.id.filter(|id| id.whole != 0) {
                add(key(By::Id, &[id.whole]));
            }
            if let Some(phone) = party.phone {
                add(key(By::Phone, &[phone.whole]));
            }
        }
        self.place.house_keys().into_iter().flatten().for_each(&mut add);
        if let Some(name) = self.reporter().and_then(whole_name)
            && self.place.town != 0
        {
            add(key(By::NameInTown, &[name, self.place.town]));
        }
        for name in people.iter().filter(|party| party.role != Role::Other).filter_map(whole_name) {
            add(key(By::Name, &[name]));
        }
        if let Some(area) = self.place.neighbourhood() {
            for topic in self.matter.shared_topics.iter().take(2) {
                add(key(By::SharedTopic, &[area, *topic]));
            }
        }
        keys
    }
}

fn whole_name(party: &PartyTraits) -> Option<u32> {
    party.name.filter(|name| name.whole).map(|name| name.sound)
}

impl PlaceTraits {
    /// The house or flat, with what is surest of what lies around it.
    fn house_keys(&self) -> [Option<Key>; 2] {
        let flat = [self.building, self.room];
        let house = [self.hamlet, self.group, self.number];
        let area = if self.community == 0 { self.town } else { self.community };
        let any_area = self.town;
        if self.room != 0 {
            let named = if self.estate == 0 { 0 } else { self.estate };
            let estate = (named != 0).then(|| key(By::House, &[named, flat[0], flat[1]]));
            let around = (area != 0).then(|| key(By::HouseInTown, &[any_area, flat[0], flat[1]]));
            return [estate, around];
        }
        if self.number != 0 && (self.group != 0 || self.hamlet != 0) {
            let near = (area != 0).then(|| key(By::House, &[area, house[1], house[2]]));
            let around = (any_area != 0 && any_area != area)
                .then(|| key(By::HouseInTown, &[any_area, house[1], house[2]]));
            return [near, around];
        }
        if self.street != 0 && self.street_number != 0 {
            return [Some(key(By::House, &[self.street, self.street_number])), None];
        }
        if self.number != 0 && self.community != 0 {
            return [Some(key(By::House, &[self.community, self.number])), None];
        }
        [None, None]
    }

    /// What a matter of many households has in common: the estate, or the community.
    pub(crate) fn neighbourhood(&self) -> Option<u32> {
        [self.community, self.estate, self.hamlet, self.street].into_iter().find(|part| *part != 0)
    }
}

/// Mixes hashed parts to one key. What goes in is keyed already; this only spreads it.
fn key(by: By, parts: &[u32]) -> Key {
    let mut mixed = (by as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for part in parts {
        mixed = (mixed ^ u64::from(*part)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed ^= mixed >> 33;
    }
    Key(mixed.cast_signed())
}
