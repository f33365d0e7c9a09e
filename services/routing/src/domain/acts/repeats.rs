//! Repeat calls of the police line are sorted one by one, by the end of their day (110警情分类治理; S3-02).

use fengqiao_calendar::end_of_day;
use fengqiao_proto::types::v1::Source;

use crate::domain::{
    draft::Draft,
    duty::{DutyKind, Holder},
    happening::Arrival,
    history::HistoryKind,
    refusal::Refusal,
};

/// What is behind a repeat call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatClass {
    /// 矛盾纠纷
    Dispute,
    /// 精神异常
    Mental,
    /// 醉酒
    Drunk,
    /// 扬言极端
    Threat,
    /// 劳资
    Wages,
    /// 土地
    Land,
    /// Any other.
    Other,
}

impl RepeatClass {
    /// All classes.
    pub const ALL: [Self; 7] =
        [Self::Dispute, Self::Mental, Self::Drunk, Self::Threat, Self::Wages, Self::Land, Self::Other];

    /// The number by which the contract knows it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16 + 1
    }

    /// The class of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }

    /// The mark that it puts on its case.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Dispute => "repeat_dispute",
            Self::Mental => "repeat_mental",
            Self::Drunk => "repeat_drunk",
            Self::Threat => "repeat_threat",
            Self::Wages => "repeat_wages",
            Self::Land => "repeat_land",
            Self::Other => "repeat_other",
        }
    }

    /// Its name, for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dispute => "矛盾纠纷",
            Self::Mental => "精神异常",
            Self::Drunk => "醉酒",
            Self::Threat => "扬言极端",
            Self::Wages => "劳资",
            Self::Land => "土地",
            Self::Other => "其他",
        }
    }
}

impl Draft<'_> {
    /// A repeat call of the police line is to be sorted by 24:00.
    pub(in crate::domain) fn owe_classification(&mut self, arrival: &Arrival) {
        if arrival.repeat && arrival.source == Source::Police110 {
            self.owe_one_classification();
        }
    }

    /// A call that is here turned out to be one: it is to be sorted by 24:00 of the day when that is seen, also where its case
    /// is over by then: sorting says what is behind the call and opens nothing again.
    pub(in crate::domain) fn call_repeats(&mut self) -> Result<bool, Refusal> {
        self.must_not_be_merged()?;
        self.note_as_system(HistoryKind::ReportRevised, "经关联查明，一件警情为重复警情".to_owned());
        self.owe_one_classification();
        Ok(true)
    }

    fn owe_one_classification(&mut self) {
        let zone = self.setting.zone;
        let today = self.occasion.at.to_zoned_datetime(zone.clone()).date();
        let due_at = end_of_day(today, zone);
        let desk = Holder::agency(self.setting.directory.desk());
        let report = self.number_to_sort(u32::try_from(self.case.report_count).unwrap_or_default());
        self.owe_until(DutyKind::Classify, desk, report, due_at);
    }

    /// The first number from this one on that no repeat call is to be sorted by. Reports come and go between cases,
    /// and two of one number would be sorted as one.
    pub(in crate::domain) fn number_to_sort(&self, from: u32) -> u32 {
        let taken = |no: u32| self.owed(|duty| duty.kind == DutyKind::Classify && duty.about == no);
        (from..).find(|no| !taken(*no)).unwrap_or(from)
    }

    /// Says what is behind the case's repeat call with this number among its reports.
    pub(in crate::domain) fn classify_repeat(
        &mut self,
        report: u32,
        class: RepeatClass,
    ) -> Result<(), Refusal> {
        if self.meet(|duty| duty.kind == DutyKind::Classify && duty.about == report) == 0 {
            return Self::refuse(
                "NOTHING_TO_CLASSIFY",
                "the report would have to be a repeat call that is not sorted yet",
            );
        }
        self.case.docket.tags.insert(class.tag().to_owned());
        self.note(HistoryKind::Tagged, format!("第{report}次诉求归类：{}", class.name()), None);
        if class == RepeatClass::Threat {
            self.suggest_higher("重复警情归类为扬言极端");
        }
        Ok(())
    }
}
