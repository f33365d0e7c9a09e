//! What was decided of who came before.

use fengqiao_linkage::Kind;
use fengqiao_proto::types::v1::Source;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, types::Uuid};
use time::OffsetDateTime;

use super::{
    StoreError,
    known::{kind_of, number_of},
};

/// What is decided of clusters. The numbers stand in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAct {
    /// That a report belongs where it stands.
    Confirm = 1,
    /// That two are one.
    Join = 2,
    /// That reports are of another one.
    Split = 3,
}

/// A decision to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewDecision<'a> {
    /// Its id.
    pub decision_id: Uuid,
    /// Of what kind of cluster.
    pub kind: Kind,
    /// What is decided.
    pub act: LinkAct,
    /// The cluster that stays.
    pub cluster_id: Uuid,
    /// The one that goes into it or comes out of it.
    pub other_id: Option<Uuid>,
    /// The reports that are confirmed or moved.
    pub report_ids: &'a [Uuid],
    /// Who decides.
    pub decided_by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub decided_at: Timestamp,
    /// What makes the command repeatable.
    pub request_id: Option<&'a str>,
}

/// A decision that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDecision {
    /// Its id.
    pub decision_id: Uuid,
    /// Of what kind of cluster.
    pub kind: Kind,
    /// What was decided.
    pub act: LinkAct,
    /// The cluster that stayed.
    pub cluster_id: Uuid,
    /// The one that went into it or came out of it.
    pub other_id: Option<Uuid>,
    /// The reports that were confirmed or moved.
    pub report_ids: Vec<Uuid>,
    /// Who decided.
    pub decided_by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub decided_at: Timestamp,
    /// Who took it back, why and when.
    pub undone: Option<Undone>,
}

/// That a decision was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Who did.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Row {
    decision_id: Uuid,
    kind: i16,
    act: i16,
    cluster_id: Uuid,
    other_id: Option<Uuid>,
    report_ids: Vec<Uuid>,
    decided_by: String,
    reason: String,
    decided_at: OffsetDateTime,
    undone_by: Option<String>,
    undone_reason: Option<String>,
    undone_at: Option<OffsetDateTime>,
}

impl TryFrom<Row> for LinkDecision {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let act = [LinkAct::Confirm, LinkAct::Join, LinkAct::Split];
        let act = act.into_iter().find(|act| *act as i16 == row.act);
        let undone = row.undone_by.zip(row.undone_at).map(|(by, at)| Undone {
            by,
            reason: row.undone_reason.unwrap_or_default(),
            at: from_sql(at),
        });
        Ok(Self {
            decision_id: row.decision_id,
            kind: kind_of(row.kind.into())?,
            act: act.ok_or(StoreError::Malformed("act"))?,
            cluster_id: row.cluster_id,
            other_id: row.other_id,
            report_ids: row.report_ids,
            decided_by: row.decided_by,
            reason: row.reason,
            decided_at: from_sql(row.decided_at),
            undone,
        })
    }
}

/// Keeps a decision.
///
/// # Errors
/// [`StoreError`]
pub async fn add_decision(
    conn: &mut PgConnection,
    county: &str,
    decision: &NewDecision<'_>,
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/add_decision.sql"))
        .bind(county)
        .bind(decision.decision_id)
        .bind(number_of(decision.kind))
        .bind(decision.act as i16)
        .bind(decision.cluster_id)
        .bind(decision.other_id)
        .bind(decision.report_ids)
        .bind(decision.decided_by)
        .bind(decision.reason)
        .bind(to_sql(decision.decided_at))
        .bind(decision.request_id)
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("keep a decision"))
}

/// The decision with this id.
///
/// # Errors
/// [`StoreError`]
pub async fn decision_by_id(
    conn: &mut PgConnection,
    county: &str,
    decision_id: Uuid,
) -> Result<Option<LinkDecision>, StoreError> {
    let row: Option<Row> = sqlx::query_as(include_str!("sql/decision_by_id.sql"))
        .bind(county)
        .bind(decision_id)
        .fetch_optional(conn)
        .await
        .map_err(StoreError::database("read a decision"))?;
    row.map(LinkDecision::try_from).transpose()
}

/// What was decided at the first send of a command.
///
/// # Errors
/// [`StoreError`]
pub async fn decision_by_request(
    conn: &mut PgConnection,
    county: &str,
    request_id: &str,
) -> Result<Option<LinkDecision>, StoreError> {
    let row: Option<Row> = sqlx::query_as(include_str!("sql/decision_by_request.sql"))
        .bind(county)
        .bind(request_id)
        .fetch_optional(conn)
        .await
        .map_err(StoreError::database("read a decision"))?;
    row.map(LinkDecision::try_from).transpose()
}

/// A page of decisions, the newest first: below an id, and about a cluster where one is given.
///
/// # Errors
/// [`StoreError`]
pub async fn list_decisions(
    pool: &PgPool,
    county: &str,
    before: Option<Uuid>,
    cluster: Option<Uuid>,
    limit: i64,
) -> Result<Vec<LinkDecision>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/list_decisions.sql"))
        .bind(county)
        .bind(before.unwrap_or(Uuid::max()))
        .bind(cluster)
        .bind(limit)
        .fetch_all(pool)
        .await
        .map_err(StoreError::database("list decisions"))?;
    rows.into_iter().map(LinkDecision::try_from).collect()
}

