//! Pages: a bounded size and an opaque token that says where the next one begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// A page holds no more than this, whatever size was asked for: it must fit into a message that any client
/// reads, which is 4 MiB.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
/// What a row takes beside its long parts.
const ROW_BYTES: usize = 512;
/// A token's longest form; ours are far shorter.
const LONGEST: usize = 1024;

/// A page's size: `usual` where none was asked for, never more than `largest`.
#[must_use]
pub fn size(asked: i32, usual: u16, largest: u16) -> i64 {
    match u16::try_from(asked) {
        Ok(0) | Err(_) if asked <= 0 => i64::from(usual),
        Ok(asked) => i64::from(asked.min(largest)),
        Err(_) => i64::from(largest),
    }
}

/// Cuts rows, of which one more than the page's size was looked for, to a page of that size and of no more
/// bytes than a message holds; `long` is the length of a row's long parts. At least one row stays, so that a
/// page never stands still. Says whether more follows.
pub fn cut<T>(rows: &mut Vec<T>, size: i64, long: impl Fn(&T) -> usize) -> bool {
    let mut bytes = 0;
    let size = usize::try_from(size).unwrap_or(1);
    let fits = rows.iter().take(size).take_while(|row| {
        bytes += ROW_BYTES + long(row);
        bytes <= PAGE_BYTES
    });
    let keep = fits.count().max(1);
    let more = rows.len() > keep;
    rows.truncate(keep);
    more
}

/// Writes a token that holds the last row's key.
#[must_use]
pub fn write<K: Serialize>(key: &K) -> String {
    serde_json::to_vec(key).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default()
}

/// Reads a token: `Ok(None)` for the first page.
///
/// # Errors
/// [`NotAToken`] for what [`write`] has not written.
pub fn read<K: DeserializeOwned>(token: &str) -> Result<Option<K>, NotAToken> {
    if token.is_empty() {
        return Ok(None);
    }
    if token.len() > LONGEST {
        return Err(NotAToken);
    }
    let json = URL_SAFE_NO_PAD.decode(token).map_err(|_| NotAToken)?;
    serde_json::from_slice(&json).map(Some).map_err(|_| NotAToken)
}

/// A page token that was not given by this method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a page token of this method")]
pub struct NotAToken;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded() {
        assert_eq!([size(0, 50, 500), size(-7, 50, 500), size(20, 50, 500)], [50, 50, 20]);
        assert_eq!([size(501, 50, 500), size(i32::MAX, 50, 500)], [500, 500]);
    }

    #[test]
    fn a_page_holds_so_many_rows_and_so_many_bytes() {
        let cut_to = |lengths: &[usize], size| {
            let mut rows = lengths.to_vec();
            let more = cut(&mut rows, size, |length| *length);
            (rows.len(), more)
        };
        assert_eq!(cut_to(&[], 2), (0, false));
        assert_eq!(cut_to(&[1, 1], 2), (2, false));
        assert_eq!(cut_to(&[1, 1, 1], 2), (2, true));
        assert_eq!(cut_to(&[1_500_000, 500_000, 200_000], 50), (2, true));
        assert_eq!(cut_to(&[9_000_000, 1], 50), (1, true), "a page never stands still");
    }

    #[test]
    fn a_token_comes_back_and_a_forged_one_does_not() {
        let key = (3_i16, "2026-11-24".to_owned());
        assert_eq!(read::<(i16, String)>(&write(&key)), Ok(Some(key)));
        assert_eq!(read::<(i16, String)>(""), Ok(None));
        for forged in ["x", "e30", &"A".repeat(5000)] {
            assert_eq!(read::<(i16, String)>(forged), Err(NotAToken));
        }
    }
}
