//! Limits that routing's clocks do not know: when it is told that they near, and what is then owed. They are those of a form
//! by which an agency is only told of a case, and of one that was issued by hand.

use fengqiao_proto::{
    notification::v1::{PushDebt, ReceiptState},
    types::v1::{FormKind, PushSubject},
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    form::{FormDraft, IssuedForm},
    push::RequestedPush,
};

/// It is told this part of the whole time before its end.
const LAST_PART: i32 = 4;
/// But not earlier than so long before the end.
const EARLIEST: SignedDuration = SignedDuration::from_hours(24);

/// What is told of a push's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToldLimits {
    /// When it is told that what is owed first nears: the signature, or the answer where the signature has no limit.
    pub first_at: Option<Timestamp>,
    /// Whether that the answer is owed is told too, from the signature on.
    pub answer: bool,
}

impl ToldLimits {
    /// Of a push that routing asked for, whose limits are still those that routing gave. What has a clock there is not told,
    /// nor are reminders and other letters: routing presses what they speak of.
    #[must_use]
    pub fn of_push(push: &RequestedPush, draft: &FormDraft) -> Self {
        let tells_only = matches!(push.form, FormKind::ReportForm | FormKind::NoticeForm);
        if push.drill || push.subject != PushSubject::Case || !tells_only {
            return Self::default();
        }
        let answer = draft.answer_by.filter(|_| push.answer_by.is_none());
        match (push.sign_by, draft.sign_by) {
            (Some(_), _) => Self { first_at: None, answer: answer.is_some() },
            (None, sign_by) => Self::of_limits(push.requested_at, sign_by, answer),
        }
    }

    /// Of the push of a form that was issued by hand.
    #[must_use]
    pub fn of_form(issued: &IssuedForm) -> Self {
        if issued.drill {
            return Self::default();
        }
        Self::of_limits(issued.issued_at, issued.draft.sign_by, issued.draft.answer_by)
    }

    fn of_limits(since: Timestamp, sign_by: Option<Timestamp>, answer_by: Option<Timestamp>) -> Self {
        Self {
            first_at: sign_by.or(answer_by).map(|limit| told_at(since, limit)),
            answer: sign_by.is_some() && answer_by.is_some(),
        }
    }
}

/// When it is told that a limit nears, which runs since then: a quarter of the whole time before it, but at most a day.
#[must_use]
pub fn told_at(since: Timestamp, limit: Timestamp) -> Timestamp {
    let whole = limit.duration_since(since).max(SignedDuration::ZERO);
    limit.checked_sub((whole / LAST_PART).min(EARLIEST)).unwrap_or(limit)
}

/// A push of which it is to be told that a limit nears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearLimit {
    /// Which push.
    pub push_id: Uuid,
    /// What it speaks of.
    pub subject: PushSubject,
    /// Its case; of a form by hand the push itself.
    pub case_id: Uuid,
    /// Who owes it.
    pub agency: String,
    /// The document.
    pub form: FormKind,
    /// The document's title.
    pub form_title: String,
    /// Its number.
    pub form_number: String,
    /// The level's number.
    pub level: i32,
    /// Where.
    pub area_code: String,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// What the agency did with it.
    pub receipt: ReceiptState,
    /// When the agency signed.
    pub signed_at: Option<Timestamp>,
    /// By when it has to be signed.
    pub sign_by: Option<Timestamp>,
    /// By when it has to be answered.
    pub answer_by: Option<Timestamp>,
    /// The trace that it belongs to.
    pub trace: Option<String>,
}

/// What is owed, since when and by when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// What.
    pub what: PushDebt,
    /// Since when.
    pub since: Timestamp,
    /// By when.
    pub due_at: Timestamp,
}

impl NearLimit {
    /// What is owed of it; nothing where it has no limit.
    #[must_use]
    pub fn debt(&self) -> Option<Debt> {
        if let (ReceiptState::Unsigned, Some(due_at)) = (self.receipt, self.sign_by) {
            return Some(Debt { what: PushDebt::Signature, since: self.requested_at, due_at });
        }
        let since = self.signed_at.unwrap_or(self.requested_at);
        self.answer_by.map(|due_at| Debt { what: PushDebt::Answer, since, due_at })
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_forms::Numbering;
    use fengqiao_proto::types::v1::Level;

    use super::*;

    fn hours(n: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + n * 3_600).unwrap()
    }

    fn draft(sign_by: Option<Timestamp>, answer_by: Option<Timestamp>) -> FormDraft {
        FormDraft {
            kind: FormKind::ReportForm,
            title: "报告单".into(),
            issuer: "centre".into(),
            issuer_name: "综治中心".into(),
            numbering: Numbering {
                series: "报".into(), head: String::new(), digits: 4, tail: String::new()
            },
            year: 2026,
            template_version: "1".into(),
            agency_name: String::new(),
            recipient_kind: String::new(),
            sign_by,
            answer_by,
            check_code: String::new(),
        }
    }

