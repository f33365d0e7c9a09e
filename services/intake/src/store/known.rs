//! What a batch must know before it is decided.

use std::{collections::HashMap, ops::RangeInclusive};

use fengqiao_linkage::{Key, Kind, Traits};
use fengqiao_messaging::Turn;
use fengqiao_serving::time::from_sql;
use sqlx::{PgConnection, types::Uuid};
use time::OffsetDateTime;

use super::{
    StoreError,
    rows::{LinkColumn, linkage},
};
use crate::{
    domain::{
        decision::{Known, Stored},
        joinable::Joinable,
        past::{EarlierReport, NEWEST_OF_A_KEY, Past, ReadPast, Unread},
    },
    reception::ReceivedReport,
};

const OPERATION: &str = "look for earlier reports";

/// The turns in which what was read is so.
pub type Turns = RangeInclusive<i64>;

/// Which reports of the batch are there, and which earlier ones are to be compared with them, by a lookup key, as far as
/// they are not remembered; and the county's turn in which it is so. None where that is not one of the given turns, in which what is
/// remembered holds; where none are given, nothing is remembered.
///
/// # Errors
/// [`StoreError`]
pub async fn known(
    conn: &mut PgConnection,
    county: &str,
    batch: &[&ReceivedReport],
    lookup: u8,
    (past, turns): (&Past, Option<&Turns>),
) -> Result<Option<(Known, Turn)>, StoreError> {
    let mut keys = past.unread_keys(batch.iter().flat_map(|report| &report.hashes.by(lookup).keys));
    // In the order of the index.
    keys.sort_unstable();
    let (mut known, turn) = look_up(conn, county, batch, &keys, lookup).await?;
    if turns.is_some_and(|turns| !turns.contains(&turn.0)) {
        return Ok(None);
    }
    let going = known.keys_going(|index| batch[index].hashes.keys());
    let hashed = batch.iter().map(|report| report.hashes.by(lookup));
    let hashed = hashed.map(|hashed| (&hashed.traits, hashed.keys.as_slice()));
    let mut found = past.found(&known.past, hashed, &going);
    // What officers said of the clusters of these is to be known, too.
    found.extend(known.stored.values().map(|stored| stored.report_id));
    let unread = past.unread_reports(found, known.past.news);
    if unread.reports.is_empty() && unread.cases.is_empty() {
        return Ok(Some((known, turn)));
    }
    let of_now = turn.0..=turn.0;
    let then = earlier(conn, county, unread, lookup, &mut known.past).await?;
    Ok(turns.unwrap_or(&of_now).contains(&then.0).then_some((known, then)))
}

/// The row without a report is the turn, with what was found; each other one a report that is there.
#[derive(sqlx::FromRow)]
struct FoundRow {
    position: i64,
    news: Option<i64>,
    positions: Option<Vec<i64>>,
    report_ids: Option<Vec<Uuid>>,
    report_id: Option<Uuid>,
    occurred_at: Option<OffsetDateTime>,
    person_id: Option<Uuid>,
    household_id: Option<Uuid>,
    cluster_id: Option<Uuid>,
    traits: Option<Vec<u8>>,
    revision: Option<i32>,
    fingerprint: Option<Vec<u8>>,
    repeat: Option<bool>,
    link_reasons: LinkColumn,
    follows_cluster_id: Option<Uuid>,
    open: Option<bool>,
    takes_until: Option<OffsetDateTime>,
    lookup: Option<i16>,
    next_traits: Option<Vec<u8>>,
    said: Option<Vec<Vec<u8>>>,
    detailed: Option<bool>,
}

async fn look_up(
    conn: &mut PgConnection,
    county: &str,
    batch: &[&ReceivedReport],
    keys: &[Key],
    lookup: u8,
) -> Result<(Known, Turn), StoreError> {
    let sources: Vec<i16> = batch.iter().map(|report| report.source as i16).collect();
    let refs: Vec<&str> = batch.iter().map(|report| report.source_ref.as_str()).collect();
    let numbers: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let rows: Vec<FoundRow> = sqlx::query_as(include_str!("sql/found.sql"))
        .bind(county)
        .bind(sources)
        .bind(refs)
        .bind(numbers)
        .bind(NEWEST_OF_A_KEY as i64)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database(OPERATION))?;
    let (turns, stored): (Vec<FoundRow>, Vec<FoundRow>) =
        rows.into_iter().partition(|row| row.report_id.is_none());
    let first = turns.into_iter().next().ok_or(StoreError::Malformed("no turn"))?;
    let turn = Turn(first.position);
    // A key that nothing was found for is known to have nothing.
    let mut found: Vec<(Key, Vec<Uuid>)> = keys.iter().map(|key| (*key, Vec::new())).collect();
    let hits = first.positions.unwrap_or_default().into_iter().zip(first.report_ids.unwrap_or_default());
    for (position, report) in hits {
        let (_, reports) = found.get_mut(place(position)?).ok_or(StoreError::Malformed("position"))?;
        reports.push(report);
    }
    // As the index gives them: the newest first.
    found.iter_mut().for_each(|(_, reports)| reports.sort_unstable());
    let news = first.news.unwrap_or_default();
    let past = ReadPast { keys: found, news, ..ReadPast::default() };
    let mut known = Known { past, ..Known::default() };
    for row in stored {
        known.stored.insert(place(row.position)?, row.stored(lookup)?);
    }
    Ok((known, turn))
}

