//! The words of the contract: how they are typed, and how people say them.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use fengqiao_proto::{
    intake::v1::{CaseProgress, ChangeKind, LinkSubject},
    notification::v1::{
        AnswerKind, CannotReason, DeliveryState, FeedbackOutcome, ReadPart, ReceiptState, RecordedMeans,
        ReturnReason,
    },
    routing::v1::{
        AgendaReason, DutyOutcome, DutyProgress, HalfDay, HistoryKind, MediatorKind, MeetingKind, PlaceKind,
        RepeatClass, RewardState, SettingKind, StandingKind,
    },
    types::v1::{CaseState, FormKind, Level, PartyRole, Source},
};

/// Words joined for people, each once, where it is said first.
pub fn each_once<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut once: Vec<&str> = Vec::new();
    for word in words {
        if !word.is_empty() && !once.contains(&word) {
            once.push(word);
        }
    }
    once.join("、")
}

/// One word: its value, its short name in the contract, its name for people.
pub struct Word<T: 'static>(pub T, pub &'static str, pub &'static str);

/// The doors.
pub const SOURCES: &[Word<Source>] = &[
    Word(Source::Police110, "POLICE_110", "110警情"),
    Word(Source::Hotline12345, "HOTLINE_12345", "12345热线"),
    Word(Source::Grid, "GRID", "网格上报"),
    Word(Source::Court, "COURT", "法院立案"),
    Word(Source::WomensFederation, "WOMENS_FEDERATION", "妇联"),
    Word(Source::Petition, "PETITION", "信访"),
    Word(Source::WalkIn, "WALK_IN", "来访"),
    Word(Source::OneKeyCall, "ONE_KEY_CALL", "一键呼叫"),
    Word(Source::Meeting, "MEETING", "院坝会"),
    Word(Source::Enterprise, "ENTERPRISE", "企业直通车"),
    Word(Source::ClueMail, "CLUE_MAIL", "线索邮件"),
];

/// What reports have in common.
pub const LINK_SUBJECTS: &[Word<LinkSubject>] = &[
    Word(LinkSubject::Person, "PERSON", "人"),
    Word(LinkSubject::Household, "HOUSEHOLD", "户"),
    Word(LinkSubject::Case, "CASE", "事"),
];

/// The levels, the gravest first.
pub const LEVELS: &[Word<Level>] = &[
    Word(Level::Red, "RED", "红"),
    Word(Level::Orange, "ORANGE", "橙"),
    Word(Level::Yellow, "YELLOW", "黄"),
    Word(Level::Blue, "BLUE", "蓝"),
];

/// The states of a case.
pub const STATES: &[Word<CaseState>] = &[
    Word(CaseState::Open, "OPEN", "办理中"),
    Word(CaseState::Resolved, "RESOLVED", "已办结"),
    Word(CaseState::Closed, "CLOSED", "已归档"),
    Word(CaseState::Rejected, "REJECTED", "不予受理"),
];

/// What can become of a report.
pub const CHANGES: &[Word<ChangeKind>] = &[
    Word(ChangeKind::Opened, "OPENED", "立案"),
    Word(ChangeKind::Moved, "MOVED", "转入他案"),
    Word(ChangeKind::Leveled, "LEVELED", "定级"),
    Word(ChangeKind::Assigned, "ASSIGNED", "改派"),
    Word(ChangeKind::Signed, "SIGNED", "签收"),
    Word(ChangeKind::Feedback, "FEEDBACK", "反馈"),
    Word(ChangeKind::Resolved, "RESOLVED", "办结"),
    Word(ChangeKind::Revisited, "REVISITED", "回访"),
    Word(ChangeKind::Closed, "CLOSED", "归档"),
    Word(ChangeKind::Reopened, "REOPENED", "重开"),
    Word(ChangeKind::Rejected, "REJECTED", "不予受理"),
];

/// How far the lead agency of a report's case is.
pub const CASE_PROGRESS: &[Word<CaseProgress>] = &[
    Word(CaseProgress::InProgress, "IN_PROGRESS", "办理中"),
    Word(CaseProgress::Done, "DONE", "已办理"),
    Word(CaseProgress::Cannot, "CANNOT", "无法办理"),
];

