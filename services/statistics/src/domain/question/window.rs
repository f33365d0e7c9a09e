//! The times of a question: its window, and the zone of its days.

use fengqiao_proto::statistics::v1::QueryIndicatorsRequest;
use jiff::{Span, Timestamp, tz::TimeZone};

use super::Mistakes;

/// The longest window, in hours: ten years and their leap days.
const LONGEST_WINDOW_HOURS: i64 = 3653 * 24;

const DEFAULT_TIME_ZONE: &str = "Asia/Shanghai";

/// The times that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its begin.
    pub from: Timestamp,
    /// Its end, itself outside.
    pub before: Timestamp,
}

pub(super) fn window(asked: &QueryIndicatorsRequest, wrong: &mut Mistakes) -> Option<Window> {
    let from = instant("from", asked.from.as_ref(), wrong);
    let before = instant("before", asked.before.as_ref(), wrong);
    let window = Window { from: from?, before: before? };
    if window.from >= window.before {
        wrong.add("before", "later than from");
        return None;
    }
    let longest = Span::new().hours(LONGEST_WINDOW_HOURS);
    if window.from.checked_add(longest).is_ok_and(|end| window.before > end) {
        wrong.add("from", "at most ten years before the window's end");
        return None;
    }
    Some(window)
}

pub(super) fn instant(
    field: &str,
    given: Option<&prost_types::Timestamp>,
    wrong: &mut Mistakes,
) -> Option<Timestamp> {
    // Years 2000 to 9999 are what both this and the store can hold, and more than any county has seen.
    let sensible = given
        .filter(|time| (946_684_800..=253_402_207_200).contains(&time.seconds))
        .and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
    if sensible.is_none() {
        wrong.add(field, "a time since the year 2000; required");
    }
    sensible
}

pub(super) fn time_zone(asked: &str, wrong: &mut Mistakes) -> String {
    let name = if asked.is_empty() { DEFAULT_TIME_ZONE } else { asked };
    let zone = TimeZone::get(name).ok();
    match zone.as_ref().and_then(TimeZone::iana_name) {
        Some(known) => known.to_owned(),
        None => {
            wrong.add("timeZone", "an IANA time zone, for instance Asia/Shanghai");
            String::new()
        }
    }
}