/// Its kind, a kind of clusters or the turn, then what the kind of row has. Columns by their place: there are many rows.
type EarlierRow = (
    i16,
    i64,
    Option<Uuid>,
    Option<OffsetDateTime>,
    Option<Uuid>,
    Option<Uuid>,
    Option<Uuid>,
    Option<Vec<u8>>,
    Option<bool>,
);

const TURN: i16 = 0;
const EARLIER: i16 = 1;
const TOLD: i16 = 2;
const APART: i16 = 3;

async fn earlier(
    conn: &mut PgConnection,
    county: &str,
    unread: Unread,
    lookup: u8,
    read: &mut ReadPast,
) -> Result<Turn, StoreError> {
    let rows: Vec<EarlierRow> = sqlx::query_as(include_str!("sql/earlier.sql"))
        .bind(county)
        .bind(&unread.reports)
        .bind(&unread.cases)
        .bind(i16::from(lookup))
        .fetch_all(conn)
        .await
        .map_err(StoreError::database(OPERATION))?;
    let mut turn = None;
    let mut told: HashMap<Uuid, Joinable> = HashMap::new();
    let mut cases = unread.cases;
    for row in rows {
        match row {
            (TURN, now, ..) => turn = Some(Turn(now)),
            (
                EARLIER,
                _,
                Some(id),
                Some(at),
                Some(person_id),
                Some(household_id),
                Some(cluster_id),
                bytes,
                _,
            ) => {
                let traits = traits(bytes.as_deref())?;
                let report =
                    EarlierReport { told_at: from_sql(at), traits, person_id, household_id, cluster_id };
                cases.push(cluster_id);
                read.reports.push((id, report));
            }
            (TOLD, _, _, until, _, _, Some(cluster), _, Some(open)) => {
                told.insert(cluster, Joinable::new(open, until.map(from_sql)));
            }
            (APART, kind, _, _, Some(one), Some(other), ..) => read.apart.push((kind_of(kind)?, one, other)),
            _ => return Err(StoreError::Malformed("kind of row")),
        }
    }
    // What nobody told of is open.
    let joinable = |cluster: Uuid| (cluster, told.get(&cluster).copied().unwrap_or(Joinable::Always));
    read.clusters.extend(cases.into_iter().map(joinable));
    turn.ok_or(StoreError::Malformed("no turn"))
}

pub(super) fn traits(bytes: Option<&[u8]>) -> Result<Traits, StoreError> {
    match bytes {
        // Of a report from before there were traits, or whose personal part was removed.
        None | Some([]) => Ok(Traits::default()),
        Some(bytes) => Traits::decode(bytes).map_err(|_| StoreError::Malformed("traits")),
    }
}

fn place(position: i64) -> Result<usize, StoreError> {
    usize::try_from(position - 1).map_err(|_| StoreError::Malformed("position"))
}

/// How kinds of clusters stand in rows: by their place here, from 1.
const KINDS: [Kind; 3] = [Kind::Person, Kind::Household, Kind::Case];

/// The number of a kind of clusters in rows.
pub(super) const fn number_of(kind: Kind) -> i16 {
    match kind {
        Kind::Person => 1,
        Kind::Household => 2,
        Kind::Case => 3,
    }
}

pub(super) fn kind_of(number: i64) -> Result<Kind, StoreError> {
    let kind = usize::try_from(number - 1).ok().and_then(|number| KINDS.get(number));
    kind.copied().ok_or(StoreError::Malformed("kind of cluster"))
}

impl FoundRow {
    /// `by` is the lookup key that it is compared by.
    fn stored(self, by: u8) -> Result<Stored, StoreError> {
        let report_id = self.report_id.ok_or(StoreError::Malformed("no report"))?;
        let (first, next) = (traits(self.traits.as_deref())?, traits(self.next_traits.as_deref())?);
        let mut all_keys = first.keys();
        all_keys.extend(next.keys());
        let of_first = self.lookup.is_none_or(|lookup| lookup == i16::from(by));
        let fingerprint = self.fingerprint.ok_or(StoreError::Malformed("no fingerprint"))?;
        Ok(Stored {
            report_id,
            revision: self.revision.ok_or(StoreError::Malformed("no revision"))?,
            fingerprint: fingerprint.try_into().map_err(|_| StoreError::Malformed("fingerprint"))?,
            // What was written before there were hashes like these is no digest.
            said_before: self.said.into_iter().flatten().filter_map(|said| said.try_into().ok()).collect(),
            detailed: self.detailed.unwrap_or_default(),
            told_at: from_sql(self.occurred_at.ok_or(StoreError::Malformed("no time"))?),
            traits: if of_first { first } else { next },
            all_keys,
            linkage: linkage(
                (
                    self.person_id.unwrap_or(report_id),
                    self.household_id.unwrap_or(report_id),
                    self.cluster_id.ok_or(StoreError::Malformed("no cluster"))?,
                ),
                self.repeat.unwrap_or_default(),
                self.link_reasons,
                self.follows_cluster_id,
            )?,
            joinable: Joinable::new(self.open.unwrap_or(true), self.takes_until.map(from_sql)),
        })
    }
}
