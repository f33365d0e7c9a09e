//! The line by which an auditor remembers how the histories of a county stood. It is kept where the database's
//! owner has no hand: on paper, in a mail, in another house's log.

use std::fmt::{self, Write as _};

use fengqiao_sealing::Keyring;
use jiff::Timestamp;

use super::history_seals::HistoryTotal;

/// How a line begins: its form and that form's version.
const FORM: &str = "fengqiao-anchor-1";
/// Bytes of the mark by which a line is known to be whole and ours.
const CHECK_BYTES: usize = 8;

/// How a county's histories stood. Holds no personal data and nothing that helps to forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The county.
    pub county: String,
    /// When it was taken, to the second.
    pub at: Timestamp,
    /// The county's last write then.
    pub batch: i64,
    /// How many entries were sealed.
    pub entries: i64,
    /// How many cases had one.
    pub cases: i64,
    /// A keyed hash over the total.
    stamp: [u8; 32],
    check: [u8; CHECK_BYTES],
}

/// A line that is not an anchor of this county and this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a whole line as `fengqiao audit anchor` prints it for this county")]
pub struct NotAnAnchor;

impl Anchor {
    /// The anchor of a total that holds everything up to a write.
    #[must_use]
    pub fn of(county: &str, at: Timestamp, batch: i64, total: &HistoryTotal, keyring: &Keyring) -> Self {
        let stamp = stamp(county, batch, total, keyring);
        let mut anchor = Self {
            county: county.to_owned(),
            at: Timestamp::from_second(at.as_second()).unwrap_or(at),
            batch,
            entries: total.entries,
            cases: total.cases,
            stamp,
            check: [0; CHECK_BYTES],
        };
        anchor.check = anchor.check_of(keyring);
        anchor
    }

    /// Reads a line.
    ///
    /// # Errors
    /// [`NotAnAnchor`] where the line is not one that this installation printed for this county.
    pub fn read(line: &str, county: &str, keyring: &Keyring) -> Result<Self, NotAnAnchor> {
        let mut parts = line.trim().split(':');
        let mut next = || parts.next().ok_or(NotAnAnchor);
        let (form, of) = (next()?, next()?);
        let mut number = || next()?.parse::<i64>().map_err(|_| NotAnAnchor);
        let (second, batch, entries, cases) = (number()?, number()?, number()?, number()?);
        let anchor = Self {
            county: of.to_owned(),
            at: Timestamp::from_second(second).map_err(|_| NotAnAnchor)?,
            batch,
            entries,
            cases,
            stamp: bytes(next()?)?,
            check: bytes(next()?)?,
        };
        let whole = form == FORM && of == county && parts.next().is_none();
        if whole && anchor.check == anchor.check_of(keyring) { Ok(anchor) } else { Err(NotAnAnchor) }
    }

    /// Whether a total up to this anchor's write is the one that it was taken of.
    #[must_use]
    pub fn holds(&self, total: &HistoryTotal, keyring: &Keyring) -> bool {
        self.stamp == stamp(&self.county, self.batch, total, keyring)
    }

    fn check_of(&self, keyring: &Keyring) -> [u8; CHECK_BYTES] {
        let full = keyring.stamp(
            &self.stamp,
            &[
                b"anchor line",
                self.county.as_bytes(),
                &self.at.as_second().to_be_bytes(),
                &self.batch.to_be_bytes(),
                &self.entries.to_be_bytes(),
                &self.cases.to_be_bytes(),
            ],
        );
        std::array::from_fn(|place| full[place])
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { county, at, batch, entries, cases, stamp, check } = self;
        let second = at.as_second();
        write!(f, "{FORM}:{county}:{second}:{batch}:{entries}:{cases}:{}:{}", hex(stamp), hex(check))
    }
}

fn stamp(county: &str, batch: i64, total: &HistoryTotal, keyring: &Keyring) -> [u8; 32] {
    keyring.stamp(
        b"anchor",
        &[
            county.as_bytes(),
            &batch.to_be_bytes(),
            &total.entries.to_be_bytes(),
            &total.cases.to_be_bytes(),
            total.marks.as_bytes(),
        ],
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], NotAnAnchor> {
    if text.len() != 2 * N || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(NotAnAnchor);
    }
    let mut read = [0; N];
    for (place, byte) in read.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| NotAnAnchor)?;
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_and_a_changed_one_is_refused() {
        let keyring = Keyring::from_toml(&Keyring::generate()).unwrap();
        let total = HistoryTotal { entries: 12, cases: 3, ..HistoryTotal::default() };
        let at: Timestamp = "2026-11-25T03:10:23.5Z".parse().unwrap();
        let anchor = Anchor::of("421181", at, 7, &total, &keyring);
        let line = anchor.to_string();
        assert_eq!(Anchor::read(&format!(" {line}\n"), "421181", &keyring), Ok(anchor.clone()));
        assert!(anchor.holds(&total, &keyring));
        assert!(!anchor.holds(&HistoryTotal { entries: 11, ..total }, &keyring));
        assert_eq!(Anchor::read(&line, "330681", &keyring), Err(NotAnAnchor));
        for place in 0..line.len() {
            let mut wrong = line.clone().into_bytes();
            wrong[place] = if wrong[place] == b'1' { b'2' } else { b'1' };
            assert!(Anchor::read(&String::from_utf8(wrong).unwrap(), "421181", &keyring).is_err(), "{place}");
            assert!(Anchor::read(&line[..place], "421181", &keyring).is_err());
        }
        let another = Keyring::from_toml(&Keyring::generate()).unwrap();
        assert!(Anchor::read(&line, "421181", &another).is_err());
    }
}
