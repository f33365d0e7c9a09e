//! Phones and id numbers that nobody has.

use jiff::civil::Date;

use crate::dice::Dice;

/// Segments of the numbering plan that no operator has given to people.
const SEGMENTS: [u64; 3] = [154, 142, 143];
const IN_A_SEGMENT: u64 = 100_000_000;
/// Odd and no multiple of five: steps of it come to every number of a segment.
const STEP: u64 = 47_368_787;
/// The county's prefix, and the first digits 0 and 1 that no local number has.
const LANDLINES: u64 = 7_130_000_000;
const LANDLINE_STEP: u64 = 947_369;
const IN_LANDLINES: u64 = 2_000_000;

/// Sets of seeds that differ by less than this share no number, so that one may be the other's past.
const SEEDS_APART: u64 = 10;
const MOBILES_OF_A_SEED: u64 = 3 * IN_A_SEGMENT / SEEDS_APART;
const LANDLINES_OF_A_SEED: u64 = IN_LANDLINES / SEEDS_APART;

/// Numbers, each given once.
pub struct PhoneNumbers {
    mobiles: u64,
    landlines: u64,
}

impl PhoneNumbers {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        let part = seed % SEEDS_APART;
        Self { mobiles: part * MOBILES_OF_A_SEED, landlines: part * LANDLINES_OF_A_SEED }
    }

    /// A mobile number's 11 digits.
    pub fn mobile(&mut self) -> u64 {
        let number = self.mobiles;
        self.mobiles += 1;
        SEGMENTS[(number % 3) as usize] * IN_A_SEGMENT + (number / 3 * STEP) % IN_A_SEGMENT
    }

    /// A landline's digits without the leading zero: area code and seven digits.
    pub fn landline(&mut self) -> u64 {
        let number = self.landlines;
        self.landlines += 1;
        LANDLINES + (number * LANDLINE_STEP) % IN_LANDLINES
    }
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_SIGNS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// Id numbers of regions 99xxxx, which do not exist. Not each is given once: two people may have one by a clerk's slip,
/// but no two of a set are the same by chance.
#[derive(Default)]
pub struct IdNumbers {
    given: std::collections::HashSet<u64>,
}

impl IdNumbers {
    /// A number with a right check sign.
    pub fn draw(&mut self, born: Date, female: bool, dice: &mut Dice) -> String {
        loop {
            // Most were born in the county.
            let region = if dice.happens(0.8) { 992_118 } else { 990_000 + dice.within(1..=9_999) };
            let order = dice.within(0..=499) * 2 + i64::from(!female);
            let body = format!("{region:06}{:04}{:02}{:02}{order:03}", born.year(), born.month(), born.day());
            if self.given.insert(body.parse().unwrap_or(0)) {
                return format!("{body}{}", check_sign(&body));
            }
        }
    }
}

/// The old 15 digits of a number, for those born before 2000.
pub fn old_form(number: &str) -> Option<String> {
    (number.get(6..8)? == "19").then(|| format!("{}{}", &number[..6], &number[8..17]))
}

fn check_sign(body: &str) -> char {
    let digits = body.bytes().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    CHECK_SIGNS[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_check_sign_is_the_standards() {
        assert_eq!(check_sign("11010519491231002"), 'X');
        assert_eq!(check_sign("44052418800101001"), '4');
    }

    #[test]
    fn numbers_are_given_once_and_belong_to_nobody() {
        let mut phones = PhoneNumbers::new(3);
        let mobiles: HashSet<u64> = (0..300_000).map(|_| phones.mobile()).collect();
        assert_eq!(mobiles.len(), 300_000);
        let mut others = PhoneNumbers::new(4);
        assert!((0..300_000).all(|_| !mobiles.contains(&others.mobile())));
        assert!(mobiles.iter().all(|number| SEGMENTS.contains(&(number / IN_A_SEGMENT))));
        let landlines: HashSet<u64> = (0..LANDLINES_OF_A_SEED).map(|_| phones.landline()).collect();
        assert_eq!(landlines.len() as u64, LANDLINES_OF_A_SEED);
        assert!(landlines.iter().all(|number| number.to_string().starts_with("713")));
        let mut dice = Dice::new(1, 1, 1);
        let id = IdNumbers::default().draw(Date::constant(1970, 2, 3), true, &mut dice);
        assert!(id.starts_with("99") && id[6..14] == *"19700203" && id.len() == 18);
        assert_eq!(old_form(&id).unwrap().len(), 15);
        assert_eq!(old_form(&id.replace("1970", "2001")), None);
    }
}
