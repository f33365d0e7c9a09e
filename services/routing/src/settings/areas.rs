//! The areas of a directory: carried on where none are given, never taken away under a case, and told to the services
//! that read them.

use std::path::Path;

use fengqiao_county::{
    AREA_CHANGES_FILE, AREA_CODES_FILE, AREAS_FILE, Loss, LostArea, Mistake, Row, csv_table, shortest_code,
};
use fengqiao_messaging::Event;
use fengqiao_proto::routing::v1::AreasActivated;
use fengqiao_telemetry::trace;
use prost::Message as _;
use serde::Deserialize;

use super::Files;
use crate::store::CaseInArea;

const AREA_FILES: [&str; 3] = [AREAS_FILE, AREA_CODES_FILE, AREA_CHANGES_FILE];

/// So many bytes the files of the areas may have together: they go to all services in one event.
const MOST_AREA_BYTES: usize = 2 * 1024 * 1024;

/// The kind of event that tells of areas.
pub const AREAS_ACTIVATED: &str = "fengqiao.routing.v1.AreasActivated";

/// A directory with the areas of another one where it has none of its own.
pub(super) fn with_areas_of(mut files: Files, other: &Files) -> Files {
    if !AREA_FILES.iter().any(|name| files.contains_key(*name)) {
        let areas = AREA_FILES.iter().filter_map(|name| other.get_key_value(*name));
        files.extend(areas.map(|(name, text)| (name.clone(), text.clone())));
    }
    files
}

/// A directory as it was stored before directories had areas of their own.
pub(super) fn without_areas(mut files: Files) -> Files {
    files.retain(|name, _| !AREA_FILES.contains(&name.as_str()));
    files
}

/// What is wrong with the size of a directory's areas.
pub(super) fn too_large(files: &Files) -> Option<Mistake> {
    let bytes: usize = AREA_FILES.iter().filter_map(|name| files.get(*name)).map(String::len).sum();
    (bytes > MOST_AREA_BYTES).then(|| {
        let reason =
            format!("the files of the areas may have {MOST_AREA_BYTES} bytes together; they have {bytes}");
        Mistake::new(Path::new(AREAS_FILE), 0, reason)
    })
}

/// What would have to be true of areas that cases are in.
pub(super) fn lost_under_cases(lost: &[LostArea], found: Vec<CaseInArea>, files: &Files) -> Vec<Mistake> {
    let losses = found.into_iter().filter_map(|found| {
        lost.iter().find(|lost| lost.code == found.area_code).map(|lost| (lost.loss, found))
    });
    losses
        .map(|(loss, CaseInArea { area_code, number })| match loss {
            Loss::Removed => Mistake::new(
                Path::new(AREAS_FILE),
                0,
                format!(
                    "{area_code} would have to stay, since the case {number} is in it; \
                     {AREA_CHANGES_FILE} may give it a last day and a successor"
                ),
            ),
            Loss::Ended => Mistake::new(
                Path::new(AREA_CHANGES_FILE),
                line_of_change(files, &area_code),
                format!(
                    "{area_code} would have to have a successor that stays, since the case {number}, which is not \
                     over, is in it"
                ),
            ),
        })
        .collect()
}

/// The line that gives an area its last day.
fn line_of_change(files: &Files, area_code: &str) -> u64 {
    #[derive(Deserialize)]
    struct Change {
        code: String,
    }
    let text = files.get(AREA_CHANGES_FILE).map(String::as_str).unwrap_or_default();
    // What is wrong in the file was said before.
    let rows: Vec<Row<Change>> = csv_table(Path::new(AREA_CHANGES_FILE), text, &mut Vec::new());
    rows.iter().find(|row| shortest_code(&row.value.code) == Some(area_code)).map_or(0, |row| row.line)
}

/// What the other services hear of a directory: who works where, and its areas, also where they are as before, so that from then on nobody
/// reads them in the county's folder any more.
pub(super) fn announcement(version: i32, files: &Files, sealed_staff: Vec<u8>) -> Event {
    let text = |name: &str| files.get(name).cloned();
    let message = AreasActivated {
        version,
        areas: text(AREAS_FILE).unwrap_or_default(),
        area_codes: text(AREA_CODES_FILE),
        area_changes: text(AREA_CHANGES_FILE),
        sealed_staff,
    };
    Event { kind: AREAS_ACTIVATED, payload: message.encode_to_vec(), trace: trace::current() }
}

#[cfg(test)]
mod tests {
    use prost::Name as _;

    use super::*;

    fn files(given: &[(&str, &str)]) -> Files {
        given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn areas_go_on_where_none_are_given() {
        let before = files(&[(AREAS_FILE, "a"), (AREA_CODES_FILE, "c"), ("people.csv", "old")]);
        let given = files(&[("people.csv", "new")]);
        let whole = files(&[(AREAS_FILE, "a"), (AREA_CODES_FILE, "c"), ("people.csv", "new")]);
        assert_eq!(with_areas_of(given.clone(), &before), whole);
        assert_eq!(without_areas(whole), given);
        let own = files(&[(AREAS_FILE, "b")]);
        assert_eq!(with_areas_of(own.clone(), &before), own, "what is not given is an empty table");
    }

    #[test]
    fn what_is_too_large_for_an_event_is_refused() {
        let of = |bytes: usize| files(&[(AREAS_FILE, &"x".repeat(bytes)), (AREA_CODES_FILE, "y")]);
        assert_eq!(too_large(&of(MOST_AREA_BYTES - 1)), None);
        assert!(too_large(&of(MOST_AREA_BYTES)).unwrap().to_string().starts_with("areas.csv:0: "));
    }

    #[test]
    fn the_event_is_the_contracts() {
        let event = announcement(3, &files(&[(AREAS_FILE, "a"), (AREA_CHANGES_FILE, "b")]), vec![7]);
        assert_eq!(event.kind, AreasActivated::full_name());
        let told = AreasActivated::decode(event.payload.as_slice()).unwrap();
        assert_eq!((told.version, told.areas.as_str(), told.sealed_staff.as_slice()), (3, "a", &[7][..]));
        assert_eq!((told.area_codes, told.area_changes.as_deref()), (None, Some("b")));
    }
}
