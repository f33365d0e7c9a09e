//! The phone and the id number that a report carries.

use crate::{
    dice::Dice,
    disputes::Telling,
    world::{PersonNo, old_form},
};

use super::{Writer, words::full_width};

impl Writer<'_> {
    /// The phone of a report, as it was written down; often not the reporter's own.
    pub(super) fn phone(&self, telling: &Telling, dice: &mut Dice) -> String {
        let (rates, source) = (self.rates, telling.source);
        if dice.happens(rates.phone_missing * source.phone_missing) {
            return String::new();
        }
        let household = self.world.household_of(telling.person);
        let shares =
            rates.shared_phone * if source.name == "GRID" || source.name == "MEETING" { 4.0 } else { 1.0 };
        let shared = self.world.shared_of(household.community).filter(|_| dice.happens(shares));
        let number = if let Some(shared) = shared {
            if dice.happens(0.5) { shared.office } else { *dice.pick(&shared.shops) }
        } else if household.members.len() > 1 && dice.happens(rates.family_phone) {
            self.own_phone(*dice.pick(&household.members), telling.at, dice)
        } else if let Some(landline) = household.landline.filter(|_| dice.happens(0.2)) {
            landline
        } else {
            self.own_phone(telling.person, telling.at, dice)
        };
        let mut digits = number.to_string();
        if dice.happens(rates.wrong_digit) {
            digits = with_a_slip(&digits, dice);
        }
        let landline = digits.len() == 10;
        if landline {
            digits.insert(0, '0');
        }
        if dice.happens(if landline { 0.7 } else { rates.odd_phone }) {
            oddly(&digits, landline, dice)
        } else {
            digits
        }
    }

    fn own_phone(&self, person: PersonNo, at: i64, dice: &mut Dice) -> u64 {
        let phones = &self.world.people[person].phones;
        let theirs: Vec<u64> = phones
            .iter()
            .filter(|phone| (phone.from..phone.until).contains(&at))
            .map(|phone| phone.number)
            .collect();
        match theirs.split_first() {
            Some((_, others)) if !others.is_empty() && dice.happens(self.rates.other_phone) => {
                *dice.pick(others)
            }
            Some((usual, _)) => *usual,
            None => phones[0].number,
        }
    }

    /// The id number of a report, or none.
    pub(super) fn id_number(&self, telling: &Telling, given: f64, dice: &mut Dice) -> String {
        if !dice.happens(given * self.rates.id_given) {
            return String::new();
        }
        let person = &self.world.people[telling.person];
        let mut number = person.id_number.clone();
        if dice.happens(self.rates.wrong_id) {
            let members = &self.world.household_of(telling.person).members;
            let others: Vec<PersonNo> =
                members.iter().copied().filter(|other| *other != telling.person).collect();
            // Who came along, or anybody whose card lay on the desk.
            let other = if !others.is_empty() && dice.happens(0.5) {
                *dice.pick(&others)
            } else {
                dice.below(self.world.people.len())
            };
            number = self.world.people[other].id_number.clone();
        }
        if dice.happens(self.rates.old_id)
            && let Some(old) = old_form(&number)
        {
            return old;
        }
        if number.ends_with('X') && dice.happens(self.rates.lower_x) {
            number = number.to_lowercase();
        }
        number
    }
}

/// One digit is another, or two have changed places; it stays a number that could be one.
fn with_a_slip(digits: &str, dice: &mut Dice) -> String {
    let mut digits: Vec<u8> = digits.bytes().collect();
    let at = 4 + dice.below(digits.len() - 5);
    if dice.happens(0.3) {
        digits.swap(at, at + 1);
    } else {
        digits[at] = b'0' + (digits[at] - b'0' + 1 + dice.below(9) as u8) % 10;
    }
    digits.into_iter().map(char::from).collect()
}

fn oddly(digits: &str, landline: bool, dice: &mut Dice) -> String {
    if landline {
        let (area, number) = digits.split_at(4);
        return match dice.below(3) {
            0 => format!("({area}){number}"),
            1 => format!("{area} {number}"),
            _ => format!("{area}-{number}"),
        };
    }
    let (head, rest) = digits.split_at(3);
    let (middle, end) = rest.split_at(4);
    match dice.below(5) {
        0 => format!("+86{digits}"),
        1 => format!("{head} {middle} {end}"),
        2 => format!("{head}-{middle}-{end}"),
        3 => full_width(digits),
        _ => format!("86{digits}"),
    }
}
