//! The telephone that a text names: 联系电话138…

/// What stands before the telephone of the other side.
const OF_OTHERS: &[&str] = &["对方", "另一方", "被反映人", "被投诉人", "该人", "其丈夫", "其妻"];
/// So many characters before a number tell whose it is.
const BEFORE: usize = 8;
const MOBILE_DIGITS: usize = 11;

/// The first mobile number of a text that is not said to be the other side's.
pub(super) fn of_reporter(signs: &[char]) -> Option<String> {
    let mut at = 0;
    while at < signs.len() {
        if !signs[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = (at..signs.len()).find(|end| !signs[*end].is_ascii_digit()).unwrap_or(signs.len());
        let is_mobile = end - at == MOBILE_DIGITS && signs[at] == '1' && ('3'..='9').contains(&signs[at + 1]);
        let is_of_others = || {
            let before: String = signs[at.saturating_sub(BEFORE)..at].iter().collect();
            OF_OTHERS.iter().any(|other| before.contains(other))
        };
        if is_mobile && !is_of_others() {
            return Some(signs[at..end].iter().collect());
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    fn of_reporter(text: &str) -> Option<String> {
        super::of_reporter(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn the_reporters_telephone_is_found_in_the_text() {
        assert_eq!(of_reporter("联系电话13800000001。").as_deref(), Some("13800000001"));
        assert_eq!(of_reporter("对方电话13800000001，本人13800000002").as_deref(), Some("13800000002"));
        assert_eq!(of_reporter("工单20261127000000123"), None);
    }
}
