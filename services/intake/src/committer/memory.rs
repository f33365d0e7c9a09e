//! What a county's worker remembers of earlier reports from one commit to the next.
//!
//! Whoever changes where reports belong ends the county's turn: another process, an officer, the removal of what is past
//! its term. So what is remembered is as good as read for as long as the turn is the one that this worker's own last
//! commit began. Postgres checks it in the statement that writes.

use fengqiao_messaging::Turn;
use uuid::Uuid;

use crate::{
    domain::{
        decision::{Candidate, Decisions, Known, Rules, decide},
        past::Past,
    },
    store::Turns,
};

/// What is remembered, and in which turn it holds.
#[derive(Debug)]
pub(super) struct Memory {
    past: Past,
    /// None where nothing is remembered.
    turn: Option<Turn>,
    /// The lookup key by which it is found and compared.
    lookup: u8,
    reports_at_most: usize,
}

impl Memory {
    /// Of at most so many reports.
    pub(super) fn new(reports_at_most: usize) -> Self {
        Self { past: Past::default(), turn: None, lookup: 0, reports_at_most }
    }

    /// What is remembered.
    pub(super) const fn past(&self) -> &Past {
        &self.past
    }

    /// The turns in which what is read fits to what is remembered; none where that is nothing.
    pub(super) fn turns(&self) -> Option<Turns> {
        self.turn.map(|turn| turn.0..=turn.0)
    }

    /// The same while what was decided last, in this turn, is being written: what is read then is the same before and
    /// after, but for what [`Known::follow`] completes.
    pub(super) fn turns_since(&self, written_in: Turn) -> Turns {
        written_in.0..=self.turn.unwrap_or(written_in).0
    }

    /// The turn in which it holds.
    pub(super) const fn turn(&self) -> Option<Turn> {
        self.turn
    }

    /// Nothing is remembered any more.
    pub(super) fn forget(&mut self) {
        *self = Self { lookup: self.lookup, ..Self::new(self.reports_at_most) };
    }

    /// By this lookup key from now on. What is remembered by another one is forgotten; says whether it was.
    pub(super) fn read_by(&mut self, lookup: u8) -> bool {
        if lookup == self.lookup {
            return false;
        }
        self.lookup = lookup;
        self.forget();
        true
    }

    /// The lookup key.
    pub(super) const fn lookup(&self) -> u8 {
        self.lookup
    }

    /// Decides a batch by what was read for it, in this turn, and remembers it as if it were written: who fails to
    /// write it [forgets](Self::forget).
    pub(super) fn decide(
        &mut self,
        candidates: &[Candidate<'_>],
        known: Known,
        turn: Turn,
        rules: Rules<'_>,
    ) -> Decisions {
        let decisions = decide(candidates, known, &mut self.past, rules, &mut Uuid::now_v7);
        self.past.shrink(self.reports_at_most);
        self.turn = Some(if decisions.are_written() { turn.next() } else { turn });
        decisions
    }
}
