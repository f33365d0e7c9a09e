//! Who is named in a text: organisations by how their names end, people by what stands around a name.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::MOST_NAMED;
use crate::{name, signs::Signs};

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
/// What stands before a person's name.
static BEFORE_PERSON: Signs = Signs::of("与和跟被对向找把叫让由诉告同代系因疑是及、，。；：:（(");
/// What stands after a person's name.
static AFTER_PERSON: Signs = Signs::of("家与和因的占把将系打骂拖欠在不等所为称说反，。、；：:）)诉又也");

/// The organisations, in the order in which they are named, each once.
pub(super) fn organisations(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut from = 0;
    for end in FOUND_BY_END.find_iter(text) {
        let head = text[from..end.start()].char_indices().rev().take_while(|(_, c)| !BEFORE.has(*c));
        let (length, start) = head
            .take(*BEFORE_END.end())
            .fold((0, end.start()), |(length, _), (at, _)| (length + 1, from + at));
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
            let name: String = signs[at..at + length].iter().collect();
            if !found.contains(&name) && found.len() < MOST_NAMED {
                found.push(name);
            }
        }
    }
    found
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
    }
}
