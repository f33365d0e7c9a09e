//! A case: one row for each of its versions, so that both questions have an answer: what it was at a time, and what
//! was known of it at a time. Routing's topic is in order: versions come one after another.

use fengqiao_proto::{routing::v1::DutyKind, types::v1::CaseState};
use jiff::Timestamp;
use uuid::Uuid;

use super::Row;
use crate::domain::event::{Changed, DutyTold, KnownEvent, Progress, Told};

/// A case as a version left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFact {
    /// The case itself, as pushes, reports and duties name it.
    pub case_id: Option<Uuid>,
    /// Since when it was so.
    pub valid_from: Timestamp,
    /// Until when it was so; none where it still is.
    pub valid_until: Option<Timestamp>,
    /// The contract's number of the state.
    pub state: i16,
    /// The contract's number of the level.
    pub level: i16,
    /// The significant digits of its area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// The contract's number of the door of its first report.
    pub source: i16,
    /// Who has to act.
    pub agency: String,
    /// Whether its reports are another case's as long as it is merged.
    pub merged: bool,
    /// Whether it is an exercise.
    pub drill: bool,
    /// When its first report was accepted.
    pub opened_at: Option<Timestamp>,
    /// When the lead agency signed.
    pub signed_at: Option<Timestamp>,
    /// When the people were contacted first.
    pub contacted_at: Option<Timestamp>,
    /// When it was resolved, or closed where nothing came before; none while it is open.
    pub settled_at: Option<Timestamp>,
    /// When it was settled for the first time, whatever came of it.
    pub first_settled_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When it was opened again for the first time.
    pub reopened_at: Option<Timestamp>,
    /// When the same people's next case was opened.
    pub followed_at: Option<Timestamp>,
    /// When people were last asked again.
    pub revisited_at: Option<Timestamp>,
    /// When an agreement was signed.
    pub agreed_at: Option<Timestamp>,
    /// When mediation came to its end: with an agreement, or failed.
    pub mediated_at: Option<Timestamp>,
    /// When a criminal case first came of it.
    pub criminal_at: Option<Timestamp>,
    /// When a public order case first came of it.
    pub public_order_at: Option<Timestamp>,
    /// By when it has to be settled.
    pub handle_due_at: Option<Timestamp>,
    /// By when the last performance under its agreement is due.
    pub perform_due_at: Option<Timestamp>,
    /// Whether all was performed.
    pub performed: bool,
    /// Whether a residents' body or volunteer gets the credit.
    pub residents_credited: bool,
    /// Whether it is or was a major event.
    pub major: bool,
    /// The contract's number of where it was settled.
    pub settled_place: i16,
    /// The contract's number of the way of settling.
    pub method: i16,
    /// How many reports it has.
    pub reports: i32,
    /// Mediation sessions.
    pub sessions: i32,
    /// How often it was given back.
    pub returns: i32,
    /// How often more time was granted.
    pub extensions: i32,
    /// How often someone was pressed.
    pub supervisions: i32,
    /// How often it was opened again.
    pub reopened: i32,
    /// Times that people were asked again and reached.
    pub revisits_effective: i32,
    /// Those who said that it is settled.
    pub revisits_solved: i32,
    /// Those who said how content they are.
    pub revisits_rated: i32,
    /// Those who are content.
    pub revisits_content: i32,
    /// Those who are mostly content.
    pub revisits_mostly_content: i32,
}

/// A point in the course of a case.
#[derive(Debug)]
pub(super) struct Point<'a> {
    /// When it was so.
    pub at: Timestamp,
    /// When it was known.
    pub known_at: Timestamp,
    /// The case since then.
    pub changed: &'a Changed,
    /// When the next case of the same people was opened, if it was by then.
    pub followed_at: Option<Timestamp>,
    /// Whether the case itself changed.
    pub is_version: bool,
}

/// What became of a case, in the order in which it did.
#[derive(Debug)]
pub(super) struct Course<'a>(pub Vec<Point<'a>>);

impl<'a> Course<'a> {
    /// Of all its events, in any order.
    pub fn of(events: &'a [KnownEvent]) -> Self {
        let mut versions: Vec<_> = events
            .iter()
            .filter_map(|known| match &known.event.told {
                Told::Changed(changed) => Some((known, &**changed)),
                _ => None,
            })
            .collect();
        versions.sort_by_key(|(known, _)| known.event.ordinal);
        let mut followed: Vec<_> = events.iter().filter(|known| known.event.told == Told::Followed).collect();
        followed.sort_by_key(|known| (known.event.happened_at, known.event.other));
        let mut points: Vec<Point<'a>> = Vec::with_capacity(versions.len() + followed.len());
        let mut followed = followed.into_iter().peekable();
        for (known, changed) in versions {
            // Clocks of machines differ; what came later was not earlier.
            let at =
                points.last().map_or(known.event.happened_at, |last| last.at.max(known.event.happened_at));
            while let Some(next) = followed.next_if(|next| next.event.happened_at < at) {
                follow(&mut points, next);
            }
            let followed_at = points.last().and_then(|last| last.followed_at);
            points.push(Point { at, known_at: known.known_at, changed, followed_at, is_version: true });
        }
        for next in followed {
            follow(&mut points, next);
        }
        Self(points)
    }