/// What a county can change while the services run.
pub const SETTINGS: &[Word<SettingKind>] = &[
    Word(SettingKind::Directory, "DIRECTORY", "组织目录"),
    Word(SettingKind::Levels, "LEVELS", "定级规则"),
    Word(SettingKind::Practice, "PRACTICE", "办理规程"),
    Word(SettingKind::Calendar, "CALENDAR", "工作日历"),
];

/// The documents.
pub const FORMS: &[Word<FormKind>] = &[
    Word(FormKind::ReportForm, "REPORT_FORM", "报告单"),
    Word(FormKind::NoticeForm, "NOTICE_FORM", "告知单"),
    Word(FormKind::ReminderLetter, "REMINDER_LETTER", "提示函"),
    Word(FormKind::WarningLetter, "WARNING_LETTER", "预警函"),
    Word(FormKind::SupervisionReminder, "SUPERVISION_REMINDER", "督办函"),
    Word(FormKind::SupervisionYellow, "SUPERVISION_YELLOW", "督办函（黄牌）"),
    Word(FormKind::SupervisionRed, "SUPERVISION_RED", "督办函（红牌）"),
    Word(FormKind::RectificationNotice, "RECTIFICATION_NOTICE", "整改通知书"),
    Word(FormKind::WhistleForm, "WHISTLE_FORM", "吹哨单"),
    Word(FormKind::MeetingMinutes, "MEETING_MINUTES", "会议纪要"),
    Word(FormKind::OpinionOrAgreement, "OPINION_OR_AGREEMENT", "意见/协议"),
    Word(FormKind::Bulletin, "BULLETIN", "统计报告"),
];

/// How far a delivery is.
pub const DELIVERIES: &[Word<DeliveryState>] = &[
    Word(DeliveryState::Waiting, "WAITING", "待送达"),
    Word(DeliveryState::Delivered, "DELIVERED", "已送达"),
    Word(DeliveryState::Parked, "PARKED", "已搁置"),
];

/// What an agency did with a push.
pub const RECEIPTS: &[Word<ReceiptState>] = &[
    Word(ReceiptState::Unsigned, "UNSIGNED", "待签收"),
    Word(ReceiptState::Signed, "SIGNED", "已签收"),
    Word(ReceiptState::Returned, "RETURNED", "已退回"),
    Word(ReceiptState::Answered, "ANSWERED", "已反馈"),
    Word(ReceiptState::Recalled, "RECALLED", "已撤回"),
];

/// Why a push is returned.
pub const RETURN_REASONS: &[Word<ReturnReason>] = &[
    Word(ReturnReason::NotOurDuty, "NOT_OUR_DUTY", "非本单位职责"),
    Word(ReturnReason::NotOurArea, "NOT_OUR_AREA", "非本辖区"),
    Word(ReturnReason::Insufficient, "INSUFFICIENT", "信息不全"),
    Word(ReturnReason::Duplicate, "DUPLICATE", "已在办理"),
];

/// How far an agency is.
pub const OUTCOMES: &[Word<FeedbackOutcome>] = &[
    Word(FeedbackOutcome::InProgress, "IN_PROGRESS", "办理中"),
    Word(FeedbackOutcome::Done, "DONE", "已办理"),
    Word(FeedbackOutcome::Cannot, "CANNOT", "无法办理"),
];

/// Why an agency cannot do what it was asked to.
pub const CANNOT_REASONS: &[Word<CannotReason>] = &[
    Word(CannotReason::NoPower, "NO_POWER", "无法定职权"),
    Word(CannotReason::NoAgreement, "NO_AGREEMENT", "当事人不同意或拒绝调解"),
    Word(CannotReason::NotReached, "NOT_REACHED", "联系不上当事人"),
    Word(CannotReason::NeedsOthers, "NEEDS_OTHERS", "须他方先行办理"),
    Word(CannotReason::Unfounded, "UNFOUNDED", "经查不属实"),
    Word(CannotReason::Other, "OTHER", "其他"),
];

/// What an agency does with a push.
pub const ANSWERS: &[Word<AnswerKind>] = &[
    Word(AnswerKind::Signed, "SIGNED", "签收"),
    Word(AnswerKind::Returned, "RETURNED", "退回"),
    Word(AnswerKind::Feedback, "FEEDBACK", "反馈"),
    Word(AnswerKind::Recalled, "RECALLED", "撤回"),
];

