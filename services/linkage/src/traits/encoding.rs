//! Traits as bytes. What was stored is read for ever, so the first byte tells the version.

use super::{
    Hashed, IdTraits, MOST_AMOUNTS, MOST_NAMED, MOST_PARTIES, MOST_WORDS, MatterTraits, NameTraits,
    PartyTraits, PhoneTraits, PlaceTraits, Traits, people::PHONE_DIGITS,
};
use crate::report::{MOST_NUMBERS, Role};

const VERSION: u8 = 1;
/// Topics of a report; more are never written.
const MOST_TOPICS: usize = 8;

/// The bytes are no traits of a version that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the traits are malformed or of an unknown version")]
pub struct MalformedTraits;

const SAID_AGAIN: u8 = 1 << 7;
const OF_EMPLOYER: u8 = 1 << 6;
const ON_BEHALF: u8 = 1 << 5;
const HAS_NAME: u8 = 1 << 2;
const HAS_PHONE: u8 = 1 << 3;
const HAS_ID: u8 = 1 << 4;
const IS_WHOLE: u8 = 1 << 5;
const HAS_SECOND_PHONE: u8 = 1 << 6;

impl Traits {
    /// The traits as bytes; some 250 for two people, at most about 900.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend([VERSION, self.parties.len() as u8]);
        for party in &self.parties {
            write_party(party, &mut bytes);
        }
        write_present(&self.place.parts(), &mut bytes);
        write(self.matter.category, &mut bytes);
        for list in [&self.matter.topics, &self.matter.beside_topics, &self.matter.shared_topics] {
            bytes.push(list.len() as u8);
            list.iter().for_each(|hashed| write(*hashed, &mut bytes));
        }
        bytes.push(self.matter.named.len() as u8);
        self.matter.named.iter().for_each(|name| write(*name, &mut bytes));
        bytes.push(
            self.matter.organisations
                | if self.matter.said_again { SAID_AGAIN } else { 0 }
                | if self.matter.of_employer { OF_EMPLOYER } else { 0 }
                | if self.matter.on_behalf { ON_BEHALF } else { 0 },
        );
        bytes.push(self.matter.amounts.len() as u8);
        self.matter.amounts.iter().for_each(|amount| write(*amount, &mut bytes));
        bytes.push(self.matter.words.len() as u8);
        self.matter.words.iter().for_each(|word| bytes.extend(&word.to_le_bytes()[..3]));
        // What was written before there were numbers ends here, as does nearly all.
        if !self.matter.numbers.is_empty() {
            bytes.push(self.matter.numbers.len() as u8);
            self.matter.numbers.iter().for_each(|number| write(*number, &mut bytes));
        }
        bytes
    }

    /// The traits that were encoded.
    ///
    /// # Errors
    /// The bytes are none, or of a version that this program does not know.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedTraits> {
        let mut from = Reader { left: bytes };
        if from.byte()? != VERSION {
            return Err(MalformedTraits);
        }
        let parties = from.count(MOST_PARTIES)?;
        let parties = (0..parties).map(|_| from.party()).collect::<Result<_, _>>()?;
        let place = PlaceTraits::of_parts(from.present()?);
        let category = from.hashed()?;
        let topics = from.list(MOST_TOPICS)?;
        let beside_topics = from.list(MOST_TOPICS)?;
        let shared_topics = from.list(MOST_TOPICS)?;
        let named = from.list(MOST_NAMED)?;
        let flags = from.byte()?;
        let organisations = flags & !(SAID_AGAIN | OF_EMPLOYER | ON_BEHALF);
        let is = |flag: u8| flags & flag != 0;
        let (said_again, of_employer, on_behalf) = (is(SAID_AGAIN), is(OF_EMPLOYER), is(ON_BEHALF));
        if usize::from(organisations) > named.len() {
            return Err(MalformedTraits);
        }
        let amounts = from.list(MOST_AMOUNTS)?;
        let words = from.count(MOST_WORDS)?;
        let words = (0..words).map(|_| from.three()).collect::<Result<_, _>>()?;
        let numbers = if from.left.is_empty() { Vec::new() } else { from.list(MOST_NUMBERS)? };
        if !from.left.is_empty() {
            return Err(MalformedTraits);
        }
        Ok(Self {
            parties,
            place,
            matter: MatterTraits {
                category,
                topics,
                beside_topics,
                shared_topics,
                words,
                named,
                organisations,
                amounts,
                numbers,
                of_employer,
                said_again,
                on_behalf,
            },
        })
    }
}

fn write(hashed: Hashed, bytes: &mut Vec<u8>) {
    bytes.extend(hashed.to_le_bytes());
}

/// Which of the parts are there, and those.
fn write_present<const N: usize>(parts: &[Hashed; N], bytes: &mut Vec<u8>) {
    let present =
        parts.iter().enumerate().fold(0_u16, |present, (at, part)| present | u16::from(*part != 0) << at);
    bytes.extend(present.to_le_bytes());
    parts.iter().filter(|part| **part != 0).for_each(|part| write(*part, bytes));
}

