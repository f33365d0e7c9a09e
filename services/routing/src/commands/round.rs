//! The rounds of one turn of the county: commands are taken, loaded, judged, written and answered.
//!
//! Under load, the next round is loaded and judged while this one is written, on a connection of its own: on the
//! cases as they are after this one. That is as safe as to do it later: what was judged in vain, because this
//! round failed, is judged again, and each is written only in the turn that it was judged for.

use std::{pin::pin, sync::Arc, time::Duration};

use fengqiao_messaging::Turn;
use sqlx::PgConnection;
use tokio::time::timeout;

use super::{
    Commands, Waiter,
    judging::{Decided, Judging},
};
use crate::{
    counties::{HeldTurn, RoutingCounty},
    domain::{case::CaseFile, history_seals::HistoryHead},
    error::RoutingError,
    ledger::SealedLedger,
    store::{Attempt, CommandCase, CommandName, CountyTurn, HOLDING, bounded, load_for_commands},
};

/// So many rounds follow each other while commands wait; then whoever else waits for the turn has it.
const ROUNDS_IN_TURN: usize = 8;
/// Fewer than this are loaded when it is their turn, together with those who come meanwhile: a round of few costs
/// a commit as one of many does.
const WORTH_LOOKING_AHEAD: usize = 12;
/// So much longer than a write the look ahead may take; then it is given up. Nobody's answer is to wait for the next
/// ones' cases.
const LOOKING_AHEAD_LONGER: Duration = Duration::from_millis(5);

type Answered = Result<CaseFile, RoutingError>;

/// Commands that are written together.
struct Round {
    waiting: Vec<Waiter>,
    /// What came of them on the cases as they are after the round before.
    judged: Option<Judged>,
}

/// The cases of commands, in their order, as they were in a turn.
struct Loaded {
    cases: Vec<CommandCase>,
    turn: CountyTurn,
}

/// What comes of commands that are judged and not yet written.
struct Judged {
    answers: Vec<Answered>,
    /// What is to be written, if anything.
    writing: Option<Writing>,
}

struct Writing {
    ledger: SealedLedger,
    /// The turn that it is written in.
    turn: Turn,
    decided: Decided,
}

/// The rounds of one turn.
struct Rounds<'a> {
    by: &'a Commands,
    place: &'a RoutingCounty,
    left: usize,
    next: Option<Round>,
}

impl Commands {
    /// Carries out what waits, while holding the turn.
    pub(super) async fn carry_out(&self, place: &RoutingCounty, turn: HeldTurn) {
        let mut rounds = Rounds { by: self, place, left: ROUNDS_IN_TURN, next: None };
        while let Some(round) = rounds.next() {
            rounds.carry_out(round).await;
        }
        drop(turn);
    }
}

impl Rounds<'_> {
    fn next(&mut self) -> Option<Round> {
        self.left = self.left.checked_sub(1)?;
        let next = self.next.take();
        let round = next.unwrap_or_else(|| Round { waiting: self.place.waiting.take(), judged: None });
        (!round.waiting.is_empty()).then_some(round)
    }

    async fn carry_out(&mut self, Round { waiting, judged }: Round) {
        let outcome = match self.transact(&waiting, judged).await {
            // Something in one of them is what the database cannot take: the others are not to pay for it.
            Err(error) if error.is_of_the_data() && waiting.len() > 1 => {
                Ok(self.transact_apart(&waiting).await)
            }
            outcome => outcome,
        };
        match outcome {
            Ok(answers) => {
                for (waiter, answer) in waiting.into_iter().zip(answers) {
                    let _ = waiter.answer.send(answer);
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                for waiter in waiting {
                    let _ = waiter.answer.send(Err(RoutingError::Shared(Arc::clone(&error))));
                }
            }
        }
    }

    /// In halves, in their order, until what the database cannot take stands alone: a round of hundreds one by one would
    /// keep the others waiting for longer than they wait.
    async fn transact_apart(&mut self, waiting: &[Waiter]) -> Vec<Answered> {
        let mut answers = Vec::with_capacity(waiting.len());
        let (first, second) = waiting.split_at(waiting.len() / 2);
        let mut left = vec![second, first];
        while let Some(part) = left.pop() {
            match self.transact(part, None).await {
                Ok(of_part) => answers.extend(of_part),
                Err(error) if error.is_of_the_data() && part.len() > 1 => {
                    let (first, second) = part.split_at(part.len() / 2);
                    left.extend([second, first]);
                }
                Err(error) => {
                    let error = Arc::new(error);
                    answers.extend(part.iter().map(|_| Err(RoutingError::Shared(Arc::clone(&error)))));
                }
            }
        }
        answers
    }

    async fn transact(
        &mut self,
        waiting: &[Waiter],
        mut judged: Option<Judged>,
    ) -> Result<Vec<Answered>, RoutingError> {
        let mut conn = bounded("connect", self.by.pool.acquire()).await?;
        for holding in HOLDING {
            let written = self.attempt(&mut conn, waiting, judged.take(), holding).await;
            if !matches!(written, Ok(Some(_)))
                && let Some(next) = &mut self.next
            {
                // It was judged for a turn that did not come.
                next.judged = None;
            }
            if let Some(answers) = written? {
                return Ok(answers);
            }
        }
        Err(RoutingError::Overtaken)
    }

    /// None where another process changed something in the county meanwhile.
    async fn attempt(
        &mut self,
        conn: &mut PgConnection,
        waiting: &[Waiter],
        judged: Option<Judged>,
        holding: bool,
    ) -> Result<Option<Vec<Answered>>, RoutingError> {
        let (by, place) = (self.by, self.place);
        let county = &place.county.code;
        let mut attempt = Attempt::begin(conn, county, holding).await?;
        let judged = match judged {
            Some(judged) => judged,
            None => {
                let Loaded { cases, turn } = by.load(&mut attempt, county, waiting).await?;
                let head = turn.head(&mut attempt, county).await?;
                by.judge(place, waiting, cases, turn.turn, head, None)?
            }
        };
        let Some(Writing { ledger, turn, decided }) = judged.writing else { return Ok(Some(judged.answers)) };
        let after = After { turn, next: ledger.next(), decided: &decided };
        if self.left > 0 && self.next.is_none() && !holding {
            let waiting = place.waiting.take_if_at_least(WORTH_LOOKING_AHEAD);
            self.next = (!waiting.is_empty()).then_some(Round { waiting, judged: None });
        }
        let next = self.next.as_ref().map_or(&[][..], |next| &next.waiting);
        let (committed, ahead) = {
            let mut committing = pin!(ledger.commit(attempt, county, None, by.heard()));
            let mut looking = pin!(by.look_ahead(place, next, &after));
            tokio::select! {
                // The write goes out first.
                biased;
                committed = &mut committing => {
                    (committed, timeout(LOOKING_AHEAD_LONGER, looking).await.unwrap_or_default())
                }
                ahead = &mut looking => (committing.await, ahead),
            }
        };
        if let Some(next) = &mut self.next {
            next.judged = ahead;
        }
        Ok(committed?.then_some(judged.answers))
    }
}

