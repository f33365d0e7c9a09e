//! Who sees which case: two axes that have nothing to do with each other, the line of organisation and the
//! area (S2-09). Nobody sees more than what lies on both.

use fengqiao_county::shortest_code;

/// Who looks, and where the view ends. An axis without an end is the centre's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Viewer {
    /// Only cases of this agency's line; the agency's code.
    pub agency: Option<String>,
    /// Only cases of this area and of what lies in it; its code in any form.
    pub area: Option<String>,
}

/// Whether a viewer sees a case of these agencies (who leads and who handles it, and those above them where
/// they look on; see [`line_of`](super::Directory::line_of)) and this area. What is not the code of an area
/// is seen by nobody whose view ends at one.
#[must_use]
pub fn sees(viewer: &Viewer, agencies: &[&str], area_code: &str) -> bool {
    let own_line = viewer.agency.as_deref().is_none_or(|own| agencies.contains(&own));
    let own_area =
        viewer.area.as_deref().is_none_or(|own| match (shortest_code(own), shortest_code(area_code)) {
            // Both end where an area ends, so what begins the same lies within.
            (Some(own), Some(place)) => place.starts_with(own),
            _ => false,
        });
    own_line && own_area
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn viewer(agency: Option<&str>, area: Option<&str>) -> Viewer {
        Viewer { agency: agency.map(str::to_owned), area: area.map(str::to_owned) }
    }

    #[test]
    fn s2_09_own_line_and_own_area() {
        let case = |who: &Viewer| sees(who, &["police", "justice"], "421181105202");
        assert!(case(&viewer(Some("police"), Some("421181105000"))));
        assert!(case(&viewer(Some("justice"), Some("421181105202000"))));
        assert!(!case(&viewer(Some("court"), Some("421181105000"))), "own area, another line");
        assert!(!case(&viewer(Some("police"), Some("421181106000"))), "own line, another area");
        assert!(!case(&viewer(Some("police"), Some("421181105202001"))), "a grid of the community");
        assert!(case(&viewer(None, Some("421181"))));
        assert!(case(&viewer(Some("police"), None)));
        assert!(case(&viewer(None, None)), "the centre");
        assert!(!case(&viewer(None, Some("4211"))), "no area");
        assert!(!sees(&viewer(None, Some("421181")), &["police"], "nowhere"));
        assert!(sees(&viewer(None, None), &[], "nowhere"), "the centre sees what has no place too");
    }

    proptest! {
        /// The two axes together are never more than each alone.
        #[test]
        fn the_axes_intersect(
            agency in "[abc]", area in "421181(00[12]){0,3}",
            led_by in prop::collection::vec("[abc]", 0..3), place in "421181(00[12]){0,3}",
        ) {
            let agencies: Vec<&str> = led_by.iter().map(String::as_str).collect();
            let both = sees(&viewer(Some(&agency), Some(&area)), &agencies, &place);
            let line = sees(&viewer(Some(&agency), None), &agencies, &place);
            let within = sees(&viewer(None, Some(&area)), &agencies, &place);
            prop_assert_eq!(both, line && within);
        }
    }
}
