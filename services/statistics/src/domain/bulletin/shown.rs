//! How figures stand in a bulletin.

use super::{period::When, text::Side};
use crate::domain::definition::{Definition, Unit};

/// What stands where there is nothing to divide by, or nobody to compare with.
pub const NONE: &str = "—";

/// What was found for a figure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Found {
    /// What was counted.
    pub numerator: i64,
    /// Out of what.
    pub denominator: i64,
    /// numerator / denominator in the unit.
    pub ratio: Option<f64>,
    /// p50 and p90.
    pub spread: Option<(i64, i64)>,
    /// Whether the denominator is smaller than the definition's minimum sample.
    pub small: bool,
}

/// A figure as it is written.
pub fn written(definition: &Definition, found: &Found, side: Side) -> String {
    match side {
        Side::Numerator => found.numerator.to_string(),
        Side::Denominator => found.denominator.to_string(),
        Side::Half => found.spread.map_or_else(none, |(half, _)| sized(definition.unit, half)),
        Side::NineOfTen => found.spread.map_or_else(none, |(_, most)| sized(definition.unit, most)),
        Side::Value => value(definition, found),
    }
}

/// A figure as a number for a chart; none where there is none.
pub fn number(definition: &Definition, found: &Found) -> Option<f64> {
    if definition.denominator.is_none() {
        // Counts stay far below 2^53, where a float would lose one.
        #[allow(clippy::cast_precision_loss)]
        return Some(found.numerator as f64);
    }
    found.ratio.map(|ratio| if definition.unit == Unit::Percent { ratio * 100.0 } else { ratio })
}

/// The word behind a number.
pub const fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "件",
        Unit::Percent => "%",
        Unit::Per10000 => "/万人",
        Unit::Seconds => "秒",
        Unit::Number => "",
        Unit::Minutes => "分钟",
    }
}

/// By how much a figure moved, in words.
pub fn change(definition: &Definition, now: &Found, then: &Found, since: When) -> String {
    let before = match since {
        When::This => "",
        When::Previous => "环比",
        When::YearBefore => "同比",
    };
    let (Some(new), Some(old)) = (number(definition, now), number(definition, then)) else {
        return format!("{before}无可比数据");
    };
    if definition.unit == Unit::Percent {
        let points = new - old;
        return match tenths(points.abs()).as_str() {
            "0.0" => format!("{before}持平"),
            points_written if points > 0.0 => format!("{before}上升{points_written}个百分点"),
            points_written => format!("{before}下降{points_written}个百分点"),
        };
    }
    if old == 0.0 {
        return if new == 0.0 {
            format!("{before}持平")
        } else {
            format!("{before}增加{}（上期为0）", plain(new))
        };
    }
    let share = (new - old) / old * 100.0;
    match tenths(share.abs()).as_str() {
        "0.0" if new == old => format!("{before}持平"),
        written if share > 0.0 => format!("{before}上升{written}%"),
        written => format!("{before}下降{written}%"),
    }
}

fn value(definition: &Definition, found: &Found) -> String {
    if definition.size.is_some() {
        return written(definition, found, Side::Half);
    }
    if definition.denominator.is_none() {
        return found.numerator.to_string();
    }
    match (definition.unit, found.ratio) {
        (_, None) => none(),
        (Unit::Percent, Some(ratio)) => format!("{}%", tenths(ratio * 100.0)),
        (_, Some(ratio)) => tenths(ratio),
    }
}

fn sized(unit: Unit, size: i64) -> String {
    if unit != Unit::Seconds {
        return size.to_string();
    }
    let minutes = size / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{size}秒"),
        (0, 0, minutes) => format!("{minutes}分钟"),
        (0, hours, minutes) => format!("{hours}小时{minutes}分钟"),
        (days, hours, _) => format!("{days}天{hours}小时"),
    }
}

fn none() -> String {
    NONE.to_owned()
}

fn plain(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { tenths(number) }
}

fn tenths(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::definition::Catalogue;

    fn found(numerator: i64, denominator: i64) -> Found {
        let ratio = (denominator > 0).then(|| numerator as f64 / denominator as f64);
        Found { numerator, denominator, ratio, ..Found::default() }
    }

    #[test]
    fn figures_are_written_in_their_units() {
        let catalogue = Catalogue::defaults().unwrap();
        let of = |id: &str, found: Found, side| written(catalogue.find(id).unwrap(), &found, side);
        assert_eq!(of("reports", found(12, 0), Side::Value), "12");
        assert_eq!(of("resolved_rate", found(11_994, 12_104), Side::Value), "99.1%");
        assert_eq!(of("resolved_rate", found(0, 0), Side::Value), NONE);
        assert_eq!(of("resolved_rate", found(3, 4), Side::Denominator), "4");
        let spread = Found { spread: Some((5_400, 90_000)), ..found(3, 0) };
        assert_eq!(of("handling_seconds", spread, Side::Value), "1小时30分钟");
        assert_eq!(of("handling_seconds", spread, Side::NineOfTen), "1天1小时");
    }

    #[test]
    fn changes_are_said_in_words() {
        let catalogue = Catalogue::defaults().unwrap();
        let of = |id: &str, now, then, since| change(catalogue.find(id).unwrap(), &now, &then, since);
        assert_eq!(of("reports", found(56, 0), found(67, 0), When::YearBefore), "同比下降16.4%");
        assert_eq!(of("reports", found(5, 0), found(5, 0), When::Previous), "环比持平");
        assert_eq!(of("reports", found(5, 0), found(0, 0), When::Previous), "环比增加5（上期为0）");
        assert_eq!(of("resolved_rate", found(9, 10), found(8, 10), When::Previous), "环比上升10.0个百分点");
        assert_eq!(of("resolved_rate", found(9, 10), found(0, 0), When::Previous), "环比无可比数据");
    }
}
