//! Made-up people and house numbers.

use crate::choice::Choice;

const SURNAMES: [&str; 24] = [
    "王", "李", "张", "刘", "陈", "熊", "余", "鲍", "丁", "周", "胡", "夏", "梅", "曾", "罗", "董", "项",
    "冯", "彭", "占", "戴", "毛", "蔡", "袁",
];
const GIVEN: [&str; 30] = [
    "桂香", "建国", "秀兰", "志强", "小红", "永胜", "春梅", "海涛", "玉珍", "文斌", "丽华", "德旺", "雪琴",
    "国平", "翠英", "俊杰", "金莲", "大勇", "凤仙", "传福", "燕", "磊", "婷", "鹏", "慧", "刚", "敏", "涛",
    "芳", "军",
];
const ESTATES: [&str; 8] =
    ["金丰小区", "龙池花园", "杜鹃里", "将军苑", "陵园路社区公寓", "桃林水岸", "举水湾", "东城家园"];
const ROADS: [&str; 6] = ["金桥大道", "将军路", "陵园路", "麻城大道", "杜鹃大道", "融辉路"];

/// A made-up person.
#[derive(Clone)]
pub struct Person {
    /// Family name and given name.
    pub name: String,
    /// A mobile number of a range that no carrier has.
    pub phone: String,
    /// An id number of an area that does not exist.
    pub id_number: Option<String>,
}

impl Person {
    /// The person with this running number.
    pub fn new(choice: &mut Choice, number: usize) -> Self {
        let id_number = (number % 5 == 3).then(|| id_number(choice.below(12_000), number));
        let phone = format!("154{:04}{:04}", 1_000 + choice.below(200), 1_000 + number * 7);
        Self { name: name(choice), phone, id_number }
    }

    /// How a call taker writes the name down.
    pub fn called(&self, fill: u32) -> String {
        let family: String = self.name.chars().take(1).collect();
        match fill % 4 {
            0 => format!("{family}女士"),
            1 => format!("{family}先生"),
            _ => self.name.clone(),
        }
    }

    /// The id number by which this person is known in every report of a planted dispute.
    pub fn any_id(&self, _time: usize, dispute: usize) -> String {
        self.id_number
            .clone()
            .unwrap_or_else(|| id_number(u32::try_from(dispute).unwrap_or(0) * 311, 900 + dispute))
    }
}

/// A name.
pub fn name(choice: &mut Choice) -> String {
    format!("{}{}", choice.one(&SURNAMES), choice.one(&GIVEN))
}

/// An address in this place that no other number has.
pub fn address(choice: &mut Choice, place: &str, urban: bool, number: usize) -> String {
    if urban {
        let (road, estate) = (choice.one(&ROADS), choice.one(&ESTATES));
        format!(
            "麻城市{place}{road}{}号{estate}{}栋{}室",
            1 + choice.below(200),
            1 + choice.below(18),
            101 + number
        )
    } else {
        format!("麻城市{place}{}组{}号", 1 + choice.below(9), 1 + number)
    }
}

/// A valid number (GB 11643) of area 990000, which does not exist, of an adult.
fn id_number(day: u32, number: usize) -> String {
    let (year, month, date) = (1_955 + day / 372 % 45, 1 + day / 31 % 12, 1 + day % 28);
    let digits = format!("990000{year:04}{month:02}{date:02}{:03}", number % 1_000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let sign = char::from(b"10X98765432"[(sum % 11) as usize]);
    format!("{digits}{sign}")
}
