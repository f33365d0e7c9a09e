//! Telephone numbers as people and systems write them in China.

use unicode_normalization::UnicodeNormalization as _;

/// A telephone number in one form: digits only, with a trunk 0 for a landline, `-` before an extension.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Mobile,
    Landline,
    /// 110, 12345, 95588, 400…: many people stand behind it.
    Service,
}

const MOBILE_DIGITS: usize = 11;
/// An area code has 3 or 4 digits with its 0, a local number 7 or 8.
const LANDLINE_DIGITS: std::ops::RangeInclusive<usize> = 10..=12;
const EXTENSION_DIGITS: std::ops::RangeInclusive<usize> = 1..=6;
/// No number that anyone writes is longer; so a huge text costs nothing.
const LONGEST_TEXT: usize = 120;
/// Between number and extension.
const EXTENSION_MARKS: &[&str] = &["转分机", "分机", "转", "ext.", "ext", "#", "x"];

impl Phone {
    /// Reads a mobile number, a landline with its area code, or a service's short number. `+86`, spaces,
    /// hyphens, brackets and full-width digits are accepted.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        if is_mobile(text) && text.bytes().all(|b| b.is_ascii_digit()) {
            // As nearly all are written.
            return Some(Self { text: text.to_owned(), kind: Kind::Mobile });
        }
        let text: String = text.nfkc().collect::<String>().to_lowercase();
        let (number, extension) = split_extension(text.trim());
        let number = bare_digits(number)?;
        let (number, kind) = classify(&number)?;
        match extension {
            None => Some(Self { text: number, kind }),
            Some(extension) if kind == Kind::Landline => {
                let extension = bare_digits(extension)?;
                EXTENSION_DIGITS
                    .contains(&extension.len())
                    .then(|| Self { text: format!("{number}-{extension}"), kind })
            }
            Some(_) => None,
        }
    }

    /// The number in its one form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The number in its one form.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Whether the number leads to a person or a household. A hotline's number says nothing about who
    /// called.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.kind != Kind::Service
    }
}

fn split_extension(text: &str) -> (&str, Option<&str>) {
    for mark in EXTENSION_MARKS {
        if let Some((number, extension)) = text.split_once(mark) {
            return (number, Some(extension));
        }
    }
    // 0713-2912345-801: a group after a whole number is an extension too, and so is the one form that is kept.
    if text.starts_with('0')
        && !text.starts_with("00")
        && let Some((number, extension)) = text.rsplit_once('-')
        && EXTENSION_DIGITS.contains(&extension.len())
        && bare_digits(number).is_some_and(|digits| LANDLINE_DIGITS.contains(&digits.len()))
    {
        return (number, Some(extension));
    }
    (text, None)
}

/// The digits, where the rest is only what people put between them; a leading `+` is kept.
fn bare_digits(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            ' ' | '-' | '(' | ')' | '.' | '‐' | '‑' | '–' | '—' | '−' => {}
            _ => return None,
        }
    }
    (!digits.is_empty()).then_some(digits)
}

fn classify(digits: &str) -> Option<(String, Kind)> {
    let abroad = digits.strip_prefix("+86").or_else(|| digits.strip_prefix("0086"));
    if let Some(national) = abroad {
        // Dialled from abroad, a landline loses its 0.
        return classify_national(national).or_else(|| classify_national(&format!("0{national}")));
    }
    classify_national(digits).or_else(|| {
        let national = digits.strip_prefix("86")?;
        classify_national(national).filter(|(_, kind)| *kind != Kind::Service)
    })
}

fn classify_national(digits: &str) -> Option<(String, Kind)> {
    let kind = if is_mobile(digits) {
        Kind::Mobile
    } else if is_landline(digits) {
        Kind::Landline
    } else if is_service(digits) {
        Kind::Service
    } else {
        return None;
    };
    Some((digits.to_owned(), kind))
}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == MOBILE_DIGITS && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1])
}

fn is_landline(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    if !LANDLINE_DIGITS.contains(&bytes.len()) || bytes[0] != b'0' {
        return false;
    }
    match bytes[1] {
        // 010 and 02x have three digits, then seven or eight follow.
        b'1' => bytes[2] == b'0' && bytes.len() <= 11,
        b'2' => bytes.len() <= 11,
        b'3'..=b'9' => bytes.len() >= 11,
        _ => false,
    }
}

fn is_service(digits: &str) -> bool {
    match digits.len() {
        // 110, 119, 120, 122 …
        3 => digits.starts_with('1'),
        // 12345, 12315, 10086, 95588 …
        5 => ["10", "11", "12", "95"].iter().any(|start| digits.starts_with(start)),
        6 => digits.starts_with("95"),
        10 => digits.starts_with("400") || digits.starts_with("800"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        Phone::read(text).map(Phone::into_text)
    }

    #[test]
    fn a_mobile_number_has_one_form() {
        for written in [
            "13800000000",
            "+86 138 0000 0000",
            "0086-138-0000-0000",
            "8613800000000",
            "+8613800000000",
            "１３８００００００００",
            "138-0000-0000",
            " 13800000000 ",
            "（+86）13800000000",
        ] {
            assert_eq!(read(written).as_deref(), Some("13800000000"), "{written}");
        }
    }

    #[test]
    fn a_landline_has_its_area_code_and_perhaps_an_extension() {
        for written in ["0713-2912345", "(0713)2912345", "+86 713 2912345", "0713 291 2345"] {
            assert_eq!(read(written).as_deref(), Some("07132912345"), "{written}");
        }
        assert_eq!(read("010-88888888").as_deref(), Some("01088888888"));
        for written in [
            "0713-2912345转801",
            "07132912345-801",
            "0713-2912345-801",
            "0713-2912345 ext 801",
            "0713-2912345#801",
        ] {
            assert_eq!(read(written).as_deref(), Some("07132912345-801"), "{written}");
        }
    }

    #[test]
    fn a_service_number_is_right_but_not_personal() {
        for short in ["110", "12345", "95588", "400-820-8820", "10086"] {
            assert!(!Phone::read(short).unwrap().is_personal(), "{short}");
        }
        assert!(Phone::read("13800000000").unwrap().is_personal());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in [
            "",
            " ",
            "12800000000",
            "1380000000",
            "138000000000",
            "2912345",
            "138****0000",
            "无",
            "13800000000,13900000000",
            "0",
            "+",
            "13800000000转1",
            "0713-2912345转",
            "0713-2912345转1234567",
            "1380000\u{0}0000",
            "0013800000000",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_what_is_read_reads_as_itself(text in "[-+0-9 ()转x#１]{0,24}") {
            if let Some(phone) = Phone::read(&text) {
                prop_assert_eq!(Phone::read(phone.as_str()), Some(phone.clone()));
            }
        }

        #[test]
        fn any_text_is_taken_without_panic(text in ".*") {
            let _ = Phone::read(&text);
        }

        #[test]
        fn spacing_changes_nothing(tail in "[3-9][0-9]{9}", at in 1_usize..11) {
            let plain = format!("1{tail}");
            let (head, rest) = plain.split_at(at);
            prop_assert_eq!(read(&format!("{head} {rest}")), Some(plain.clone()));
            prop_assert_eq!(read(&format!("+86{head}-{rest}")), Some(plain));
        }
    }
}
