//! The names of what the contract numbers, in both languages.

use fengqiao_proto::{
    notification::v1::{
        AnswerKind, CannotReason, FeedbackOutcome, ReceiptState, RecordedMeans, ReturnReason,
    },
    types::v1::{FormKind, PartyRole},
};

use fengqiao_pages::Language;

/// The reasons for which one returns, as they are offered.
pub(super) const RETURN_REASONS: [ReturnReason; 4] =
    [ReturnReason::NotOurDuty, ReturnReason::NotOurArea, ReturnReason::Insufficient, ReturnReason::Duplicate];

/// How far one may be, as it is offered.
pub(super) const OUTCOMES: [FeedbackOutcome; 3] =
    [FeedbackOutcome::InProgress, FeedbackOutcome::Done, FeedbackOutcome::Cannot];

/// Why something cannot be done, as it is offered.
pub(super) const CANNOT_REASONS: [CannotReason; 6] = [
    CannotReason::NoPower,
    CannotReason::NoAgreement,
    CannotReason::NotReached,
    CannotReason::NeedsOthers,
    CannotReason::Unfounded,
    CannotReason::Other,
];

/// What the desk says, in a language.
pub(super) trait DeskWords {
    /// The name of a form.
    fn form(self, form: FormKind) -> &'static str;
    /// How far the agency is with a push.
    fn receipt(self, receipt: ReceiptState) -> &'static str;
    /// Why a push is returned.
    fn return_reason(self, reason: ReturnReason) -> &'static str;
    /// How far the matter is.
    fn outcome(self, outcome: FeedbackOutcome) -> &'static str;
    /// Why it cannot be done.
    fn cannot_reason(self, reason: CannotReason) -> &'static str;
    /// Who someone is in the matter.
    fn party(self, role: PartyRole) -> &'static str;
    /// What was done with a push.
    fn answer(self, kind: AnswerKind) -> &'static str;
    /// That the centre entered it, and how it learned of it.
    fn recorded(self, means: RecordedMeans) -> &'static str;
}

impl DeskWords for Language {
    fn form(self, form: FormKind) -> &'static str {
        match form {
            FormKind::ReportForm => self.say("报告单", "Report form"),
            FormKind::NoticeForm => self.say("告知单", "Notice form"),
            FormKind::ReminderLetter => self.say("提示函", "Reminder letter"),
            FormKind::WarningLetter => self.say("预警函", "Warning letter"),
            FormKind::SupervisionReminder => self.say("督办函", "Supervision letter"),
            FormKind::SupervisionYellow => self.say("督办函（黄牌）", "Supervision letter (yellow card)"),
            FormKind::SupervisionRed => self.say("督办函（红牌）", "Supervision letter (red card)"),
            FormKind::RectificationNotice => self.say("整改通知书", "Rectification notice"),
            FormKind::WhistleForm => self.say("吹哨单", "Whistle form"),
            FormKind::MeetingMinutes => self.say("会议纪要", "Minutes"),
            FormKind::OpinionOrAgreement => self.say("意见书", "Opinion or agreement"),
            FormKind::Bulletin => self.say("统计报告", "Bulletin"),
            FormKind::Unspecified => self.say("推送单", "Form"),
        }
    }

    fn receipt(self, receipt: ReceiptState) -> &'static str {
        match receipt {
            ReceiptState::Unspecified | ReceiptState::Unsigned => self.say("待签收", "To sign"),
            ReceiptState::Signed => self.say("已签收", "Signed"),
            ReceiptState::Returned => self.say("已退回", "Returned"),
            ReceiptState::Answered => self.say("已反馈", "Answered"),
            ReceiptState::Recalled => self.say("已撤回", "Recalled"),
        }
    }

    fn return_reason(self, reason: ReturnReason) -> &'static str {
        match reason {
            ReturnReason::NotOurDuty => self.say("不属本单位职责", "Not our duty"),
            ReturnReason::NotOurArea => self.say("不属本辖区", "Not our area"),
            ReturnReason::Insufficient => self.say("信息不足，无法办理", "Not enough is said to act on"),
            ReturnReason::Duplicate => self.say("已在别处办理", "Already handled elsewhere"),
            ReturnReason::Unspecified => self.say("未说明", "Not said"),
        }
    }

    fn outcome(self, outcome: FeedbackOutcome) -> &'static str {
        match outcome {
            FeedbackOutcome::InProgress => self.say("办理中", "In progress"),
            FeedbackOutcome::Done => self.say("已办结", "Done"),
            FeedbackOutcome::Cannot => self.say("无法办理", "Cannot be done"),
            FeedbackOutcome::Unspecified => self.say("未说明", "Not said"),
        }
    }

    fn cannot_reason(self, reason: CannotReason) -> &'static str {
        match reason {
            CannotReason::NoPower => self.say("无法定职权", "The law gives no power here"),
            CannotReason::NoAgreement => self.say("当事人不同意或拒绝调解", "The people do not agree"),
            CannotReason::NotReached => self.say("联系不上当事人", "The people cannot be reached"),
            CannotReason::NeedsOthers => self.say("须他方先行办理", "Others have to act first"),
            CannotReason::Unfounded => self.say("经查不属实", "It did not prove true"),
            CannotReason::Other => self.say("其他（请写明）", "Another reason (say which)"),
            CannotReason::Unspecified => self.say("未说明", "Not said"),
        }
    }

    fn party(self, role: PartyRole) -> &'static str {
        match role {
            PartyRole::Reporter => self.say("诉求人", "Reporter"),
            PartyRole::Respondent => self.say("被诉方", "Respondent"),
            PartyRole::Victim => self.say("受害人", "Victim"),
            PartyRole::Witness => self.say("证人", "Witness"),
            PartyRole::Unspecified => self.say("当事人", "Person"),
        }
    }

    fn answer(self, kind: AnswerKind) -> &'static str {
        match kind {
            AnswerKind::Signed => self.say("签收", "Signed"),
            AnswerKind::Returned => self.say("退回", "Returned"),
            AnswerKind::Feedback => self.say("反馈", "Feedback"),
            AnswerKind::Recalled => self.say("撤回", "Recalled"),
            AnswerKind::Unspecified => self.say("办理", "Done"),
        }
    }

    fn recorded(self, means: RecordedMeans) -> &'static str {
        match means {
            RecordedMeans::Paper => self.say("中心代录（纸质）", "Entered by the centre (on paper)"),
            RecordedMeans::Phone => self.say("中心代录（电话）", "Entered by the centre (by phone)"),
            RecordedMeans::InPerson => self.say("中心代录（当面）", "Entered by the centre (in person)"),
            RecordedMeans::Unspecified => self.say("中心代录", "Entered by the centre"),
        }
    }
}
