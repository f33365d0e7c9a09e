//! The round after the one that is being written.
//!
//! Under load it is read and decided meanwhile, on a connection of its own; what the one before decides is remembered,
//! since it may not be visible yet. Where that one is not written after all, what was decided after it is forgotten with
//! it.

use fengqiao_messaging::Turn;
use fengqiao_proto::types::v1::Source;
use tokio::sync::{Notify, mpsc};

use super::{
    Waiting, Worker,
    decided::Decided,
    memory::Memory,
    round::{InTurn, Round, all_keys, candidates},
};
use crate::{
    domain::decision::{Decisions, JustDecided, Known},
    reception::ReceivedReport,
    store,
};

/// Beside a round of fewer than this nothing is read ahead: it costs a commit its own price once more.
const WORTH_READING_AHEAD: usize = 64;

impl Worker {
    /// Takes who waits while a round is written, and reads and decides their round as soon as they are as many. A failure
    /// only means that it is done when it is their turn. Whoever was taken is in `next` at once: if this is broken off,
    /// nobody is lost.
    pub(super) async fn prepare(
        &mut self,
        queue: &mut mpsc::Receiver<Waiting>,
        before: Written<'_>,
        next: &mut Option<Round>,
    ) {
        let wanted = before.reports.len();
        if wanted < WORTH_READING_AHEAD {
            return;
        }
        let round = next.insert(Round::default());
        // Fewer would be one more share of the same callers, and each round has its own price.
        while round.waiting.len() < wanted {
            let room = self.at_most.saturating_sub(round.waiting.len());
            let taken = tokio::select! {
                biased;
                taken = queue.recv_many(&mut round.waiting, room) => taken,
                () = before.ended.notified() => 0,
            };
            if taken == 0 {
                return;
            }
        }
        round.part_repetitions();
        let reports = round.reports();
        let known = self.read_ahead(&reports, &before).await;
        let decided = known.map(|known| {
            let turn = self.memory.turn().unwrap_or(before.turn);
            InTurn { decided: self.decide(&reports, known, turn), turn }
        });
        round.decided = decided;
    }

    /// What a round must know, read while the one before is written, and completed by it.
    async fn read_ahead(&mut self, reports: &[&ReceivedReport], before: &Written<'_>) -> Option<Known> {
        let mut connection = match self.reader.take() {
            Some(connection) => connection,
            None => store::connect(&self.pool).await.ok()?,
        };
        let turns = self.memory.turns_since(before.turn);
        let past = (self.memory.past(), Some(&turns));
        let read = store::known(&mut connection, &self.county, reports, self.memory.lookup(), past).await;
        let (mut known, _) = read.ok().inspect(|_| self.reader = Some(connection))??;
        let decisions = before.decided.decisions();
        // What has stale keys may have been read as it was.
        if decisions.have_stale_keys() {
            return None;
        }
        let keys = |index: usize| reports[index].hashes.keys();
        let going = known.keys_going(keys);
        follow(&mut known, &self.memory, before.reports, decisions, reports);
        // What is a revision of the round before may leave keys of which not enough was read.
        known.keys_going(keys).is_subset(&going).then_some(known)
    }
}

/// A round that is being written.
pub(super) struct Written<'a> {
    pub(super) reports: &'a [&'a ReceivedReport],
    pub(super) decided: &'a Decided,
    pub(super) turn: Turn,
    /// Told when it is written, or is not.
    pub(super) ended: &'a Notify,
}

/// What was read for some reports is completed by the round before them, which is remembered.
fn follow(
    known: &mut Known,
    memory: &Memory,
    before: &[&ReceivedReport],
    decisions: &Decisions,
    reports: &[&ReceivedReport],
) {
    let keys = all_keys(before);
    let earlier = candidates(before, &keys, memory.lookup());
    let earlier: Vec<JustDecided<'_, Name<'_>>> = before
        .iter()
        .zip(&earlier)
        .zip(&decisions.each)
        .map(|((report, candidate), decision)| JustDecided { name: name(report), candidate, decision })
        .collect();
    let names: Vec<Name<'_>> = reports.iter().map(|report| name(report)).collect();
    known.follow(memory.past(), &earlier, &decisions.joins, &names);
}

type Name<'a> = (Source, &'a str);

fn name(report: &ReceivedReport) -> Name<'_> {
    (report.source, report.source_ref.as_str())
}
