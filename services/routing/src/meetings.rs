//! Commands on meetings (S2-02, S1-08).

use std::collections::HashMap;

use fengqiao_telemetry::trace;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    alone::Alone,
    commands::Commands,
    counties::RoutingCounty,
    domain::{
        acts::{Act, meetings::MeetingAct},
        case::{CaseFile, State},
        case_number::CaseName,
        happening::Happening,
        history::Occasion,
        meetings::{AgendaItem, AgendaReason, Attendee, Meeting, MeetingKind, MeetingRecord, agenda},
        refusal::Refusal,
        standing::{Outcome, Record, series::week_of},
    },
    error::RoutingError,
    standing::said,
    store::{
        self, MeetingName, agenda_candidates, bounded, find_meeting, find_standing, insert_items,
        insert_meeting, list_items, meeting_duty, record_standing,
    },
};

/// A meeting and its agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingAndAgenda {
    /// The meeting.
    pub meeting: Meeting,
    /// Its agenda.
    pub items: Vec<AgendaItem>,
}

/// What was held and decided.
#[derive(Debug, Clone)]
pub struct Held {
    /// When.
    pub held_at: Timestamp,
    /// Who came.
    pub attendees: Vec<Attendee>,
    /// The minutes.
    pub minutes: String,
    /// What was decided.
    pub decisions: Vec<Decided>,
}

/// What was decided on a case.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The case.
    pub case: CaseName,
    /// Who has to do it.
    pub agency: String,
    /// By when; by the practice's limit where not given.
    pub due_at: Option<Timestamp>,
    /// What.
    pub words: String,
}

