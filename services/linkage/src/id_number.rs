//! Citizens' id numbers (GB 11643): 18 digits with a check sign, or the old 15.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

/// A citizen's id number as it was given, `x` as `X`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

const NEW_LENGTH: usize = 18;
const OLD_LENGTH: usize = 15;
const LONGEST_TEXT: usize = 80;
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_SIGNS: &[u8; 11] = b"10X98765432";
const OLDEST_YEAR: i16 = 1850;

impl IdNumber {
    /// Reads an id number: the check sign must be right, the birthday a real date not after `today`.
    #[must_use]
    pub fn read(text: &str, today: Date) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let text: String =
            text.nfkc().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let right = match text.len() {
            NEW_LENGTH => is_new(text.as_bytes(), today),
            OLD_LENGTH => is_old(text.as_bytes(), today),
            _ => false,
        };
        right.then_some(Self(text))
    }

    /// The number as it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as it is kept.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }

    /// The 18-digit form, by which a person is known whichever form was given.
    #[must_use]
    pub fn in_new_form(&self) -> String {
        in_new_form(&self.0)
    }
}

/// The 18 digits of a right number of 15; any other as it is.
pub(crate) fn in_new_form(number: &str) -> String {
    const REGION: usize = 6;
    if number.len() != OLD_LENGTH || !number.bytes().all(|b| b.is_ascii_digit()) {
        return number.to_owned();
    }
    let (region, rest) = number.split_at(REGION);
    let mut long = format!("{region}19{rest}");
    long.push(char::from(check_sign(long.as_bytes())));
    long
}

fn is_new(number: &[u8], today: Date) -> bool {
    let (digits, sign) = number.split_at(NEW_LENGTH - 1);
    digits.iter().all(u8::is_ascii_digit)
        && is_region(digits)
        && is_birthday(&digits[6..14], today)
        && sign[0] == check_sign(digits)
}

fn is_old(number: &[u8], today: Date) -> bool {
    let mut birthday = *b"19000000";
    birthday[2..].copy_from_slice(&number[6..12]);
    number.iter().all(u8::is_ascii_digit) && is_region(number) && is_birthday(&birthday, today)
}

/// A province's code is 11 to 91; which county within it has changed too often to be checked.
fn is_region(number: &[u8]) -> bool {
    (b'1'..=b'9').contains(&number[0])
}

fn is_birthday(digits: &[u8], today: Date) -> bool {
    let number = |range: &[u8]| range.iter().fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'));
    let (year, month, day) = (number(&digits[..4]), number(&digits[4..6]), number(&digits[6..8]));
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    Date::new(year, month, day).is_ok_and(|birthday| year >= OLDEST_YEAR && birthday <= today)
}

fn check_sign(digits: &[u8]) -> u8 {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECK_SIGNS[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    fn read(text: &str) -> Option<String> {
        IdNumber::read(text, TODAY).map(IdNumber::into_text)
    }

    #[test]
    fn the_standards_own_example_is_right() {
        assert_eq!(read("11010519491231002X").as_deref(), Some("11010519491231002X"));
        assert_eq!(read("11010519491231002x").as_deref(), Some("11010519491231002X"));
        assert_eq!(read("440524188001010014").as_deref(), Some("440524188001010014"));
    }

    #[test]
    fn the_old_form_is_the_same_person() {
        let old = IdNumber::read("110105491231002", TODAY).unwrap();
        assert_eq!(old.as_str(), "110105491231002");
        assert_eq!(old.in_new_form(), "11010519491231002X");
    }

    #[test]
    fn what_is_no_id_number_is_refused() {
        for bad in [
            "",
            "110105194912310021",
            "110105194902310024",
            "11010520991231002X",
            "1101051949123100",
            "110105491331002",
            "11010519491231002Y",
            "X1010519491231002X",
            "01010519491231002X",
            "110105194912310*2X",
            "护照E12345678",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn one_changed_digit_is_always_found(at in 0_usize..17, by in 1_u8..10) {
            let mut number = *b"11010519491231002X";
            number[at] = b'0' + (number[at] - b'0' + by) % 10;
            prop_assert_eq!(read(std::str::from_utf8(&number).unwrap()), None);
        }

        #[test]
        fn any_text_is_taken_without_panic(text in ".{0,20}") {
            let _ = read(&text);
        }

        #[test]
        fn any_fifteen_digits_have_a_new_form_that_is_right(tail in "[1-9][0-9]{5}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}") {
            let old = IdNumber::read(&tail, TODAY).unwrap();
            prop_assert!(read(&old.in_new_form()).is_some());
        }
    }
}
