//! What officers decide of who came before. Each decision is made in the county's turn, so that no batch is decided by
//! what held before it.

mod undoing;

use fengqiao_linkage::{Join, Kind};
use fengqiao_messaging::{Event, Outbox, advance_turn, append};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    cluster_news,
    config::COMMAND_TIMEOUT,
    error::IntakeError,
    store::{self, LinkAct, LinkDecision, NewDecision, StoreError},
};

/// What an officer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// A report belongs where it stands.
    Confirm(Uuid),
    /// Two are one.
    Join {
        /// The one that stays.
        kept: Uuid,
        /// The one that goes into it.
        absorbed: Uuid,
    },
    /// Reports of one cluster are of another one.
    Split(Vec<Uuid>),
}

/// An officer's decision.
#[derive(Debug, Clone)]
pub struct Saying<'a> {
    /// The county.
    pub county: &'a str,
    /// Of what kind of cluster.
    pub kind: Kind,
    /// What is said.
    pub word: Word,
    /// Who says it.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// What makes the command repeatable.
    pub request_id: &'a str,
    /// When.
    pub now: Timestamp,
    /// How far back a report counts as a repeat.
    pub window: SignedDuration,
}

/// Takes officers' decisions.
#[derive(Debug, Clone)]
pub struct Linking {
    /// Connections in intake's schema.
    pub pool: PgPool,
    /// Takes what is told of clusters.
    pub outbox: Outbox,
}

impl Linking {
    /// Decides. A second send with the same request answers as the first.
    ///
    /// # Errors
    /// [`IntakeError::Invalid`] where a report or cluster is not there, or reports are not of one cluster.
    pub async fn say(&self, saying: &Saying<'_>) -> Result<LinkDecision, IntakeError> {
        in_time(async {
            let mut tx = begin(&self.pool, saying.county).await?;
            if let Some(earlier) =
                store::decision_by_request(&mut tx, saying.county, saying.request_id).await?
            {
                return Ok(earlier);
            }
            let decision_id = Uuid::now_v7();
            let (act, cluster_id, other_id, report_ids) = match &saying.word {
                Word::Confirm(report) => {
                    let cluster = one_cluster(&mut tx, saying, &[*report], "reportId").await?;
                    (LinkAct::Confirm, cluster, None, vec![*report])
                }
                Word::Join { kept, absorbed } => {
                    let moved = join(&mut tx, saying, *kept, *absorbed).await?;
                    (LinkAct::Join, *kept, Some(*absorbed), moved)
                }
                Word::Split(reports) => {
                    let cluster = one_cluster(&mut tx, saying, reports, "reportIds").await?;
                    let fresh = Uuid::now_v7();
                    let moved =
                        store::move_reports(&mut tx, saying.county, saying.kind, cluster, fresh, reports)
                            .await?;
                    store::set_apart(&mut tx, saying.county, saying.kind, (cluster, fresh), decision_id)
                        .await?;
                    (LinkAct::Split, cluster, Some(fresh), moved)
                }
            };
            let decision = NewDecision {
                decision_id,
                kind: saying.kind,
                act,
                cluster_id,
                other_id,
                report_ids: &report_ids,
                decided_by: saying.by,
                reason: saying.reason,
                decided_at: saying.now,
                request_id: Some(saying.request_id),
            };
            store::add_decision(&mut tx, saying.county, &decision).await?;
            let kept = store::decision_by_id(&mut tx, saying.county, decision_id).await?;
            let kept = kept.ok_or(StoreError::Malformed("the decision"))?;
            let mut news = Vec::from_iter(cluster_news::decided(&kept));
            news.extend(repeats(&mut tx, saying).await?);
            self.end(tx, saying.county, news).await?;
            Ok(kept)
        })
        .await
    }

    /// Ends the county's turn and commits, and tells what there is to tell.
    async fn end(&self, mut tx: Tx, county: &str, events: Vec<Event>) -> Result<(), IntakeError> {
        advance_turn(&mut tx, county).await.map_err(|error| StoreError::Events(error.into()))?;
        let first =
            append(&mut tx, county, &events).await.map_err(|error| StoreError::Events(error.into()))?;
        store::commit(tx).await?;
        self.outbox.sent(county, first, events);
        Ok(())
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, IntakeError>>) -> Result<T, IntakeError> {
    tokio::time::timeout(COMMAND_TIMEOUT, work)
        .await
        .unwrap_or(Err(StoreError::TooSlow { operation: "decide" }.into()))
}

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

async fn begin(pool: &PgPool, county: &str) -> Result<Tx, IntakeError> {
    Ok(store::begin_alone(pool, county).await?)
}

/// The cluster that all of these reports belong to.
async fn one_cluster(
    conn: &mut PgConnection,
    saying: &Saying<'_>,
    reports: &[Uuid],
    field: &str,
) -> Result<Uuid, IntakeError> {
    let found = store::clusters_of(conn, saying.county, saying.kind, reports).await?;
    let missing = reports.iter().any(|report| found.iter().all(|(held, _)| held != report));
    match found.as_slice() {
        [(_, first), rest @ ..] if !missing => {
            if rest.iter().all(|(_, cluster)| cluster == first) {
                Ok(*first)
            } else {
                Err(IntakeError::invalid(field, "must be reports of one person, household or cluster"))
            }
        }
        _ => Err(IntakeError::invalid(field, "must be reports that are there")),
    }
}

/// Tells of calls that an officer's word has shown to be repeats.
async fn repeats(conn: &mut PgConnection, saying: &Saying<'_>) -> Result<Vec<Event>, StoreError> {
    let Word::Join { kept, absorbed } = saying.word else { return Ok(Vec::new()) };
    let join = [Join { kind: saying.kind, kept, absorbed }];
    let shown = store::repeated_calls(conn, saying.county, &join, saying.window, saying.now).await?;
    Ok(cluster_news::calls_repeated(&shown, saying.now))
}

async fn join(
    conn: &mut PgConnection,
    saying: &Saying<'_>,
    kept: Uuid,
    absorbed: Uuid,
) -> Result<Vec<Uuid>, IntakeError> {
    let (county, kind) = (saying.county, saying.kind);
    if kept == absorbed {
        return Err(IntakeError::invalid("absorbedId", "must be another one than keptId"));
    }
    for (cluster, field) in [(kept, "keptId"), (absorbed, "absorbedId")] {
        if !store::cluster_exists(conn, county, kind, cluster).await? {
            return Err(IntakeError::invalid(
                field,
                "must be a person, household or cluster that has reports",
            ));
        }
    }
    // The newer word holds, where an officer once said otherwise.
    store::no_more_apart(conn, county, kind, (kept, absorbed)).await?;
    Ok(store::join_two(conn, county, &Join { kind, kept, absorbed }).await?)
}
