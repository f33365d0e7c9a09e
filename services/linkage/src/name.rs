//! Names as people say them: 王伟, 王女士, 老王, 王师傅, 王某某, 村民王伟.

mod organisation;
mod surnames;

use organisation::Organisation;
pub(crate) use surnames::is_common as is_surname;

use crate::writing::folded;

/// Whether a name or a form of address speaks of a man or a woman.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    Woman,
    Man,
}

/// A name as far as it was said.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Name {
    /// The family name; empty where it was not said.
    pub surname: String,
    /// The given name's characters; fewer than the person has, or none, where only a part was said.
    pub given: String,
    /// Whether the whole name was said.
    pub whole: bool,
    /// Where the form of address tells it.
    pub sex: Option<Sex>,
    /// Bits: the binary logarithm of one in so many people having this name.
    pub rarity: f32,
}

/// What people are called before their name.
const BEFORE: &[&str] = &[
    "村支书",
    "支书",
    "村主任",
    "网格员",
    "楼栋长",
    "调解员",
    "退役军人",
    "反映人",
    "当事人",
    "报警人",
    "来电人",
    "投诉人",
    "申请人",
    "被申请人",
    "原告",
    "被告",
    "业主",
    "租户",
    "房东",
    "村民",
    "居民",
    "市民",
    "群众",
    "职工",
    "工人",
    "农民工",
    "司机",
    "老板",
    "户主",
    "店主",
    "商户",
    "邻居",
    "包工头",
    "负责人",
    "法人",
    "家属",
    "学生",
    "学生家长",
    "家长",
    "患者",
    "经理",
    "本村",
    "本组",
    "女",
    "男",
];

/// How people are addressed after their name.
const AFTER: &[(&str, Option<Sex>)] = &[
    ("女士", Some(Sex::Woman)),
    ("小姐", Some(Sex::Woman)),
    ("阿姨", Some(Sex::Woman)),
    ("大姐", Some(Sex::Woman)),
    ("大妈", Some(Sex::Woman)),
    ("大娘", Some(Sex::Woman)),
    ("大嫂", Some(Sex::Woman)),
    ("嫂子", Some(Sex::Woman)),
    ("奶奶", Some(Sex::Woman)),
    ("婆婆", Some(Sex::Woman)),
    ("太婆", Some(Sex::Woman)),
    ("太太", Some(Sex::Woman)),
    ("妈妈", Some(Sex::Woman)),
    ("婶子", Some(Sex::Woman)),
    ("婶婶", Some(Sex::Woman)),
    ("姑娘", Some(Sex::Woman)),
    ("夫人", Some(Sex::Woman)),
    ("姐", Some(Sex::Woman)),
    ("婆", Some(Sex::Woman)),
    ("嫂", Some(Sex::Woman)),
    ("婶", Some(Sex::Woman)),
    ("妈", Some(Sex::Woman)),
    ("氏", Some(Sex::Woman)),
    ("先生", Some(Sex::Man)),
    ("大爷", Some(Sex::Man)),
    ("大哥", Some(Sex::Man)),
    ("大伯", Some(Sex::Man)),
    ("大叔", Some(Sex::Man)),
    ("爷爷", Some(Sex::Man)),
    ("老汉", Some(Sex::Man)),
    ("老头", Some(Sex::Man)),
    ("叔叔", Some(Sex::Man)),
    ("伯伯", Some(Sex::Man)),
    ("小伙", Some(Sex::Man)),
    ("哥", Some(Sex::Man)),
    ("爹", Some(Sex::Man)),
    ("伯", Some(Sex::Man)),
    ("叔", Some(Sex::Man)),
    ("爷", Some(Sex::Man)),
    ("师傅", None),
    ("老师", None),
    ("同志", None),
    ("老板", None),
    ("经理", None),
    ("医生", None),
    ("大夫", None),
    ("主任", None),
    ("支书", None),
    ("书记", None),
    ("队长", None),
    ("组长", None),
    ("会计", None),
    ("校长", None),
    ("律师", None),
    ("老人", None),
    ("总", None),
    ("工", None),
    ("家", None),
];

