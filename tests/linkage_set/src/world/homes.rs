//! Where people live: flats in estates, houses in villages and streets.

use super::Names;
use crate::dice::Dice;

/// A home within a community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// A flat.
    Flat {
        /// The estate and the street that it lies on.
        estate: Estate,
        /// The building.
        building: u16,
        /// The unit, which is the staircase.
        unit: u16,
        /// The storey.
        storey: u16,
        /// The door on it.
        door: u16,
    },
    /// A house of a village.
    House {
        /// The group of villagers.
        group: u16,
        /// The hamlet of the group: 王家塆.
        hamlet: String,
        /// The number of the house in the group.
        number: u16,
    },
    /// A house or shop on a street.
    Street {
        /// The street.
        street: String,
        /// Its number.
        number: u16,
    },
}

/// An estate of flats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estate {
    /// 金丰 of 金丰小区.
    pub name: String,
    /// 小区, 花园, 苑; may be empty.
    pub kind: &'static str,
    /// The street with the number of the gate.
    pub street: String,
}

/// What there is in a community.
pub struct Ground {
    /// Its estates.
    pub estates: Vec<Estate>,
    streets: Vec<String>,
    hamlets: Vec<String>,
    urban: bool,
}

const ESTATE_NAMES: &[&str] = &[
    "金丰",
    "桃林",
    "将军",
    "桃林水岸",
    "翰林",
    "龙池",
    "金桥",
    "碧桂",
    "御景",
    "阳光",
    "丽都",
    "锦绣",
    "盛世",
    "东方",
    "滨江",
    "凤凰",
    "书香",
    "和谐",
    "幸福",
    "银河",
    "五脑山",
    "举水",
    "杜鹃",
    "孝感",
    "鑫源",
    "华庭",
    "帝景",
    "名门",
    "城市",
    "世纪",
    "梦想",
    "怡景",
    "康居",
    "福临",
    "天成",
    "恒昌",
];
const ESTATE_KINDS: &[&str] =
    &["小区", "小区", "小区", "花园", "苑", "家园", "名城", "国际", "公馆", "新村", "佳苑", "府"];
const STREETS: &[&str] = &[
    "将军路",
    "金桥大道",
    "陵园路",
    "人民路",
    "融辉路",
    "建设路",
    "麻城大道",
    "黄金大道",
    "杜鹃大道",
    "孝善路",
    "城东路",
    "西畈路",
    "文化路",
    "河滨路",
    "工业大道",
    "东升街",
    "北街",
    "老正街",
    "新建街",
    "富康路",
];

impl Ground {
    /// Draws what a community has.
    pub fn draw(urban: bool, names: &Names, dice: &mut Dice) -> Self {
        let streets: Vec<String> = (0..3).map(|_| dice.word(STREETS).to_owned()).collect();
        let count = if urban { 4 } else { 1 };
        let estates = (0..count)
            .map(|_| Estate {
                name: dice.word(ESTATE_NAMES).to_owned(),
                kind: dice.word(ESTATE_KINDS),
                street: format!("{}{}号", dice.pick(&streets), dice.within(1..=200)),
            })
            .collect();
        let hamlets = (0..12)
            .map(|_| {
                let end = dice.word(&["塆", "塆", "湾", "岗", "畈", "垸", "冲", "楼", "铺"]);
                match dice.below(4) {
                    0 => format!(
                        "{}{end}",
                        dice.word(&["上", "下", "大", "细", "新屋", "老屋", "桥头", "石头"])
                    ),
                    _ => format!("{}家{end}", names.surname(dice)),
                }
            })
            .collect();
        Self { estates, streets, hamlets, urban }
    }

    /// A home; the numbers go further where many live already.
    pub fn home(&self, crowded: usize, dice: &mut Dice) -> Home {
        let more = (crowded / 200) as i64;
        if dice.happens(if self.urban { 0.82 } else { 0.06 }) {
            // Old blocks of six storeys with two doors, and towers.
            let (storeys, doors) =
                *dice.weighted(
                    &[(6, 2), (11, 2), (18, 4), (26, 4)],
                    |(storeys, _)| {
                        if *storeys == 6 { 5.0 } else { 1.5 }
                    },
                );
            return Home::Flat {
                estate: dice.pick(&self.estates).clone(),
                building: dice.within(1..=12 + more) as u16,
                unit: dice.within(1..=4) as u16,
                storey: dice.within(1..=storeys) as u16,
                door: dice.within(1..=doors) as u16,
            };
        }
        if self.urban || dice.happens(0.05) {
            return Home::Street {
                street: dice.pick(&self.streets).clone(),
                number: dice.within(1..=300 + 20 * more) as u16,
            };
        }
        let group = dice.below(self.hamlets.len());
        Home::House {
            group: group as u16 + 1,
            hamlet: self.hamlets[group].clone(),
            number: dice.within(1..=90 + 10 * more) as u16,
        }
    }
}

impl Home {
    /// A home near this one.
    pub fn next_door(&self, dice: &mut Dice) -> Self {
        let mut near = self.clone();
        let step = dice.within(1..=3) as u16;
        match &mut near {
            // Above, below, or across the landing.
            Self::Flat { storey, door, .. } => match dice.below(3) {
                0 => *storey += 1,
                1 if *storey > 1 => *storey -= 1,
                _ => *door = *door % 4 + 1,
            },
            Self::House { number, .. } | Self::Street { number, .. } => *number += step,
        }
        near
    }

    /// Another home of the same estate, group or street.
    pub fn of_the_same_place(&self, crowded: usize, dice: &mut Dice) -> Self {
        let more = (crowded / 200) as i64;
        let mut other = self.clone();
        match &mut other {
            Self::Flat { building, unit, storey, door, .. } => {
                *building = dice.within(1..=12 + more) as u16;
                *unit = dice.within(1..=4) as u16;
                *storey = dice.within(1..=18) as u16;
                *door = dice.within(1..=2) as u16;
            }
            Self::House { number, .. } => *number = dice.within(1..=90 + 10 * more) as u16,
            Self::Street { number, .. } => *number = dice.within(1..=300 + 20 * more) as u16,
        }
        other
    }

    /// What tells it from others of its community.
    pub fn key(&self) -> String {
        match self {
            Self::Flat { estate, building, unit, storey, door } => {
                format!("{}{}/{building}/{unit}/{storey}/{door}", estate.name, estate.kind)
            }
            Self::House { group, number, .. } => format!("{group}/{number}"),
            Self::Street { street, number } => format!("{street}/{number}"),
        }
    }
}
