//! Reading requests: what is asked, or which field is wrong.

use fengqiao_proto::{
    routing::v1::{
        AssignCaseRequest, CloseCaseRequest, CommentCaseRequest, ListCasesRequest, RelevelCaseRequest,
        ResolveCaseRequest,
    },
    types::v1 as types,
};
use fengqiao_serving::paging;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    counties::RoutingCounty,
    directory::Directory,
    domain::{
        acts::{Act, closing::Settlement},
        case::State,
        case_number::CaseName,
        level::Level,
    },
    error::RoutingError,
    store::{CaseFilter, ListPlace, ListedCase},
};

const REASON: usize = 1_000;
const COMMENT: usize = 4_000;

/// The last case of a page, as its token holds it.
#[derive(Serialize, Deserialize)]
struct ListKey {
    urgency: i32,
    /// Microseconds since 1970.
    opened: i64,
    id: String,
}

pub(super) fn case_name(text: &str) -> Result<CaseName, RoutingError> {
    CaseName::parse(text).ok_or_else(|| RoutingError::invalid("case", "must be a case's id or its number"))
}

/// What is no longer than this is a name, a reference or a line: it has no second line.
const ONE_LINE: usize = 200;

/// What a text would have to be, where it is not: its length in characters, and no character that is none. Beside
/// sealed words there are columns for it, and the database keeps no NUL.
pub(super) fn text_needed(text: &str, least: usize, most: usize) -> Option<String> {
    let characters = if text.trim().is_empty() { 0 } else { text.chars().count() };
    let breaks = |c: char| most > ONE_LINE && matches!(c, '\n' | '\t');
    if text.chars().any(|c| c.is_control() && !breaks(c)) {
        Some("must hold no control characters".to_owned())
    } else if (least..=most).contains(&characters) {
        None
    } else if least == 0 {
        Some(format!("at most {most} characters"))
    } else {
        Some(format!("{least} to {most} characters"))
    }
}

/// Checks a text: its length in characters, and that it holds no control characters.
pub(super) fn length(field: &str, text: &str, least: usize, most: usize) -> Result<(), RoutingError> {
    match text_needed(text, least, most) {
        None => Ok(()),
        Some(needed) => Err(RoutingError::invalid(field, &needed)),
    }
}

pub(super) fn page_token<K: DeserializeOwned>(token: &str) -> Result<Option<K>, RoutingError> {
    paging::read(token).map_err(|error| RoutingError::invalid("pageToken", &error.to_string()))
}

/// Cuts rows to a page, see [`paging::cut`], and writes the token for the next one.
pub(super) fn next_page<T>(
    rows: &mut Vec<T>,
    size: i64,
    long: impl Fn(&T) -> usize,
    token: impl FnOnce(&T) -> String,
) -> String {
    let more = paging::cut(rows, size, long);
    rows.last().filter(|_| more).map(token).unwrap_or_default()
}

pub(super) fn case_list_token(listed: &ListedCase) -> String {
    let ListPlace { urgency, opened_at, id } = listed.place;
    paging::write(&ListKey { urgency, opened: opened_at.as_microsecond(), id: id.to_string() })
}

/// What a list of cases is to hold, and where it goes on.
pub(super) fn case_list(
    asked: &ListCasesRequest,
    place: &RoutingCounty,
    agency: Option<&str>,
) -> Result<(CaseFilter, Option<ListPlace>), RoutingError> {
    let area_prefix = given(&asked.area_code).map(|code| area("areaCode", &code, place)).transpose()?;
    let filter = CaseFilter {
        visible_to: agency.map(str::to_owned),
        state: optional_code(asked.state, "state", State::from_code)?,
        level: optional_code(asked.level, "level", Level::from_code)?,
        area_prefix,
        lead_agency: given(&asked.lead_agency),
        category: given(&asked.category),
        first_receiver: given(&asked.first_receiver),
    };
    let after = page_token::<ListKey>(&asked.page_token)?
        .map(|key| {
            let opened_at = Timestamp::from_microsecond(key.opened).ok();
            let id = Uuid::try_parse(&key.id).ok();
            opened_at
                .zip(id)
                .map(|(opened_at, id)| ListPlace { urgency: key.urgency, opened_at, id })
                .ok_or_else(|| RoutingError::invalid("pageToken", "not a page token of this method"))
        })
        .transpose()?;
    Ok((filter, after))
}

