//! Addresses as people say them, parted into what they name, so that one household is recognised in
//! 金丰小区3号楼2单元501室, 金丰3-2-501, 三号楼501 and 阎家河镇5组12号.

pub(crate) mod house;

pub use house::House;

use crate::{
    places::{COMMUNITY_DIGITS, Found, Places, TOWN_DIGITS},
    writing::folded,
};

/// No address is longer; so a huge text costs nothing.
const MOST_CHARACTERS: usize = 200;

/// An address, parted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The first 9 digits of the town's code, where the address or the report's area tells it.
    pub town: Option<String>,
    /// The 12 digits of the community's code, likewise.
    pub community: Option<String>,
    /// What is said below the community.
    pub house: House,
}

impl Address {
    /// Reads an address in the area with this code; zeros that fill the code up say nothing.
    #[must_use]
    pub fn read(address: &str, area_code: &str, places: &Places) -> Self {
        let plain = plain_writing(address);
        let text = places.without_county(&plain);
        let (place, rest) = place_of(text, without_filling(area_code), places);
        let code_of = |digits: usize| place.get(..digits).map(str::to_owned);
        Self { town: code_of(TOWN_DIGITS), community: code_of(COMMUNITY_DIGITS), house: House::read(rest) }
    }
}

/// An address, or a place's name, in simplified characters, plain signs and digits.
pub(crate) fn plain_writing(text: &str) -> String {
    let short: String = folded(text).chars().take(MOST_CHARACTERS).collect();
    house::in_digits(&house::plain_signs(&short))
}

/// The code without the groups of zeros that fill it up.
fn without_filling(code: &str) -> &str {
    const COUNTY_DIGITS: usize = 6;
    let mut short = code;
    while let Some(shorter) = short.strip_suffix("000").filter(|shorter| shorter.len() >= COUNTY_DIGITS) {
        short = shorter;
    }
    short
}

/// The finest place that the address or, where it is silent, the report's area names, and what follows.
fn place_of<'a>(text: &'a str, area_prefix: &str, places: &Places) -> (String, &'a str) {
    let mut place = String::new();
    let mut rest = text;
    while let Some(found) = places.at_start(rest).or_else(|| short_name_of_area(rest, area_prefix, places)) {
        // Of several places of one name, the one in what is already known, else the one of the area.
        let fitting: Vec<&String> = found.codes.iter().filter(|code| code.starts_with(&place)).collect();
        let chosen = match fitting.as_slice() {
            [only] => only,
            several => {
                let goes_on = |code: &String| {
                    let next = places.at_start(found.rest);
                    next.is_some_and(|next| {
                        next.codes
                            .iter()
                            .any(|finer| finer.len() > code.len() && finer.starts_with(code.as_str()))
                    })
                };
                let of_area = several.iter().find(|code| lies_together(code, area_prefix));
                match of_area.or_else(|| several.iter().find(|code| goes_on(code))) {
                    Some(code) => code,
                    None => break,
                }
            }
        };
        // 陈墩村委会陈墩村桃树沟: said twice.
        if chosen.len() <= place.len() && **chosen != place {
            break;
        }
        place.clone_from(chosen);
        rest = found.rest;
    }
    if area_prefix.len() >= TOWN_DIGITS && area_prefix.starts_with(&place) && area_prefix.len() > place.len()
    {
        place = area_prefix.chars().take(COMMUNITY_DIGITS).collect();
    }
    (place, rest)
}

/// 程家冲下塆7号, reported from 程家冲村: the village is meant, and not a hamlet that begins like it.
fn short_name_of_area<'p, 'a>(text: &'a str, area_prefix: &str, places: &'p Places) -> Option<Found<'p, 'a>> {
    let found = places.short_at_start(text)?;
    let of_area = found.codes.iter().position(|code| {
        area_prefix.starts_with(code.as_str())
            || area_prefix.len() >= TOWN_DIGITS && code.starts_with(area_prefix)
    })?;
    let codes = &found.codes[of_area..=of_area];
    (!house::begins_with_kind(found.rest)).then_some(Found { codes, ..found })
}