/// Keeps that a decision was taken back.
///
/// # Errors
/// [`StoreError`]
pub async fn undo_decision(
    conn: &mut PgConnection,
    county: &str,
    decision_id: Uuid,
    undone: &Undone,
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/undo_decision.sql"))
        .bind(county)
        .bind(decision_id)
        .bind(&undone.by)
        .bind(&undone.reason)
        .bind(to_sql(undone.at))
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("take a decision back"))
}

/// Keeps that two clusters are not the same, by a decision.
///
/// # Errors
/// [`StoreError`]
pub async fn set_apart(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    (one, other): (Uuid, Uuid),
    decision_id: Uuid,
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/set_apart.sql"))
        .bind(county)
        .bind(number_of(kind))
        .bind(one)
        .bind(other)
        .bind(decision_id)
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("set clusters apart"))
}

/// Two clusters may be the same again.
///
/// # Errors
/// [`StoreError`]
pub async fn no_more_apart(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    (one, other): (Uuid, Uuid),
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/no_more_apart.sql"))
        .bind(county)
        .bind(number_of(kind))
        .bind(one)
        .bind(other)
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("let clusters be the same"))
}

/// What a decision said of clusters not being the same holds no more.
///
/// # Errors
/// [`StoreError`]
pub async fn no_more_apart_by(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    decision_id: Uuid,
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/no_more_apart_by.sql"))
        .bind(county)
        .bind(number_of(kind))
        .bind(decision_id)
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("let clusters be the same"))
}

/// Of a cluster that is there again: what officers said of itself, while it was in another one, is said of it again.
///
/// # Errors
/// [`StoreError`]
pub async fn revive_apart(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    (was_in, again): (Uuid, Uuid),
) -> Result<(), StoreError> {
    sqlx::query(include_str!("sql/revive_apart.sql"))
        .bind(county)
        .bind(number_of(kind))
        .bind(was_in)
        .bind(again)
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database("set clusters apart"))
}

/// Where a cluster went after a decision: the join that holds, and the cluster that stayed.
///
/// # Errors
/// [`StoreError`]
pub async fn join_of(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    cluster: Uuid,
    after: Uuid,
) -> Result<Option<(Uuid, Uuid)>, StoreError> {
    sqlx::query_as(include_str!("sql/join_of.sql"))
        .bind(county)
        .bind(number_of(kind))
        .bind(cluster)
        .bind(after)
        .bind(LinkAct::Join as i16)
        .fetch_optional(conn)
        .await
        .map_err(StoreError::database("read where a cluster went"))
}

/// Of these reports, those of which an officer has confirmed since a decision that they belong where they stand.
///
/// # Errors
/// [`StoreError`]
pub async fn confirmed_since(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    decision_id: Uuid,
    reports: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    sqlx::query_scalar(include_str!("sql/confirmed_since.sql"))
        .bind(county)
        .bind(number_of(kind))
        .bind(decision_id)
        .bind(reports)
        .bind(LinkAct::Confirm as i16)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("read what was confirmed"))
}

/// Of each report its person, household or case cluster; what is not there is left out.
///
/// # Errors
/// [`StoreError`]
pub async fn clusters_of(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    reports: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows: Vec<(Uuid, Uuid, Uuid, Uuid)> = sqlx::query_as(include_str!("sql/clusters_of.sql"))
        .bind(county)
        .bind(reports)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("read links"))?;
    let of = |(report, person, household, case)| match kind {
        Kind::Person => (report, person),
        Kind::Household => (report, household),
        Kind::Case => (report, case),
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Whether a cluster has reports.
///
/// # Errors
/// [`StoreError`]
pub async fn cluster_exists(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    cluster: Uuid,
) -> Result<bool, StoreError> {
    sqlx::query_scalar(include_str!("sql/cluster_exists.sql"))
        .bind(county)
        .bind(number_of(kind))
        .bind(cluster)
        .fetch_one(conn)
        .await
        .map_err(StoreError::database("look for a cluster"))
}

/// Where a report belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLink {
    /// The report.
    pub report_id: Uuid,
    /// The door it came through.
    pub source: Source,
    /// The source's own number for it.
    pub source_ref: String,
    /// The person who reported.
    pub person_id: Uuid,
    /// Their household.
    pub household_id: Uuid,
    /// The cluster of its dispute.
    pub cluster_id: Uuid,
}

/// A page of where reports belong, in the order of acceptance, after a report.
///
/// # Errors
/// [`StoreError`]
pub async fn links(
    pool: &PgPool,
    county: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<StoredLink>, StoreError> {
    let rows: Vec<(Uuid, i16, String, Uuid, Uuid, Uuid)> = sqlx::query_as(include_str!("sql/links.sql"))
        .bind(county)
        .bind(after)
        .bind(limit)
        .fetch_all(pool)
        .await
        .map_err(StoreError::database("read links"))?;
    let read = |(report_id, source, source_ref, person_id, household_id, cluster_id)| {
        let source =
            Source::try_from(i32::from(source)).map_err(|_| StoreError::Malformed("unknown source"))?;
        Ok(StoredLink { report_id, source, source_ref, person_id, household_id, cluster_id })
    };
    rows.into_iter().map(read).collect()
}