/// What is said instead of a name.
const NOBODY: &[&str] = &[
    "匿名",
    "无名",
    "无名氏",
    "不详",
    "未知",
    "不明",
    "未透露",
    "不愿透露",
    "热心市民",
    "热心群众",
    "某人",
    "保密",
    "本人",
    "无",
    "对方",
    "邻居",
    "隔壁",
    "楼上",
    "楼下",
    "丈夫",
    "妻子",
    "老公",
    "老婆",
    "儿子",
    "女儿",
    "包工头",
    "老板",
    "村干部",
    "村会计",
    "村支书",
    "村主任",
    "开发商",
    "房东",
    "业主",
    "施工方",
    "直播间",
    "商家",
    "卖家",
    "网店",
    "快递驿站",
    "房主",
    "用人单位",
    "该单位",
    "村民",
    "居民",
    "市民",
    "群众",
    "报警人",
    "来电人",
];
/// What is said of who does not want to be named begins so.
const UNWILLING: &[&str] = &["不愿", "不肯", "不便", "未留", "未说", "拒绝", "匿名"];
/// A given name of one character is shared by one in about 90 of a surname, one of two by one in about 700.
/// An organisation has many disputes: one in some thousand is with this one.
const ORGANISATION_BITS: f32 = 6.5;
/// Of which only the kind was said.
const KIND_BITS: f32 = 4.0;
const ONE_GIVEN_BITS: f32 = 6.5;
const TWO_GIVEN_BITS: f32 = 9.5;
const MOST_CHARACTERS: usize = 24;

impl Name {
    /// Reads a name; nothing where none was said.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let plain: String = without_brackets(&folded(text)).chars().take(MOST_CHARACTERS).collect();
        if plain.is_empty()
            || NOBODY.contains(&plain.as_str())
            || UNWILLING.iter().any(|said| plain.starts_with(said))
        {
            return None;
        }
        if let Some(called) = organisation::read(&plain) {
            let (given, whole, rarity) = match called {
                Organisation::Named(name) => (name, true, ORGANISATION_BITS),
                Organisation::Bare(kind) => (kind, false, KIND_BITS),
            };
            return (!given.is_empty()).then_some(Self { given, whole, rarity, ..Self::default() });
        }
        let mut name = Self::default();
        let mut rest = plain.as_str();
        while let Some(after) =
            BEFORE.iter().find_map(|word| rest.strip_prefix(word)).filter(|after| !after.is_empty())
        {
            // 女士, 工人大爷: what is left must still begin with a family name, 老 or 小.
            if surnames::at_start(after).is_none() && !after.starts_with(['老', '小', '阿']) {
                break;
            }
            rest = after;
        }
        if let Some(inner) = rest
            .strip_prefix(['老', '小', '阿', '细', '幺'])
            .filter(|inner| (1..=2).contains(&inner.chars().count()))
        {
            return Some(name.familiar(inner));
        }
        let surname = surnames::at_start(rest);
        let after_surname = surname.map_or("", |surname| &rest[surname.len()..]);
        if let Some((form, sex)) = AFTER.iter().find(|(form, _)| rest.ends_with(form)) {
            let before = &rest[..rest.len() - form.len()];
            // 王哥 is how a man is called; 王小哥 too; 马伯 and 王大伟 stay names by the length of what is left.
            let is_address = before.chars().count() != 2 || form.chars().count() > 1;
            if is_address && !before.is_empty() {
                name.sex = *sex;
                rest = before;
                if let Some(inner) =
                    rest.strip_prefix(['老', '小']).filter(|inner| inner.chars().count() == 1)
                {
                    return Some(name.familiar(inner));
                }
            } else if before.is_empty() {
                // 女士, without a name.
                name.sex = *sex;
                return name.sex.is_some().then_some(name);
            }
        }
        let Some(surname) = surname.filter(|surname| surname.len() <= rest.len()) else {
            name.given = rest.to_owned();
            // 珍芳, without a family name; a longer one is a foreigner's or of a minority.
            let characters = rest.chars().count();
            name.whole = (3..=12).contains(&characters);
            name.rarity = match characters {
                1 => ONE_GIVEN_BITS - 1.0,
                2 => TWO_GIVEN_BITS,
                _ => TWO_GIVEN_BITS + surnames::RAREST_BITS,
            };
            return Some(name);
        };
        let given = if after_surname.is_empty() { "" } else { &rest[surname.len()..] };
        surname.clone_into(&mut name.surname);
        // 王某, 王某某, 王XX, 王*伟, 王大 (the eldest): only the family name was said.
        let masked = |c: char| matches!(c, '某' | '*' | 'x' | '×' | '○' | '_' | '?');
        name.whole = !given.is_empty() && !given.chars().any(masked);
        name.given = given.chars().filter(|c| !masked(*c)).collect();
        name.rarity = surnames::bits(&name.surname)
            + match name.given.chars().count() {
                0 => 0.0,
                1 if name.whole => ONE_GIVEN_BITS,
                1 => ONE_GIVEN_BITS - 1.0,
                _ => TWO_GIVEN_BITS,
            };
        Some(name)
    }

    /// Whether this whole name may be that of whom a part is said: 王伟 is 王某, 老王 or 阿伟.
    pub(crate) fn may_be(&self, part: &Self) -> bool {
        let said = |whole: &str, part: &str| part.is_empty() || whole.contains(part);
        let same_sex = self.sex.is_none() || part.sex.is_none() || self.sex == part.sex;
        same_sex
            && (part.surname.is_empty() || self.surname == part.surname)
            && said(&self.given, &part.given)
    }

    /// 老王 has the family name 王, 小芳 and 阿芳 a given name.
    fn familiar(mut self, inner: &str) -> Self {
        if surnames::at_start(inner) == Some(inner) {
            inner.clone_into(&mut self.surname);
            self.rarity = surnames::bits(inner);
        } else {
            inner.clone_into(&mut self.given);
            self.rarity = if inner.chars().count() > 1 { TWO_GIVEN_BITS } else { ONE_GIVEN_BITS - 1.0 };
        }
        self
    }
}

