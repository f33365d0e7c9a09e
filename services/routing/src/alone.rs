//! A command that has its county's turn to itself from reading to writing: for what is seldom and touches more
//! than cases, such as a meeting whose decisions change several of them at once.

use fengqiao_sealing::Keyring;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    domain::{case::CaseFile, case_number::CaseName},
    error::RoutingError,
    ledger::{Heard, Ledger},
    store::{Answer, Attempt, CommandCase, CommandName, CountyTurn, load_for_commands},
};

/// Who commands what, and what makes it repeatable.
#[derive(Debug, Clone)]
pub(crate) struct Said<'a> {
    /// The county.
    pub county: &'a str,
    /// The principal.
    pub actor: &'a str,
    /// Its request id.
    pub request_id: &'a str,
    /// All that is commanded; the same id with something else is refused.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

impl Said<'_> {
    /// The n-th id that a command gives out: the same whenever the command is sent.
    pub fn id(&self, keyring: &Keyring, n: usize) -> Uuid {
        let text = format!("{}\n{}\n{}\n{n}", self.county, self.actor, self.request_id);
        uuid::Builder::from_custom_bytes(keyring.proof_hash("id", &text)).into_uuid()
    }
}

/// The turn of a county, held.
pub(crate) struct Alone<'c> {
    /// The transaction.
    pub tx: Attempt<'c>,
    /// What is written at the end.
    pub ledger: Ledger,
    /// The cases that were named, in order; none where there is no such case.
    pub cases: Vec<Option<CaseFile>>,
    /// Whether the same command was done already.
    pub repeated: bool,
    turn: CountyTurn,
    digest: Vec<u8>,
}

impl<'c> Alone<'c> {
    /// Takes the turn and reads the cases.
    pub async fn begin(
        conn: &'c mut PgConnection,
        keyring: &Keyring,
        said: &Said<'_>,
        cases: &[CaseName],
    ) -> Result<Self, RoutingError> {
        let mut tx = Attempt::begin(conn, said.county, true).await?;
        let nobody = [CaseName::Id(Uuid::nil())];
        let named = if cases.is_empty() { &nobody } else { cases };
        let names: Vec<CommandName<'_>> = named
            .iter()
            .map(|case| CommandName {
                case,
                visible_to: None,
                principal: said.actor,
                request_id: said.request_id,
            })
            .collect();
        let (mut loaded, turn) = load_for_commands(&mut tx, keyring, said.county, &names).await?;
        let digest = keyring.proof_hash("command", &said.text).to_vec();
        let repeated = match loaded.first().and_then(|first| first.answered.as_ref()) {
            Some(answered) if *answered != digest => {
                return Err(RoutingError::another_command());
            }
            answered => answered.is_some(),
        };
        loaded.truncate(cases.len());
        let cases = loaded.into_iter().map(CommandCase::found).collect::<Result<_, _>>()?;
        Ok(Self { tx, ledger: Ledger::default(), cases, repeated, turn, digest })
    }

    /// Writes and commits, and keeps that the command was done. `subject` is what it was about.
    pub async fn end(mut self, said: &Said<'_>, subject: Uuid, heard: Heard<'_>) -> Result<(), RoutingError> {
        self.ledger.changes.add_answer(Answer {
            principal: said.actor.to_owned(),
            request_id: said.request_id.to_owned(),
            case_id: subject,
            digest: self.digest,
            at: said.at,
        });
        match self.ledger.commit(self.tx, said.county, self.turn, None, heard).await? {
            Some(_) => Ok(()),
            None => Err(RoutingError::Overtaken),
        }
    }
}
