//! The words of what is owed and done in a case: how they are typed, and how people say them.

use fengqiao_proto::routing::v1::{
    AftermathKind, DutyKind, HandlerPart, RevisitOutcome, SessionResult, SettledAt, SettlementMethod,
    SupervisionCard, WorkBucket,
};

use crate::words::Word;

/// What is owed.
pub const DUTIES: &[Word<DutyKind>] = &[
    Word(DutyKind::Sign, "SIGN", "签收"),
    Word(DutyKind::Contact, "CONTACT", "首次联系"),
    Word(DutyKind::Handle, "HANDLE", "办理"),
    Word(DutyKind::Watch, "WATCH", "日常关注"),
    Word(DutyKind::Arbitrate, "ARBITRATE", "退回裁决"),
    Word(DutyKind::Decide, "DECIDE", "审批"),
    Word(DutyKind::Resume, "RESUME", "挂起到期"),
    Word(DutyKind::Progress, "PROGRESS", "每日进展"),
    Word(DutyKind::Reply, "REPLY", "督办回复"),
    Word(DutyKind::Letter, "LETTER", "提示函回复"),
    Word(DutyKind::Acknowledge, "ACKNOWLEDGE", "预警确认"),
    Word(DutyKind::ReportIn, "REPORT_IN", "报到"),
    Word(DutyKind::WhistleResult, "WHISTLE_RESULT", "吹哨办理结果"),
    Word(DutyKind::Decision, "DECISION", "会议决定事项"),
    Word(DutyKind::Perform, "PERFORM", "协议履行"),
    Word(DutyKind::Revisit, "REVISIT", "回访"),
    Word(DutyKind::Claim, "CLAIM", "认领"),
    Word(DutyKind::Ageing, "AGEING", "积案提醒"),
    Word(DutyKind::Classify, "CLASSIFY", "重复警情归类"),
    Word(DutyKind::Sweep, "SWEEP", "摸排"),
    Word(DutyKind::ZeroReport, "ZERO_REPORT", "零报告"),
    Word(DutyKind::Visit, "VISIT", "走访"),
    Word(DutyKind::Rectify, "RECTIFY", "整改"),
    Word(DutyKind::Recheck, "RECHECK", "复查"),
    Word(DutyKind::Screening, "SCREENING", "联合筛查"),
    Word(DutyKind::Meeting, "MEETING", "联席会议"),
    Word(DutyKind::AnswerCall, "ANSWER_CALL", "一键呼叫应答"),
    Word(DutyKind::Inquire, "INQUIRE", "预警核查"),
    Word(DutyKind::Merge, "MERGE", "并案研判"),
    Word(DutyKind::Patrol, "PATROL", "巡防"),
    Word(DutyKind::Publicity, "PUBLICITY", "宣传"),
    Word(DutyKind::Split, "SPLIT", "分案研判"),
    Word(DutyKind::SignForm, "SIGN_FORM", "公函签收"),
    Word(DutyKind::AnswerForm, "ANSWER_FORM", "公函答复"),
];

/// What an agency is in a case.
pub const PARTS: &[Word<HandlerPart>] = &[
    Word(HandlerPart::Lead, "LEAD", "主办"),
    Word(HandlerPart::CoHandler, "CO_HANDLER", "协办"),
    Word(HandlerPart::Owner, "OWNER", "共办"),
];

/// How hard someone is pressed.
pub const CARDS: &[Word<SupervisionCard>] = &[
    Word(SupervisionCard::Reminder, "REMINDER", "普通督办"),
    Word(SupervisionCard::Yellow, "YELLOW", "黄牌督办"),
    Word(SupervisionCard::Red, "RED", "红牌督办"),
];

/// What came of a session.
pub const RESULTS: &[Word<SessionResult>] = &[
    Word(SessionResult::Agreed, "AGREED", "达成协议"),
    Word(SessionResult::Adjourned, "ADJOURNED", "择日再调"),
    Word(SessionResult::Failed, "FAILED", "未达成"),
    Word(SessionResult::Absent, "ABSENT", "缺席"),
];

