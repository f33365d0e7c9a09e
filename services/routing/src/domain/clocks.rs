//! What clocks say to a case, and what follows: near, over, chased. Each thing is said once, since what was
//! said stands in the duty itself.

use fengqiao_calendar::last_day;
use jiff::{Timestamp, tz::TimeZone};

use super::{
    chasing::{holder_name, next_above, reminded, said, said_above},
    docket::AGEING,
    draft::Draft,
    duty::{Duty, DutyKind, Firing, Holder, Passed},
    history::HistoryKind,
    practice::OnBreach,
    push::Form,
};

impl Draft<'_> {
    /// Time passed: each duty whose moment has come says so. True where something was said.
    pub(super) fn time_passed(&mut self) -> bool {
        let now = self.occasion.at;
        let practice = self.setting.practice;
        let mut said: Vec<(Duty, Passed)> = Vec::new();
        for duty in &mut self.case.docket.duties {
            if let Some(passed) = duty.pass(now, practice.terms(duty.kind)) {
                said.push((duty.clone(), passed));
            }
        }
        let any = !said.is_empty();
        for (duty, passed) in said {
            // What one firing made fall away says nothing any more.
            if self.owed(|owed| owed.no == duty.no) {
                self.fired(&duty, passed);
            }
        }
        any
    }

    fn fired(&mut self, duty: &Duty, passed: Passed) {
        let firing = passed.firing;
        match (duty.kind, firing) {
            (DutyKind::Resume, Firing::Over) => return self.park_ended(),
            (DutyKind::Watch, Firing::Over) => {
                self.note_as_system(HistoryKind::DutyOver, "日常关注期满".to_owned());
                self.meet(|owed| owed.no == duty.no);
                return;
            }
            (DutyKind::Ageing, _) => return self.aged(duty, firing),
            (DutyKind::AnswerCall, _) => return self.rang_in_vain(duty, firing),
            _ => {}
        }
        let text = said(holder_name(self.setting.directory, &duty.holder), duty.kind.name(), passed);
        let kind = match firing {
            Firing::Near => HistoryKind::DutyNear,
            Firing::Over => HistoryKind::DutyOver,
            Firing::Chase(_) => HistoryKind::DutyChased,
        };
        self.note_as_system(kind, text.clone());
        let on_breach = self.setting.practice.terms(duty.kind).on_breach;
        if on_breach != OnBreach::Nothing {
            self.tell_holder(duty, firing);
        }
        match (firing, on_breach) {
            (_, OnBreach::Nothing) => {}
            (Firing::Near, _) | (Firing::Over, OnBreach::Remind) => self.remind(&duty.holder, &text),
            (Firing::Chase(times), OnBreach::Remind) => {
                self.remind(&duty.holder, &text);
                self.tell_ladder(duty, times, &text);
            }
            // While a reply is owed, its own clock presses.
            (Firing::Chase(_), OnBreach::Supervise)
                if duty.kind != DutyKind::Reply && self.owes_reply(&duty.holder.agency) =>
            {
                self.remind(&duty.holder, &text);
            }
            (Firing::Over | Firing::Chase(_), OnBreach::Supervise) => self.press_harder(&duty.holder.agency),
        }
        if duty.kind == DutyKind::Progress && duty.next_at.is_none() {
            // Another day: as long as it is not calm, progress is owed.
            self.drop_duties(|owed| owed.no == duty.no);
            self.owe_progress();
        }
    }

    fn owes_reply(&self, agency: &str) -> bool {
        self.owed(|duty| duty.kind == DutyKind::Reply && duty.holder.agency == agency)
    }

    /// A case grows old (小事拖大; S4-16).
    fn aged(&mut self, duty: &Duty, firing: Firing) {
        let passed = match firing {
            Firing::Chase(times) => usize::from(times),
            Firing::Near | Firing::Over => 0,
        };
        let Some(days) = self.setting.practice.ageing_days.get(passed) else { return };
        self.note_as_system(HistoryKind::DutyOver, format!("立案已满{days}天未化解"));
        self.case.docket.tags.retain(|tag| !tag.starts_with(AGEING));
        self.case.docket.tags.insert(format!("{AGEING}{days}"));
        if passed + 1 == self.setting.practice.ageing_days.len() {
            let desk = self.setting.directory.desk().to_owned();
            self.push_to(&desk, Form::Reminder, &format!("立案已满{days}天未化解"));
            self.meet(|owed| owed.no == duty.no);
        }
    }

    /// Starts to count how old the case grows.
    pub(super) fn begin_ageing(&mut self) {
        if !self.owed(|duty| duty.kind == DutyKind::Ageing) {
            let lead = self.case.lead_agency.clone();
            self.owe(DutyKind::Ageing, Holder::agency(&lead), 0);
        }
    }

    fn remind(&mut self, holder: &Holder, text: &str) {
        self.push_to(reminded(self.setting.directory, holder), Form::Reminder, text);
    }

    fn tell_ladder(&mut self, duty: &Duty, step: u8, text: &str) {
        let agency = &duty.holder.agency;
        if let Some(post) = next_above(self.setting.directory, agency, step) {
            self.push_to(&post.agency, Form::Reminder, &said_above(text, post));
            self.tell_above(post, agency, duty.kind.name());
        }
    }

    /// The official calendar was changed: working days that run are counted anew.
    pub(super) fn calendar_changed(&mut self) -> bool {
        let (clock, practice, now) = (self.clock(), self.setting.practice, self.occasion.at);
        let mut moved = Vec::new();
        for duty in &mut self.case.docket.duties {
            if let Some(before) = duty.recount(clock, practice.terms(duty.kind), now) {
                let (before, after) = (day_of(before, clock.zone), day_of(duty.due_at, clock.zone));
                moved.push(format!("{}时限由{before}改为{after}", duty.kind.name()));
            }
        }
        if !moved.is_empty() {
            let text = format!("节假日安排调整，{}", moved.join("，"));
            self.note_as_system(HistoryKind::DeadlineChanged, text);
        }
        !moved.is_empty()
    }
}

/// The last day of a limit of working days, which ends with that day.
fn day_of(due: Timestamp, zone: &TimeZone) -> String {
    format!("{}日终", last_day(due, zone))
}
