//! What a report is about: its topics by the words of the field, and the pairs of characters of its text.

mod amounts;
mod named;
mod phones;
mod teller;
mod topics;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::{
    signs::Signs,
    writing::{fold, folded, is_han},
};

/// The text that is looked at has at most so many characters; the matter stands at its beginning.
const MOST_CHARACTERS: usize = 600;
/// Of the sums of money so many are kept.
pub(crate) const MOST_AMOUNTS: usize = amounts::MOST;
/// Of those who are named in a text so many are kept.
pub(crate) const MOST_NAMED: usize = 6;
/// What a report says that was told before.
const SAID_AGAIN: &[&str] = &[
    "催办",
    "催促",
    "再次来电",
    "再次反映",
    "再次报警",
    "上次",
    "又来问",
    "又问",
    "前次",
    "多次来电",
    "重复来电",
    "补充",
    "同一报警人",
    "情况同前",
    "追加诉求",
    "办理进度",
    "还是老样子",
    "又来问",
    "又来电",
    "再次求助",
];
/// What a report says that is told for somebody else, as it is.
const ON_BEHALF: &[&str] = &["委托", "代为"];
/// Who tells it for whom: 代王某反映, 替其母诉称.
const FOR: &[char] = &['代', '替', '帮'];
const TELLS: &[&str] = &["反映", "诉称", "诉说", "来电", "报警", "求助", "讲", "说"];
/// Between both stands a name.
const BETWEEN: usize = 8;
/// What nearly every report says.
const SAID_OF_ANYTHING: &[&str] = &[
    "反映",
    "来电",
    "请求",
    "要求",
    "希望",
    "协调",
    "处理",
    "解决",
    "相关",
    "部门",
    "有关",
    "尽快",
    "核实",
    "情况",
    "问题",
    "市民",
    "群众",
    "报警",
    "称其",
    "投诉",
    "举报",
    "求助",
    "咨询",
    "调解",
    "双方",
    "情绪",
    "激动",
    "无人",
    "受伤",
    "矛盾",
    "纠纷",
    "发生",
    "因为",
    "现在",
    "已经",
    "多次",
    "没有",
    "一直",
    "至今",
    "目前",
    "诉求",
    "联系",
    "工作",
    "人员",
    "民警",
    "社区",
    "派出所",
    "麻烦",
    "出警",
    "现场",
];
#[expect(clippy::expect_used, reason = "the phrases are written here, and a test builds them")]
static STOCK_PHRASES: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(SAID_OF_ANYTHING).expect("the phrases are few"));
#[expect(clippy::expect_used, reason = "the words are written here, and a test builds them")]
static AGAIN: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(SAID_AGAIN).expect("the words are few"));
/// What ties words together and says nothing.
static TIES: Signs = Signs::of(
    "的了在是和与及被把也都就又还很不有无为对从到向给让个家人请我他她它们你这那其该等着过上下中里外前后来去说称因但并且或以于之所",
);

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Matter {
    /// The topics, by their numbers; each once.
    pub topics: Vec<Topic>,
    /// The organisations that are named in the text.
    pub organisations: Vec<String>,
    /// The people who are named in the text, as far as a name is seen there. Those who are among the parties are
    /// left out.
    pub people: Vec<String>,
    /// The mobile number under which the text says that the reporter is reached.
    pub phone: Option<String>,
    /// The sums of money, in yuan.
    pub amounts: Vec<u64>,
    /// Whether the text says that it was told before.
    pub said_again: bool,
    /// Whether the text says that it is told for somebody else.
    pub on_behalf: bool,
    /// What was read.
    text: String,
    /// The same without names and what nearly every report says.
    bare: String,
}

/// A topic of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its name.
    pub name: &'static str,
    /// Whether it befalls a whole neighbourhood, or all workers of an employer: many households, one matter.
    pub shared: bool,
    /// Whether it is the employer that they share.
    pub of_employer: bool,
    /// Whether it comes with disputes of any kind.
    pub beside: bool,
}