/// The ways of settling.
pub const METHODS: &[Word<SettlementMethod>] = &[
    Word(SettlementMethod::LeaderInCharge, "LEADER_IN_CHARGE", "领导包案"),
    Word(SettlementMethod::PolicyComfort, "POLICY_COMFORT", "政策安抚"),
    Word(SettlementMethod::LegalEducation, "LEGAL_EDUCATION", "法治教育"),
    Word(SettlementMethod::CapablePeople, "CAPABLE_PEOPLE", "能人带动"),
    Word(SettlementMethod::NewCustoms, "NEW_CUSTOMS", "新风感化"),
];

/// Where a case was settled.
pub const PLACES: &[Word<SettledAt>] = &[
    Word(SettledAt::Building, "BUILDING", "楼栋"),
    Word(SettledAt::Grid, "GRID", "网格"),
    Word(SettledAt::Community, "COMMUNITY", "村(社区)"),
    Word(SettledAt::Town, "TOWN", "乡镇(街道)"),
    Word(SettledAt::County, "COUNTY", "县级"),
];

/// How it stands when people are asked again.
pub const REVISIT_OUTCOMES: &[Word<RevisitOutcome>] = &[
    Word(RevisitOutcome::Stable, "STABLE", "稳定"),
    Word(RevisitOutcome::Unstable, "UNSTABLE", "不稳定"),
    Word(RevisitOutcome::Relapse, "RELAPSE", "复发"),
    Word(RevisitOutcome::Unreached, "UNREACHED", "未联系上"),
];

/// What came of a dispute before the law.
pub const AFTERMATHS: &[Word<AftermathKind>] = &[
    Word(AftermathKind::Criminal, "CRIMINAL", "刑事案件"),
    Word(AftermathKind::PublicOrder, "PUBLIC_ORDER", "治安案件"),
];

/// The parts of an agency's work.
pub const BUCKETS: &[Word<WorkBucket>] = &[
    Word(WorkBucket::ToSign, "TO_SIGN", "待签收"),
    Word(WorkBucket::DueToday, "DUE_TODAY", "今日到期"),
    Word(WorkBucket::Late, "LATE", "逾期"),
    Word(WorkBucket::Returned, "RETURNED", "退回"),
    Word(WorkBucket::Revisits, "REVISITS", "回访"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_of_the_contract_is_without_a_word() {
        let count = |known: fn(i32) -> bool| (1..100).filter(|number| known(*number)).count();
        assert_eq!(count(|n| DutyKind::try_from(n).is_ok()), DUTIES.len());
        assert_eq!(count(|n| HandlerPart::try_from(n).is_ok()), PARTS.len());
        assert_eq!(count(|n| SupervisionCard::try_from(n).is_ok()), CARDS.len());
        assert_eq!(count(|n| SessionResult::try_from(n).is_ok()), RESULTS.len());
        assert_eq!(count(|n| SettlementMethod::try_from(n).is_ok()), METHODS.len());
        assert_eq!(count(|n| SettledAt::try_from(n).is_ok()), PLACES.len());
        assert_eq!(count(|n| RevisitOutcome::try_from(n).is_ok()), REVISIT_OUTCOMES.len());
        assert_eq!(count(|n| AftermathKind::try_from(n).is_ok()), AFTERMATHS.len());
        assert_eq!(count(|n| WorkBucket::try_from(n).is_ok()), BUCKETS.len());
    }

    #[test]
    fn typed_names_are_the_contract_s() {
        for Word(kind, typed, _) in DUTIES {
            assert_eq!(kind.as_str_name(), format!("DUTY_KIND_{typed}"));
        }
        for Word(bucket, typed, _) in BUCKETS {
            assert_eq!(bucket.as_str_name(), format!("WORK_BUCKET_{typed}"));
        }
    }
}
