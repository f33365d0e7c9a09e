//! What a resident may see of a case, and the second secret that opens it.

use fengqiao_proto::types::v1::CaseState;
use jiff::Timestamp;
use uuid::Uuid;

/// Digits of a code.
const CODE_DIGITS: usize = 8;
/// A case's number is at most so long, in bytes.
const MOST_NUMBER: usize = 40;

/// How a case stands, as routing said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The case.
    pub case_id: Uuid,
    /// The number that people say.
    pub case_number: String,
    /// The newest one wins.
    pub version: i64,
    /// The major state.
    pub state: CaseState,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When that agency signed.
    pub signed_at: Option<Timestamp>,
    /// When it was settled.
    pub resolved_at: Option<Timestamp>,
    /// When people were asked again.
    pub revisited_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// The case that it is handled with.
    pub merged_into: Option<Uuid>,
    /// Whether nothing of it may be shown.
    pub protected: bool,
    /// Whether it is an exercise.
    pub drill: bool,
}

/// How far a case is, for the people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// 已受理
    Received,
    /// 办理中
    InHand,
    /// 已办结，待回访
    Settled,
    /// 已回访
    Asked,
    /// 已归档
    Closed,
    /// 不予受理
    Rejected,
}

/// The stage of a case.
#[must_use]
pub const fn stage(state: CaseState, signed_at: Option<Timestamp>, revisited_at: Option<Timestamp>) -> Stage {
    match state {
        CaseState::Closed => Stage::Closed,
        CaseState::Rejected => Stage::Rejected,
        CaseState::Resolved if revisited_at.is_some() => Stage::Asked,
        CaseState::Resolved => Stage::Settled,
        CaseState::Open | CaseState::Unspecified if signed_at.is_some() => Stage::InHand,
        CaseState::Open | CaseState::Unspecified => Stage::Received,
    }
}

/// A code of this number, of which only the last digits count.
#[must_use]
pub fn code(random: u64) -> String {
    format!("{:0width$}", random % 10_u64.pow(CODE_DIGITS as u32), width = CODE_DIGITS)
}

/// Reads a code as people type it; none where it can be none.
#[must_use]
pub fn typed_code(text: &str) -> Option<String> {
    let digits = typed_digits(text, MOST_NUMBER)?;
    (digits.len() == CODE_DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(digits)
}

/// Reads a case's number as people type it, with digits and a hyphen of any width; none where it can be none.
#[must_use]
pub fn typed_number(text: &str) -> Option<String> {
    let number = typed_digits(text, MOST_NUMBER)?;
    let fits = number.len() > 1
        && number.len() <= MOST_NUMBER
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    fits.then_some(number)
}

/// Digits of full width are typed with a Chinese keyboard; spaces come with copying.
fn typed_digits(text: &str, most: usize) -> Option<String> {
    if text.len() > 4 * most {
        return None;
    }
    let plain = text.chars().filter(|digit| !digit.is_whitespace()).map(|digit| match digit {
        '０'..='９' => char::from_u32(digit as u32 - '０' as u32 + '0' as u32).unwrap_or(digit),
        '－' | '—' | '–' => '-',
        digit => digit,
    });
    Some(plain.collect())
}

/// Whether a typed code is the right one. It takes as long for each wrong one.
#[must_use]
pub fn fits(typed: &str, right: &str) -> bool {
    typed.len() == right.len()
        && typed.bytes().zip(right.bytes()).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_what_people_can_see_of_it() {
        let at = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(stage(CaseState::Open, None, None), Stage::Received);
        assert_eq!(stage(CaseState::Open, at, None), Stage::InHand);
        // Opened again: what was asked before counts no more.
        assert_eq!(stage(CaseState::Open, None, at), Stage::Received);
        assert_eq!(stage(CaseState::Resolved, at, None), Stage::Settled);
        assert_eq!(stage(CaseState::Resolved, at, at), Stage::Asked);
        assert_eq!(stage(CaseState::Closed, None, None), Stage::Closed);
        assert_eq!(stage(CaseState::Rejected, None, None), Stage::Rejected);
    }

    #[test]
    fn what_people_type_is_read() {
        assert_eq!(code(7), "00000007");
        assert_eq!(code(u64::MAX).len(), 8);
        assert_eq!(typed_code(" 1234 5678 ").as_deref(), Some("12345678"));
        assert_eq!(typed_code("１２３４５６７８").as_deref(), Some("12345678"));
        assert_eq!(typed_number("20261124－0001").as_deref(), Some("20261124-0001"));
        for wrong in ["", "1234567", "123456789", "1234567a", &"1".repeat(1000)] {
            assert_eq!(typed_code(wrong), None, "{wrong}");
        }
        for wrong in ["", "x", "20261124'0001", &"1".repeat(100)] {
            assert_eq!(typed_number(wrong), None, "{wrong}");
        }
        assert!(fits("12345678", "12345678") && !fits("12345679", "12345678") && !fits("1", "12345678"));
    }
}