/// Without spaces, signs, and what stands in brackets: 王伟（代报）.
fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' | '【' | '<' => depth += 1,
            ')' | ']' | '】' | '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 && (c.is_alphanumeric() || matches!(c, '*' | '×' | '○' | '_' | '?')) => {
                plain.push(c)
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String, bool, Option<Sex>) {
        let name = Name::read(text).unwrap_or_default();
        (name.surname, name.given, name.whole, name.sex)
    }

    fn said(
        surname: &str,
        given: &str,
        whole: bool,
        sex: Option<Sex>,
    ) -> (String, String, bool, Option<Sex>) {
        (surname.to_owned(), given.to_owned(), whole, sex)
    }

    #[test]
    fn a_whole_name_is_a_family_name_and_a_given_name() {
        for (text, surname, given) in [
            ("王伟", "王", "伟"),
            ("陳桂蘭", "陈", "桂兰"),
            ("欧阳明月", "欧阳", "明月"),
            ("村民王伟", "王", "伟"),
            ("王 伟（代报）", "王", "伟"),
            ("王大伟", "王", "大伟"),
            ("马伯乐", "马", "伯乐"),
            ("石爱工", "石", "爱工"),
        ] {
            assert_eq!(read(text), said(surname, given, true, None), "{text}");
        }
        assert_eq!(read("李桂芳女士"), said("李", "桂芳", true, Some(Sex::Woman)));
    }

    #[test]
    fn a_form_of_address_tells_a_family_name_and_perhaps_the_sex() {
        for (text, sex) in [
            ("王女士", Some(Sex::Woman)),
            ("王大姐", Some(Sex::Woman)),
            ("王婆婆", Some(Sex::Woman)),
            ("王先生", Some(Sex::Man)),
            ("王大爷", Some(Sex::Man)),
            ("王哥", Some(Sex::Man)),
            ("老王", None),
            ("小王", None),
            ("王师傅", None),
            ("王某", None),
            ("王某某", None),
            ("王XX", None),
            ("王**", None),
            ("村民老王", None),
            ("王", None),
        ] {
            assert_eq!(read(text), said("王", "", false, sex), "{text}");
        }
        assert_eq!(read("王*伟"), said("王", "伟", false, None));
        assert_eq!(read("小芳"), said("", "芳", false, None));
        assert_eq!(read("珍芳"), said("", "珍芳", false, None));
        assert_eq!(read("阿珍芳"), said("", "珍芳", false, None));
    }

    #[test]
    fn who_is_not_named_has_no_name() {
        for text in ["", "  ", "匿名", "不详", "（无）", "不愿透露姓名", "匿名群众"] {
            assert_eq!(Name::read(text), None, "{text}");
        }
        assert_eq!(Name::read("隔壁"), None);
        assert_eq!(read("女士"), said("", "", false, Some(Sex::Woman)));
    }

    #[test]
    fn a_rare_family_name_is_rarer() {
        let rarity = |text: &str| Name::read(text).map_or(0.0, |name| name.rarity);
        assert!(rarity("王伟") + 4.0 < rarity("鄢伟"));
        assert!(rarity("王女士") < rarity("王伟"));
        assert!(rarity("王伟") < rarity("王伟民"));
    }
}
