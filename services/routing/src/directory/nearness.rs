//! How near two areas are: by the smallest area that both lie in.

use std::cmp::Reverse;

/// Three digits of a code are one step down the tree, six are the county.
const STEPS: [usize; 4] = [15, 12, 9, 6];

/// Orders areas by how near they are to a place, nearest first: by the smallest area in common, then those
/// that hold the place before those beside it. Both are shortest codes.
pub(super) fn nearness(place: &str, area: &str) -> (Reverse<usize>, usize) {
    let common = STEPS
        .into_iter()
        .find(|digits| place.get(..*digits).is_some_and(|shared| area.get(..*digits) == Some(shared)));
    let common = common.unwrap_or(0);
    (Reverse(common), area.len() - common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_first() {
        let mut areas = [
            "421181",
            "421181106",
            "421181105",
            "421181105202",
            "421181105203",
            "421181105202007",
            "421181105202008",
            "330681",
        ];
        areas.sort_by_key(|area| nearness("421181105202007", area));
        assert_eq!(
            areas,
            [
                "421181105202007",
                "421181105202",
                "421181105202008",
                "421181105",
                "421181105203",
                "421181",
                "421181106",
                "330681"
            ]
        );
    }
}
