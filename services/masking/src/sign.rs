//! The signs of a text, each beside the plain one that it stands for.

use unicode_normalization::UnicodeNormalization as _;

/// A sign as it was written and as it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sign {
    /// As it was written.
    pub written: char,
    /// Its plain form: full-width letters and digits in ASCII, lower case.
    pub plain: char,
    /// The digit that it says: 7, ７, 七 and 柒 are one.
    pub digit: Option<u8>,
}

impl Sign {
    /// A letter or digit of ASCII.
    pub fn is_alphanumeric(self) -> bool {
        self.plain.is_ascii_alphanumeric()
    }
}

/// Reads the signs of a text.
pub(crate) fn signs(text: &str) -> Vec<Sign> {
    text.chars()
        .map(|written| {
            let plain = plain(written);
            Sign { written, plain, digit: digit(plain) }
        })
        .collect()
}

fn plain(written: char) -> char {
    if written.is_ascii() {
        return written.to_ascii_lowercase();
    }
    let mut forms = std::iter::once(written).nfkc();
    match (forms.next(), forms.next()) {
        (Some(one), None) => one.to_ascii_lowercase(),
        _ => written,
    }
}

fn digit(plain: char) -> Option<u8> {
    const NUMERALS: [&str; 10] =
        ["〇零○", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"];
    if let Some(digit) = plain.to_digit(10) {
        return u8::try_from(digit).ok();
    }
    let said = NUMERALS.iter().position(|numerals| numerals.contains(plain))?;
    u8::try_from(said).ok()
}
