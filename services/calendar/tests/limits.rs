//! Limits are read and written as a county writes them.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use fengqiao_calendar::{Limit, LimitError};
use proptest::prelude::*;

const HOUR: u32 = 3600;

fn read(text: &str) -> Result<Limit, LimitError> {
    text.parse()
}

#[test]
fn what_a_county_writes_is_read() {
    for (text, expected) in [
        ("0m", Limit::AT_ONCE),
        ("90s", Limit::Natural { seconds: 90 }),
        ("30m", Limit::Natural { seconds: 1800 }),
        ("24h", Limit::Natural { seconds: 24 * HOUR }),
        ("7d", Limit::Natural { seconds: 7 * 24 * HOUR }),
        ("3650d", Limit::Natural { seconds: 3650 * 24 * HOUR }),
        ("5wd", Limit::WorkingDays { days: 5 }),
        ("1000wd", Limit::WorkingDays { days: 1000 }),
    ] {
        assert_eq!(read(text), Ok(expected), "{text}");
        assert_eq!(expected.to_string(), text);
    }
    // Other words for the same.
    for (text, shown) in [("1d", "24h"), ("72h", "3d"), ("60m", "1h"), ("120s", "2m"), ("05wd", "5wd")] {
        assert_eq!(read(text).unwrap().to_string(), shown);
    }
}

#[test]
fn what_is_no_limit_is_refused_with_a_reason() {
    for text in ["", "5", "d", "wd", "-5d", "+5d", "5 d", " 5d", "5D", "5wds", "1.5h", "５d", "五天", "5d5d"]
    {
        assert!(matches!(read(text), Err(LimitError::Unreadable(_))), "{text}");
    }
    for text in ["0s", "0h", "0d", "0wd", "00wd"] {
        assert_eq!(read(text), Err(LimitError::Zero), "{text}");
    }
    for text in ["3651d", "1001wd", "70000wd", "99999999999999d", "4294967295d", "315360001s"] {
        assert_eq!(read(text), Err(LimitError::TooLong), "{text}");
    }
    let long = "天".repeat(10_000);
    assert!(read(&long).unwrap_err().to_string().len() < 300);
    assert!(read("5 days").unwrap_err().to_string().contains("\"5 days\" is not a limit"));
    assert!(LimitError::TooLong.to_string().contains("3650 days or 1000 working days"));
}

#[test]
fn a_limit_is_a_string_in_json() {
    let limits: Vec<Limit> = serde_json::from_str(r#"["24h","5wd"]"#).unwrap();
    assert_eq!(serde_json::to_string(&limits).unwrap(), r#"["24h","5wd"]"#);
    let refused = serde_json::from_str::<Limit>("\"0wd\"").unwrap_err();
    assert!(refused.to_string().contains("longer than nothing"), "{refused}");
    assert!(serde_json::from_str::<Limit>("24").is_err());
}

#[test]
fn a_limit_is_lengthened_by_its_own_kind() {
    let limit = |text: &str| text.parse::<Limit>().unwrap();
    assert_eq!(limit("24h").lengthened(limit("2d")), Some(limit("3d")));
    assert_eq!(limit("5wd").lengthened(limit("3wd")), Some(limit("8wd")));
    assert_eq!(limit("5wd").lengthened(limit("3d")), None);
    assert_eq!(limit("3650d").lengthened(limit("1s")), None);
    assert_eq!(limit("1000wd").lengthened(limit("1wd")), None);
    assert_eq!(Limit::WorkingDays { days: u16::MAX }.lengthened(limit("1wd")), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(seconds in 0u32..=3650 * 24 * HOUR, days in 1u16..=1000) {
        for limit in [Limit::Natural { seconds }, Limit::WorkingDays { days }] {
            prop_assert_eq!(read(&limit.to_string()), Ok(limit));
        }
    }

    #[test]
    fn no_text_brings_the_reader_down(text in "\\PC{0,12}", number in any::<u64>(), unit in "[smhdw]{0,3}") {
        let _ = read(&text);
        let text = format!("{number}{unit}");
        if let Ok(limit) = read(&text) {
            prop_assert_eq!(read(&limit.to_string()), Ok(limit));
        }
    }
}
