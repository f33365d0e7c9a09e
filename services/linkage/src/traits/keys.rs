//! By what earlier reports are looked up.

use super::{PartyTraits, PlaceTraits, Traits};
use crate::report::Role;

/// Something by which earlier reports are looked up. Equal keys make a report worth a comparison, no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub i64);

/// A report has no more keys than so many.
const MOST_KEYS: usize = 12;
/// The keys of so many of the people.
const PEOPLE: usize = 4;
/// So many of those who are named in the narrative.
const NAMED: usize = 2;

/// And so many of the topics, those that befall many first.
const TOPICS: usize = 2;

/// What a key is made of.
#[derive(Clone, Copy)]
enum By {
    Id = 1,
    Phone,
    Name,
    NameInTown,
    Flat,
    FlatInTown,
    GroupHouse,
    HamletHouse,
    House,
    Street,
    Topic,
    Number,
}

impl Traits {
    /// The keys under which the report is found, and by which it finds earlier ones. At most twelve, each once; the
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
            for phone in party.phones() {
                add(key(By::Phone, &[phone.whole]));
            }
        }
        self.matter.numbers.iter().for_each(|number| add(key(By::Number, &[*number])));
        self.place.house_keys().into_iter().flatten().for_each(&mut add);
        if let Some(name) = self.reporter().and_then(whole_name)
            && self.place.town != 0
        {
            add(key(By::NameInTown, &[name, self.place.town]));
        }
        self.name_keys().for_each(&mut add);
        let topics = self.matter.shared_topics.iter().chain(&self.matter.topics).take(TOPICS);
        // Workers of one employer live in many places.
        let employer = if self.matter.of_employer { self.organisations().next() } else { None };
        for around in [self.place.neighbourhood(), employer].into_iter().flatten() {
            for topic in topics.clone() {
                add(key(By::Topic, &[around, *topic]));
            }
        }
        keys
    }

    /// Those of [`Self::keys`] that are a name alone, wherever its bearer lives; they say the least.
    pub fn name_keys(&self) -> impl Iterator<Item = Key> {
        let people = self.parties.iter().take(PEOPLE).filter(|party| party.role != Role::Other);
        let named = self.matter.named.iter().take(NAMED).copied();
        people.filter_map(whole_name).chain(named).map(name_key)
    }

    /// The key of the reporter's name.
    pub(crate) fn reporter_name_key(&self) -> Option<Key> {
        self.reporter().and_then(whole_name).map(name_key)
    }

    /// The keys of the names of those whom the report is about.
    pub(crate) fn opponent_name_keys(&self) -> impl Iterator<Item = Key> {
        let named = self.matter.named.iter().take(NAMED).copied();
        self.respondents().filter_map(whole_name).chain(named).map(name_key)
    }
}

fn name_key(name: u32) -> Key {
    key(By::Name, &[name])
}

fn whole_name(party: &PartyTraits) -> Option<u32> {
    party.name.filter(|name| name.whole).map(|name| name.sound)
}

impl PlaceTraits {
    /// The house or flat, by each of what lies around it: one or the other may be left out.
    fn house_keys(&self) -> [Option<Key>; 3] {
        let by = |by: By, around: u32, within: u32, number: u32| {
            (around != 0 && within != 0 && number != 0).then(|| key(by, &[around, within, number]))
        };
        if self.room != 0 {
            let building = self.building.max(1);
            return [
                by(By::Flat, self.estate, building, self.room),
                by(By::FlatInTown, self.town, building, self.room),
                None,
            ];
        }
        if self.number != 0 {
            return [
                by(By::GroupHouse, self.town, self.group, self.number),
                by(By::HamletHouse, self.town, self.hamlet, self.number),
                by(By::House, self.community, 1, self.number),
            ];
        }
        [by(By::Street, self.street, 1, self.street_number), None, None]
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
