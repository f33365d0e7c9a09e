//! The area tree as figures see it: codes cut to their significant digits, so that what lies below an
//! area starts with its code.

use fengqiao_proto::statistics::v1::AreaLevel;

/// The significant digits of an area code: a county's 6, a town's 9, a community's 12, a grid's 15. The
/// statistical code of a county or town, filled up with zeros to 12 digits, is the short one.
pub fn significant(code: &str) -> &str {
    let mut short = code;
    while short.len() > 6 {
        match short.strip_suffix("000") {
            Some(shorter) => short = shorter,
            None => break,
        }
    }
    short
}

/// To how many digits areas are cut; 0 leaves them as they were reported.
pub fn digits(level: AreaLevel) -> i32 {
    match level {
        AreaLevel::Unspecified => 0,
        AreaLevel::County => 6,
        AreaLevel::Town => 9,
        AreaLevel::Community => 12,
        AreaLevel::Grid => 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled_up_codes_are_cut() {
        assert_eq!(significant("421181000000"), "421181");
        assert_eq!(significant("421181105000"), "421181105");
        assert_eq!(significant("421181105201"), "421181105201");
        assert_eq!(significant("421181105201003"), "421181105201003");
        assert_eq!(significant("421181"), "421181");
    }

    #[test]
    fn a_community_with_zeros_inside_stays() {
        assert_eq!(significant("421181100201"), "421181100201");
        assert_eq!(significant("421181100000"), "421181100");
    }
}
