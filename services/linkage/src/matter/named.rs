//! Who is named in a text: organisations by how their names end, people by what stands around a name.

use crate::name;

use super::MOST_NAMED;

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
/// An organisation's name has so many characters before that.
const BEFORE_END: std::ops::RangeInclusive<usize> = 2..=6;
/// What is no part of a name: what stands before it.
const BEFORE: &str = "示在与和跟被对因到向找于将把叫让由至从给是称说诉告及同去为了其该这那某家者人位名，。、；：:,.;()（）“”\"' 反映";
/// What stands before a person's name.
const BEFORE_PERSON: &str = "与和跟被对向找把叫让由诉告同代系因疑是及、，。；：:（(";
/// What stands after a person's name.
const AFTER_PERSON: &str = "家与和因的占把将系打骂拖欠在不等所为称说反，。、；：:）)诉又也";

/// The organisations, in the order in which they are named, each once.
pub(super) fn organisations(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut from = 0;
    while let Some((at, end)) = ENDS
        .iter()
        .filter_map(|end| Some((from + text[from..].find(end)?, *end)))
        .min_by_key(|(at, end)| (*at, usize::MAX - end.len()))
    {
        let head: Vec<char> = text[from..at]
            .chars()
            .rev()
            .take_while(|c| !BEFORE.contains(*c))
            .take(*BEFORE_END.end())
            .collect();
        if BEFORE_END.contains(&head.len()) {
            let name: String = head.into_iter().rev().chain(end.chars()).collect();
            if !found.contains(&name) && found.len() < MOST_NAMED {
                found.push(name);
            }
        }
        from = at + end.len();
    }
    found
}

/// The people, in the order in which they are named, each once.
pub(super) fn people(text: &str) -> Vec<String> {
    let signs: Vec<char> = text.chars().collect();
    let mut found: Vec<String> = Vec::new();
    for at in 0..signs.len() {
        let starts = at == 0 || BEFORE_PERSON.contains(signs[at - 1]);
        if !starts || !name::is_surname(signs[at]) {
            continue;
        }
        let ends = |length: usize| signs.get(at + length).is_some_and(|c| AFTER_PERSON.contains(*c));
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
        assert_eq!(people(text), ["戴俊杰", "王芳"]);
        assert!(organisations("工人在公司门口").is_empty());
    }
}
