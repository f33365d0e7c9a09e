//! Commands of people: each with its history, its events and its answer, all or nothing.
//!
//! Commands that come while others of their county are written share the next write: however many wait, they
//! cost two round trips and one commit. Each is judged by itself, one after the other, on the cases as they are
//! after the ones before; a refused one changes nothing and costs its neighbours nothing.

mod judging;
mod round;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fengqiao_messaging::Outbox;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{Clock, now};
use fengqiao_telemetry::trace;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::{
    counties::RoutingCounty,
    domain::{acts::Act, case::CaseFile, case_number::CaseName, history::Occasion},
    error::RoutingError,
    ledger::Heard,
    store::forget_answers,
    watchers::Watchers,
};

/// A command that takes longer is given up by its caller; it may still be done.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_secs(8);
/// So many share one write.
const AT_ONCE: usize = 128;
/// So many may wait in a county.
const MOST_WAITING: usize = 4_096;
/// So long a request id is remembered.
const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
const FORGET_EVERY: Duration = Duration::from_secs(600);
const FORGET_AT_ONCE: i64 = 5_000;

/// A command of someone.
#[derive(Debug, Clone)]
pub struct Command {
    /// Who, and in which capacity; when is filled in as it is carried out.
    pub actor: Occasion,
    /// Only cases that this agency may see.
    pub visible_to: Option<String>,
    /// The case.
    pub case: CaseName,
    /// Makes it repeatable.
    pub request_id: String,
    /// The case's etag as the caller saw it, or empty.
    pub etag: String,
    /// What is to be done.
    pub act: Act,
}

/// A command that waits for its turn.
#[derive(Debug)]
struct Waiter {
    command: Command,
    trace: Option<String>,
    answer: oneshot::Sender<Result<CaseFile, RoutingError>>,
}

/// The commands of a county that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<VecDeque<Waiter>>);

impl Waiting {
    fn push(&self, waiter: Waiter) -> Result<(), RoutingError> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= MOST_WAITING {
            queue.retain(|waiter| !waiter.answer.is_closed());
        }
        if queue.len() >= MOST_WAITING {
            return Err(RoutingError::TooManyCommands);
        }
        queue.push_back(waiter);
        Ok(())
    }

    /// The next ones whose callers still wait: who has gone was told that it may not be done.
    fn take(&self) -> Vec<Waiter> {
        self.take_if_at_least(1)
    }

    /// The same, or nobody where fewer than this wait.
    fn take_if_at_least(&self, worth_it: usize) -> Vec<Waiter> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() < worth_it {
            return Vec::new();
        }
        let mut taken = Vec::new();
        while taken.len() < AT_ONCE
            && let Some(waiter) = queue.pop_front()
        {
            if !waiter.answer.is_closed() {
                taken.push(waiter);
            }
        }
        taken
    }
}

/// Runs commands.
#[derive(Clone)]
pub struct Commands {
    /// Connections in routing's schema.
    pub pool: PgPool,
    /// Seals words; keys the digests of commands.
    pub keyring: Arc<Keyring>,
    /// Nudged after each commit.
    pub outbox: Outbox,
    /// Woken after each commit.
    pub watchers: Watchers,
    /// What time it is.
    pub clock: Clock,
}

impl Commands {
    /// Runs a command and returns the case after it. The same request id with the same command changes
    /// nothing more and returns the case as it is now.
    ///
    /// # Errors
    /// [`RoutingError`]; the case is then as it was, except where the time ran out.
    pub async fn run(&self, place: &Arc<RoutingCounty>, command: Command) -> Result<CaseFile, RoutingError> {
        let operation = "run a command";
        let kind = command.act.word();
        let ran = tokio::time::timeout(COMMAND_TIMEOUT, self.take_turn(place, command))
            .await
            .unwrap_or(Err(RoutingError::TimedOut { operation }));
        count_command(place, kind, ran.as_ref().err());
        ran
    }

    /// Waits until someone has carried the command out, who may be this caller itself.
    async fn take_turn(
        &self,
        place: &Arc<RoutingCounty>,
        command: Command,
    ) -> Result<CaseFile, RoutingError> {
        let (answer, mut answered) = oneshot::channel();
        place.waiting.push(Waiter { command, trace: trace::current(), answer })?;
        loop {
            tokio::select! {
                biased;
                answer = &mut answered => return answer.unwrap_or(Err(RoutingError::Overtaken)),
                turn = place.alone() => {
                    // In a task of its own: who asked may go away, the others still wait for their answers.
                    let (this, place) = (self.clone(), Arc::clone(place));
                    tokio::spawn(async move { this.carry_out(&place, turn).await });
                }
            }
        }
    }

    /// Who seals what commands write, and who hears of it.
    pub(crate) fn heard(&self) -> Heard<'_> {
        Heard { keyring: &self.keyring, outbox: &self.outbox, watchers: &self.watchers }
    }

    /// Forgets request ids that nobody repeats any more, until told to stop.
    pub async fn forget_old_answers(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(FORGET_EVERY) => {}
            }
            let before = now().checked_sub(ANSWERS_KEPT).unwrap_or(Timestamp::MIN);
            match forget_answers(&self.pool, before, FORGET_AT_ONCE).await {
                Ok(forgotten) => tracing::debug!(forgotten, "old answers are forgotten"),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "old answers could not be forgotten"
                    );
                }
            }
        }
    }
}

pub(crate) fn count_command(place: &RoutingCounty, kind: &'static str, error: Option<&RoutingError>) {
    let outcome = error.map_or("done", RoutingError::word);
    metrics::counter!(
        "fengqiao_routing_commands_total",
        "county" => place.county.code.clone(), "command" => kind, "outcome" => outcome
    )
    .increment(1);
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::directory::Rank;

    fn waiter(request_id: usize) -> (Waiter, oneshot::Receiver<Result<CaseFile, RoutingError>>) {
        let actor = Occasion {
            at: Timestamp::UNIX_EPOCH,
            actor: "li".into(),
            capacity: "officer".into(),
            agency: None,
            rank: Rank::Officer,
        };
        let command = Command {
            actor,
            visible_to: None,
            case: CaseName::Id(Uuid::nil()),
            request_id: request_id.to_string(),
            etag: String::new(),
            act: Act::Comment { words: "x".into() },
        };
        let (answer, answered) = oneshot::channel();
        (Waiter { command, trace: None, answer }, answered)
    }

    #[test]
    fn who_has_gone_is_neither_carried_out_nor_in_the_way() {
        let waiting = Waiting::default();
        let mut callers: Vec<_> = (0..MOST_WAITING)
            .map(|n| {
                let (waiter, answered) = waiter(n);
                waiting.push(waiter).unwrap();
                Some(answered)
            })
            .collect();
        let (late, _late) = waiter(0);
        assert!(matches!(waiting.push(late), Err(RoutingError::TooManyCommands)));
        for gone in callers.iter_mut().step_by(2) {
            *gone = None;
        }
        let (new, _new) = waiter(0);
        waiting.push(new).unwrap();
        for gone in callers.iter_mut().skip(1).step_by(4) {
            *gone = None;
        }
        let taken = waiting.take();
        assert_eq!(taken.len(), AT_ONCE);
        for (n, waiter) in taken.iter().enumerate() {
            assert_eq!(waiter.command.request_id, (4 * n + 3).to_string());
        }
    }
}
