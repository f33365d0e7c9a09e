//! Commands of people: each with its history, its events and its answer, all or nothing.
//!
//! Commands that come while others of their county are written share the next write: however many wait, they
//! cost two round trips and one commit. Each is judged by itself, one after the other, on the cases as they are
//! after the ones before; a refused one changes nothing and costs its neighbours nothing.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fengqiao_messaging::Outbox;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{Clock, now};
use fengqiao_telemetry::trace;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use tokio::sync::{OwnedMutexGuard, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    counties::RoutingCounty,
    domain::{
        acts::Act, case::CaseFile, case_number::CaseName, happening::Happening, history::Occasion,
        refusal::Refusal,
    },
    error::RoutingError,
    ledger::{Heard, Ledger},
    rulebook::Rulebook,
    store::{Answer, Attempt, CommandCase, CommandName, HOLDING, bounded, forget_answers, load_for_commands},
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
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
                turn = Arc::clone(&place.turn).lock_owned() => {
                    // In a task of its own: who asked may go away, the others still wait for their answers.
                    let (this, place) = (self.clone(), Arc::clone(place));
                    tokio::spawn(async move { this.carry_out(&place, turn).await });
                }
            }
        }
    }

    /// Carries out what waits, while holding the turn.
    async fn carry_out(&self, place: &RoutingCounty, turn: OwnedMutexGuard<()>) {
        let waiting = place.waiting.take();
        if waiting.is_empty() {
            return;
        }
        let commands: Vec<&Command> = waiting.iter().map(|waiter| &waiter.command).collect();
        let traces: Vec<Option<&str>> = waiting.iter().map(|waiter| waiter.trace.as_deref()).collect();
        let outcome = self.transact(place, &commands, &traces).await;
        let outcome = match outcome {
            // Something in one of them is what the database cannot take: the others are not to pay for it.
            Err(error) if error.is_of_the_data() && commands.len() > 1 => {
                Ok(self.transact_each(place, &commands, &traces).await)
            }
            outcome => outcome,
        };
        drop(turn);
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
    async fn transact_each(
        &self,
        place: &RoutingCounty,
        commands: &[&Command],
        traces: &[Option<&str>],
    ) -> Vec<Result<CaseFile, RoutingError>> {
        let mut answers = Vec::with_capacity(commands.len());
        for (command, trace) in commands.iter().zip(traces) {
            let alone = self.transact(place, &[command], &[*trace]).await;
            answers.push(alone.and_then(|mut one| one.pop().unwrap_or(Err(RoutingError::Overtaken))));
        }
        answers
    }

    async fn transact(
        &self,
        place: &RoutingCounty,
        commands: &[&Command],
        traces: &[Option<&str>],
    ) -> Result<Vec<Result<CaseFile, RoutingError>>, RoutingError> {
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        for holding in HOLDING {
            if let Some(answers) = self.attempt(&mut conn, place, commands, traces, holding).await? {
                return Ok(answers);
            }
        }
        Err(RoutingError::Overtaken)
    }

    /// None where another process changed something in the county meanwhile.
    async fn attempt(
        &self,
        conn: &mut PgConnection,
        place: &RoutingCounty,
        commands: &[&Command],
        traces: &[Option<&str>],
        holding: bool,
    ) -> Result<Option<Vec<Result<CaseFile, RoutingError>>>, RoutingError> {
        let county = &place.county.code;
        let names: Vec<CommandName<'_>> = commands.iter().map(|command| name_of(command)).collect();
        let mut attempt = Attempt::begin(conn, county, holding).await?;
        let (loaded, turn) = load_for_commands(&mut attempt, &self.keyring, county, &names).await?;
        let unreadable: Vec<_> =
            loaded.iter().filter_map(|one| one.case.as_ref()?.as_ref().err().copied()).collect();
        place.put_aside.put(county, &unreadable, self.clock.now())?;
        let mut batch = Batch {
            keyring: &self.keyring,
            rulebook: place.rulebook(),
            place,
            now: self.clock.now(),
            cases: HashMap::new(),
            answered: HashMap::new(),
            ledger: Ledger::default(),
        };
        let answers: Vec<_> = loaded
            .into_iter()
            .zip(commands.iter().zip(traces))
            .map(|(loaded, (command, trace))| batch.judge(loaded, command, *trace))
            .collect();
        let ledger = batch.ledger;
        if ledger.changes.is_empty() {
            return Ok(Some(answers));
        }
        let committed = ledger.commit(attempt, county, turn, None, self.heard()).await?;
        Ok(committed.then_some(answers))
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

/// Commands that are judged together, and what came of them so far.
struct Batch<'a> {
    keyring: &'a Keyring,
    rulebook: Arc<Rulebook>,
    place: &'a RoutingCounty,
    now: Timestamp,
    /// The cases that were changed in this batch.
    cases: HashMap<Uuid, CaseFile>,
    /// What request ids of this batch stand for.
    answered: HashMap<(String, String), Vec<u8>>,
    ledger: Ledger,
}

impl Batch<'_> {
    fn judge(
        &mut self,
        loaded: CommandCase,
        command: &Command,
        traceparent: Option<&str>,
    ) -> Result<CaseFile, RoutingError> {
        let known = loaded.answered.clone();
        let replaced = loaded.replaced;
        let stored = loaded.found()?.ok_or(RoutingError::NotFound)?;
        let case = self.cases.get(&stored.id).cloned().unwrap_or(stored);
        let digest = digest(self.keyring, &case, command);
        let sender = (command.actor.actor.clone(), command.request_id.clone());
        if let Some(answered) = known.as_ref().or_else(|| self.answered.get(&sender)) {
            return if *answered == digest { Ok(case) } else { Err(RoutingError::another_command()) };
        }
        if !command.etag.is_empty() && command.etag != case.etag() {
            return Err(RoutingError::ChangedSince);
        }
        let occasion = Occasion { at: self.now, ..command.actor.clone() };
        let happening = Happening::Act(command.act.clone());
        let change = self.rulebook.change(&self.place.county, &case, &happening, &occasion)?;
        let after = change.case.clone();
        if after.state.takes_reports() && !case.state.takes_reports() {
            self.must_be_the_only_one_of_its_cluster(&after, replaced)?;
        }
        self.ledger.add(change, None, self.place, traceparent);
        self.ledger.changes.add_answer(Answer {
            principal: command.actor.actor.clone(),
            request_id: command.request_id.clone(),
            case_id: case.id,
            digest: digest.clone(),
            at: self.now,
        });
        self.answered.insert(sender, digest);
        self.cases.insert(after.id, after.clone());
        Ok(after)
    }

    /// A cluster has at most one case that takes its reports: as it was loaded, and as this batch makes it.
    fn must_be_the_only_one_of_its_cluster(&self, case: &CaseFile, replaced: bool) -> Result<(), Refusal> {
        let is_another = |other: &CaseFile| {
            other.id != case.id && other.cluster_id == case.cluster_id && other.state.takes_reports()
        };
        if replaced || self.cases.values().any(is_another) {
            return Err(Refusal::new(
                "CLUSTER_HAS_ANOTHER_CASE",
                "the cluster would have to have no other case that takes reports",
            ));
        }
        Ok(())
    }
}

fn name_of(command: &Command) -> CommandName<'_> {
    CommandName {
        case: &command.case,
        visible_to: command.visible_to.as_deref(),
        principal: &command.actor.actor,
        request_id: &command.request_id,
    }
}

/// A keyed hash, since the words of a command may be personal.
fn digest(keyring: &Keyring, case: &CaseFile, command: &Command) -> Vec<u8> {
    let told = format!("{}\n{}\n{}\n{:?}", case.id, command.etag, command.actor.capacity, command.act);
    keyring.lookup_hash("command", &told).to_vec()
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
