//! One writing of what can be written in several: full-width signs, traditional characters, and sounds.

use std::{ops::RangeInclusive, sync::LazyLock};

use pinyin::ToPinyin as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::signs::Signs;

/// The characters of Chinese names and texts.
const HAN: RangeInclusive<char> = '\u{3400}'..='\u{9fff}';

/// The simplified character of each Chinese one, in their order.
static SIMPLIFIED: LazyLock<Vec<char>> = LazyLock::new(|| {
    HAN.map(|traditional| hanconv::t2s(traditional.to_string()).chars().next().unwrap_or(traditional))
        .collect()
});

/// Signs of Chinese texts that stay as they are.
static KEPT: Signs = Signs::of("、。〇〈〉《》「」『』【】“”‘’—·");

/// Whether it is a Chinese character.
pub(crate) fn is_han(c: char) -> bool {
    HAN.contains(&c)
}

/// The simplified character.
pub(crate) fn simplified(c: char) -> char {
    let place = u32::from(c).wrapping_sub(u32::from(*HAN.start()));
    SIMPLIFIED.get(place as usize).copied().unwrap_or(c)
}

/// Full-width signs to half-width, lower case, traditional characters to simplified ones.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold(text, usize::MAX, &mut folded);
    folded
}

/// Appends the first so many characters of a text, [folded].
pub(crate) fn fold(text: &str, most: usize, folded: &mut String) {
    let before = folded.len();
    for c in text.chars().take(most) {
        match plainly_folded(c) {
            Some(c) => folded.push(c),
            None => {
                folded.truncate(before);
                return folded.extend(folded_by_unicode(text).take(most));
            }
        }
    }
}

/// What a character becomes wherever it stands; nothing of those of which that cannot be said. Nearly all characters of
/// nearly all texts are such, and to ask Unicode's tables for each takes ten times as long.
fn plainly_folded(c: char) -> Option<char> {
    const FULL_WIDTH: u32 = '！' as u32 - '!' as u32;
    match c {
        '\0'..='\u{7f}' => Some(c.to_ascii_lowercase()),
        '！'..='～' => char::from_u32(u32::from(c) - FULL_WIDTH).map(|c| c.to_ascii_lowercase()),
        '\u{3000}' => Some(' '),
        c if is_han(c) => Some(simplified(c)),
        c => KEPT.has(c).then_some(c),
    }
}

fn folded_by_unicode(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkc().flat_map(char::to_lowercase).map(simplified)
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
pub(crate) fn push_sound(c: char, sound: &mut String) {
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
    fn what_is_plainly_folded_is_what_unicode_makes_of_it() {
        for c in '\0'..=char::MAX {
            let Some(plain) = plainly_folded(c) else { continue };
            let made: String = folded_by_unicode(c.encode_utf8(&mut [0; 4])).collect();
            assert_eq!(made, plain.to_string(), "{c:?}");
        }
    }

    #[test]
    fn as_many_characters_are_folded_as_are_wanted() {
        let folded = |text: &str| {
            let mut folded = String::from("1");
            fold(text, 3, &mut folded);
            folded
        };
        assert_eq!(folded("ＡＢ座楼"), "1ab座");
        assert_eq!(folded("座…楼"), "1座..", "three points are one sign");
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