/// How the centre learned what an agency did.
pub const RECORDED_MEANS: &[Word<RecordedMeans>] = &[
    Word(RecordedMeans::Paper, "PAPER", "纸质"),
    Word(RecordedMeans::Phone, "PHONE", "电话"),
    Word(RecordedMeans::InPerson, "IN_PERSON", "当面"),
];

/// What of a push was read.
pub const READ_PARTS: &[Word<ReadPart>] = &[
    Word(ReadPart::Push, "PUSH", "推送"),
    Word(ReadPart::Form, "FORM", "文书"),
    Word(ReadPart::Paper, "PAPER", "文书（PDF）"),
    Word(ReadPart::Attachment, "ATTACHMENT", "附件"),
    Word(ReadPart::Answers, "ANSWERS", "办理经过"),
];

/// What a person is in a report.
pub const PARTY_ROLES: &[Word<PartyRole>] = &[
    Word(PartyRole::Reporter, "REPORTER", "诉求人"),
    Word(PartyRole::Respondent, "RESPONDENT", "被诉方"),
    Word(PartyRole::Victim, "VICTIM", "受害人"),
    Word(PartyRole::Witness, "WITNESS", "证人"),
];

/// What happens to a case.
pub const HISTORY: &[Word<HistoryKind>] = &[
    Word(HistoryKind::Opened, "OPENED", "立案"),
    Word(HistoryKind::ReportJoined, "REPORT_JOINED", "并入诉求"),
    Word(HistoryKind::ReportRevised, "REPORT_REVISED", "诉求更正"),
    Word(HistoryKind::Leveled, "LEVELED", "定级"),
    Word(HistoryKind::Assigned, "ASSIGNED", "交办"),
    Word(HistoryKind::PushRequested, "PUSH_REQUESTED", "推送"),
    Word(HistoryKind::PushSigned, "PUSH_SIGNED", "签收"),
    Word(HistoryKind::PushReturned, "PUSH_RETURNED", "退回"),
    Word(HistoryKind::Feedback, "FEEDBACK", "反馈"),
    Word(HistoryKind::Commented, "COMMENTED", "批注"),
    Word(HistoryKind::Resolved, "RESOLVED", "办结"),
    Word(HistoryKind::Closed, "CLOSED", "归档"),
    Word(HistoryKind::PushParked, "PUSH_PARKED", "推送搁置"),
    Word(HistoryKind::HandlersChanged, "HANDLERS_CHANGED", "承办变更"),
    Word(HistoryKind::HandedOver, "HANDED_OVER", "点对点"),
    Word(HistoryKind::Claimed, "CLAIMED", "认领"),
    Word(HistoryKind::Concluded, "CONCLUDED", "化解意见"),
    Word(HistoryKind::ReturnDecided, "RETURN_DECIDED", "退回裁定"),
    Word(HistoryKind::ParkAsked, "PARK_ASKED", "申请挂起"),
    Word(HistoryKind::Parked, "PARKED", "挂起审批"),
    Word(HistoryKind::Resumed, "RESUMED", "恢复办理"),
    Word(HistoryKind::ExtensionAsked, "EXTENSION_ASKED", "申请延期"),
    Word(HistoryKind::ExtensionDecided, "EXTENSION_DECIDED", "延期审批"),
    Word(HistoryKind::Supervised, "SUPERVISED", "督办"),
    Word(HistoryKind::SupervisionReplied, "SUPERVISION_REPLIED", "督办回复"),
    Word(HistoryKind::Alerted, "ALERTED", "预警"),
    Word(HistoryKind::AlertAcknowledged, "ALERT_ACKNOWLEDGED", "预警确认"),
    Word(HistoryKind::Whistled, "WHISTLED", "吹哨"),
    Word(HistoryKind::ReportedIn, "REPORTED_IN", "报到"),
    Word(HistoryKind::WhistleFinished, "WHISTLE_FINISHED", "吹哨办结"),
    Word(HistoryKind::WhistleRated, "WHISTLE_RATED", "吹哨评价"),
    Word(HistoryKind::SessionHeld, "SESSION_HELD", "调解"),
    Word(HistoryKind::Agreed, "AGREED", "调解协议"),
    Word(HistoryKind::PerformanceChecked, "PERFORMANCE_CHECKED", "协议履行"),
    Word(HistoryKind::Confirmed, "CONFIRMED", "司法确认"),
    Word(HistoryKind::MethodChosen, "METHOD_CHOSEN", "化解方式"),
    Word(HistoryKind::MajorDeclared, "MAJOR_DECLARED", "重大事件"),
    Word(HistoryKind::ProgressReported, "PROGRESS_REPORTED", "进展"),
    Word(HistoryKind::Calmed, "CALMED", "平息"),
    Word(HistoryKind::Revisited, "REVISITED", "回访"),
    Word(HistoryKind::Reopened, "REOPENED", "重新办理"),
    Word(HistoryKind::Rejected, "REJECTED", "不予受理"),
    Word(HistoryKind::Merged, "MERGED", "并案"),
    Word(HistoryKind::Split, "SPLIT", "分案"),
    Word(HistoryKind::MergeUndone, "MERGE_UNDONE", "撤销并案"),
    Word(HistoryKind::Tagged, "TAGGED", "标签"),
    Word(HistoryKind::DutyNear, "DUTY_NEAR", "临期"),
    Word(HistoryKind::DutyOver, "DUTY_OVER", "逾期"),
    Word(HistoryKind::DutyChased, "DUTY_CHASED", "催办"),
    Word(HistoryKind::DeadlineChanged, "DEADLINE_CHANGED", "时限变更"),
    Word(HistoryKind::LevelSuggested, "LEVEL_SUGGESTED", "升级建议"),
    Word(HistoryKind::LetterSent, "LETTER_SENT", "提示函"),
    Word(HistoryKind::LetterAnswered, "LETTER_ANSWERED", "函复"),
    Word(HistoryKind::Contacted, "CONTACTED", "首次联系"),
    Word(HistoryKind::AftermathRecorded, "AFTERMATH_RECORDED", "后续处理"),
    Word(HistoryKind::RuleTroubled, "RULE_TROUBLED", "规则异常"),
    Word(HistoryKind::MeetingDecided, "MEETING_DECIDED", "会议决定"),
    Word(HistoryKind::Called, "CALLED", "呼叫"),
    Word(HistoryKind::CallAccepted, "CALL_ACCEPTED", "应答"),
    Word(HistoryKind::CallArrived, "CALL_ARRIVED", "到场"),
];

