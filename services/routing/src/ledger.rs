//! One transaction's worth of changes: rows and events that belong together.

use fengqiao_messaging::{Event, InTurn, Outbox, Step, Turn};
use fengqiao_sealing::Keyring;
use fengqiao_telemetry::trace;
use jiff::SignedDuration;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    announcements::{
        Announcement, case_changed, case_expired, person_of_case, person_of_duty, push_requested,
        pushes_revised, reminder_requested,
    },
    counties::RoutingCounty,
    domain::{
        history_seals::HistoryHead,
        standing::chasing::{Chased, DueDuty},
        transition::Change,
    },
    error::RoutingError,
    store::{Attempt, Changes, CountyTurn, SealedChanges},
    watchers::Watchers,
};

/// Who seals what is written, and who hears that it is.
#[derive(Clone, Copy)]
pub struct Heard<'a> {
    /// Seals personal data.
    pub keyring: &'a Keyring,
    /// Nudged after the commit.
    pub outbox: &'a Outbox,
    /// Woken after the commit.
    pub watchers: &'a Watchers,
}

/// Collects changes and the events that follow from them, and writes both.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The rows.
    pub changes: Changes,
    announcements: Vec<Announcement>,
}

/// A ledger that is ready to be written, in one turn of the county and in no other.
#[derive(Debug)]
pub struct SealedLedger {
    changes: Changes,
    events: Vec<Event>,
    sealed: SealedChanges,
    turn: Turn,
    /// Where the events stand, once they are written.
    first_position: Option<i64>,
}

impl Ledger {
    /// Adds a change of a case, made by a report or not, within a trace.
    pub fn add(
        &mut self,
        change: Change,
        report_id: Option<Uuid>,
        place: &RoutingCounty,
        traceparent: Option<&str>,
    ) {
        self.add_with(change, report_id, &[], place, traceparent);
    }

    /// Adds a change of a case that these reports of another one came into.
    pub fn add_moved(
        &mut self,
        change: Change,
        moved: &[Uuid],
        place: &RoutingCounty,
        traceparent: Option<&str>,
    ) {
        self.add_with(change, None, moved, place, traceparent);
    }

    /// Adds a change of a case, made by a report or not, that these reports came into.
    pub fn add_with(
        &mut self,
        mut change: Change,
        report_id: Option<Uuid>,
        moved: &[Uuid],
        place: &RoutingCounty,
        traceparent: Option<&str>,
    ) {
        let case = change.case.clone();
        if change.announced {
            let over = !case.state.takes_reports();
            let until =
                over.then(|| case.takes_reports_until(place.rulebook().practice.reopen_days)).flatten();
            let changed = case_changed(&change, until, report_id, moved, place, traceparent);
            self.announcements.push(changed);
        }
        warn_of_unknown_years(&change, place);
        for telling in std::mem::take(&mut change.tellings) {
            self.announcements.extend(person_of_case(&case, telling, place, traceparent));
        }
        for revision in std::mem::take(&mut change.revisions) {
            self.announcements.push(pushes_revised(case.id, revision, traceparent));
        }
        let trace_id = trace::trace_id(traceparent);
        for push in self.changes.add(change, &trace_id) {
            self.announcements.push(push_requested(&case, push, place, traceparent));
        }
    }

    /// Adds a duty besides cases whose time came, and its reminders.
    pub fn add_chased(&mut self, due: &DueDuty, chased: Chased, place: &RoutingCounty) {
        self.changes.add_standing(due.id, chased.duty);
        let tellings = chased.tellings.into_iter();
        self.announcements.extend(tellings.filter_map(|telling| person_of_duty(due, telling, place)));
        for push in self.changes.add_reminders(due.id, chased.reminders) {
            self.announcements.push(Announcement::Ready(reminder_requested(due, push, place)));
        }
    }

    /// Adds that nothing is kept any more of who and what a case was about.
    pub fn add_expired(&mut self, case_id: Uuid) {
        self.announcements.push(case_expired(case_id));
    }

