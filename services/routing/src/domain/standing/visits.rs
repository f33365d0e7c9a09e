//! How long someone was out in people's homes (入户; S4-08).

use std::collections::BTreeMap;

use fengqiao_calendar::end_of_day;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Whole minutes of each local day that lie within at least one of the stays: what overlaps counts once.
#[must_use]
pub fn minutes_by_day(stays: &[(Timestamp, Timestamp)], zone: &TimeZone) -> BTreeMap<Date, u32> {
    let mut stays: Vec<(Timestamp, Timestamp)> =
        stays.iter().copied().filter(|(begun, left)| begun < left).collect();
    stays.sort_unstable();
    let mut seconds: BTreeMap<Date, i64> = BTreeMap::new();
    let mut counted_until = Timestamp::MIN;
    for (begun, left) in stays {
        let mut from = begun.max(counted_until);
        while from < left {
            let day = from.to_zoned_datetime(zone.clone()).date();
            let ends = end_of_day(day, zone);
            // A day ends later than any moment of it.
            let until = if ends > from { left.min(ends) } else { left };
            *seconds.entry(day).or_default() += until.duration_since(from).as_secs();
            from = until;
        }
        counted_until = counted_until.max(left);
    }
    seconds.into_iter().map(|(day, seconds)| (day, u32::try_from(seconds / 60).unwrap_or(u32::MAX))).collect()
}
