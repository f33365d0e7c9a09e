//! Who is named in a text: organisations by how their names end, people by what stands around a name.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::MOST_NAMED;
use crate::{name, signs::Signs, writing::is_han};

/// How the names of organisations end.
const ENDS: &[&str] = &[
    "有限公司",
    "公司",
    "项目部",
    "指挥部",
    "合作社",
    "物业",
    "集团",
    "医院",
    "卫生院",
    "卫生室",
    "诊所",
    "酒店",
    "宾馆",
    "饭店",
    "超市",
    "幼儿园",
    "学校",
    "小学",
    "中学",
    "加工厂",
    "养殖场",
    "工厂",
    "农场",
    "林场",
    "管委会",
    "旅行社",
    "健身房",
    "培训班",
    "中介",
    "纺织厂",
    "服装厂",
    "制衣厂",
    "汽配厂",
    "机械厂",
    "石材厂",
    "石料厂",
    "建材厂",
    "砖厂",
    "木材厂",
    "家具厂",
    "食品厂",
    "电子厂",
    "化工厂",
    "水泥厂",
    "采石场",
    "砂石场",
    "屠宰场",
    "石业",
    "美容院",
    "理发店",
    "洗车店",
    "洗车行",
    "ktv",
    "网吧",
    "餐馆",
    "酒楼",
    "火锅店",
    "菜馆",
    "艺校",
    "驾校",
    "农家乐",
    "敬老院",
    "养老院",
    "福利院",
    "汽修厂",
    "修理厂",
    "4s店",
    "商行",
    "劳务队",
    "施工队",
    "舞蹈队",
    "影楼",
    "健身馆",
    "棋牌室",
    "麻将馆",
    "烧烤店",
    "便利店",
    "加油站",
    "农商行",
    "银行",
];
#[expect(clippy::expect_used, reason = "the ends are written here, and a test builds them")]
static FOUND_BY_END: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(ENDS).expect("the ends are few")
});
/// An organisation's name has so many characters before that.
const BEFORE_END: std::ops::RangeInclusive<usize> = 2..=6;
/// What is no part of a name: what stands before it.
static BEFORE: Signs = Signs::of(
    "示在与和跟被对因到向找于将把叫让由至从给是称说诉告及同去为了其该这那某家者人位名，。、；：:,.;()（）“”\"' 反映",
);
/// What is done with an organisation, or where it is: 要求国泰物业, 拒交物业费.
const SAID_BEFORE: &[&str] = &[
    "要求", "求", "打", "拒交", "减免", "更换", "要换", "欠", "讲", "旁边", "楼下", "上次", "业主", "隔壁",
    "围堵",
];
/// What stands before a person's name.
static BEFORE_PERSON: Signs = Signs::of(
    "与和跟被对向找把叫让由诉告同代系因疑是及、，。；：:（(壁方人主下上居属夫妻子公婆哥弟姐妹东板头机客户村塆的",
);
/// What stands after a person's name.
static AFTER_PERSON: Signs = Signs::of(
    "家与和因的占把将系打骂拖欠在不等所为称说反，。、；：:）)诉又也做开拿长擅持承借认要从未没养饲搭违挖砍睡建停赡代讲买动辩卖给吃抢偷砸撞喝驾骑威租种收退0123456789",
);

/// Family names that are words first.
static WORDS: Signs = Signs::of("钱时路管田占都游房单关于栗苗安原柴井解全商包施车水文米台官栾相查申卫代阳");
/// What is in no given name.
static NOT_GIVEN: Signs = Signs::of(
    "的了是我其他她你被把拒殴欠侵翻照反车位电话堆路烂责道屋目于来都没过认识介入处理说共个们某女士师傅老板嫂姐爹婆氏姓投堵钱水房地田占管解决施工程村镇社区队组号栋楼单元室看请考沟厂岗院界头材实现买",
);

/// The organisations, in the order in which they are named, each once.
pub(super) fn organisations(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut from = 0;
    for end in FOUND_BY_END.find_iter(text) {
        let head = text[from..end.start()].char_indices().rev().take_while(|(_, c)| !BEFORE.has(*c));
        let (length, start) = head
            .take(*BEFORE_END.end())
            .fold((0, end.start()), |(length, _), (at, _)| (length + 1, from + at));
        let (mut start, mut length) = (start, length);
        while let Some(said) = SAID_BEFORE.iter().find(|said| text[start..end.start()].starts_with(**said)) {
            start += said.len();
            length -= said.chars().count();
        }
        if BEFORE_END.contains(&length) {
            let name = &text[start..end.end()];
            if found.iter().all(|held| held != name) && found.len() < MOST_NAMED {
                found.push(name.to_owned());
            }
        }
        from = end.end();
    }
    found
}

/// The people, in the order in which they are named, each once.
pub(super) fn people(signs: &[char]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for at in 0..signs.len() {
        let starts = at == 0 || BEFORE_PERSON.has(signs[at - 1]);
        if !starts || !name::is_surname(signs[at]) {
            continue;
        }
        let ends = |length: usize| signs.get(at + length).is_some_and(|c| AFTER_PERSON.has(*c));
        if let Some(length) = [2, 3].into_iter().find(|length| ends(*length)) {
            let is_other_side = at > 0 && signs[at - 1] == '对' && signs[at] == '方';
            let name: String = signs[at..at + length].iter().collect();
            if may_be_name(&signs[at..at + length])
                && !is_other_side
                && !found.contains(&name)
                && found.len() < MOST_NAMED
            {
                found.push(name);
            }
        }
    }
    found
}

/// Whether a family name and what follows may be a person's name, and are no words of a text.
fn may_be_name(signs: &[char]) -> bool {
    let [surname, given @ ..] = signs else { return false };
    let may_be_given = |c: &char| is_han(*c) && !NOT_GIVEN.has(*c);
    // 刘家 is a family, 刘家阳 one of it.
    !WORDS.has(*surname) && given.iter().all(may_be_given) && given != ['家']
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_and_people_are_found_in_a_text() {
        let text = "反映其在湖北恒祥建设公司做粉刷，与戴俊杰因承包地争吵，王芳家也被欠";
        assert_eq!(organisations(text), ["湖北恒祥建设公司"]);
        let signs: Vec<char> = text.chars().collect();
        assert_eq!(people(&signs), ["戴俊杰", "王芳"]);
        assert!(organisations("工人在公司门口").is_empty());
        assert_eq!(organisations("被麻城金叶汽配厂辞退"), ["麻城金叶汽配厂"]);
        assert_eq!(organisations("业主要求国泰物业退费，拒交物业费"), ["国泰物业"]);
    }

    #[test]
    fn people_are_found_by_what_they_are_and_do() {
        let people = |text: &str| people(&text.chars().collect::<Vec<char>>());
        for (text, name) in [
            ("客人黄琴吃完不给钱", "黄琴"),
            ("隔壁刘志荣说我堵了水沟", "刘志荣"),
            ("屋是程建生，25年卖给我的", "程建生"),
            ("老公何长伟长期打骂我", "何长伟"),
            ("楼下项芳拿棍子捅楼板", "项芳"),
            ("因陈飞赡养老人争吵", "陈飞"),
        ] {
            let found = people(text);
            assert_eq!(found.first().map_or("", String::as_str), name, "{text}");
        }
        for text in ["与对方电话联系", "请派人查看", "欠我的钱一直不还", "刘家在修路，路被堵", "业主反映"]
        {
            assert!(people(text).is_empty(), "{text}: {:?}", people(text));
        }
    }
}
