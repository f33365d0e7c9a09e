//! Taking a decision back. The clusters that it names may have gone into others since: what is moved and what is set apart
//! are those that they are now.

use fengqiao_messaging::Event;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Linking, begin, in_time};
use crate::{
    cluster_news,
    error::IntakeError,
    store::{self, LinkAct, LinkDecision, StoreError, Undone},
};

impl Linking {
    /// Takes a decision back: reports that it moved go back, as far as nobody has moved them or confirmed where they are
    /// since. What was joined stays apart, since an officer has said so; what was split may be found the same again.
    ///
    /// # Errors
    /// [`IntakeError::NoSuchDecision`], [`IntakeError::AlreadyUndone`], or [`IntakeError::NothingToUndo`]; then the decision
    /// is as it was.
    pub async fn undo(
        &self,
        county: &str,
        decision_id: Uuid,
        undone: Undone,
    ) -> Result<LinkDecision, IntakeError> {
        in_time(async {
            let mut tx = begin(&self.pool, county).await?;
            let decision = store::decision_by_id(&mut tx, county, decision_id).await?;
            let decision = decision.ok_or(IntakeError::NoSuchDecision)?;
            if decision.undone.is_some() {
                return Err(IntakeError::AlreadyUndone);
            }
            let decision = LinkDecision { undone: Some(undone.clone()), ..decision };
            let news = take_back(&mut tx, county, &decision).await?;
            store::undo_decision(&mut tx, county, decision_id, &undone).await?;
            self.end(tx, county, Vec::from_iter(news)).await?;
            Ok(decision)
        })
        .await
    }
}

/// Takes back what a decision did, and says what is told of it.
async fn take_back(
    conn: &mut PgConnection,
    county: &str,
    decision: &LinkDecision,
) -> Result<Option<Event>, IntakeError> {
    let kind = decision.kind;
    let Some(other) = decision.other_id else { return Ok(None) };
    let cluster = living(conn, county, decision, decision.cluster_id).await?;
    match decision.act {
        LinkAct::Confirm => Ok(None),
        LinkAct::Join => {
            move_back(conn, county, decision, (cluster, other)).await?;
            // What was said of the one that is there again holds for it, not only for what it had gone into.
            store::revive_apart(conn, county, kind, (cluster, other)).await?;
            store::set_apart(conn, county, kind, (cluster, other), decision.decision_id).await?;
            Ok(cluster_news::join_taken_back(decision, cluster))
        }
        LinkAct::Split => {
            let fresh = living(conn, county, decision, other).await?;
            if fresh == cluster {
                return Err(IntakeError::NothingToUndo);
            }
            store::no_more_apart_by(conn, county, kind, decision.decision_id).await?;
            move_back(conn, county, decision, (fresh, cluster)).await?;
            // Where the one that was split off went into another one, that other one is still none of the first's.
            Ok((fresh == other).then(|| cluster_news::split_taken_back(decision, cluster)).flatten())
        }
    }
}

async fn move_back(
    conn: &mut PgConnection,
    county: &str,
    decision: &LinkDecision,
    (from, to): (Uuid, Uuid),
) -> Result<(), IntakeError> {
    let confirmed =
        store::confirmed_since(conn, county, decision.kind, decision.decision_id, &decision.report_ids)
            .await?;
    let reports: Vec<Uuid> =
        decision.report_ids.iter().copied().filter(|report| !confirmed.contains(report)).collect();
    let moved = store::move_reports(conn, county, decision.kind, from, to, &reports).await?;
    if moved.is_empty() { Err(IntakeError::NothingToUndo) } else { Ok(()) }
}

/// The cluster that one of a decision is now: where it went since, and where that one went.
async fn living(
    conn: &mut PgConnection,
    county: &str,
    decision: &LinkDecision,
    cluster: Uuid,
) -> Result<Uuid, StoreError> {
    let (mut cluster, mut after) = (cluster, decision.decision_id);
    while let Some((join, kept)) = store::join_of(conn, county, decision.kind, cluster, after).await? {
        (cluster, after) = (kept, join);
    }
    Ok(cluster)
}
