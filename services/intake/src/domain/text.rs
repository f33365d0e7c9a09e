//! Limits of texts.

/// What is wrong with a text; the words say what would be right and never repeat the text.
pub type Fault = String;

/// A text on one line: no control characters, at most so many characters.
///
/// # Errors
/// What would be right.
pub fn single_line(text: &str, at_most: usize) -> Result<(), Fault> {
    if may_hold_forbidden(text) && text.chars().any(is_forbidden_on_a_line) {
        return Err("must be on one line, without control characters".to_owned());
    }
    within(text, at_most)
}

/// A text of several lines: line ends and tabs are right, other control characters are not.
///
/// # Errors
/// What would be right.
pub fn lines(text: &str, at_most: usize) -> Result<(), Fault> {
    let forbidden = |c| is_forbidden_on_a_line(c) && !matches!(c, '\n' | '\r' | '\t');
    if may_hold_forbidden(text) && text.chars().any(forbidden) {
        return Err("must hold no control characters but line ends and tabs".to_owned());
    }
    within(text, at_most)
}

fn within(text: &str, at_most: usize) -> Result<(), Fault> {
    // A character has at most 4 bytes, so a long text is refused without counting all of it.
    if text.len() > at_most && (text.len() > at_most * 4 || text.chars().count() > at_most) {
        return Err(format!("must have at most {at_most} characters"));
    }
    Ok(())
}

/// What people and systems write where something has no number, besides nothing but zeros and signs.
const NO_NUMBER: &[&str] =
    &["无", "没有", "否", "空", "未知", "不详", "暂无", "null", "none", "nil", "n/a", "undefined"];

/// Whether what stands for a number names nothing (无, 0, -, null). Whoever took it for one would take all that have none for
/// the same.
pub fn names_nothing(number: &str) -> bool {
    let number = number.trim();
    let zero = |sign: char| matches!(sign, '0' | '０' | '〇');
    !number.contains(|sign: char| sign.is_alphanumeric() && !zero(sign))
        || NO_NUMBER.iter().any(|word| number.eq_ignore_ascii_case(word))
}

/// A quick look at the bytes, which nearly every text passes: control characters are single bytes, or begin
/// with C2; the separators begin with E2 80.
fn may_hold_forbidden(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().any(|byte| *byte < 0x20 || matches!(*byte, 0x7f | 0xc2))
        || bytes.windows(2).any(|pair| pair == [0xe2, 0x80])
}

/// Control characters, and the separators that break a line without being one.
fn is_forbidden_on_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// A text on one line: a blank stands for what may not stand there.
pub fn on_one_line(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(|c| if is_forbidden_on_a_line(c) { ' ' } else { c })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_where_there_is_no_number_names_nothing() {
        for nothing in
            ["", " ", "无", "否", " 没有 ", "0", "000", "００", "-", "--", "/", "NULL", "None", "N/A"]
        {
            assert!(names_nothing(nothing), "{nothing}");
        }
        for number in ["1", "0001", "GD-0", "J1", "无1", "空港派-3", "１２", "Ⅳ", "甲"] {
            assert!(!names_nothing(number), "{number}");
        }
    }

    #[test]
    fn counts_characters_and_not_bytes() {
        assert!(single_line(&"麻".repeat(100), 100).is_ok());
        assert!(single_line(&"麻".repeat(101), 100).unwrap_err().contains("100"));
        assert!(single_line(&"a".repeat(100_000), 100).is_err());
        assert!(single_line(&"𠮷".repeat(100), 100).is_ok(), "four bytes each");
    }

    #[test]
    fn a_single_line_has_no_control_characters() {
        for bad in ["a\0b", "a\nb", "a\tb", "a\u{7f}", "a\u{85}", "a\u{2028}b"] {
            assert!(single_line(bad, 10).is_err(), "{bad:?}");
        }
        assert!(single_line("王女士 (A-1)", 10).is_ok());
    }

    #[test]
    fn the_quick_look_overlooks_nothing() {
        for forbidden in (char::MIN..=char::MAX).filter(|c| is_forbidden_on_a_line(*c)) {
            assert!(may_hold_forbidden(&format!("麻{forbidden}城")), "{forbidden:?}");
        }
    }

    #[test]
    fn a_narrative_may_have_lines_but_no_nul() {
        assert!(lines("一\n二\r\n\t三", 10).is_ok());
        assert!(lines("a\0", 10).is_err());
        assert!(lines("a\u{1b}[31m", 20).is_err());
    }
}
