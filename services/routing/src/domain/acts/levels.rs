//! How dangerous a case is said to be: by rules, which only ever raise it, and by officers (S0-04).

use std::collections::BTreeMap;

use crate::domain::{
    case::{LevelReason, OFFICER, Words},
    docket::Suggestion,
    draft::Draft,
    duty::{DutyKind, Holder},
    history::HistoryKind,
    level::{Grade, Level},
    push::Form,
    refusal::Refusal,
    telling::TellingKind,
};

use super::supervision::{Alert, AlertStatus};

impl Draft<'_> {
    /// Rules only ever raise the level of a case; to lower it takes an officer.
    pub(in crate::domain) fn raise(&mut self, grade: &Grade) -> bool {
        if grade.level <= self.case.level {
            return false;
        }
        let before = self.case.level;
        self.case.level = grade.level;
        self.case.level_reason = grade.reason.clone();
        self.note_leveled();
        self.after_raising(before, &format!("等级升为{}：{}", grade.level.name(), grade.reason.text));
        true
    }

    /// An officer sets a level. Raising pushes at once and pulls the times in; lowering changes no running
    /// time, and says so.
    pub(in crate::domain) fn relevel(&mut self, level: Level, words: &str) -> Result<(), Refusal> {
        self.must_be_open()?;
        if level == self.case.level && self.case.level_reason.rule == OFFICER {
            return Self::refuse("LEVEL_UNCHANGED", "the level would have to be another one");
        }
        let before = self.case.level;
        self.case.level = level;
        self.case.level_reason = LevelReason {
            rule: OFFICER.to_owned(),
            rule_set: self.case.level_reason.rule_set.clone(),
            text: "人工定级".to_owned(),
            facts: BTreeMap::new(),
            words: Some(Words::Plain(words.to_owned())),
        };
        let mut text = format!("人工定为{}", level.name());
        if level < before {
            text.push_str("；已计时限不延长");
        }
        self.note(HistoryKind::Leveled, text, Some(Words::Plain(words.to_owned())));
        if self.case.docket.suggestion.as_ref().is_some_and(|suggested| level >= suggested.level) {
            self.case.docket.suggestion = None;
        }
        if level > before {
            self.after_raising(before, &format!("中心调整等级为{}", level.name()));
        } else {
            self.call_alerts_off();
        }
        Ok(())
    }

    /// The level was lowered: each tier that was alerted for a higher one, and is not for this one, is told that it is
    /// over, whether it has acknowledged or not.
    fn call_alerts_off(&mut self) {
        let level = self.case.level;
        let kept: Vec<String> =
            self.setting.practice.tiers(level).iter().map(|tier| tier.name.clone()).collect();
        let over = |alert: &Alert| {
            alert.level > level && alert.status != AlertStatus::Cancelled && !kept.contains(&alert.tier)
        };
        let called_off: Vec<Alert> =
            self.case.docket.alerts.iter().filter(|alert| over(alert)).cloned().collect();
        for alert in &mut self.case.docket.alerts {
            if over(alert) {
                alert.status = AlertStatus::Cancelled;
            }
        }
        for alert in called_off {
            self.drop_duties(|duty| duty.kind == DutyKind::Acknowledge && duty.about == alert.no);
            let text = format!("{}级预警解除：{}", alert.tier, self.agency_name(&alert.agency));
            self.note_as_system(HistoryKind::Alerted, text);
            self.push_to(&alert.agency, Form::Warning, &format!("{}级预警解除", alert.tier));
        }
    }

    /// Suggests the next higher level, which an officer decides on (S3-10).
    pub(in crate::domain) fn suggest_higher(&mut self, why: &str) {
        if let Some(level) = Level::ALL.into_iter().find(|level| *level > self.case.level) {
            self.suggest(level, why);
        }
    }

    /// Suggests a level, which an officer decides on.
    pub(in crate::domain) fn suggest(&mut self, level: Level, why: &str) {
        self.case.docket.suggestion = Some(Suggestion { level, why: why.to_owned(), at: self.occasion.at });
        self.note_as_system(HistoryKind::LevelSuggested, format!("建议升为{}：{why}", level.name()));
    }

    pub(in crate::domain) fn note_leveled(&mut self) {
        let text = format!("定为{}：{}", self.case.level.name(), self.case.level_reason.text);
        self.note_as_system(HistoryKind::Leveled, text);
    }

    /// Each tier that the practice names for the level is alerted once for it (S3-06).
    pub(in crate::domain) fn raise_alerts(&mut self) {
        let level = self.case.level;
        for tier in self.setting.practice.tiers(level) {
            let agency = tier.agency.clone().unwrap_or_else(|| self.case.lead_agency.clone());
            let known = |alert: &Alert| {
                alert.tier == tier.name && alert.level >= level && alert.status != AlertStatus::Cancelled
            };
            if self.case.docket.alerts.iter().any(known) {
                continue;
            }
            let no = u32::try_from(self.case.docket.alerts.len()).unwrap_or(u32::MAX) + 1;
            let text = format!("{}级预警（{}）：{}", tier.name, level.name(), self.agency_name(&agency));
            self.note_as_system(HistoryKind::Alerted, text);
            self.owe(DutyKind::Acknowledge, Holder::agency(&agency), no);
            let what = format!("{}级预警（{}）", tier.name, level.name());
            self.tell(TellingKind::Alerted, &Holder::agency(&agency), level, None, &what);
            if self.case.docket.handler(&agency).is_none() {
                let reason = format!("{}级预警：{}", tier.name, self.case.level_reason.text);
                self.push_to(&agency, Form::Warning, &reason);
            }
            self.case.docket.alerts.push(Alert {
                no,
                tier: tier.name.clone(),
                agency,
                level,
                at: self.occasion.at,
                acknowledged_at: None,
                status: self.alert_status(),
                acknowledged_by: String::new(),
                acknowledged_capacity: String::new(),
            });
        }
    }

    /// What an alert of the case is.
    const fn alert_status(&self) -> AlertStatus {
        match (self.case.docket.drill, self.case.docket.test) {
            (false, _) => AlertStatus::Actual,
            (true, false) => AlertStatus::Exercise,
            (true, true) => AlertStatus::Test,
        }
    }

    pub(in crate::domain) fn after_raising(&mut self, before: Level, reason: &str) {
        if !before.pushes() && self.case.level.pushes() {
            self.drop_duties(|duty| duty.kind == DutyKind::Watch);
            self.start_clocks();
        }
        self.pull_clocks_in();
        if self.case.level.pushes() {
            self.push_to_all(reason);
        }
        self.raise_alerts();
    }

    /// The times of a higher level hold from now on where they are earlier (S0-04).
    fn pull_clocks_in(&mut self) {
        let (clock, now, level) = (self.clock(), self.occasion.at, self.case.level);
        let practice = self.setting.practice;
        let mut pulled = Vec::new();
        for duty in &mut self.case.docket.duties {
            let follows_level = matches!(
                duty.kind,
                DutyKind::Sign | DutyKind::Handle | DutyKind::Contact | DutyKind::Acknowledge
            );
            if follows_level
                && duty.pull_in(practice.limit(duty.kind, level), clock, practice.terms(duty.kind), now)
            {
                pulled.push(duty.kind.name());
            }
        }
        pulled.dedup();
        if !pulled.is_empty() {
            self.note_as_system(
                HistoryKind::DeadlineChanged,
                format!("{}时限因等级提升而提前", pulled.join("、")),
            );
        }
    }
}
