//! Addresses as people say them, brought into one form, so that one household is recognised.
//!
//! A first cut: it names the town or community that the address or the report's area names, and writes
//! what follows in one way. An address that names no house gives nothing: 阎家河镇 alone, or a whole
//! hamlet (5组), must not make one case of all that happens there.

mod house;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

use crate::places::{COMMITTEES, COMMUNITY_DIGITS, Places, TOWN_DIGITS};

/// With a known place a house number is enough; without one the street or estate must be there too.
const SHORTEST_IN_PLACE: usize = 1;
const SHORTEST_ALONE: usize = 4;

/// The one form of an address in the area with this code prefix, or nothing where it names no house.
#[must_use]
pub fn normalise(address: &str, area_prefix: &str, names: &Places) -> Option<String> {
    let plain = house::plain_signs(address);
    let text = without_county(&plain, names);
    let (place, rest) = place_of(text, area_prefix, names);
    let rest = house::one_form(rest);
    let needed = if place.is_empty() { SHORTEST_ALONE } else { SHORTEST_IN_PLACE };
    (house::names_a_house(&rest) && rest.chars().count() >= needed).then(|| format!("{place}|{rest}"))
}

/// What follows the county's name; what stands before it (province, prefecture) goes too.
fn without_county<'a>(text: &'a str, names: &Places) -> &'a str {
    if names.county.is_empty() {
        return text;
    }
    if let Some((_, rest)) = text.split_once(names.county.as_str()) {
        return rest;
    }
    // 麻城阎家河镇, but not 麻城大道: the short name only goes before a place that is known.
    let short = names.county.trim_end_matches(['市', '县', '区', '旗']);
    match text.strip_prefix(short) {
        Some(rest) if names.at_start(rest).is_some() => rest,
        _ => text,
    }
}

/// The finest place that the address or, where it is silent, the report's area names, and what follows.
fn place_of<'a>(text: &'a str, area_prefix: &str, names: &Places) -> (String, &'a str) {
    let mut place = String::new();
    let mut rest = text;
    while let Some((codes, after)) = names.at_start(rest) {
        // Of several places of one name, the one in what is already known, else the one of the area.
        let fitting: Vec<&String> = codes.iter().filter(|code| code.starts_with(&place)).collect();
        let chosen = match fitting.as_slice() {
            [only] => only,
            several => match several.iter().find(|code| lies_together(code, area_prefix)) {
                Some(code) => code,
                None => break,
            },
        };
        if chosen.len() <= place.len() {
            break;
        }
        place.clone_from(chosen);
        rest = COMMITTEES.iter().find_map(|committee| after.strip_prefix(committee)).unwrap_or(after);
    }
    if area_prefix.len() >= TOWN_DIGITS && area_prefix.starts_with(&place) && area_prefix.len() > place.len()
    {
        place = area_prefix[..area_prefix.len().min(COMMUNITY_DIGITS)].to_owned();
    }
    (place, rest)
}

fn lies_together(code: &str, area_prefix: &str) -> bool {
    let shared = area_prefix.len().min(TOWN_DIGITS);
    area_prefix.len() >= TOWN_DIGITS && code.get(..shared) == area_prefix.get(..shared)
}

/// Full-width signs to half-width, lower case.
fn folded(text: &str) -> String {
    match is_nfkc_quick(text.chars()) {
        // Most texts are in that form already; to find it out is quicker than to make it.
        IsNormalized::Yes => text.to_lowercase(),
        IsNormalized::No | IsNormalized::Maybe => text.nfkc().collect::<String>().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Places {
        Places::new(
            "麻城市",
            [
                ("421181", "麻城市"),
                ("421181105", "阎家河镇"),
                ("421181105201", "石桥垸村村民委员会"),
                ("421181101", "宋埠镇"),
                ("421181101201", "古城村村民委员会"),
                ("421181109", "木子店镇"),
                ("421181109219", "古城村村民委员会"),
                ("421181103001", "白果街道社区居民委员会"),
            ],
        )
    }

    fn key(address: &str, area: &str) -> Option<String> {
        normalise(address, area, &names())
    }

    #[test]
    fn the_same_house_written_differently_is_the_same() {
        let expected = Some("421181105201|5组12".to_owned());
        for (written, area) in [
            ("阎家河镇石桥垸村5组12号", "421181"),
            ("麻城市阎家河镇石桥垸村五组十二号", "421181"),
            ("湖北省黄冈市麻城市阎家河镇石桥垸村 5 组 12 号", "421181105"),
            ("石桥垸村第5组12号。", "421181"),
            ("５组１２号", "421181105201"),
            ("阎家河镇5组12号", "421181105201"),
            ("麻城石桥垸村村委会5组012号", "421181105"),
        ] {
            assert_eq!(key(written, area), expected, "{written} {area}");
        }
    }

    #[test]
    fn buildings_and_units_have_one_form() {
        let expected = key("金丰小区3栋2单元501", "421181");
        assert_eq!(expected.as_deref(), Some("|金丰小区3栋2单元501"));
        for written in [
            "金丰小区3号楼2单元501室",
            "金丰小区三幢二单元501号",
            "金丰小区 3#楼 2单元 501",
            "金丰小区3-2-501",
            "麻城市金丰小区（3栋）2单元，501室",
        ] {
            assert_eq!(key(written, "421181"), expected, "{written}");
        }
        assert_ne!(key("金丰小区32栋5单元01", "421181"), expected);
    }

    #[test]
    fn what_names_no_house_gives_nothing() {
        for vague in [
            "",
            "  ",
            "阎家河镇",
            "麻城市",
            "阎家河镇石桥垸村",
            "石桥垸村5组",
            "金丰小区",
            "河边",
            "路口",
            "三河口镇街上",
            "12号",
            "。、，",
        ] {
            assert_eq!(key(vague, "421181"), None, "{vague}");
        }
    }

    #[test]
    fn places_of_one_name_are_told_apart_by_town_or_area() {
        assert_eq!(key("宋埠镇古城村3号", "421181").as_deref(), Some("421181101201|3"));
        assert_eq!(key("古城村3号", "421181109").as_deref(), Some("421181109219|3"));
        assert_ne!(key("古城村3号", "421181"), key("古城村3号", "421181109"));
    }

    #[test]
    fn a_street_named_after_the_county_keeps_its_name() {
        assert_eq!(key("麻城大道12号", "421181").as_deref(), Some("|麻城大道12"));
        assert_eq!(key("麻城市麻城大道12号", "421181").as_deref(), Some("|麻城大道12"));
    }

    proptest! {
        #[test]
        fn never_panics(address in ".{0,60}", area in "[0-9]{0,15}") {
            let _ = key(&address, &area);
        }

        #[test]
        fn spaces_and_the_countys_name_change_nothing(house in 1_u32..500, group in 1_u32..30) {
            let plain = key(&format!("石桥垸村{group}组{house}号"), "421181105");
            prop_assert!(plain.is_some());
            prop_assert_eq!(key(&format!("麻城市 阎家河镇 石桥垸村 {group}组 {house} 号"), "421181"), plain);
        }

        #[test]
        fn different_houses_stay_different(a in 1_u32..500, b in 1_u32..500) {
            prop_assume!(a != b);
            prop_assert_ne!(key(&format!("石桥垸村{a}号"), "421181"), key(&format!("石桥垸村{b}号"), "421181"));
        }
    }
}
