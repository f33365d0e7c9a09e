//! The many writings of one place.

use crate::{
    areas::COUNTY_NAME,
    dice::Dice,
    disputes::Dispute,
    rates::Rates,
    world::{Home, World},
};

use super::words::in_chinese;

/// What stands before the house: county, town, community; each may be left out or written otherwise.
pub fn front(world: &World, community: usize, formal: bool, dice: &mut Dice) -> String {
    let community = &world.areas.communities[community];
    let town = &world.areas.towns[community.town].name;
    let county = *dice.weighted(
        &["", COUNTY_NAME, "湖北省麻城市", "湖北省黄冈市麻城市", "麻城", "湖北麻城"],
        |county| match *county {
            "" if formal => 0.05,
            "" => 0.45,
            COUNTY_NAME => 0.35,
            _ => 0.06,
        },
    );
    let town = if formal || dice.happens(0.6) { town_as_said(town, formal, dice) } else { String::new() };
    let named = formal || !community.urban || dice.happens(0.5);
    let place = if named && !(town.is_empty() && dice.happens(0.1)) {
        community_as_said(&community.name, community.urban, formal, dice)
    } else {
        String::new()
    };
    format!("{county}{town}{place}")
}

fn town_as_said(town: &str, formal: bool, dice: &mut Dice) -> String {
    if formal || dice.happens(0.75) {
        return town.to_owned();
    }
    match town.strip_suffix("街道") {
        Some(short) => format!("{short}{}", dice.word(&["办事处", "街道办事处", "街办", "办"])),
        None => town.strip_suffix(['镇', '乡']).unwrap_or(town).to_owned(),
    }
}

fn community_as_said(name: &str, urban: bool, formal: bool, dice: &mut Dice) -> String {
    if formal || dice.happens(0.75) {
        return name.to_owned();
    }
    if urban {
        return match dice.below(3) {
            0 => format!("{name}居委会"),
            1 => format!("{name}居民委员会"),
            _ => name.strip_suffix("社区").unwrap_or(name).to_owned(),
        };
    }
    match dice.below(3) {
        0 => format!("{name}村民委员会"),
        1 => format!("{name}委会"),
        _ => name.strip_suffix('村').unwrap_or(name).to_owned(),
    }
}

/// A home.
pub fn written(home: &Home, rates: &Rates, formal: bool, dice: &mut Dice) -> String {
    let chinese = !formal && dice.happens(rates.chinese_numerals);
    let short = !formal && dice.happens(rates.short_address);
    let slip = dice.happens(rates.wrong_house);
    let number = |number: u16| if chinese { in_chinese(number) } else { number.to_string() };
    match home {
        Home::Flat { estate, building, unit, storey, door } => {
            let street = if dice.happens(0.35) { estate.street.as_str() } else { "" };
            let kind = *dice.weighted(&[estate.kind, "", "小区"], |kind| match *kind {
                kind if kind == estate.kind => 8.0,
                _ => 1.0,
            });
            let estate = format!("{street}{}{kind}", estate.name);
            let (mut building, mut unit, mut storey) = (*building, *unit, *storey);
            if slip {
                match dice.below(3) {
                    0 => building += 1,
                    1 => unit = unit % 4 + 1,
                    _ => storey += 1,
                }
            }
            if short {
                return match dice.below(3) {
                    0 => estate,
                    1 => format!("{estate}{}栋", number(building)),
                    _ => format!("{estate}{}号楼{}单元", number(building), number(unit)),
                };
            }
            estate + &flat(&number, building, unit, (storey, *door), formal, dice)
        }
        Home::House { group, hamlet, number: house } => {
            let house = if slip { house + 1 + dice.below(3) as u16 } else { *house };
            if short {
                return match dice.below(3) {
                    0 => hamlet.clone(),
                    1 => format!("{}组", number(*group)),
                    _ => format!("{}组{hamlet}", number(*group)),
                };
            }
            let (group, house) = (number(*group), number(house));
            match dice.below(if formal { 2 } else { 8 }) {
                0 | 2 | 3 => format!("{group}组{house}号"),
                1 => format!("{group}组{hamlet}{house}号"),
                4 => format!("{hamlet}{house}号"),
                5 => format!("第{group}村民小组{house}号"),
                6 => format!("{group}组{house}"),
                _ => format!("{group}小组{hamlet}{house}号"),
            }
        }
        Home::Street { street, number: house } => {
            let house = if slip { house + 2 } else { *house };
            match dice.below(if short { 2 } else { 6 }) {
                _ if !short && formal => format!("{street}{house}号"),
                0 if short => format!("{street}{}", dice.word(&["", "中段", "路口", "菜场旁"])),
                0 | 1 => format!("{street}{}号附近", number(house)),
                5 => format!("{street}{}号门面", number(house)),
                _ => format!("{street}{}号", number(house)),
            }
        }
    }
}

fn flat(
    number: &dyn Fn(u16) -> String,
    building: u16,
    unit: u16,
    (storey, door): (u16, u16),
    formal: bool,
    dice: &mut Dice,
) -> String {
    let room = storey * 100 + door;
    let (b, u, r) = (number(building), number(unit), number(room));
    match dice.below(if formal { 2 } else { 12 }) {
        0 => format!("{b}号楼{u}单元{r}室"),
        1 | 2 => format!("{b}栋{u}单元{r}室"),
        3 => format!("{b}栋{u}单元{r}"),
        4 | 5 => format!("{building}-{unit}-{room}"),
        6 => format!("{b}号楼{r}"),
        7 => format!("{b}幢{u}门{r}室"),
        8 => format!("{building}#{unit}单元{room}"),
        9 => format!("{b}栋{r}室"),
        10 => format!("{b}栋{u}单元{}楼{}", number(storey), dice.word(&["", "东户", "西户"])),
        _ => format!("{b}号楼{u}单元{}层{}号", number(storey), number(door)),
    }
}

/// Where a dispute is, if not at home: always the same spot of a dispute, in other words.
pub fn place(world: &World, dispute: &Dispute, dice: &mut Dice) -> String {
    let community = &world.areas.communities[dispute.community];
    let home = &world.household_of(dispute.main).home;
    let spot = dispute.spot;
    let choose = |of: &'static [&'static str]| of[(spot / 64) as usize % of.len()];
    if community.urban {
        let estate = match home {
            Home::Flat { estate, .. } => format!("{}{}", estate.name, estate.kind),
            Home::Street { street, .. } => street.clone(),
            Home::House { hamlet, .. } => hamlet.clone(),
        };
        let of_estate: &[&str] = match spot % 4 {
            0 => &["门口", "大门口", "正门"],
            1 => &["地下车库", "地下停车场", "车库"],
            2 => &["对面工地", "旁边工地"],
            _ => {
                return choose(&[
                    "将军路与陵园路路口",
                    "中心菜场",
                    "市人民医院门口",
                    "汽车站",
                    "五脑山公园门口",
                    "融辉城广场",
                ])
                .to_owned();
            }
        };
        return format!("{estate}{}", dice.word(of_estate));
    }
    let group = match home {
        Home::House { group, .. } => *group,
        _ => (spot % 10) as u16 + 1,
    };
    let what = choose(&["水塘边", "田畈", "后山", "机耕路", "村委会门口", "村小学旁", "打谷场", "养殖场旁"]);
    let group = if dice.happens(0.3) { in_chinese(group) } else { group.to_string() };
    if dice.happens(0.6) { format!("{group}组{what}") } else { what.to_owned() }
}
