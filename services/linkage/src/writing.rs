//! One writing of what can be written in several: full-width signs, traditional characters, and sounds.

use std::{collections::HashMap, ops::RangeInclusive, sync::LazyLock};

use pinyin::ToPinyin as _;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

/// The characters of Chinese names and texts.
const HAN: RangeInclusive<char> = '\u{3400}'..='\u{9fff}';

/// The simplified character of each traditional one, character by character.
static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    HAN.filter_map(|traditional| {
        let simplified = hanconv::t2s(traditional.to_string()).chars().next()?;
        (simplified != traditional).then_some((traditional, simplified))
    })
    .collect()
});

/// Whether it is a Chinese character.
pub(crate) fn is_han(c: char) -> bool {
    HAN.contains(&c)
}

/// The simplified character.
pub(crate) fn simplified(c: char) -> char {
    if c < '\u{3400}' { c } else { SIMPLIFIED.get(&c).copied().unwrap_or(c) }
}

/// Full-width signs to half-width, lower case, traditional characters to simplified ones.
pub(crate) fn folded(text: &str) -> String {
    match is_nfkc_quick(text.chars()) {
        // Most texts are in that form already; to find it out is quicker than to make it.
        IsNormalized::Yes => text.chars().flat_map(char::to_lowercase).map(simplified).collect(),
        IsNormalized::No | IsNormalized::Maybe => {
            text.nfkc().flat_map(char::to_lowercase).map(simplified).collect()
        }
    }
}

/// How a text sounds, without tones. What clerks confuse sounds the same: zh and z, sh and s, ch and c, eng and en,
/// ing and in.
pub(crate) fn sound(text: &str) -> String {
    let mut sound = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        push_sound(c, &mut sound);
    }
    sound
}

/// Appends how a character sounds; one that has no sound stands for itself.
fn push_sound(c: char, sound: &mut String) {
    let Some(pinyin) = c.to_pinyin() else {
        sound.push(c);
        return;
    };
    let plain = pinyin.plain();
    let bytes = plain.as_bytes();
    let plain = match bytes {
        [b'z' | b'c' | b's', b'h', ..] => {
            sound.push_str(&plain[..1]);
            &plain[2..]
        }
        _ => plain,
    };
    sound.push_str(
        plain.strip_suffix('g').filter(|rest| rest.ends_with("in") || rest.ends_with("en")).unwrap_or(plain),
    );
    sound.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_and_full_width_writings_are_folded() {
        assert_eq!(folded("龍興國３－２－５０１"), "龙兴国3-2-501");
        assert_eq!(folded("陳偉"), "陈伟");
        assert_eq!(folded("ＡＢ座"), "ab座");
    }

    #[test]
    fn homophones_sound_the_same() {
        for (one, other) in [("伟", "炜"), ("张静", "章敬"), ("英", "音"), ("生", "森"), ("世", "四")]
        {
            assert_eq!(sound(one), sound(other), "{one} {other}");
        }
        assert_ne!(sound("王"), sound("黄"));
        // The bounds of syllables count: xi'an is not xian.
        assert_ne!(sound("西安"), sound("先"));
    }
}