    /// Makes it ready to be written. `head` is where the county's histories stand in this turn.
    ///
    /// # Errors
    /// What [`Changes::seal`] says.
    pub fn seal(
        self,
        county: &str,
        turn: Turn,
        head: HistoryHead,
        keyring: &Keyring,
    ) -> Result<SealedLedger, RoutingError> {
        let Self { changes, announcements } = self;
        let sealed = changes.seal(county, head, keyring)?;
        let events = announcements.into_iter().map(|one| one.into_event(county, keyring)).collect();
        Ok(SealedLedger { changes, events, sealed, turn, first_position: None })
    }

    /// Writes, commits and says so. Returns the county's turn after it; none where the turn was another's and nothing is
    /// written.
    ///
    /// # Errors
    /// What [`Changes::seal`], [`Changes::write`] and [`Attempt::commit`] say.
    pub async fn commit(
        self,
        mut attempt: Attempt<'_>,
        county: &str,
        turn: CountyTurn,
        step: Option<&Step>,
        heard: Heard<'_>,
    ) -> Result<Option<CountyTurn>, RoutingError> {
        let head = turn.head(&mut attempt, county).await?;
        let sealed = self.seal(county, turn.turn, head, heard.keyring)?;
        let next = sealed.next();
        Ok(sealed.commit(attempt, county, step, heard).await?.then_some(next))
    }
}

impl SealedLedger {
    /// The county's turn after it.
    #[must_use]
    pub const fn next(&self) -> CountyTurn {
        CountyTurn { turn: self.turn.next(), head: Some(self.sealed.head()) }
    }

    /// The seals of the cases' last entries once it is written.
    pub fn last_seals(&self) -> impl Iterator<Item = (Uuid, &[u8])> {
        self.changes.last_seals(&self.sealed)
    }

    /// Writes rows and events in the county's turn. False where the turn was another's and nothing is written.
    /// The caller commits and then says so with [`SealedLedger::announce`].
    ///
    /// # Errors
    /// What [`Changes::write`] says.
    pub async fn write(
        &mut self,
        conn: &mut PgConnection,
        county: &str,
        step: Option<&Step>,
    ) -> Result<bool, RoutingError> {
        let in_turn = InTurn { county, turn: self.turn, step, events: &self.events };
        self.first_position = self.changes.write(conn, in_turn, &self.sealed).await?;
        Ok(self.first_position.is_some())
    }

    /// Writes, commits and says so. False where the turn was another's and nothing is written.
    ///
    /// # Errors
    /// What [`SealedLedger::write`] and [`Attempt::commit`] say.
    pub async fn commit(
        mut self,
        mut attempt: Attempt<'_>,
        county: &str,
        step: Option<&Step>,
        heard: Heard<'_>,
    ) -> Result<bool, RoutingError> {
        heard.watchers.changing(self.changes.case_ids());
        if !self.write(&mut attempt, county, step).await? {
            return Ok(false);
        }
        attempt.commit().await?;
        self.announce(county, heard.outbox);
        heard.watchers.committed();
        Ok(true)
    }

    /// What is written is committed: the events can go out, and it counts.
    pub fn announce(self, county: &str, outbox: &Outbox) {
        for push in self.changes.pushes() {
            let level = push.order.level.word();
            metrics::counter!("fengqiao_routing_pushes_requested_total", "county" => county.to_owned(), "level" => level)
                .increment(1);
        }
        if let Some(first) = self.first_position {
            outbox.sent(county, first, self.events);
        }
    }
}

/// Working days of a year whose notice is not known are Monday to Friday, which is to be seen: the notice is
/// missing, or a limit is longer than the calendar.
fn warn_of_unknown_years(change: &Change, place: &RoutingCounty) {
    let counted = change.duties.iter().filter(|duty| duty.is_open() && duty.counts_working_days());
    let mut rulebook = None;
    for duty in counted {
        let calendar = &rulebook.get_or_insert_with(|| place.rulebook()).calendar;
        // What is due at 00:00 is due at the end of the day before.
        let last = duty.due_at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(duty.due_at);
        let year = place.county.time_zone.to_datetime(last).year();
        if !calendar.knows_year(year) {
            metrics::counter!(
                "fengqiao_routing_calendar_unknown_year",
                "county" => place.county.code.clone(), "year" => year.to_string()
            )
            .increment(1);
        }
    }
}