    /// Since when something later than the point is known.
    pub fn known_until(&self, point: usize) -> Option<Timestamp> {
        self.0[point + 1..].iter().map(|later| later.known_at).min()
    }
}

fn follow(points: &mut Vec<Point<'_>>, next: &KnownEvent) {
    let Some(last) = points.last() else { return };
    // Only the first one counts; a case that is not known yet is followed by nothing.
    if last.followed_at.is_none() {
        let at = last.at.max(next.event.happened_at);
        let followed_at = Some(next.event.happened_at);
        points.push(Point {
            at,
            known_at: next.known_at,
            changed: last.changed,
            followed_at,
            is_version: false,
        });
    }
}

/// What adds up over the versions of a case.
#[derive(Debug, Default)]
struct SoFar {
    was_over: bool,
    settled_at: Option<Timestamp>,
    first_settled_at: Option<Timestamp>,
    reopened_at: Option<Timestamp>,
    reopened: i32,
    contacted_at: Option<Timestamp>,
    handle_due: Option<(i16, Timestamp)>,
}

impl SoFar {
    fn take_in(&mut self, point: &Point<'_>) {
        let changed = point.changed;
        let open = i32::from(changed.state) == i32::from(CaseState::Open);
        if !point.is_version {
            return;
        }
        if open && self.was_over && !changed.merged {
            self.reopened = self.reopened.saturating_add(1);
            self.reopened_at = self.reopened_at.or(Some(point.at));
        }
        // A case whose reports are another's is over by that alone.
        self.was_over = !open && !changed.merged;
        let is = |state: CaseState| i32::from(changed.state) == i32::from(state);
        let settled = is(CaseState::Resolved) || is(CaseState::Closed);
        // An older routing may say that it is settled and not when: then with the change that says it first.
        let since = changed.resolved_at.or(changed.closed_at).or(self.settled_at).unwrap_or(point.at);
        self.settled_at = settled.then_some(since);
        self.first_settled_at = self.first_settled_at.or(self.settled_at);
        for duty in changed.progress.iter().flat_map(|progress| &progress.duties) {
            let is = |kind: DutyKind| i32::from(duty.kind) == i32::from(kind);
            if is(DutyKind::Contact) && duty.met {
                self.contacted_at = self.contacted_at.or(duty.ended_at);
            }
            if is(DutyKind::Handle) && duty.agency == changed.agency {
                self.owe(duty);
            }
        }
    }

    /// The newest one to settle the case is the one by which it is judged.
    fn owe(&mut self, duty: &DutyTold) {
        if self.handle_due.is_none_or(|(no, _)| no <= duty.no) {
            self.handle_due = Some((duty.no, duty.due_at));
        }
    }
}

/// Its rows, one for each point.
pub(super) fn rows(id: Uuid, course: &Course<'_>) -> Vec<Row<CaseFact>> {
    let mut so_far = SoFar::default();
    let mut rows = Vec::with_capacity(course.0.len());
    for (number, point) in course.0.iter().enumerate() {
        so_far.take_in(point);
        rows.push(Row {
            id,
            part: 0,
            seq: i32::try_from(number).unwrap_or(i32::MAX).saturating_add(1),
            known_from: point.known_at,
            known_until: course.known_until(number),
            fact: fact(id, point, &so_far, course.0.get(number + 1).map(|next| next.at)),
        });
    }
    rows
}

fn fact(id: Uuid, point: &Point<'_>, so_far: &SoFar, valid_until: Option<Timestamp>) -> CaseFact {
    let changed = point.changed;
    let nothing = Progress::default();
    let progress = changed.progress.as_ref().unwrap_or(&nothing);
    CaseFact {
        case_id: Some(id),
        valid_from: point.at,
        valid_until,
        state: changed.state,
        level: changed.level,
        area_code: changed.area_code.clone(),
        category: changed.category.clone(),
        source: changed.source,
        agency: changed.agency.clone(),
        merged: changed.merged,
        drill: changed.drill,
        opened_at: Some(changed.opened_at),
        signed_at: changed.signed_at,
        contacted_at: so_far.contacted_at,
        settled_at: so_far.settled_at,
        first_settled_at: so_far.first_settled_at,
        closed_at: changed.closed_at,
        reopened_at: so_far.reopened_at,
        followed_at: point.followed_at,
        revisited_at: changed.revisited_at,
        agreed_at: progress.agreed_at,
        mediated_at: progress.agreed_at.or(progress.failed_at),
        criminal_at: progress.criminal_at,
        public_order_at: progress.public_order_at,
        handle_due_at: so_far.handle_due.map(|(_, due_at)| due_at),
        perform_due_at: progress.perform_due_at,
        performed: progress.performed,
        residents_credited: progress.residents_credited,
        major: progress.major,
        settled_place: progress.settled_place,
        method: progress.method,
        reports: changed.reports,
        sessions: progress.sessions,
        returns: progress.returns,
        extensions: progress.extensions,
        supervisions: progress.supervisions,
        reopened: so_far.reopened,
        revisits_effective: progress.revisits_effective,
        revisits_solved: progress.revisits_solved,
        revisits_rated: progress.revisits_rated,
        revisits_content: progress.revisits_content,
        revisits_mostly_content: progress.revisits_mostly_content,
    }
}
