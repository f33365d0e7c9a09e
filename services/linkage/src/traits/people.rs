//! What is kept of a person: hashes of the forms in which name, telephone and id number may be said.

use super::{Hashed, Of};
use crate::{
    hashing::Secret,
    id_number::in_new_form,
    name::{Name, Sex},
    report::{PlainParty, PlainPhone, Role},
    writing::sound,
};

/// A person of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartyTraits {
    pub role: Role,
    pub name: Option<NameTraits>,
    pub phone: Option<PhoneTraits>,
    /// Another number under which the reporter is reached, named in the text.
    pub second_phone: Option<PhoneTraits>,
    pub id: Option<IdTraits>,
}

impl PartyTraits {
    /// The telephones.
    pub(crate) fn phones(&self) -> impl Iterator<Item = &PhoneTraits> {
        self.phone.iter().chain(&self.second_phone)
    }
}

/// A name as far as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameTraits {
    /// Whether the whole name was said; else only a part of what follows is known.
    pub whole: bool,
    /// As it is written.
    pub written: Hashed,
    /// As it sounds.
    pub sound: Hashed,
    /// The family name's sound.
    pub surname: Hashed,
    /// The sounds of the given name's characters; what follows the second goes with it.
    pub given: [Hashed; 2],
    /// Man or woman, by the form of address or the id number.
    pub sex: Hashed,
    /// Eighths of a bit: how few people have that name.
    pub rarity: u8,
}

/// A telephone number that leads to a person or a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PhoneTraits {
    pub whole: Hashed,
    /// The last eight digits: who has two numbers often has them with one tail.
    pub tail: Hashed,
    /// A number with one digit blanked out, for each digit: two numbers that differ in one digit have one of
    /// these in common. 24 bits each; all 0 for one that has not eleven digits.
    pub blanked: [Hashed; PHONE_DIGITS],
    /// The digits in the order of their size: the same where two were exchanged.
    pub digits: Hashed,
}

/// An id number, or what was given as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdTraits {
    /// 0 where the number is wrong.
    pub whole: Hashed,
    pub region: Hashed,
    pub birth: Hashed,
    pub tail: Hashed,
}

/// A mobile number's, and most landlines' with their area code.
pub(crate) const PHONE_DIGITS: usize = 11;
const TAIL: usize = 3;

/// The traits of a person with this name, and the telephone that the text names; nothing where nothing is known of them.
pub(super) fn of(
    party: &PlainParty<'_>,
    name: Option<Name>,
    second_phone: Option<PlainPhone<'_>>,
    secret: &Secret,
) -> Option<PartyTraits> {
    // A person is known by the 18 digits, whichever form was given.
    let id_number = party.id_number.map(in_new_form);
    let id = match (&id_number, party.wrong_id) {
        (Some(right), _) => id(right, true, secret),
        (None, wrong) => wrong.and_then(|wrong| id(wrong, false, secret)),
    };
    let sex_of_id = id_number.as_deref().and_then(sex_of_id);
    let name = name.map(|name| name_traits(&name, sex_of_id, secret));
    let phone = party.phone.filter(|phone| phone.personal).map(|phone| phone_traits(phone, secret));
    let second_phone =
        second_phone.map(|phone| phone_traits(phone, secret)).filter(|second| Some(*second) != phone);
    (id.is_some() || name.is_some() || phone.is_some()).then_some(PartyTraits {
        role: party.role,
        name,
        phone,
        second_phone,
        id,
    })
}

fn name_traits(name: &Name, sex_of_id: Option<Sex>, secret: &Secret) -> NameTraits {
    let surname = sound(&name.surname);
    let given: Vec<String> = name.given.chars().map(|c| sound(c.encode_utf8(&mut [0; 4]))).collect();
    let hashed = |of: Of, text: &str| if text.is_empty() { 0 } else { secret.short(of, &[text]) };
    let later: String = given.iter().skip(1).map(String::as_str).collect();
    let sex = name
        .sex
        .or(sex_of_id)
        .map_or(0, |sex| secret.short(Of::Sex, &[if sex == Sex::Woman { "woman" } else { "man" }]));
    NameTraits {
        whole: name.whole,
        written: secret.short(Of::Name, &[&name.surname, &name.given]),
        sound: secret.short(Of::NameSound, &[&surname, &given.concat()]),
        surname: hashed(Of::SurnameSound, &surname),
        given: [
            hashed(Of::GivenSound, given.first().map_or("", String::as_str)),
            hashed(Of::GivenSound, &later),
        ],
        sex,
        rarity: (name.rarity * 8.0) as u8,
    }
}

fn phone_traits(phone: PlainPhone<'_>, secret: &Secret) -> PhoneTraits {
    let digits = phone.digits.as_bytes();
    let mut traits = PhoneTraits {
        whole: secret.short(Of::Phone, &[phone.digits]),
        tail: 0,
        blanked: [0; PHONE_DIGITS],
        digits: 0,
    };
    if digits.len() == PHONE_DIGITS && digits.iter().all(u8::is_ascii_digit) {
        traits.tail = secret.short(Of::PhoneTail, &[&phone.digits[TAIL..]]);
        for (at, blanked) in traits.blanked.iter_mut().enumerate() {
            let (head, tail) = (&phone.digits[..at], &phone.digits[at + 1..]);
            *blanked = (secret.short(Of::PhoneBlanked, &[head, tail]) >> 8).max(1);
        }
        let mut sorted: Vec<char> = phone.digits.chars().collect();
        sorted.sort_unstable();
        let sorted: String = sorted.into_iter().collect();
        traits.digits = secret.short(Of::PhoneDigits, &[&sorted]);
    }
    traits
}

/// Where region, birthday and tail stand in 18 digits; a wrong number still has most of them right. A right one is given
/// in its 18 digits.
fn id(text: &str, valid: bool, secret: &Secret) -> Option<IdTraits> {
    const REGION: usize = 6;
    const BIRTH: usize = 14;
    const OLD_LENGTH: usize = 15;
    let mut text: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    if text.len() == OLD_LENGTH {
        text.insert_str(REGION, "19");
    }
    if text.len() <= BIRTH || text.len() > BIRTH + REGION {
        return None;
    }
    Some(IdTraits {
        whole: if valid { secret.short(Of::Id, &[&text]) } else { 0 },
        region: secret.short(Of::IdRegion, &[&text[..REGION]]),
        birth: secret.short(Of::IdBirth, &[&text[REGION..BIRTH]]),
        // Without the check sign, which the old form has not.
        tail: secret.short(Of::IdTail, &[text.get(BIRTH..BIRTH + 3).unwrap_or_default()]),
    })
}

/// Digit 17 is odd for a man (GB 11643).
fn sex_of_id(id_number: &str) -> Option<Sex> {
    let digit = id_number.as_bytes().get(16)?.checked_sub(b'0').filter(|digit| *digit <= 9)?;
    Some(if digit % 2 == 1 { Sex::Man } else { Sex::Woman })
}