fn write_party(party: &PartyTraits, bytes: &mut Vec<u8>) {
    let role = match party.role {
        Role::Reporter => 0,
        Role::Respondent => 1,
        Role::Other => 2,
    };
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    bytes.push(
        role | flag(party.name.is_some(), HAS_NAME)
            | flag(party.phone.is_some(), HAS_PHONE)
            | flag(party.id.is_some(), HAS_ID)
            | flag(party.name.is_some_and(|name| name.whole), IS_WHOLE)
            | flag(party.second_phone.is_some(), HAS_SECOND_PHONE),
    );
    if let Some(name) = &party.name {
        bytes.push(name.rarity);
        write_present(
            &[name.written, name.sound, name.surname, name.given[0], name.given[1], name.sex],
            bytes,
        );
    }
    for phone in party.phones() {
        write_phone(phone, bytes);
    }
    if let Some(id) = &party.id {
        write_present(&[id.whole, id.region, id.birth, id.tail], bytes);
    }
}

fn write_phone(phone: &PhoneTraits, bytes: &mut Vec<u8>) {
    let is_long = phone.digits != 0;
    bytes.push(u8::from(is_long));
    write(phone.whole, bytes);
    if is_long {
        write(phone.tail, bytes);
        write(phone.digits, bytes);
        phone.blanked.iter().for_each(|blanked| bytes.extend(&blanked.to_le_bytes()[..3]));
    }
}

impl PlaceTraits {
    const PARTS: usize = 11;

    fn parts(&self) -> [Hashed; Self::PARTS] {
        [
            self.town,
            self.community,
            self.street,
            self.street_number,
            self.estate,
            self.building,
            self.unit,
            self.room,
            self.hamlet,
            self.group,
            self.number,
        ]
    }

    fn of_parts(parts: [Hashed; Self::PARTS]) -> Self {
        let [town, community, street, street_number, estate, building, unit, room, hamlet, group, number] =
            parts;
        Self { town, community, street, street_number, estate, building, unit, room, hamlet, group, number }
    }
}

struct Reader<'a> {
    left: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], MalformedTraits> {
        let (head, rest) = self.left.split_first_chunk::<N>().ok_or(MalformedTraits)?;
        self.left = rest;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, MalformedTraits> {
        let [byte] = self.take()?;
        Ok(byte)
    }

    fn count(&mut self, most: usize) -> Result<usize, MalformedTraits> {
        let count = usize::from(self.byte()?);
        if count > most { Err(MalformedTraits) } else { Ok(count) }
    }

    fn hashed(&mut self) -> Result<Hashed, MalformedTraits> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn three(&mut self) -> Result<Hashed, MalformedTraits> {
        let [a, b, c] = self.take()?;
        Ok(u32::from_le_bytes([a, b, c, 0]))
    }

    fn list(&mut self, most: usize) -> Result<Vec<Hashed>, MalformedTraits> {
        let count = self.count(most)?;
        (0..count).map(|_| self.hashed()).collect()
    }

    fn present<const N: usize>(&mut self) -> Result<[Hashed; N], MalformedTraits> {
        let present = u16::from_le_bytes(self.take()?);
        if u32::from(present) >> N != 0 {
            return Err(MalformedTraits);
        }
        let mut parts = [0; N];
        for (at, part) in parts.iter_mut().enumerate() {
            if present >> at & 1 == 1 {
                // Nothing is not written, so a part that is there is not 0.
                *part = self
                    .hashed()
                    .and_then(|hashed| if hashed == 0 { Err(MalformedTraits) } else { Ok(hashed) })?;
            }
        }
        Ok(parts)
    }

    fn party(&mut self) -> Result<PartyTraits, MalformedTraits> {
        let flags = self.byte()?;
        let role = match flags & 3 {
            0 => Role::Reporter,
            1 => Role::Respondent,
            2 => Role::Other,
            _ => return Err(MalformedTraits),
        };
        let has = |flag: u8| flags & flag != 0;
        let name = if has(HAS_NAME) { Some(self.name(has(IS_WHOLE))?) } else { None };
        let phone = if has(HAS_PHONE) { Some(self.phone()?) } else { None };
        let second_phone = if has(HAS_SECOND_PHONE) { Some(self.phone()?) } else { None };
        if phone.is_none() && second_phone.is_some() {
            return Err(MalformedTraits);
        }
        let id = if has(HAS_ID) {
            let [whole, region, birth, tail] = self.present()?;
            Some(IdTraits { whole, region, birth, tail })
        } else {
            None
        };
        Ok(PartyTraits { role, name, phone, second_phone, id })
    }

    fn name(&mut self, whole: bool) -> Result<NameTraits, MalformedTraits> {
        let rarity = self.byte()?;
        let [written, sound, surname, first, second, sex] = self.present()?;
        Ok(NameTraits { whole, written, sound, surname, given: [first, second], sex, rarity })
    }

    fn phone(&mut self) -> Result<PhoneTraits, MalformedTraits> {
        let is_long = match self.byte()? {
            0 => false,
            1 => true,
            _ => return Err(MalformedTraits),
        };
        let whole = self.hashed()?;
        let mut phone = PhoneTraits { whole, tail: 0, blanked: [0; PHONE_DIGITS], digits: 0 };
        if is_long {
            phone.tail = self.hashed()?;
            phone.digits = self.hashed()?;
            for blanked in &mut phone.blanked {
                *blanked = self.three()?;
            }
            if phone.digits == 0 {
                return Err(MalformedTraits);
            }
        }
        Ok(phone)
    }
}