fn is_on_behalf(text: &str) -> bool {
    let names_one = |after: &str| {
        // 帮忙说一说, 帮我反映: one asks for help with one's own matter.
        if after.starts_with(['忙', '助', '我', '扶']) {
            return false;
        }
        let end = after.char_indices().nth(BETWEEN).map_or(after.len(), |(end, _)| end);
        TELLS.iter().any(|tells| after[..end].contains(tells))
    };
    ON_BEHALF.iter().any(|words| text.contains(words))
        || text.match_indices(FOR).any(|(at, found)| names_one(&text[at + found.len()..]))
}

impl Matter {
    /// Reads title and narrative. What is in `names` is left out: people are compared by themselves.
    pub(crate) fn read(title: &str, narrative: &str, names: &[&str]) -> Self {
        let mut text = String::new();
        fold(title, MOST_CHARACTERS, &mut text);
        text.push('。');
        fold(narrative, MOST_CHARACTERS, &mut text);
        if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
            text.truncate(end);
        }
        let signs: Vec<char> = text.chars().collect();
        let topics = topics::named_in(&text);
        let organisations = named::organisations(&text);
        let mut people = named::people(&signs);
        people.retain(|person| !names.contains(&person.as_str()));
        people.truncate(MOST_NAMED - organisations.len());
        let phone = phones::of_reporter(&signs);
        let amounts = amounts::amounts(&signs);
        let said_again = AGAIN.is_match(&text);
        let on_behalf = is_on_behalf(&text);
        let mut bare = text.clone();
        for name in names.iter().filter(|name| name.chars().count() >= 2) {
            let name = folded(name);
            if bare.contains(&name) {
                bare = bare.replace(&name, "。");
            }
        }
        let bare = STOCK_PHRASES.replace_all(&bare, &["。"; SAID_OF_ANYTHING.len()]);
        Self { topics, organisations, people, phone, amounts, said_again, on_behalf, text, bare }
    }

    /// The text's pairs of characters and its numbers; each may be there more than once.
    pub(crate) fn words(&self) -> Vec<&str> {
        words(&self.bare)
    }

    /// Who may have told it, as the text names them, the surest first.
    pub(crate) fn tellers(&self) -> Vec<String> {
        teller::named(&self.text)
    }
}

fn words(text: &str) -> Vec<&str> {
    let speaks = |c: char| is_han(c) && !TIES.has(c);
    let mut words = Vec::new();
    let (mut before, mut number): (Option<usize>, Option<usize>) = (None, None);
    for (at, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() {
            number = number.or(Some(at));
            before = None;
            continue;
        }
        let end = at + c.len_utf8();
        if let Some(start) = number.take()
            // 3000元, 12人: with what is counted. A single digit says little, a telephone is not the matter.
            && (2..=7).contains(&(at - start))
        {
            words.push(&text[start..end]);
        }
        if let Some(before) = before.filter(|_| speaks(c)) {
            words.push(&text[before..end]);
        }
        before = speaks(c).then_some(at);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_topics_by_the_words_of_the_field() {
        let topics = |text: &str| -> Vec<&str> {
            Matter::read("", text, &[]).topics.iter().map(|topic| topic.name).collect()
        };
        assert_eq!(topics("楼上卫生间渗水"), topics("楼上漏水，天花板湿了"));
        assert_eq!(topics("小区停水两天"), topics("家里沒水用"));
        assert!(topics("今天天气好").is_empty());
    }

    #[test]
    fn who_asks_for_help_tells_for_themselves() {
        assert!(
            is_on_behalf("代王某反映邻居占道") && is_on_behalf("受沈先生委托") && is_on_behalf("帮邻居说")
        );
        assert!(!is_on_behalf("希望帮忙说一说") && !is_on_behalf("请帮助反映"));
    }

    #[test]
    fn names_and_what_anyone_says_are_no_words_of_the_matter() {
        let matter = Matter::read("", "王伟反映邻居占道3000元", &["王伟"]);
        assert_eq!(matter.words(), ["邻居", "居占", "占道", "3000元"]);
    }
}
