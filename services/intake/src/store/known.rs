//! What a batch must know before it is decided.

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
        past::{EarlierReport, NEWEST_OF_A_KEY},
    },
    reception::ReceivedReport,
};

/// One row; which columns are there depends on its kind.
#[derive(sqlx::FromRow)]
struct Row {
    kind: i16,
    /// The turn, the place of what was asked, or the kind of clusters that are apart.
    position: i64,
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
    open: bool,
    takes_until: Option<OffsetDateTime>,
    report_ids: Option<Vec<Uuid>>,
}

const TURN: i16 = -1;
const STORED: i16 = 0;
const FOUND: i16 = 1;
const EARLIER: i16 = 2;
const APART: i16 = 3;

/// Which reports of the batch are there, which earlier ones are to be compared with them, and the county's turn in
/// which it is so.
///
/// # Errors
/// [`StoreError`]
pub async fn known_and_seen(
    conn: &mut PgConnection,
    county: &str,
    batch: &[&ReceivedReport],
) -> Result<(Known, Turn), StoreError> {
    let sources: Vec<i16> = batch.iter().map(|report| report.source as i16).collect();
    let refs: Vec<&str> = batch.iter().map(|report| report.source_ref.as_str()).collect();
    let mut keys: Vec<i64> = batch.iter().flat_map(|report| report.keys.iter().map(|key| key.0)).collect();
    keys.sort_unstable();
    keys.dedup();
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/known_and_seen.sql"))
        .bind(county)
        .bind(sources)
        .bind(refs)
        .bind(&keys)
        .bind(NEWEST_OF_A_KEY as i64)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("look for earlier reports"))?;
    read(rows, &keys)
}

fn read(rows: Vec<Row>, keys: &[i64]) -> Result<(Known, Turn), StoreError> {
    let mut known = Known::default();
    let mut turn = Turn(0);
    for row in rows {
        match row.kind {
            TURN => turn = Turn(row.position),
            STORED => {
                known.stored.insert(place(row.position)?, row.stored()?);
            }
            FOUND => {
                let key = keys.get(place(row.position)?).ok_or(StoreError::Malformed("position"))?;
                for report in row.report_ids.ok_or(StoreError::Malformed("no reports"))? {
                    known.past.found(Key(*key), report);
                }
            }
            EARLIER => {
                let report_id = row.report_id.ok_or(StoreError::Malformed("no report"))?;
                let joinable = row.joinable();
                known.past.add(report_id, row.earlier()?, joinable);
            }
            APART => {
                let (one, other) =
                    row.person_id.zip(row.household_id).ok_or(StoreError::Malformed("apart"))?;
                known.past.set_apart(kind_of(row.position)?, one, other);
            }
            _ => return Err(StoreError::Malformed("kind of row")),
        }
    }
    Ok((known, turn))
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

impl Row {
    fn joinable(&self) -> Joinable {
        Joinable::new(self.open, self.takes_until.map(from_sql))
    }

    fn traits(&self) -> Result<Traits, StoreError> {
        match self.traits.as_deref() {
            // Of a report from before there were traits, or whose personal part was removed.
            None | Some([]) => Ok(Traits::default()),
            Some(bytes) => Traits::decode(bytes).map_err(|_| StoreError::Malformed("traits")),
        }
    }

    fn earlier(self) -> Result<EarlierReport, StoreError> {
        let (Some(told_at), Some(person_id), Some(household_id), Some(cluster_id)) =
            (self.occurred_at, self.person_id, self.household_id, self.cluster_id)
        else {
            return Err(StoreError::Malformed("no earlier report"));
        };
        let traits = self.traits()?;
        Ok(EarlierReport { told_at: from_sql(told_at), traits, person_id, household_id, cluster_id })
    }

    fn stored(self) -> Result<Stored, StoreError> {
        let (joinable, traits) = (self.joinable(), self.traits()?);
        let fingerprint = self.fingerprint.ok_or(StoreError::Malformed("no fingerprint"))?;
        let report_id = self.report_id.ok_or(StoreError::Malformed("no report"))?;
        Ok(Stored {
            report_id,
            revision: self.revision.ok_or(StoreError::Malformed("no revision"))?,
            fingerprint: fingerprint.try_into().map_err(|_| StoreError::Malformed("fingerprint"))?,
            told_at: from_sql(self.occurred_at.ok_or(StoreError::Malformed("no time"))?),
            traits,
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
            joinable,
        })
    }
}
