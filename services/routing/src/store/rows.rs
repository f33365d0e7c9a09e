//! Rows and what they mean.

use std::collections::BTreeMap;

use fengqiao_proto::types::v1::Source;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::from_sql;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, postgres::PgRow, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::{
        case::{CaseFile, LevelReason, State, Words},
        docket::Docket,
        history_seals::docket_binding,
        level::Level,
    },
    error::RoutingError,
    unreadable::UnreadableCase,
};

/// A report as its case lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReport {
    /// Intake's id.
    pub report_id: Uuid,
    /// The newest revision.
    pub revision: i32,
    /// The door's number in the contract.
    pub source: i16,
    /// The source's own number.
    pub source_ref: String,
    /// When it was told.
    pub occurred_at: Timestamp,
    /// Whether it was a repeat call.
    pub repeat: bool,
    /// Why.
    pub repeat_reasons: Vec<String>,
}

/// A push as its case lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPush {
    /// The push's id.
    pub push_id: Uuid,
    /// To whom.
    pub agency: String,
    /// The document's number in the contract.
    pub form: i16,
    /// The level's number in the contract.
    pub level: i16,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// By when it has to be pushed.
    pub due_at: Timestamp,
    /// When the agency signed.
    pub signed_at: Option<Timestamp>,
    /// When the agency returned it.
    pub returned_at: Option<Timestamp>,
    /// When the agency last said what it did.
    pub feedback_at: Option<Timestamp>,
}

/// An entry of a case's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Counts from 1 within the case.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// The kind's number in the contract.
    pub kind: i16,
    /// Who.
    pub actor: String,
    /// In which capacity.
    pub capacity: String,
    /// What, for people.
    pub text: String,
    /// Someone's words, sealed.
    pub sealed_remark: Option<Vec<u8>>,
    /// The trace.
    pub trace_id: String,
}

/// The stored form of a level's reason, without the officer's words.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReasonForm {
    pub(super) rule: String,
    pub(super) rule_set: String,
    pub(super) text: String,
    #[serde(default)]
    pub(super) facts: BTreeMap<String, String>,
}

pub(super) fn moment(row: &PgRow, column: &str) -> Result<Timestamp, sqlx::Error> {
    row.try_get::<OffsetDateTime, _>(column).map(from_sql)
}

pub(super) fn moment_if(row: &PgRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(row.try_get::<Option<OffsetDateTime>, _>(column)?.map(from_sql))
}

/// Reads a row of `case_file` and opens its docket.
pub(super) fn case_file(row: &PgRow, county: &str, keyring: &Keyring) -> Result<CaseFile, sqlx::Error> {
    let id: Uuid = row.try_get("id")?;
    let state = State::from_code(row.try_get("state")?).ok_or_else(|| unreadable("state"))?;
    let level = Level::from_code(row.try_get("level")?).ok_or_else(|| unreadable("level"))?;
    let lead_agency: String = row.try_get("lead_agency")?;
    let opened_at = moment(row, "opened_at")?;
    let sealed_docket: Option<Vec<u8>> = row.try_get("sealed_docket")?;
    let history_seal: Vec<u8> = row.try_get("history_seal")?;
    let docket = match sealed_docket {
        Some(sealed) => keyring
            .open(&sealed, &docket_binding(county, id, &history_seal))
            .ok()
            .and_then(|plain| serde_json::from_slice(&plain).ok())
            .ok_or_else(|| unreadable("sealed_docket"))?,
        // Only before there were dockets; a case with a sealed history has had one.
        None if !history_seal.is_empty() => return Err(unreadable("sealed_docket")),
        None => Docket::of_before(state, level, &lead_agency, opened_at),
    };
    let Json(reason): Json<ReasonForm> = row.try_get("level_reason")?;
    let sealed_words: Option<Vec<u8>> = row.try_get("sealed_level_words")?;
    Ok(CaseFile {
        id,
        number: row.try_get("number")?,
        cluster_id: row.try_get("cluster_id")?,
        state,
        level,
        level_reason: LevelReason {
            rule: reason.rule,
            rule_set: reason.rule_set,
            text: reason.text,
            facts: reason.facts,
            words: sealed_words.map(Words::Sealed),
        },
        area_code: row.try_get("area_code")?,
        category: row.try_get("category")?,
        first_source: source(row.try_get("first_source")?),
        first_receiver: row.try_get("first_receiver")?,
        lead_agency,
        version: row.try_get("version")?,
        opened_at,
        resolved_at: moment_if(row, "resolved_at")?,
        closed_at: moment_if(row, "closed_at")?,
        report_count: row.try_get("report_count")?,
        history_count: row.try_get("history_count")?,
        sealed_matter: row.try_get("sealed_matter")?,
        docket,
        history_seal,
    })
}

