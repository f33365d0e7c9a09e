//! How dimension values are written in answers, and their names for people.

use fengqiao_proto::{
    json::short_name,
    statistics::v1::Dimension,
    types::v1::{Level, Source},
};

/// A stored value as answers write it: sources and levels by their short names, the rest as it is. What
/// is not known is empty.
pub fn written_value(dimension: Dimension, stored: &str) -> String {
    let number = || stored.parse::<i32>().ok().filter(|number| *number != 0);
    let known = match dimension {
        Dimension::Source => number()
            .and_then(|n| Source::try_from(n).ok())
            .map(|source| short_name(source.as_str_name(), Source::Unspecified.as_str_name()).to_owned()),
        Dimension::Level => number()
            .and_then(|n| Level::try_from(n).ok())
            .map(|level| short_name(level.as_str_name(), Level::Unspecified.as_str_name()).to_owned()),
        _ => Some(stored.to_owned()),
    };
    known.unwrap_or_default()
}

/// The Chinese name of a source or level by its short name; none for other dimensions and values.
pub fn known_label(dimension: Dimension, value: &str) -> Option<&'static str> {
    Some(match (dimension, value) {
        (Dimension::Source, "POLICE_110") => "110警情",
        (Dimension::Source, "HOTLINE_12345") => "12345热线",
        (Dimension::Source, "GRID") => "网格上报",
        (Dimension::Source, "COURT") => "法院立案",
        (Dimension::Source, "WOMENS_FEDERATION") => "妇联",
        (Dimension::Source, "PETITION") => "信访",
        (Dimension::Source, "WALK_IN") => "来访",
        (Dimension::Source, "ONE_KEY_CALL") => "一键呼叫",
        (Dimension::Source, "MEETING") => "院坝会",
        (Dimension::Source, "ENTERPRISE") => "企业直通车",
        (Dimension::Source, "CLUE_MAIL") => "线索邮件",
        (Dimension::Level, "RED") => "红",
        (Dimension::Level, "ORANGE") => "橙",
        (Dimension::Level, "YELLOW") => "黄",
        (Dimension::Level, "BLUE") => "蓝",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_and_level_has_a_name() {
        for number in 1..=10 {
            let value = written_value(Dimension::Source, &number.to_string());
            assert!(known_label(Dimension::Source, &value).is_some(), "{value}");
        }
        for number in 1..=4 {
            let value = written_value(Dimension::Level, &number.to_string());
            assert!(known_label(Dimension::Level, &value).is_some(), "{value}");
        }
    }

    #[test]
    fn the_unknown_is_empty() {
        assert_eq!(written_value(Dimension::Source, "0"), "");
        assert_eq!(written_value(Dimension::Level, "99"), "");
        assert_eq!(written_value(Dimension::Day, "2026-11-24"), "2026-11-24");
    }
}