impl Commands {
    /// Opens a meeting. A week has one joint meeting: whoever opens it again gets the same, with the agenda as
    /// it was made.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn open_meeting(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        kind: MeetingKind,
        title: &str,
    ) -> Result<MeetingAndAgenda, RoutingError> {
        let said = said(place, actor, request_id, format!("open {kind:?} {title}"));
        let today = actor.at.to_zoned_datetime(place.county.time_zone.clone()).date();
        let week = week_of(today);
        let id = said.id(&self.keyring, 0);
        // Read before the turn is taken: nobody waits for it, and an agenda is of when its meeting is opened.
        let items = match kind {
            MeetingKind::Joint => self.agenda_now(place, actor.at).await?,
            MeetingKind::Residents => Vec::new(),
        };
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &[]).await?;
        let name = match kind {
            MeetingKind::Joint if !alone.repeated => MeetingName::JointOf(week),
            _ => MeetingName::Id(id),
        };
        let known = find_meeting(&mut alone.tx, &self.keyring, said.county, name).await?;
        if let Some(meeting) = known {
            let items = list_items(&mut alone.tx, said.county, meeting.id).await?;
            return Ok(MeetingAndAgenda { meeting, items });
        }
        let meeting = Meeting {
            id,
            kind,
            week,
            title: title.to_owned(),
            opened_at: actor.at,
            opened_by: actor.actor.clone(),
            opened_as: actor.capacity.clone(),
            record: None,
        };
        insert_meeting(&mut alone.tx, said.county, &meeting).await?;
        insert_items(&mut alone.tx, said.county, id, &items).await?;
        alone.end(&said, id, self.heard()).await?;
        Ok(MeetingAndAgenda { meeting, items })
    }

    async fn agenda_now(
        &self,
        place: &RoutingCounty,
        at: Timestamp,
    ) -> Result<Vec<AgendaItem>, RoutingError> {
        let county = &place.county.code;
        let rules = &place.rulebook().practice.agenda;
        let (cases, unreadable) = agenda_candidates(&self.pool, &self.keyring, county, rules, at).await?;
        place.put_aside.put(county, &unreadable, at)?;
        Ok(agenda(&cases, rules, at))
    }

    /// Puts a case on the agenda by hand.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn add_to_agenda(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        meeting_id: Uuid,
        case: &CaseName,
    ) -> Result<MeetingAndAgenda, RoutingError> {
        let said = said(place, actor, request_id, format!("add {meeting_id} {case:?}"));
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, std::slice::from_ref(case)).await?;
        let meeting = self.met_at(&mut alone, said.county, meeting_id).await?;
        let mut items = list_items(&mut alone.tx, said.county, meeting_id).await?;
        if alone.repeated {
            return Ok(MeetingAndAgenda { meeting, items });
        }
        let case = alone.cases.pop().flatten().ok_or(RoutingError::NotFound)?;
        let refuse = |reason, needs: &str| Err(RoutingError::from(Refusal::new(reason, needs)));
        if meeting.kind != MeetingKind::Joint {
            return refuse("NO_AGENDA", "the meeting would have to be a joint meeting");
        }
        if meeting.record.is_some() {
            return refuse("MEETING_RECORDED", "the meeting would have to be still ahead");
        }
        if case.state != State::Open {
            return refuse("CASE_NOT_OPEN", "the case would have to be open");
        }
        let next = items.iter().map(|item| item.no).max().unwrap_or(0).saturating_add(1);
        let item = AgendaItem::new(next, &case, vec![AgendaReason::ByHand]);
        insert_items(&mut alone.tx, said.county, meeting_id, std::slice::from_ref(&item)).await?;
        match items.iter_mut().find(|known| known.case_id == case.id) {
            Some(known) => {
                known.reasons.push(AgendaReason::ByHand);
                known.reasons.dedup();
            }
            None => items.push(item),
        }
        alone.end(&said, meeting_id, self.heard()).await?;
        Ok(MeetingAndAgenda { meeting, items })
    }

    /// Records a meeting: who came, and what was decided. Each decision becomes what an agency owes on its case.
    /// All of it or nothing is kept.
    ///
    /// # Errors
    /// [`RoutingError`]
    pub async fn record_meeting(
        &self,
        place: &RoutingCounty,
        actor: &Occasion,
        request_id: &str,
        meeting_id: Uuid,
        held: Held,
    ) -> Result<MeetingAndAgenda, RoutingError> {
        let said = said(place, actor, request_id, format!("record {meeting_id} {held:?}"));
        let names: Vec<CaseName> = held.decisions.iter().map(|decided| decided.case.clone()).collect();
        let traceparent = trace::current();
        let rulebook = place.rulebook();
        let _turn = place.alone().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let mut alone = Alone::begin(&mut conn, &self.keyring, &said, &names).await?;
        let mut meeting = self.met_at(&mut alone, said.county, meeting_id).await?;
        let mut items = list_items(&mut alone.tx, said.county, meeting_id).await?;
        if alone.repeated {
            return Ok(MeetingAndAgenda { meeting, items });
        }
        check_held(&meeting, &held, actor)?;
        let mut cases: HashMap<Uuid, CaseFile> = HashMap::new();
        let mut decided_on = Vec::with_capacity(held.decisions.len());
        let named = std::mem::take(&mut alone.cases);
        for (case, decided) in named.into_iter().zip(held.decisions) {
            let stored = case.ok_or(RoutingError::NotFound)?;
            let case = cases.get(&stored.id).cloned().unwrap_or(stored);
            let Some(item) = items.iter_mut().find(|item| item.case_id == case.id) else {
                let needs = format!("case {} would have to be on the agenda", case.number);
                return Err(Refusal::new("NOT_ON_AGENDA", needs).into());
            };
            item.decisions += 1;
            let act = Act::Meeting(MeetingAct::Decide {
                meeting: meeting_id,
                agency: decided.agency,
                due_at: decided.due_at,
                words: decided.words,
            });
            let change = rulebook.change(&place.county, &case, &Happening::Act(act), actor)?;
            decided_on.push(case.id);
            cases.insert(case.id, change.case.clone());
            alone.ledger.add(change, None, place, traceparent.as_deref());
        }
        let record = MeetingRecord {
            held_at: held.held_at,
            attendees: held.attendees,
            minutes: held.minutes,
            at: actor.at,
            by: actor.actor.clone(),
            capacity: actor.capacity.clone(),
        };
        store::record_meeting(&mut alone.tx, &self.keyring, said.county, meeting_id, &record, &decided_on)
            .await?;
        if meeting.kind == MeetingKind::Joint {
            self.meet_duty(&mut alone, &meeting, record.held_at, said.county, actor).await?;
        }
        meeting.record = Some(record);
        alone.end(&said, meeting_id, self.heard()).await?;
        Ok(MeetingAndAgenda { meeting, items })
    }

    async fn met_at(&self, alone: &mut Alone<'_>, county: &str, id: Uuid) -> Result<Meeting, RoutingError> {
        let found = find_meeting(&mut alone.tx, &self.keyring, county, MeetingName::Id(id)).await?;
        found.ok_or(RoutingError::NoSuch("meeting"))
    }

    /// The week has had its meeting. What was owed is the meeting, not its minutes.
    async fn meet_duty(
        &self,
        alone: &mut Alone<'_>,
        meeting: &Meeting,
        held_at: Timestamp,
        county: &str,
        actor: &Occasion,
    ) -> Result<(), RoutingError> {
        let Some(id) = meeting_duty(&mut alone.tx, county, meeting.week).await? else { return Ok(()) };
        let found = find_standing(&mut alone.tx, &self.keyring, county, &[id], false).await?;
        let Some(mut owed) = found.into_iter().next() else { return Ok(()) };
        let record = Record {
            outcome: Outcome::Done,
            words: String::new(),
            stay: None,
            hazards: 0,
            at: actor.at,
            by: actor.actor.clone(),
            capacity: actor.capacity.clone(),
        };
        record_standing(&mut alone.tx, &self.keyring, county, id, &record).await?;
        owed.duty.end(held_at, true);
        alone.ledger.changes.add_standing(id, owed.duty);
        Ok(())
    }
}

fn check_held(meeting: &Meeting, held: &Held, actor: &Occasion) -> Result<(), Refusal> {
    let refuse = |reason, needs| Err(Refusal::new(reason, needs));
    if meeting.record.is_some() {
        return refuse("MEETING_RECORDED", "the meeting would have to be one that is not recorded yet");
    }
    if held.held_at > actor.at {
        return refuse("MEETING_AHEAD", "the meeting would have to be held before it is recorded");
    }
    if meeting.kind == MeetingKind::Residents && !held.decisions.is_empty() {
        return refuse("NO_AGENDA", "decisions would have to be those of a joint meeting");
    }
    Ok(())
}