/// The canonical categories.
const CATEGORIES: &[(&str, &str)] = &[
    ("marriage_family", "婚姻家庭"),
    ("neighbourhood", "邻里"),
    ("house_site", "房屋宅基地"),
    ("contract", "合同"),
    ("production", "生产经营"),
    ("damage", "损害赔偿"),
    ("forest_land", "山林土地"),
    ("demolition", "征地拆迁"),
    ("environment", "环境污染"),
    ("migrant_wages", "拖欠农民工工资"),
    ("labour", "其他劳动争议"),
    ("tourism", "旅游"),
    ("e_commerce", "电子商务"),
    ("consumer", "其他消费"),
    ("medical", "医疗"),
    ("traffic", "道路交通事故"),
    ("property", "物业"),
    ("other", "其他"),
];

/// What is owed besides cases.
pub const STANDING_KINDS: &[Word<StandingKind>] = &[
    Word(StandingKind::Sweep, "SWEEP", "摸排"),
    Word(StandingKind::ZeroReport, "ZERO_REPORT", "零报告"),
    Word(StandingKind::Visit, "VISIT", "走访"),
    Word(StandingKind::Rectify, "RECTIFY", "整改"),
    Word(StandingKind::Recheck, "RECHECK", "复查"),
    Word(StandingKind::Screening, "SCREENING", "联合筛查"),
    Word(StandingKind::Meeting, "MEETING", "联席会议"),
    Word(StandingKind::Inquiry, "INQUIRY", "预警核查"),
    Word(StandingKind::Merging, "MERGING", "并案研判"),
    Word(StandingKind::Patrol, "PATROL", "巡防"),
    Word(StandingKind::Publicity, "PUBLICITY", "宣传"),
    Word(StandingKind::Splitting, "SPLITTING", "分案研判"),
    Word(StandingKind::SignForm, "SIGN_FORM", "公函签收"),
    Word(StandingKind::AnswerForm, "ANSWER_FORM", "公函答复"),
];

