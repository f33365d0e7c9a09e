//! The rounds of one turn of the county: commands are taken, loaded, judged, written and answered.
//!
//! Under load, the cases of the next round are loaded while this one is written, on a connection of its own; what
//! this one decided is added to them by hand, since it may not be visible yet. That is as safe as to load them
//! later: the next round is written only in the turn that follows on this one's.

use std::{sync::Arc, time::Duration};

use fengqiao_messaging::Turn;
use sqlx::PgConnection;
use tokio::{sync::OwnedMutexGuard, time::timeout};

use super::{
    Commands, Waiter,
    judging::{Decided, Judging},
};
use crate::{
    counties::RoutingCounty,
    domain::case::CaseFile,
    error::RoutingError,
    store::{Attempt, CommandCase, CommandName, CountyTurn, HOLDING, bounded, load_for_commands},
};

/// So many rounds follow each other while commands wait; then whoever else waits for the turn has it.
const ROUNDS_IN_TURN: usize = 4;
/// Fewer than this are loaded when it is their turn, together with those who come meanwhile: a round of few costs
/// a commit as one of many does.
const WORTH_READING_AHEAD: usize = 12;
/// What takes longer is loaded again: nobody's answer is to wait for the next ones' cases.
const READING_AHEAD_TIMEOUT: Duration = Duration::from_secs(1);

type Answered = Result<CaseFile, RoutingError>;

/// Commands that are written together.
struct Round {
    waiting: Vec<Waiter>,
    /// What was loaded while the round before was written.
    loaded: Option<Loaded>,
}

/// The cases of commands, in their order, as they were in a turn.
struct Loaded {
    cases: Vec<CommandCase>,
    turn: CountyTurn,
}

/// What a round wrote.
struct Written {
    /// The turn that it was written in.
    turn: Turn,
    /// The turn after it.
    next: CountyTurn,
    decided: Decided,
}

/// The rounds of one turn.
struct Rounds<'a> {
    by: &'a Commands,
    place: &'a RoutingCounty,
    left: usize,
    written: Option<Written>,
    ahead: Option<Round>,
}

impl Commands {
    /// Carries out what waits, while holding the turn.
    pub(super) async fn carry_out(&self, place: &RoutingCounty, turn: OwnedMutexGuard<()>) {
        let mut rounds = Rounds { by: self, place, left: ROUNDS_IN_TURN, written: None, ahead: None };
        while let Some(round) = rounds.next() {
            rounds.carry_out(round).await;
        }
        drop(turn);
    }
}

impl Rounds<'_> {
    fn next(&mut self) -> Option<Round> {
        self.left = self.left.checked_sub(1)?;
        let round = self.ahead.take();
        let round = round.unwrap_or_else(|| Round { waiting: self.place.waiting.take(), loaded: None });
        (!round.waiting.is_empty()).then_some(round)
    }

    async fn carry_out(&mut self, Round { waiting, loaded }: Round) {
        let outcome = match self.transact(&waiting, loaded).await {
            // Something in one of them is what the database cannot take: the others are not to pay for it.
            Err(error) if error.is_of_the_data() && waiting.len() > 1 => {
                Ok(self.transact_each(&waiting).await)
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

    /// One by one, in their order.
    async fn transact_each(&mut self, waiting: &[Waiter]) -> Vec<Answered> {
        let mut answers = Vec::with_capacity(waiting.len());
        for waiter in waiting {
            let alone = self.transact(std::slice::from_ref(waiter), None).await;
            answers.push(alone.and_then(|mut one| one.pop().unwrap_or(Err(RoutingError::Overtaken))));
        }
        answers
    }

    async fn transact(
        &mut self,
        waiting: &[Waiter],
        mut loaded: Option<Loaded>,
    ) -> Result<Vec<Answered>, RoutingError> {
        let mut conn = bounded("connect", self.by.pool.acquire()).await?;
        for holding in HOLDING {
            if let Some(answers) = self.attempt(&mut conn, waiting, loaded.take(), holding).await? {
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
        loaded: Option<Loaded>,
        holding: bool,
    ) -> Result<Option<Vec<Answered>>, RoutingError> {
        let (by, place) = (self.by, self.place);
        let county = &place.county.code;
        let written = self.written.take();
        let mut attempt = Attempt::begin(conn, county, holding).await?;
        let loaded = loaded.filter(|loaded| loaded.shows_what_may_be_seen(waiting, written.as_ref()));
        let Loaded { cases, turn } = match loaded {
            Some(loaded) => loaded,
            None => by.load(&mut attempt, county, waiting).await?,
        };
        let unseen = written.filter(|written| written.turn == turn.turn);
        let turn = unseen.as_ref().map_or(turn, |written| written.next);
        let unreadable: Vec<_> =
            cases.iter().filter_map(|one| one.case.as_ref()?.as_ref().err().copied()).collect();
        place.put_aside.put(county, &unreadable, by.clock.now())?;
        let before = unseen.as_ref().map(|written| &written.decided);
        let mut judging = Judging::new(place, &by.keyring, by.clock.now(), before);
        let answers: Vec<_> = cases
            .into_iter()
            .zip(waiting)
            .map(|(case, waiter)| judging.judge(case, &waiter.command, waiter.trace.as_deref()))
            .collect();
        let (ledger, decided) = judging.end();
        if ledger.changes.is_empty() {
            return Ok(Some(answers));
        }
        let ahead = self.left > 0 && self.ahead.is_none() && !holding;
        let (committed, ahead) =
            tokio::join!(ledger.commit(attempt, county, turn, None, by.heard()), async {
                if ahead { by.read_ahead(place).await } else { None }
            },);
        self.ahead = self.ahead.take().or(ahead);
        let Some(after) = committed? else { return Ok(None) };
        let decided = Decided { cases: after.cases, ..decided };
        self.written = Some(Written { turn: turn.turn, next: after.turn, decided });
        Ok(Some(answers))
    }
}

impl Loaded {
    /// Whether nothing was decided since about who may see one of the cases.
    fn shows_what_may_be_seen(&self, waiting: &[Waiter], written: Option<&Written>) -> bool {
        let changed = |case: &CommandCase| match (&case.case, written) {
            (Some(Ok(case)), Some(written)) => written.decided.cases.contains_key(&case.id),
            _ => false,
        };
        self.cases
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

    /// The next round, if it is worth it. What cannot be loaded now is loaded when it is its turn.
    async fn read_ahead(&self, place: &RoutingCounty) -> Option<Round> {
        let waiting = place.waiting.take_if_at_least(WORTH_READING_AHEAD);
        if waiting.is_empty() {
            return None;
        }
        let loading = async {
            let mut conn = bounded("connect", self.pool.acquire()).await?;
            self.load(&mut conn, &place.county.code, &waiting).await
        };
        let loaded = timeout(READING_AHEAD_TIMEOUT, loading).await.ok().and_then(Result::ok);
        Some(Round { waiting, loaded })
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
