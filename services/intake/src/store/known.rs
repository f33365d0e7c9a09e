//! What a batch must know before it is decided.

use std::sync::LazyLock;

use fengqiao_messaging::Turn;
use fengqiao_proto::intake::v1::Evidence;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::SignedDuration;
use sqlx::{PgConnection, types::Uuid};
use time::OffsetDateTime;

use super::{
    StoreError,
    rows::{ReasonsColumn, linkage},
};
use crate::{
    domain::{
        decision::{Known, Stored},
        joinable::Joinable,
        linkage::{Clue, Key, Reach, Sighting},
    },
    reception::ReceivedReport,
};

#[derive(sqlx::FromRow)]
struct Row {
    kind: i16,
    position: i64,
    report_id: Option<Uuid>,
    cluster_id: Option<Uuid>,
    occurred_at: Option<OffsetDateTime>,
    revision: Option<i32>,
    fingerprint: Option<Vec<u8>>,
    link_reasons: ReasonsColumn,
    follows_cluster_id: Option<Uuid>,
    open: bool,
    takes_until: Option<OffsetDateTime>,
}

impl Row {
    fn joinable(&self) -> Joinable {
        Joinable::new(self.open, self.takes_until.map(from_sql))
    }
}

/// The clues of one kind in the order asked, with whose they are.
#[derive(Default)]
struct Asked {
    keys: Vec<Key>,
    at: Vec<OffsetDateTime>,
    whose: Vec<usize>,
}

/// For each kind of clue, in the order of [`KINDS`]: its number, its keys and times among the parameters, and where it
/// stands.
const BY_CLUE: [[&str; 5]; 3] = [
    ["1", "$4", "$5", "party", "party.role = 1 AND party.phone_key"],
    ["2", "$6", "$7", "party", "party.role = 1 AND party.id_key"],
    ["3", "$8", "$9", "report", "report.address_key"],
];

pub(super) static KNOWN_AND_SEEN: LazyLock<String> = LazyLock::new(|| {
    let seen = BY_CLUE.map(|[kind, keys, times, table, is_clue]| {
        include_str!("sql/seen_by_clue.sql")
            .replace("{kind}", kind)
            .replace("{keys}", keys)
            .replace("{times}", times)
            .replace("{table}", table)
            .replace("{is_clue}", is_clue)
    });
    include_str!("sql/known_and_seen.sql").to_owned() + &seen.concat()
});

/// The kind of the row that gives the turn.
const TURN: i16 = -1;
const KINDS: [Evidence; 3] = [Evidence::Phone, Evidence::IdNumber, Evidence::Address];

/// Which reports of the batch are there, and what was seen before of their clues, and the county's turn in
/// which it is so.
///
/// # Errors
/// [`StoreError`]
pub async fn known_and_seen(
    conn: &mut PgConnection,
    county: &str,
    batch: &[&ReceivedReport],
    reach: Reach,
) -> Result<(Known, Turn), StoreError> {
    let sources: Vec<i16> = batch.iter().map(|report| report.source as i16).collect();
    let refs: Vec<&str> = batch.iter().map(|report| report.source_ref.as_str()).collect();
    let asked = KINDS.map(|kind| asked(kind, batch));
    let mut query = sqlx::query_as(KNOWN_AND_SEEN.as_str()).bind(county).bind(sources).bind(refs);
    for kind in &asked {
        query = query.bind(&kind.keys).bind(&kind.at);
    }
    let rows: Vec<Row> = query
        .bind(hours(reach.window))
        .bind(hours(reach.of_case))
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("look for earlier reports"))?;
    read(rows, &asked)
}

fn hours(time: SignedDuration) -> i32 {
    i32::try_from(time.as_hours()).unwrap_or(i32::MAX)
}

fn asked(kind: Evidence, batch: &[&ReceivedReport]) -> Asked {
    let mut asked = Asked::default();
    for (index, report) in batch.iter().enumerate() {
        for clue in report.clues.iter().filter(|clue| clue.evidence == kind) {
            asked.keys.push(clue.key);
            asked.at.push(to_sql(report.occurred_at));
            asked.whose.push(index);
        }
    }
    asked
}

fn read(rows: Vec<Row>, asked: &[Asked; 3]) -> Result<(Known, Turn), StoreError> {
    let mut known = Known::default();
    let mut turn = Turn(0);
    for row in rows {
        if row.kind == TURN {
            turn = Turn(row.position);
            continue;
        }
        let position = usize::try_from(row.position - 1).map_err(|_| StoreError::Malformed("position"))?;
        let Some(kind) = usize::try_from(row.kind).ok().and_then(|kind| kind.checked_sub(1)) else {
            known.stored.insert(position, stored(row)?);
            continue;
        };
        let (Some(evidence), Some(of_kind)) = (KINDS.get(kind), asked.get(kind)) else {
            return Err(StoreError::Malformed("kind of evidence"));
        };
        let (Some(key), Some(whose)) = (of_kind.keys.get(position), of_kind.whose.get(position)) else {
            return Err(StoreError::Malformed("position"));
        };
        let joinable = row.joinable();
        let (Some(report_id), Some(cluster_id), Some(at)) = (row.report_id, row.cluster_id, row.occurred_at)
        else {
            return Err(StoreError::Malformed("no report"));
        };
        let sighting = Sighting { report_id, cluster_id, at: from_sql(at), joinable };
        known.seen.push((*whose, Clue { evidence: *evidence, key: *key }, sighting));
    }
    Ok((known, turn))
}

fn stored(row: Row) -> Result<Stored, StoreError> {
    let joinable = row.joinable();
    let fingerprint = row.fingerprint.ok_or(StoreError::Malformed("no fingerprint"))?;
    Ok(Stored {
        report_id: row.report_id.ok_or(StoreError::Malformed("no report"))?,
        revision: row.revision.ok_or(StoreError::Malformed("no revision"))?,
        fingerprint: fingerprint.try_into().map_err(|_| StoreError::Malformed("fingerprint"))?,
        linkage: linkage(
            row.cluster_id.ok_or(StoreError::Malformed("no cluster"))?,
            row.link_reasons,
            row.follows_cluster_id,
        )?,
        joinable,
    })
}