/// The round before, as it is being written.
struct After<'a> {
    /// The turn that it is written in.
    turn: Turn,
    /// The turn after it.
    next: CountyTurn,
    decided: &'a Decided,
}

impl After<'_> {
    /// Whether what was loaded is that of before or after it, and nothing is decided in it about who may see one
    /// of these cases.
    fn completes(&self, loaded: &Loaded, waiting: &[Waiter]) -> bool {
        let changed = |case: &CommandCase| match &case.case {
            Some(Ok(case)) => self.decided.cases.contains_key(&case.id),
            _ => false,
        };
        [self.turn, self.next.turn].contains(&loaded.turn.turn)
            && loaded
                .cases
                .iter()
                .zip(waiting)
                .all(|(case, waiter)| waiter.command.visible_to.is_none() || !changed(case))
    }
}

impl Commands {
    async fn load(
        &self,
        conn: &mut PgConnection,
        county: &str,
        waiting: &[Waiter],
    ) -> Result<Loaded, RoutingError> {
        let names: Vec<CommandName<'_>> = waiting.iter().map(name_of).collect();
        let (cases, turn) = load_for_commands(conn, &self.keyring, county, &names).await?;
        Ok(Loaded { cases, turn })
    }

    /// Judges commands on their cases, and on what was decided `before` that these do not show.
    fn judge(
        &self,
        place: &RoutingCounty,
        waiting: &[Waiter],
        cases: Vec<CommandCase>,
        turn: Turn,
        head: HistoryHead,
        before: Option<&Decided>,
    ) -> Result<Judged, RoutingError> {
        let county = &place.county.code;
        let now = self.clock.now();
        let unreadable: Vec<_> =
            cases.iter().filter_map(|one| one.case.as_ref()?.as_ref().err().copied()).collect();
        place.put_aside.put(county, &unreadable, now)?;
        let mut judging = Judging::new(place, &self.keyring, now, before);
        let answers = cases
            .into_iter()
            .zip(waiting)
            .map(|(case, waiter)| judging.judge(case, &waiter.command, waiter.trace.as_deref()))
            .collect();
        let (ledger, mut decided) = judging.end();
        if ledger.changes.is_empty() {
            return Ok(Judged { answers, writing: None });
        }
        let ledger = ledger.seal(county, turn, head, &self.keyring)?;
        for (id, seal) in ledger.last_seals() {
            if let Some(case) = decided.cases.get_mut(&id) {
                case.history_seal = seal.to_vec();
            }
        }
        Ok(Judged { answers, writing: Some(Writing { ledger, turn, decided }) })
    }

    /// What comes of the next round. What does not succeed now is done when it is its turn.
    async fn look_ahead(
        &self,
        place: &RoutingCounty,
        waiting: &[Waiter],
        after: &After<'_>,
    ) -> Option<Judged> {
        if waiting.is_empty() {
            return None;
        }
        // Not worth to wait for: those who have a connection may wait for this turn.
        let mut conn = self.pool.try_acquire()?;
        let loaded = self.load(&mut conn, &place.county.code, waiting).await.ok()?;
        if !after.completes(&loaded, waiting) {
            return None;
        }
        let CountyTurn { turn, head } = after.next;
        self.judge(place, waiting, loaded.cases, turn, head?, Some(after.decided)).ok()
    }
}

fn name_of(waiter: &Waiter) -> CommandName<'_> {
    let command = &waiter.command;
    CommandName {
        case: &command.case,
        visible_to: command.visible_to.as_deref(),
        principal: &command.actor.actor,
        request_id: &command.request_id,
    }
}
