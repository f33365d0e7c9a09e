//! Who tells it, as the text has it, where the form has half a name or none: 联系人于春艳，138…; 下户时占文轩反映.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::TELLS;
use crate::{name, signs::Signs, writing::is_han};

/// What stands before the name of who is to be called back.
const CONTACT: &[&str] = &["联系人", "来电人", "诉求人", "反映人", "来访人", "报警人", "当事人", "申请人"];
#[expect(clippy::expect_used, reason = "the words are written here, and a test builds them")]
static FOUND_BY_CONTACT: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(CONTACT).expect("the words are few"));
/// What stands before one whose words follow.
static BEFORE_WORDS: Signs = Signs::of("时，,。；：:");
/// What stands after a name whose words follow, besides what tells for another.
const SAYS: &[&str] = &["表示", "又问", "称", "问"];
/// What stands between a name and its telephone.
const TELEPHONE: &[&str] = &["联系电话", "手机号码", "电话", "手机", "，", ",", "：", ":"];
/// What is never the reporter's telephone.
const OF_OTHERS: &[&str] = &["对方", "另一方", "被"];
/// What ends no name: 程先生因反映, 王芳又问.
static NO_END: Signs = Signs::of("因与和等代对就为向也又再还在来去");
/// So many names of a text are looked at.
const MOST: usize = 4;
/// A name has so many characters at most.
const MOST_SIGNS: usize = 4;

/// The names of those who may have told it, the surest first.
pub(super) fn named(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |name: Option<String>| {
        if let Some(name) = name.filter(|name| found.len() < MOST && !found.contains(name)) {
            found.push(name);
        }
    };
    let bytes = text.as_bytes();
    for at in (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()) {
        if at == 0 || !bytes[at - 1].is_ascii_digit() {
            add(before_telephone(&text[..at]));
        }
    }
    let mut contacts: Vec<_> = FOUND_BY_CONTACT.find_iter(text).collect();
    contacts.sort_by_key(|contact| contact.pattern());
    for contact in contacts {
        add(at_start(&text[contact.end()..]));
    }
    for (at, sign) in text.char_indices().filter(|(_, c)| BEFORE_WORDS.has(*c)) {
        add(at_start(&text[at + sign.len_utf8()..]));
    }
    found
}

/// 于春艳电话, of what stands before a number.
fn before_telephone(before: &str) -> Option<String> {
    let mut rest = before;
    let mut said = false;
    while let Some(shorter) = TELEPHONE.iter().find_map(|word| rest.strip_suffix(word)) {
        rest = shorter;
        said = true;
    }
    if !said || OF_OTHERS.iter().any(|other| rest.ends_with(other)) {
        return None;
    }
    let signs: Vec<char> = rest.chars().rev().take_while(|c| is_han(*c)).take(MOST_SIGNS + 3).collect();
    let signs: Vec<char> = signs.into_iter().rev().collect();
    // 联系人于春艳: from the last word that leads to a name.
    let text: String = signs.iter().collect();
    let name = CONTACT.iter().find_map(|word| text.rsplit_once(word)).map_or(text.as_str(), |(_, name)| name);
    is_name(name).then(|| name.to_owned())
}

/// A name whose words follow: 占文轩反映, 小熊说.
fn at_start(text: &str) -> Option<String> {
    // No form of telling is longer than two characters.
    let signs = text.char_indices().take_while(|(_, c)| is_han(*c)).take(MOST_SIGNS + 2);
    let end = signs.last().map_or(0, |(at, sign)| at + sign.len_utf8());
    let head = &text[..end];
    let ends = |length: usize| {
        let (at, _) = head.char_indices().nth(length)?;
        let after = &head[at..];
        TELLS.iter().chain(SAYS).any(|tells| after.starts_with(tells)).then(|| &head[..at])
    };
    (2..=MOST_SIGNS).find_map(ends).filter(|name| is_name(name)).map(str::to_owned)
}

fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    let (first, last) = (text.chars().next(), text.chars().next_back());
    (2..=MOST_SIGNS).contains(&length)
        && !last.is_some_and(|last| NO_END.has(last))
        && first.is_some_and(|first| name::is_surname(first) || matches!(first, '小' | '老' | '阿' | '细'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_tells_it_is_named_before_a_telephone_or_before_the_words() {
        assert_eq!(named("院方不承认。联系人于春艳，14396736263。希望有人来管"), ["于春艳"]);
        assert_eq!(named("蒋珍爱电话15406864794，白天可联系"), ["蒋珍爱"]);
        assert_eq!(named("下户时小熊反映，租金没付"), ["小熊"]);
        assert_eq!(named("今天走访发现，占文轩问危房"), ["占文轩"]);
        assert_eq!(named("程先生因反映问题又来了"), ["程先"; 0]);
        assert!(named("对方电话15449541301").is_empty());
        assert!(named("该户反映邻居养鸡，要求处理").is_empty());
    }
}