/// Kinds of places.
pub const PLACE_KINDS: &[Word<PlaceKind>] = &[
    Word(PlaceKind::School, "SCHOOL", "学校"),
    Word(PlaceKind::KeyUnit, "KEY_UNIT", "重点单位"),
    Word(PlaceKind::Estate, "ESTATE", "小区"),
    Word(PlaceKind::SmallPlace, "SMALL_PLACE", "九小场所"),
    Word(PlaceKind::Household, "HOUSEHOLD", "住户"),
    Word(PlaceKind::Other, "OTHER", "其他"),
];

/// What came of a duty.
pub const DUTY_OUTCOMES: &[Word<DutyOutcome>] = &[
    Word(DutyOutcome::Done, "DONE", "已完成"),
    Word(DutyOutcome::Nothing, "NOTHING", "无情况"),
    Word(DutyOutcome::Found, "FOUND", "有情况"),
    Word(DutyOutcome::Passed, "PASSED", "复查合格"),
    Word(DutyOutcome::Failed, "FAILED", "复查不合格"),
    Word(DutyOutcome::Cleared, "CLEARED", "排除风险"),
    Word(DutyOutcome::FollowUp, "FOLLOW_UP", "跟进走访"),
    Word(DutyOutcome::Apart, "APART", "不是同一纠纷"),
    Word(DutyOutcome::Together, "TOGETHER", "不分案"),
];

/// How far a duty is.
pub const PROGRESS: &[Word<DutyProgress>] = &[
    Word(DutyProgress::Owed, "OWED", "待办"),
    Word(DutyProgress::Late, "LATE", "逾期"),
    Word(DutyProgress::Met, "MET", "已完成"),
];

/// What is behind a repeat call.
pub const REPEAT_CLASSES: &[Word<RepeatClass>] = &[
    Word(RepeatClass::Dispute, "DISPUTE", "矛盾纠纷"),
    Word(RepeatClass::Mental, "MENTAL", "精神异常"),
    Word(RepeatClass::Drunk, "DRUNK", "醉酒"),
    Word(RepeatClass::Threat, "THREAT", "扬言极端"),
    Word(RepeatClass::Wages, "WAGES", "劳资"),
    Word(RepeatClass::Land, "LAND", "土地"),
    Word(RepeatClass::Other, "OTHER", "其他"),
];

/// How far a reward is.
pub const REWARDS: &[Word<RewardState>] = &[
    Word(RewardState::Asked, "ASKED", "待审批"),
    Word(RewardState::Approved, "APPROVED", "已同意"),
    Word(RewardState::Refused, "REFUSED", "未同意"),
];

/// The parts of a day.
pub const HALF_DAYS: &[Word<HalfDay>] = &[
    Word(HalfDay::Am, "AM", "上午"),
    Word(HalfDay::Pm, "PM", "下午"),
    Word(HalfDay::Night, "NIGHT", "夜间"),
];

/// What mediators are.
pub const MEDIATORS: &[Word<MediatorKind>] = &[
    Word(MediatorKind::Volunteer, "VOLUNTEER", "志愿者"),
    Word(MediatorKind::PeopleMediation, "PEOPLE_MEDIATION", "人民调解委员会"),
    Word(MediatorKind::ResidentsBody, "RESIDENTS_BODY", "居(村)民自治组织"),
    Word(MediatorKind::Justice, "JUSTICE", "司法所"),
    Word(MediatorKind::Police, "POLICE", "公安"),
    Word(MediatorKind::Other, "OTHER", "其他"),
];

/// The kinds of meetings.
pub const MEETINGS: &[Word<MeetingKind>] =
    &[Word(MeetingKind::Joint, "JOINT", "联席会议"), Word(MeetingKind::Residents, "RESIDENTS", "居民会议")];

/// Why a case is on an agenda.
pub const AGENDA_REASONS: &[Word<AgendaReason>] = &[
    Word(AgendaReason::Level, "LEVEL", "等级"),
    Word(AgendaReason::OpenDays, "OPEN_DAYS", "久未办结"),
    Word(AgendaReason::Returned, "RETURNED", "多次退回"),
    Word(AgendaReason::ByHand, "BY_HAND", "人工列入"),
];

