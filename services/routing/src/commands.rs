//! Commands of people: each in one transaction with its history, its events and its answer.

use std::{sync::Arc, time::Duration};

use fengqiao_messaging::Outbox;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::now;
use fengqiao_telemetry::trace;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::{
    counties::RoutingCounty,
    domain::{
        case::CaseFile, case_number::CaseName, happening::Happening, history::Occasion,
        transition::transition,
    },
    error::RoutingError,
    ledger::Ledger,
    store::{Answer, Attempt, CommandCase, HOLDING, bounded, forget_answers, load_for_command},
    watchers::Watchers,
};

/// A command that takes longer is given up; nothing of it stays.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(8);
/// So long a request id is remembered.
const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
const FORGET_EVERY: Duration = Duration::from_secs(600);
const FORGET_AT_ONCE: i64 = 5_000;

/// A command of someone.
#[derive(Debug, Clone)]
pub struct Command {
    /// Who.
    pub principal: String,
    /// In which capacity.
    pub capacity: String,
    /// Only cases that this agency may see.
    pub visible_to: Option<String>,
    /// The case.
    pub case: CaseName,
    /// Makes it repeatable.
    pub request_id: String,
    /// The case's etag as the caller saw it, or empty.
    pub etag: String,
    /// The word in metrics.
    pub kind: &'static str,
    /// What is to happen.
    pub happening: Happening,
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
}

impl Commands {
    /// Runs a command and returns the case after it. The same request id with the same command changes
    /// nothing more and returns the case as it is now.
    ///
    /// # Errors
    /// [`RoutingError`]; the case is then as it was.
    pub async fn run(&self, place: &RoutingCounty, command: Command) -> Result<CaseFile, RoutingError> {
        let operation = "run a command";
        let ran = tokio::time::timeout(COMMAND_TIMEOUT, self.transact(place, &command))
            .await
            .unwrap_or(Err(RoutingError::TimedOut { operation }));
        let outcome = ran.as_ref().map_or_else(RoutingError::word, |_| "done");
        metrics::counter!(
            "fengqiao_routing_commands_total",
            "county" => place.county.code.clone(), "command" => command.kind, "outcome" => outcome
        )
        .increment(1);
        ran
    }

    async fn transact(&self, place: &RoutingCounty, command: &Command) -> Result<CaseFile, RoutingError> {
        let _alone = place.turn.lock().await;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        for holding in HOLDING {
            if let Some(after) = self.attempt(&mut conn, place, command, holding).await? {
                return Ok(after);
            }
        }
        Err(RoutingError::Overtaken)
    }

    /// None where another process changed something in the county meanwhile.
    async fn attempt(
        &self,
        conn: &mut PgConnection,
        place: &RoutingCounty,
        command: &Command,
        holding: bool,
    ) -> Result<Option<CaseFile>, RoutingError> {
        let county = &place.county.code;
        let mut attempt = Attempt::begin(conn, county, holding).await?;
        let CommandCase { case, answered, turn } = load_for_command(
            &mut attempt,
            county,
            &command.case,
            command.visible_to.as_deref(),
            &command.principal,
            &command.request_id,
        )
        .await?;
        let digest = self.digest(&case, command);
        if let Some(answered) = answered {
            return if answered == digest { Ok(Some(case)) } else { Err(another_command()) };
        }
        if !command.etag.is_empty() && command.etag != case.etag() {
            return Err(RoutingError::ChangedSince);
        }
        let at = now();
        let occasion = Occasion { at, actor: command.principal.clone(), capacity: command.capacity.clone() };
        let responsible = place.responsible_of(&case);
        let change = transition(&case, &command.happening, &occasion, place.setting(&responsible))?;
        let after = change.case.clone();
        let mut ledger = Ledger::default();
        ledger.add(change, None, place, trace::current().as_deref());
        ledger.changes.set_answer(Answer {
            principal: command.principal.clone(),
            request_id: command.request_id.clone(),
            case_id: case.id,
            digest,
            at,
        });
        self.watchers.changing([case.id]);
        if !ledger.write(&mut attempt, county, turn, None, &self.keyring).await? {
            return Ok(None);
        }
        attempt.commit().await?;
        ledger.announce(county, &self.outbox);
        self.watchers.committed();
        Ok(Some(after))
    }

    /// A keyed hash, since the words of a command may be personal.
    fn digest(&self, case: &CaseFile, command: &Command) -> Vec<u8> {
        let told = format!("{}\n{}\n{:?}", case.id, command.etag, command.happening);
        self.keyring.lookup_hash("command", &told).to_vec()
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

fn another_command() -> RoutingError {
    RoutingError::invalid("requestId", "was used for another command")
}
