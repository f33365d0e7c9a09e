//! Who gets which form, and by when.

use fengqiao_county::PushLimitHours;
use jiff::{SignedDuration, Timestamp};

use super::{acts::supervision::Card, level::Level};
use crate::directory::Responsible;

/// The document that a push carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// 报告单
    Report,
    /// 告知单
    Notice,
    /// 提示函
    Reminder,
    /// 预警函
    Warning,
    /// 督办函, by how hard it presses.
    Supervision(Card),
    /// 吹哨单
    Whistle,
    /// 会议纪要
    Minutes,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Report,
        Self::Notice,
        Self::Reminder,
        Self::Warning,
        Self::Supervision(Card::Reminder),
        Self::Supervision(Card::Yellow),
        Self::Supervision(Card::Red),
        Self::Whistle,
        Self::Minutes,
    ];

    /// The form of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.code() == code)
    }

    /// Whether what becomes of it is done with the case: a letter that comes back is no case that comes back.
    #[must_use]
    pub const fn is_of_the_case(self) -> bool {
        matches!(self, Self::Report | Self::Minutes)
    }

    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Report => 1,
            Self::Notice => 2,
            Self::Reminder => 3,
            Self::Warning => 4,
            Self::Supervision(Card::Reminder) => 5,
            Self::Supervision(Card::Yellow) => 6,
            Self::Supervision(Card::Red) => 7,
            Self::Whistle => 9,
            Self::Minutes => 10,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Report => "报告单",
            Self::Notice => "告知单",
            Self::Reminder => "提示函",
            Self::Warning => "预警函",
            Self::Supervision(Card::Reminder) => "督办函",
            Self::Supervision(Card::Yellow) => "督办函（黄牌）",
            Self::Supervision(Card::Red) => "督办函（红牌）",
            Self::Whistle => "吹哨单",
            Self::Minutes => "会议纪要",
        }
    }
}

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The agency's code.
    pub agency: String,
    /// The document.
    pub form: Form,
}

/// A push that a change of a case asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOrder {
    /// To whom, and which document.
    pub recipient: Recipient,
    /// The level; it decides the order in the agency's queue.
    pub level: Level,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// By when it has to be pushed.
    pub due_at: Timestamp,
    /// Why, for people; no personal data.
    pub reason: String,
}

/// That an agency does not owe any more what it was pushed, or by another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRevision {
    /// Which agency.
    pub agency: String,
    /// Since when.
    pub at: Timestamp,
    /// What it owes now.
    pub now: NowOwed,
}

/// What an agency owes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NowOwed {
    /// Nothing: the case is another's.
    Nothing {
        /// Why, for people; no personal data.
        reason: String,
    },
    /// The same by another time.
    Until {
        /// Its signature; none where it owes none, or the clock stands still.
        sign_by: Option<Timestamp>,
        /// The result; as `sign_by`.
        settle_by: Option<Timestamp>,
    },
}

/// Who is told of a case: a report form to the agency that has to act, to the town and its justice
/// office, a notice form to the community. Nobody gets two.
#[must_use]
pub fn recipients(lead: &str, responsible: &Responsible) -> Vec<Recipient> {
    let report_forms = [Some(lead), responsible.town.as_deref(), responsible.justice.as_deref()];
    let mut told: Vec<Recipient> = Vec::with_capacity(4);
    for (agency, form) in report_forms
        .into_iter()
        .map(|agency| (agency, Form::Report))
        .chain([(responsible.community.as_deref(), Form::Notice)])
    {
        if let Some(agency) = agency
            && told.iter().all(|recipient| recipient.agency != agency)
        {
            told.push(Recipient { agency: agency.to_owned(), form });
        }
    }
    told
}

/// By when a push of this level has to be made, in natural hours: red at once.
#[must_use]
pub fn due_at(level: Level, requested_at: Timestamp, limits: PushLimitHours) -> Timestamp {
    let hours = match level {
        Level::Red => 0,
        Level::Orange => limits.orange,
        // Blue is pushed only where a person assigns it, and then without hurry.
        Level::Yellow | Level::Blue => limits.yellow,
    };
    requested_at.checked_add(SignedDuration::from_hours(i64::from(hours))).unwrap_or(requested_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn responsible() -> Responsible {
        Responsible {
            lead: "police".into(),
            town: Some("town-421181105".into()),
            justice: Some("justice-421181105".into()),
            community: Some("community-421181105202".into()),
        }
    }

    #[test]
    fn three_report_forms_and_one_notice() {
        let told = recipients("police", &responsible());
        let forms: Vec<(&str, Form)> = told.iter().map(|r| (r.agency.as_str(), r.form)).collect();
        assert_eq!(
            forms,
            [
                ("police", Form::Report),
                ("town-421181105", Form::Report),
                ("justice-421181105", Form::Report),
                ("community-421181105202", Form::Notice)
            ]
        );
    }

    #[test]
    fn nobody_gets_two_forms_and_a_report_form_wins() {
        let told = recipients("community-421181105202", &responsible());
        assert_eq!(told.len(), 3);
        assert_eq!(told[0].form, Form::Report);
    }

    #[test]
    fn whoever_does_not_exist_is_left_out() {
        let bare = Responsible { lead: "centre".into(), town: None, justice: None, community: None };
        assert_eq!(recipients("centre", &bare).len(), 1);
    }

    #[test]
    fn limits_are_natural_hours() {
        let at: Timestamp = "2026-02-16T12:00:00Z".parse().unwrap();
        let limits = PushLimitHours { orange: 24, yellow: 48 };
        assert_eq!(due_at(Level::Red, at, limits), at);
        assert_eq!(due_at(Level::Orange, at, limits).to_string(), "2026-02-17T12:00:00Z");
        assert_eq!(due_at(Level::Yellow, at, limits).to_string(), "2026-02-18T12:00:00Z");
    }
}