fn lies_together(code: &str, area_prefix: &str) -> bool {
    area_prefix.len() >= TOWN_DIGITS && code.get(..TOWN_DIGITS) == area_prefix.get(..TOWN_DIGITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places() -> Places {
        Places::new(
            "麻城市",
            [
                ("421181", "麻城市"),
                ("421181002", "鼓楼街道"),
                ("421181105", "阎家河镇"),
                ("421181105201", "石桥垸村村民委员会"),
                ("421181101", "宋埠镇"),
                ("421181101201", "古城村村民委员会"),
                ("421181109", "木子店镇"),
                ("421181109219", "古城村村民委员会"),
                ("421181103001", "白果街道社区居民委员会"),
                ("421181107", "盐田河镇"),
                ("421181107225", "麻城坳村村民委员会"),
                ("421181404", "国营狮子峰林场"),
                ("421181471", "湖北麻城经济开发区"),
                ("421181471012", "黄金桥社区居民委员会"),
                ("421181472", "龟峰山风景区管理处"),
            ],
        )
    }

    fn read(address: &str, area: &str) -> Address {
        Address::read(address, area, &places())
    }

    #[test]
    fn the_same_house_written_differently_is_the_same() {
        let expected = read("阎家河镇石桥垸村5组12号", "421181");
        assert_eq!(expected.community.as_deref(), Some("421181105201"));
        assert_eq!(expected.town.as_deref(), Some("421181105"));
        assert_eq!((expected.house.group.as_str(), expected.house.number.as_str()), ("5", "12"));
        for (written, area) in [
            ("麻城市阎家河镇石桥垸村五组十二号", "421181000000"),
            ("湖北省黄冈市麻城市阎家河镇石桥垸村 5 组 12 号", "421181105000"),
            ("石桥垸村第5组12号。", "421181"),
            ("５组１２号", "421181105201"),
            ("５组１２號", "421181105201000"),
            ("阎家河镇5组12号", "421181105201"),
            ("麻城石桥垸村村委会5组012号", "421181105"),
            ("石桥垸村委会5组12号", "421181105"),
            ("閻家河鎮石橋垸村五組十二號", "421181"),
            ("阎家河石桥垸5组12号", "421181"),
            ("石桥垸5组12", "421181"),
            ("石桥垸村五组12号张伟家", "421181"),
            ("湖北麻城阎家河石桥垸村5组12号", "421181"),
            ("湖北麻城石桥垸5组12号", "421181"),
        ] {
            assert_eq!(read(written, area), expected, "{written} {area}");
        }
        let town_only = read("阎家河镇5组12号", "421181");
        assert_eq!((town_only.community, town_only.house), (None, expected.house));
    }

    #[test]
    fn places_of_one_name_are_told_apart_by_town_or_area() {
        assert_eq!(read("宋埠镇古城村3号", "421181").community.as_deref(), Some("421181101201"));
        assert_eq!(read("古城村3号", "421181109").community.as_deref(), Some("421181109219"));
        assert_eq!(read("古城村3号", "421181").community, None);
    }

    #[test]
    fn a_village_without_the_word_for_it_is_known_where_the_report_comes_from_it() {
        let expected = read("石桥垸村王家湾7号", "421181105201");
        assert_eq!(expected.house.hamlet, "王家湾");
        assert_eq!(read("石桥垸王家湾7号", "421181105201"), expected);
        assert_eq!(read("石桥垸王家湾7号", "421181").house.hamlet, "石桥垸王家湾");
    }

    #[test]
    fn a_street_is_named_by_its_office() {
        let expected = read("鼓楼街道金丰小区3栋501", "421181");
        assert_eq!((expected.town.as_deref(), expected.house.estate.as_str()), (Some("421181002"), "金丰"));
        for office in ["鼓楼办", "鼓楼街办", "鼓楼办事处", "鼓楼街道办", "鼓楼街道办事处"]
        {
            assert_eq!(read(&format!("麻城市{office}金丰小区3栋501"), "421181"), expected, "{office}");
        }
    }

    #[test]
    fn what_only_begins_like_a_place_is_none() {
        assert_eq!(read("麻城大道12号", "421181").house.street, "麻城大道");
        assert_eq!(read("麻城市麻城大道12号", "421181").house.street, "麻城大道");
        assert_eq!(read("白果大道12号", "421181103001").house.street, "白果大道");
        let estate = read("鼓楼小区3栋501", "421181002");
        assert_eq!(estate.house.estate, "鼓楼");
    }

    #[test]
    fn what_is_run_by_an_administration_is_called_by_less_than_its_name() {
        let expected = read("湖北麻城经济开发区黄金桥社区瑞景苑9栋702", "421181");
        assert_eq!(expected.community.as_deref(), Some("421181471012"));
        assert_eq!(expected.house.estate, "瑞景");
        for (written, area) in [
            ("麻城市经济开发区黄金桥社区瑞景苑9栋702", "421181471000"),
            ("麻城市麻城开发区黄金桥社区瑞景苑9栋702", "421181"),
            ("麻城经开区黄金桥社区瑞景9栋702", "421181"),
            ("开发区管委会黄金桥社区瑞景9栋702", "421181"),
            ("黄金桥瑞景苑9栋702", "421181471000"),
            ("黄金桥社区黄金桥社区瑞景苑9栋702", "421181471"),
        ] {
            assert_eq!(read(written, area), expected, "{written} {area}");
        }
        for (written, town) in [("狮子峰林场2组", "421181404"), ("龟峰山风景区3号", "421181472")]
        {
            assert_eq!(read(written, "421181").town.as_deref(), Some(town), "{written}");
        }
    }

    #[test]
    fn a_place_may_be_named_after_the_county() {
        for written in ["盐田河镇麻城坳村3组", "麻城坳村3组", "麻城市盐田河镇麻城坳村3组", "湖北麻城坳村3组"]
        {
            let read = read(written, "421181");
            assert_eq!(read.community.as_deref(), Some("421181107225"), "{written}");
            assert_eq!((read.house.group.as_str(), read.house.hamlet.as_str()), ("3", ""), "{written}");
        }
        assert_eq!(read("麻城和润花园3栋501", "421181").house.estate, "和润");
        assert_eq!(read("麻城北路12号", "421181").house.street, "麻城北路");
    }

    #[test]
    fn a_misspelt_place_is_known_by_its_sound() {
        let expected = read("阎家河镇石桥垸村5组12号", "421181");
        for written in ["阎加河镇石桥垸村5组12号", "阎家河镇石乔垸村5组12号", "麻成市阎家河镇石桥垸村5组12号"]
        {
            assert_eq!(read(written, "421181"), expected, "{written}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(address in ".{0,60}", area in ".{0,15}") {
            let _ = read(&address, &area);
        }

        #[test]
        fn never_panics_on_what_looks_like_an_address(address in "[麻城市古村镇第五十组0-9a号栋楼单元室路小区#-]{0,30}") {
            let _ = read(&address, "421181109");
        }

        #[test]
        fn spaces_and_the_countys_name_change_nothing(house in 1_u32..500, group in 1_u32..30) {
            let plain = read(&format!("石桥垸村{group}组{house}号"), "421181105");
            prop_assert_eq!(read(&format!("麻城市 阎家河镇 石桥垸村 {group}组 {house} 号"), "421181"), plain);
        }
    }
}
