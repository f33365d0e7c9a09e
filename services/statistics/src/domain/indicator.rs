//! The indicators: what each counts, out of what, and by which time. One table; a changed way of counting
//! is a new version of its row.

/// A kind of fact. Each has one time that puts it into a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// A report that intake accepted.
    Report,
    /// A case.
    Case,
    /// A push.
    Push,
    /// An activity.
    Activity,
}

/// Something that is counted in one kind of fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Reports.
    Reports,
    /// Reports that are repeat calls.
    RepeatReports,
    /// Cases.
    Cases,
    /// Cases that are resolved or closed.
    SettledCases,
    /// Pushes.
    Pushes,
    /// Pushes that reached the agency's system.
    DeliveredPushes,
    /// Pushes that the agency signed.
    SignedPushes,
    /// Pushes that the agency returned.
    ReturnedPushes,
    /// Pushes to which the agency said what it did.
    AnsweredPushes,
    /// Activities.
    Activities,
    /// Visits.
    Visits,
    /// The minutes that visits took.
    VisitMinutes,
    /// Sweeps.
    Sweeps,
    /// Zero reports.
    ZeroReports,
    /// Patrols.
    Patrols,
    /// Publicity.
    Publicity,
    /// Searches for hazards.
    Hazards,
}

impl Measure {
    /// In which fact it is counted, and where it stands in that count's list of measures.
    pub fn place(self) -> (Fact, usize) {
        match self {
            Self::Reports => (Fact::Report, 0),
            Self::RepeatReports => (Fact::Report, 1),
            Self::Cases => (Fact::Case, 0),
            Self::SettledCases => (Fact::Case, 1),
            Self::Pushes => (Fact::Push, 0),
            Self::DeliveredPushes => (Fact::Push, 1),
            Self::SignedPushes => (Fact::Push, 2),
            Self::ReturnedPushes => (Fact::Push, 3),
            Self::AnsweredPushes => (Fact::Push, 4),
            Self::Activities => (Fact::Activity, 0),
            Self::Visits => (Fact::Activity, 1),
            Self::VisitMinutes => (Fact::Activity, 2),
            Self::Sweeps => (Fact::Activity, 3),
            Self::ZeroReports => (Fact::Activity, 4),
            Self::Patrols => (Fact::Activity, 5),
            Self::Publicity => (Fact::Activity, 6),
            Self::Hazards => (Fact::Activity, 7),
        }
    }

    /// What it counts, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Reports => "诉求",
            Self::RepeatReports => "其中的重复诉求(重复警情)",
            Self::Cases => "矛盾纠纷",
            Self::SettledCases => "其中截至统计时点已办结或已归档的",
            Self::Pushes => "推送",
            Self::DeliveredPushes => "其中截至统计时点已送达的",
            Self::SignedPushes => "其中截至统计时点已签收的",
            Self::ReturnedPushes => "其中截至统计时点已退回的",
            Self::AnsweredPushes => "其中截至统计时点已反馈的",
            Self::Activities => "工作记录(走访、摸排、零报告、巡防、宣传、隐患排查)",
            Self::Visits => "走访",
            Self::VisitMinutes => "走访时长(分钟)",
            Self::Sweeps => "摸排",
            Self::ZeroReports => "零报告",
            Self::Patrols => "巡防",
            Self::Publicity => "宣传",
            Self::Hazards => "隐患排查",
        }
    }
}

impl Fact {
    /// Which time puts it into a window.
    pub fn time_role(self) -> &'static str {
        match self {
            Self::Report => "accepted_at: 首次受理入库时间",
            Self::Case => "opened_at: 首个诉求受理时间",
            Self::Push => "requested_at: 推送生成时间",
            Self::Activity => "begun_at: 开始时间",
        }
    }
}

/// How an indicator is counted.
#[derive(Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its id.
    pub id: &'static str,
    /// Its name in Chinese.
    pub name: &'static str,
    /// The version of this definition.
    pub version: i32,
    /// What is counted.
    pub numerator: Measure,
    /// Out of what; none for a plain count.
    pub denominator: Option<Measure>,
}

impl Definition {
    /// The fact that it counts.
    pub fn fact(&self) -> Fact {
        self.numerator.place().0
    }
}

const fn count(id: &'static str, name: &'static str, numerator: Measure) -> Definition {
    Definition { id, name, version: 1, numerator, denominator: None }
}

const fn rate(id: &'static str, name: &'static str, numerator: Measure, denominator: Measure) -> Definition {
    Definition { id, name, version: 1, numerator, denominator: Some(denominator) }
}

/// All indicators, in the order in which they are shown.
pub const INDICATORS: &[Definition] = &[
    count("reports", "诉求数", Measure::Reports),
    count("cases", "矛盾纠纷数", Measure::Cases),
    rate("repeat_rate", "重复诉求率", Measure::RepeatReports, Measure::Reports),
    count("pushes", "推送数", Measure::Pushes),
    rate("delivery_rate", "送达率", Measure::DeliveredPushes, Measure::Pushes),
    rate("sign_rate", "签收率", Measure::SignedPushes, Measure::Pushes),
    rate("return_rate", "退回率", Measure::ReturnedPushes, Measure::Pushes),
    rate("feedback_rate", "反馈率", Measure::AnsweredPushes, Measure::Pushes),
    rate("resolved_rate", "化解率", Measure::SettledCases, Measure::Cases),
    count("activities", "工作记录数", Measure::Activities),
    count("visits", "走访次数", Measure::Visits),
    count("visit_minutes", "走访分钟数", Measure::VisitMinutes),
    count("sweeps", "摸排次数", Measure::Sweeps),
    count("zero_reports", "零报告数", Measure::ZeroReports),
    count("patrols", "巡防次数", Measure::Patrols),
    count("publicity", "宣传次数", Measure::Publicity),
    count("hazard_searches", "隐患排查次数", Measure::Hazards),
];

/// The definition with that id.
pub fn find(id: &str) -> Option<&'static Definition> {
    INDICATORS.iter().find(|definition| definition.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_and_names_are_unique() {
        let ids: HashSet<_> = INDICATORS.iter().map(|d| d.id).collect();
        let names: HashSet<_> = INDICATORS.iter().map(|d| d.name).collect();
        assert_eq!((ids.len(), names.len()), (INDICATORS.len(), INDICATORS.len()));
    }

    #[test]
    fn a_rate_counts_within_one_fact() {
        for definition in INDICATORS {
            if let Some(denominator) = definition.denominator {
                assert_eq!(denominator.place().0, definition.fact(), "{}", definition.id);
                assert_eq!(denominator.place().1, 0, "{}: out of all", definition.id);
            }
        }
    }
}