    fn asked(change: impl FnOnce(&mut RequestedPush)) -> RequestedPush {
        let mut push = RequestedPush::blank("421181", Uuid::nil(), "town-421181105", hours(0));
        change(&mut push);
        push
    }

    #[test]
    fn it_is_told_in_the_last_quarter_and_at_most_a_day_before() {
        assert_eq!(told_at(hours(0), hours(4)), hours(3));
        assert_eq!(told_at(hours(0), hours(96)), hours(72));
        assert_eq!(told_at(hours(0), hours(400)), hours(376));
        assert_eq!(told_at(hours(4), hours(4)), hours(4), "signed as the answer's limit ends");
        assert_eq!(told_at(hours(9), hours(4)), hours(4), "signed after it");
    }

    #[test]
    fn what_has_a_clock_in_routing_is_not_told() {
        let limits = draft(Some(hours(4)), Some(hours(72)));
        let told = |change: fn(&mut RequestedPush)| ToldLimits::of_push(&asked(change), &limits);
        let none = ToldLimits::default();
        assert_eq!(told(|_| ()), ToldLimits { first_at: Some(hours(3)), answer: true });
        let notice: fn(&mut RequestedPush) = |push| push.form = FormKind::NoticeForm;
        assert_eq!(told(notice).first_at, Some(hours(3)));
        assert_eq!(told(|push| (push.sign_by, push.answer_by) = (Some(hours(1)), Some(hours(9)))), none);
        let signature_pressed = told(|push| push.sign_by = Some(hours(1)));
        assert_eq!(signature_pressed, ToldLimits { first_at: None, answer: true });
        let answer_pressed = told(|push| push.answer_by = Some(hours(9)));
        assert_eq!(answer_pressed, ToldLimits { first_at: Some(hours(3)), answer: false });
        assert_eq!(told(|push| push.drill = true), none);
        assert_eq!(told(|push| push.subject = PushSubject::Duty), none);
        for form in [FormKind::ReminderLetter, FormKind::WarningLetter, FormKind::WhistleForm] {
            assert_eq!(ToldLimits::of_push(&asked(|push| push.form = form), &limits), none);
        }
    }

    #[test]
    fn what_need_not_be_signed_by_a_time_is_told_for_its_answer() {
        let of = |sign_by, answer_by| ToldLimits::of_push(&asked(|_| ()), &draft(sign_by, answer_by));
        let only_answer = ToldLimits { first_at: Some(hours(72)), answer: false };
        assert_eq!(of(None, Some(hours(96))), only_answer);
        assert_eq!(of(Some(hours(4)), None), ToldLimits { first_at: Some(hours(3)), answer: false });
        assert_eq!(of(None, None), ToldLimits::default());
    }

    #[test]
    fn a_form_by_hand_is_told_unless_it_is_an_exercise() {
        let mut issued = IssuedForm {
            county: "421181".into(),
            form_id: Uuid::nil(),
            draft: draft(Some(hours(4)), Some(hours(72))),
            agency: "housing".into(),
            case_id: None,
            case_number: String::new(),
            level: Level::Yellow,
            issued_at: hours(0),
            issued_by: "li".into(),
            request_id: "1".into(),
            drill: false,
            content: fengqiao_proto::notification::v1::FormContent::default(),
        };
        assert_eq!(ToldLimits::of_form(&issued), ToldLimits { first_at: Some(hours(3)), answer: true });
        issued.drill = true;
        assert_eq!(ToldLimits::of_form(&issued), ToldLimits::default());
    }

    #[test]
    fn the_signature_is_owed_before_the_answer() {
        let near = NearLimit {
            push_id: Uuid::nil(),
            subject: PushSubject::Case,
            case_id: Uuid::nil(),
            agency: "housing".into(),
            form: FormKind::ReportForm,
            form_title: "报告单".into(),
            form_number: String::new(),
            level: 2,
            area_code: String::new(),
            requested_at: hours(0),
            receipt: ReceiptState::Unsigned,
            signed_at: None,
            sign_by: Some(hours(4)),
            answer_by: Some(hours(72)),
            trace: None,
        };
        let debt = |what, since, due_at| Some(Debt { what, since, due_at });
        assert_eq!(near.debt(), debt(PushDebt::Signature, hours(0), hours(4)));
        let signed = NearLimit { receipt: ReceiptState::Signed, signed_at: Some(hours(2)), ..near.clone() };
        assert_eq!(signed.debt(), debt(PushDebt::Answer, hours(2), hours(72)));
        let only_answer = NearLimit { sign_by: None, ..near.clone() };
        assert_eq!(only_answer.debt(), debt(PushDebt::Answer, hours(0), hours(72)));
        assert_eq!(NearLimit { sign_by: None, answer_by: None, ..near }.debt(), None);
    }
}
