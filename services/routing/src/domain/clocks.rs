//! What clocks say to a case, and what follows: near, over, chased. Each thing is said once, since what was
//! said stands in the duty itself.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    docket::AGEING,
    draft::Draft,
    duty::{Duty, DutyKind, Firing, Holder},
    history::HistoryKind,
    practice::OnBreach,
    push::Form,
};

impl Draft<'_> {
    /// Time passed: each duty whose moment has come says so. True where something was said.
    pub(super) fn time_passed(&mut self) -> bool {
        let now = self.occasion.at;
        let practice = self.setting.practice;
        let mut said: Vec<(Duty, Firing)> = Vec::new();
        for duty in &mut self.case.docket.duties {
            if let Some(firing) = duty.pass(now, practice.terms(duty.kind)) {
                said.push((duty.clone(), firing));
            }
        }
        let any = !said.is_empty();
        for (duty, firing) in said {
            // What one firing made fall away says nothing any more.
            if self.owed(|owed| owed.no == duty.no) {
                self.fired(&duty, firing);
            }
        }
        any
    }

    fn fired(&mut self, duty: &Duty, firing: Firing) {
        match (duty.kind, firing) {
            (DutyKind::Resume, Firing::Over) => return self.park_ended(),
            (DutyKind::Watch, Firing::Over) => {
                self.note_as_system(HistoryKind::DutyOver, "日常关注期满".to_owned());
                self.meet(|owed| owed.no == duty.no);
                return;
            }
            (DutyKind::Ageing, _) => return self.aged(duty, firing),
            _ => {}
        }
        let whose = self.name_holder(&duty.holder);
        let what = duty.kind.name();
        let (kind, text) = match firing {
            Firing::Near => (HistoryKind::DutyNear, format!("{whose}{what}时限将到")),
            Firing::Over => (HistoryKind::DutyOver, format!("{whose}{what}逾期")),
            Firing::Chase(times) => (HistoryKind::DutyChased, format!("{whose}{what}逾期，第{times}次催办")),
        };
        self.note_as_system(kind, text.clone());
        let on_breach = self.setting.practice.terms(duty.kind).on_breach;
        match (firing, on_breach) {
            (_, OnBreach::Nothing) => {}
            (Firing::Near, _) | (Firing::Over, OnBreach::Remind) => self.remind(&duty.holder, &text),
            (Firing::Chase(times), OnBreach::Remind) => {
                self.remind(&duty.holder, &text);
                self.tell_ladder(&duty.holder.agency, times, &text);
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

    /// A contact has no queue of forms; the centre's desk is told for it.
    fn remind(&mut self, holder: &Holder, text: &str) {
        let directory = self.setting.directory;
        let agency =
            if directory.agency(&holder.agency).is_some() { &holder.agency } else { directory.desk() };
        let agency = agency.to_owned();
        self.push_to(&agency, Form::Reminder, text);
    }

    /// The next of the ladder is told: after the agency's leader its superior, at the end the centre's
    /// director, never nobody.
    fn tell_ladder(&mut self, agency: &str, step: u8, text: &str) {
        let ladder = self.setting.directory.ladder(agency);
        let director = self.setting.directory.director();
        let post = ladder.get(usize::from(step.saturating_sub(1))).copied().unwrap_or(director);
        let (to, name) = (post.agency.clone(), post.name.clone());
        if to != agency {
            self.push_to(&to, Form::Reminder, &format!("{text}，报{name}"));
        }
    }

    fn name_holder(&self, holder: &Holder) -> String {
        let directory = self.setting.directory;
        let post = holder.post.as_deref().and_then(|code| directory.post(code));
        match (post, directory.contact(&holder.agency)) {
            (Some(post), _) => post.name.clone(),
            (None, Some(contact)) => contact.name.clone(),
            (None, None) => self.agency_name(&holder.agency),
        }
    }

    /// The official calendar was changed: working days that run are counted anew. What stands still is counted when
    /// it goes on; what does not move keeps what its clock has said.
    pub(super) fn calendar_changed(&mut self) -> bool {
        let (clock, practice, now) = (self.clock(), self.setting.practice, self.occasion.at);
        let mut moved = Vec::new();
        for duty in &mut self.case.docket.duties {
            if !duty.counts_working_days() || duty.is_paused() || !duty.is_open() {
                continue;
            }
            let before = duty.due_at;
            let due = clock.calendar.due(clock.zone, duty.started_at, duty.limit, &duty.pauses, now);
            if due != before {
                duty.recompute(clock, practice.terms(duty.kind), now);
                let (before, after) = (end_of_day(before, clock.zone), end_of_day(due, clock.zone));
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
fn end_of_day(due: Timestamp, zone: &TimeZone) -> String {
    let last = due.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(due);
    format!("{}日终", zone.to_datetime(last).date())
}