/// Reads a row of `case_file`, or says which case cannot be read. What is wrong with the statement or its schema, and
/// so with every row, is an error as everywhere.
pub(super) fn case_if_readable(
    row: &PgRow,
    county: &str,
    keyring: &Keyring,
) -> Result<Result<CaseFile, UnreadableCase>, sqlx::Error> {
    let id: Uuid = row.try_get("id")?;
    match case_file(row, county, keyring) {
        Ok(case) => Ok(Ok(case)),
        Err(sqlx::Error::ColumnDecode { index, .. }) => {
            let known = ["state", "level", "level_reason", "sealed_docket"];
            let index = index.trim_matches('"');
            // Its name only: what was said of it may quote what stands there.
            let column = known.into_iter().find(|name| *name == index).unwrap_or("another column");
            Ok(Err(UnreadableCase { id, column }))
        }
        Err(error) => Err(error),
    }
}

/// The door of a number.
pub(super) fn source(code: i16) -> Source {
    Source::try_from(i32::from(code)).unwrap_or_default()
}

/// What is sealed beside cases is bound to its county and its row.
pub(super) fn binding(county: &str, id: Uuid) -> Vec<u8> {
    [county.as_bytes(), id.as_bytes()].concat()
}

pub(super) fn unreadable(column: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: "a number without a meaning".into() }
}

pub(super) fn report(row: &PgRow) -> Result<StoredReport, sqlx::Error> {
    let Json(repeat_reasons) = row.try_get("repeat_reasons")?;
    Ok(StoredReport {
        report_id: row.try_get("report_id")?,
        revision: row.try_get("revision")?,
        source: row.try_get("source")?,
        source_ref: row.try_get("source_ref")?,
        occurred_at: moment(row, "occurred_at")?,
        repeat: row.try_get("repeat")?,
        repeat_reasons,
    })
}

pub(super) fn push(row: &PgRow) -> Result<StoredPush, sqlx::Error> {
    Ok(StoredPush {
        push_id: row.try_get("push_id")?,
        agency: row.try_get("agency")?,
        form: row.try_get("form")?,
        level: row.try_get("level")?,
        requested_at: moment(row, "requested_at")?,
        due_at: moment(row, "due_at")?,
        signed_at: moment_if(row, "signed_at")?,
        returned_at: moment_if(row, "returned_at")?,
        feedback_at: moment_if(row, "feedback_at")?,
    })
}

pub(super) fn entry(row: &PgRow) -> Result<StoredEntry, sqlx::Error> {
    Ok(StoredEntry {
        sequence: row.try_get("sequence")?,
        at: moment(row, "at")?,
        kind: row.try_get("kind")?,
        actor: row.try_get("actor")?,
        capacity: row.try_get("capacity")?,
        text: row.try_get("text")?,
        sealed_remark: row.try_get("sealed_remark")?,
        trace_id: row.try_get("trace_id")?,
    })
}

/// Reads each of the rows that were found.
pub(super) fn read_all<T>(
    operation: &'static str,
    found: &[PgRow],
    read: impl Fn(&PgRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, RoutingError> {
    found
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|source| RoutingError::Database { operation, source })
}
