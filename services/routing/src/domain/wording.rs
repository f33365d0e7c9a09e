//! The Chinese words for what the contract numbers.

use fengqiao_proto::{
    intake::v1::Evidence,
    notification::v1::{FeedbackOutcome, RecordedMeans, ReturnReason},
    types::v1::{PartyRole, Source},
};
use jiff::tz::TimeZone;

use super::happening::Entered;

/// The source's name in the contract without its prefix: `POLICE_110`.
#[must_use]
pub fn short_source(source: Source) -> &'static str {
    source.as_str_name().trim_start_matches("SOURCE_")
}

/// What a person is in a report, by the contract's number.
#[must_use]
pub fn party_name(role: i32) -> &'static str {
    match PartyRole::try_from(role) {
        Ok(PartyRole::Reporter) => "反映人",
        Ok(PartyRole::Respondent) => "被反映人",
        Ok(PartyRole::Victim) => "受害人",
        Ok(PartyRole::Witness) => "知情人",
        Ok(PartyRole::Unspecified) | Err(_) => "当事人",
    }
}

/// The name of a door.
#[must_use]
pub const fn source_name(source: Source) -> &'static str {
    match source {
        Source::Unspecified => "未注明来源",
        Source::Police110 => "110警情",
        Source::Hotline12345 => "12345热线",
        Source::Grid => "网格上报",
        Source::Court => "法院",
        Source::WomensFederation => "妇联",
        Source::Petition => "信访",
        Source::WalkIn => "来访",
        Source::OneKeyCall => "一键呼叫",
        Source::Meeting => "居民议事会",
        Source::Enterprise => "企业直通车",
        Source::ClueMail => "线索邮件",
    }
}

/// Why a report belongs to an earlier one.
#[must_use]
pub const fn evidence_name(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Unspecified => "有关联",
        Evidence::Phone => "同一电话",
        Evidence::IdNumber => "同一身份证号",
        Evidence::Address => "同一地址",
        Evidence::Name => "姓名相符",
        Evidence::OtherSide => "对方相同",
        Evidence::Matter => "所述相近",
        Evidence::Category => "类别相同",
        Evidence::Time => "时间相近",
        Evidence::Area => "同一社区",
        Evidence::SamePerson => "同一人",
        Evidence::SameHousehold => "同一户",
        Evidence::Officer => "人工认定",
        Evidence::NamedBySource => "来源注明相关",
    }
}

/// That the centre entered what an agency did (代录): by what it knows of it, and when it was entered, by the county's clock.
#[must_use]
pub fn entered_by_centre(entered: Entered, zone: &TimeZone) -> String {
    let known_by = match entered.means {
        RecordedMeans::Paper => "据纸质",
        RecordedMeans::Phone => "据电话",
        RecordedMeans::InPerson => "据当面陈述",
        RecordedMeans::Unspecified => "",
    };
    let at = entered.at.to_zoned_datetime(zone.clone());
    format!("（中心{known_by}代录，{}录入）", at.strftime("%Y-%m-%d %H:%M"))
}

/// Why an agency returns a push.
#[must_use]
pub const fn return_reason_name(reason: ReturnReason) -> &'static str {
    match reason {
        ReturnReason::Unspecified => "未注明原因",
        ReturnReason::NotOurDuty => "非本单位职责",
        ReturnReason::NotOurArea => "非本辖区",
        ReturnReason::Insufficient => "信息不足",
        ReturnReason::Duplicate => "已在别处办理",
    }
}

/// How far an agency is.
#[must_use]
pub const fn outcome_name(outcome: FeedbackOutcome) -> &'static str {
    match outcome {
        FeedbackOutcome::Unspecified => "有反馈",
        FeedbackOutcome::InProgress => "正在办理",
        FeedbackOutcome::Done => "已办理",
        FeedbackOutcome::Cannot => "无法办理",
    }
}

/// An agency's words on a return, with the references of what shows that it is right.
#[must_use]
pub fn with_evidence(words: &str, evidence: &[String]) -> String {
    let told = format!("证明材料：{}", evidence.join("、"));
    if words.is_empty() { told } else { format!("{words}\n{told}") }
}
