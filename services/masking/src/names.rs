//! The names of a report's people.

use crate::{Masked, NAME, sign::Sign};

/// What follows a surname where a name is none any more, and words that stand in the place of a name.
const NO_NAME: [&str; 20] = [
    "某", "女士", "先生", "小姐", "大爷", "大妈", "大姐", "大哥", "师傅", "老师", "匿名", "不详", "未知",
    "群众", "业主", "村民", "居民", "本人", "家属", "邻居",
];
/// Surnames of two signs.
const LONG_SURNAMES: [&str; 16] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "夏侯", "端木",
    "轩辕", "南宫", "长孙",
];
/// A name with more signs is an organisation's, or one that is written with a point.
const LONGEST_OF_A_PERSON: usize = 4;

pub(crate) fn find(signs: &[Sign], names: &[&str]) -> Vec<Masked> {
    let mut found = Vec::new();
    for name in names {
        for (said, instead) in said_as(name) {
            found.extend(everywhere(signs, &said, &instead));
        }
    }
    found
}

/// How a name may be said, and what stands there instead.
fn said_as(name: &str) -> Vec<(Vec<char>, String)> {
    let name: Vec<char> = crate::sign::signs(name)
        .into_iter()
        .map(|sign| sign.plain)
        .filter(|plain| !plain.is_whitespace())
        .collect();
    let text: String = name.iter().collect();
    if NO_NAME.iter().any(|word| text.contains(word)) || name.len() < 2 {
        return Vec::new();
    }
    // 老王, 小李: no more than a surname.
    if name.len() == 2 && matches!(name[0], '老' | '小') {
        return Vec::new();
    }
    let is_han = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c) || ('\u{20000}'..='\u{3ffff}').contains(c);
    if name.len() > LONGEST_OF_A_PERSON || !name.iter().all(is_han) {
        let mut said = vec![(text.chars().collect(), NAME.to_owned())];
        // 阿卜杜拉·买买提 is called by either part.
        let parts = text.split(['·', '•', '.', '・']).filter(|part| part.chars().count() >= 2);
        said.extend(parts.map(|part| (part.chars().collect(), NAME.to_owned())));
        return said;
    }
    let surname =
        if LONG_SURNAMES.iter().any(|long| text.starts_with(long) && name.len() > 2) { 2 } else { 1 };
    let some: String = name[..surname].iter().chain(&['某']).collect();
    let given = &name[surname..];
    let mut said = vec![(name.clone(), some)];
    if given.len() >= 2 {
        said.push((given.to_vec(), "某某".to_owned()));
    }
    said
}

/// All places where the signs stand one after the other, perhaps with white space between them.
fn everywhere(signs: &[Sign], said: &[char], instead: &str) -> Vec<Masked> {
    let to = |from: usize| {
        let mut at = from;
        for (place, wanted) in said.iter().enumerate() {
            if place > 0 {
                at += signs[at..].iter().take(2).take_while(|sign| sign.plain.is_whitespace()).count();
            }
            if signs.get(at)?.plain != *wanted {
                return None;
            }
            at += 1;
        }
        Some(at)
    };
    (0..signs.len()).filter_map(|from| Some(Masked::new(from, to(from)?, instead))).collect()
}