/// The name for people of a value; empty where it is not given or not known to this version.
pub fn said<T: PartialEq>(words: &'static [Word<T>], value: T) -> &'static str {
    words.iter().find(|word| word.0 == value).map_or("", |word| word.2)
}

/// The short name in the contract of a value; empty where it is not given.
pub fn typed<T: PartialEq>(words: &'static [Word<T>], value: T) -> &'static str {
    words.iter().find(|word| word.0 == value).map_or("", |word| word.1)
}

/// The name for people of a canonical category; a county's own stays as it is.
pub fn category(code: &str) -> &str {
    CATEGORIES.iter().find(|known| known.0 == code).map_or(code, |known| known.1)
}

/// Reads an argument as one of the words. Its possible values show in help and completions.
pub fn parser<T: Copy + Send + Sync + PartialEq>(
    words: &'static [Word<T>],
) -> impl TypedValueParser<Value = T> {
    let possible = words.iter().map(|word| PossibleValue::new(word.1).help(word.2));
    PossibleValuesParser::new(possible).try_map(move |name| {
        // The names were checked already, but for their case.
        words
            .iter()
            .find(|word| word.1.eq_ignore_ascii_case(&name))
            .map(|word| word.0)
            .ok_or("none of the possible values")
    })
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::json::short_name;

    use super::*;

    #[test]
    fn typed_names_are_the_contract_s() {
        for word in SOURCES {
            let full = word.0.as_str_name();
            assert_eq!(short_name(full, Source::Unspecified.as_str_name()), word.1);
        }
        for word in HISTORY {
            let full = word.0.as_str_name();
            assert_eq!(short_name(full, HistoryKind::Unspecified.as_str_name()), word.1);
        }
        for word in RETURN_REASONS {
            let full = word.0.as_str_name();
            assert_eq!(short_name(full, ReturnReason::Unspecified.as_str_name()), word.1);
        }
    }

    #[test]
    fn no_value_of_the_contract_is_without_a_word() {
        let count = |known: fn(i32) -> bool| (1..100).filter(|number| known(*number)).count();
        assert_eq!(count(|n| Source::try_from(n).is_ok()), SOURCES.len());
        assert_eq!(count(|n| HistoryKind::try_from(n).is_ok()), HISTORY.len());
        assert_eq!(count(|n| Level::try_from(n).is_ok()), LEVELS.len());
        assert_eq!(count(|n| CaseState::try_from(n).is_ok()), STATES.len());
        assert_eq!(count(|n| ReceiptState::try_from(n).is_ok()), RECEIPTS.len());
        assert_eq!(count(|n| FormKind::try_from(n).is_ok()), FORMS.len());
        assert_eq!(count(|n| SettingKind::try_from(n).is_ok()), SETTINGS.len());
        assert_eq!(count(|n| StandingKind::try_from(n).is_ok()), STANDING_KINDS.len());
        assert_eq!(count(|n| PlaceKind::try_from(n).is_ok()), PLACE_KINDS.len());
        assert_eq!(count(|n| DutyOutcome::try_from(n).is_ok()), DUTY_OUTCOMES.len());
        assert_eq!(count(|n| DutyProgress::try_from(n).is_ok()), PROGRESS.len());
        assert_eq!(count(|n| RepeatClass::try_from(n).is_ok()), REPEAT_CLASSES.len());
        assert_eq!(count(|n| RewardState::try_from(n).is_ok()), REWARDS.len());
        assert_eq!(count(|n| HalfDay::try_from(n).is_ok()), HALF_DAYS.len());
        assert_eq!(count(|n| MediatorKind::try_from(n).is_ok()), MEDIATORS.len());
        assert_eq!(count(|n| MeetingKind::try_from(n).is_ok()), MEETINGS.len());
        assert_eq!(count(|n| AgendaReason::try_from(n).is_ok()), AGENDA_REASONS.len());
    }

    #[test]
    fn unknown_values_are_empty() {
        assert_eq!(said(LEVELS, Level::Unspecified), "");
        assert_eq!(category("own_category"), "own_category");
        assert_eq!(category("labour"), "其他劳动争议");
    }
}