pub(super) fn area(field: &str, code: &str, place: &RoutingCounty) -> Result<String, RoutingError> {
    let areas = place.county.areas.now();
    Ok(areas
        .find(code)
        .ok_or_else(|| RoutingError::invalid(field, "must be an area of the county"))?
        .code
        .clone())
}

pub(super) fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A number of the contract; none for 0, a violation for one without a meaning.
pub(super) fn optional_code<T>(
    code: i32,
    field: &str,
    read: fn(i16) -> Option<T>,
) -> Result<Option<T>, RoutingError> {
    if code == 0 {
        return Ok(None);
    }
    i16::try_from(code)
        .ok()
        .and_then(read)
        .map(Some)
        .ok_or_else(|| RoutingError::invalid(field, "must be a value of the contract"))
}

/// A number of the contract.
pub(super) fn code<T>(code: i32, field: &str, read: fn(i16) -> Option<T>) -> Result<T, RoutingError> {
    optional_code(code, field, read)?.ok_or_else(|| RoutingError::invalid(field, "is needed"))
}

pub(super) fn relevel(asked: &RelevelCaseRequest) -> Result<Act, RoutingError> {
    let level = code(asked.level, "level", Level::from_code)?;
    length("reason", &asked.reason, 1, REASON)?;
    Ok(Act::Relevel { level, words: asked.reason.clone() })
}

pub(super) fn assign(asked: &AssignCaseRequest, directory: &Directory) -> Result<Act, RoutingError> {
    if directory.agency(&asked.agency).is_none() {
        return Err(RoutingError::invalid("agency", "must be an agency of the directory"));
    }
    length("reason", &asked.reason, 0, REASON)?;
    Ok(Act::Assign { agency: asked.agency.clone(), person: None, words: asked.reason.clone() })
}

pub(super) fn resolve(asked: &ResolveCaseRequest) -> Result<Act, RoutingError> {
    length("outcome", &asked.outcome, 1, REASON)?;
    Ok(Act::Resolve(Settlement { words: asked.outcome.clone(), ..Settlement::default() }))
}

pub(super) fn close(asked: &CloseCaseRequest) -> Result<Act, RoutingError> {
    length("revisit", &asked.revisit, 1, REASON)?;
    Ok(Act::Close { words: asked.revisit.clone() })
}

pub(super) fn comment(asked: &CommentCaseRequest) -> Result<Act, RoutingError> {
    length("text", &asked.text, 1, COMMENT)?;
    Ok(Act::Comment { words: asked.text.clone() })
}

/// The level's number in the contract is the domain's.
const _: () = assert!(types::Level::Red as i32 == Level::Red.code() as i32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(length("reason", &"字".repeat(1_000), 1, 1_000).is_ok());
        assert!(length("reason", &"字".repeat(1_001), 1, 1_000).is_err());
        assert!(length("reason", "  ", 1, 1_000).is_err());
        assert!(length("reason", "", 0, 1_000).is_ok());
    }

    #[test]
    fn texts_hold_no_control_characters_and_short_ones_one_line() {
        for spoilt in ["a\0b", "a\u{7}", "\u{85}x", "\u{7f}"] {
            assert!(length("reason", spoilt, 0, 1_000).is_err(), "{spoilt:?}");
            assert!(length("requestId", spoilt, 1, 64).is_err(), "{spoilt:?}");
        }
        assert!(length("reason", "第一行\n\t第二行", 1, 1_000).is_ok());
        assert!(length("requestId", "a\nb", 1, 64).is_err());
    }

    #[test]
    fn the_next_page_begins_after_the_last_row_shown() {
        let mut rows = vec![1, 2, 3];
        assert_eq!(next_page(&mut rows, 2, |_| 0, |row| row.to_string()), "2");
        assert_eq!(rows, [1, 2]);
        assert_eq!(next_page(&mut rows, 2, |_| 0, |row| row.to_string()), "");
    }

    #[test]
    fn codes_without_a_meaning_are_refused() {
        assert!(optional_code(0, "level", Level::from_code).unwrap().is_none());
        assert_eq!(optional_code(4, "level", Level::from_code).unwrap(), Some(Level::Red));
        for wrong in [-1, 5, i32::MAX] {
            assert!(optional_code(wrong, "level", Level::from_code).is_err());
        }
    }
}
