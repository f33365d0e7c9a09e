//! Asks the centre's desk about open cases that are of one dispute and about cases that hold two, and asks no more where that
//! has settled itself.
//!
//! What is asked follows from what is known: which clusters are one, which cases they have, and what people said. So it is
//! looked at again and again, in whatever order things came, and nothing is lost where a process ends between.

use std::{convert::Infallible, sync::Arc, time::Duration};

use fengqiao_messaging::{advance_turn, hold_turn};
use fengqiao_proto::intake::v1::{ClustersJoined, ClustersParted};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{Clock, from_proto};
use jiff::SignedDuration;
use prost::Message as _;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    counties::{RoutingCounties, RoutingCounty},
    domain::{
        merge_suggestions::{
            self, CasePair, ClusterJoin, ClusterNews, ClusterPart, ClusterSplit, JoinGround, JoinReason,
        },
        split_suggestions::{self, MixedCase},
        wording::evidence_name,
    },
    error::RoutingError,
    store::{
        DecisionRange, bounded, end_of_decisions, insert_standing, keep_merge_suggestions,
        keep_split_suggestions, mixed_to_suggest, pairs_to_suggest, settle_suggestions, settled_suggestions,
    },
};

/// The events of which [`cluster_news`] reads.
pub(crate) const CLUSTERS_JOINED: &str = "fengqiao.intake.v1.ClustersJoined";
pub(crate) const CLUSTERS_PARTED: &str = "fengqiao.intake.v1.ClustersParted";

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What was decided so lately is looked at each time.
const LATELY: SignedDuration = SignedDuration::from_mins(10);
/// So many older decisions are looked at each time, in turn: a case may be opened again long after.
const OLDER_AT_ONCE: i64 = 500;
/// So many suggestions are made or settled in one transaction.
const AT_ONCE: i64 = 100;
/// So often at most in one look; the rest has its turn at the next.
const MOST_ROUNDS: usize = 20;

/// Asks, and asks no more.
#[derive(Clone)]
pub struct ClusterSuggestions {
    /// Connections in routing's schema.
    pub pool: PgPool,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Seals subjects.
    pub keyring: Arc<Keyring>,
    /// What time it is.
    pub clock: Clock,
}

/// What is to be done in a county.
#[derive(Debug)]
struct Due {
    pairs: Vec<CasePair>,
    mixed: Vec<MixedCase>,
    settled: Vec<(Uuid, bool)>,
}

impl Due {
    const fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.mixed.is_empty() && self.settled.is_empty()
    }
}

impl ClusterSuggestions {
    /// Looks until told to stop. What fails is tried again at the next look.
    ///
    /// # Errors
    /// Never; the type is that of an owned task.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Infallible> {
        let mut places: Vec<(&RoutingCounty, Uuid)> =
            self.counties.iter().map(|place| (place.as_ref(), Uuid::nil())).collect();
        while !stop.is_cancelled() {
            for (place, after) in &mut places {
                match self.look(place, *after).await {
                    Ok(next) => *after = next,
                    Err(error) => {
                        tracing::warn!(
                            county = place.county.code,
                            error = &error as &dyn std::error::Error,
                            "suggestions to merge and to split could not be brought up to date"
                        );
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    /// Looks once: at what was decided lately, and at some older decisions after this one. Returns after which to go on.
    ///
    /// # Errors
    /// [`RoutingError`]; what was done until then is done.
    pub async fn look(&self, place: &RoutingCounty, after: Uuid) -> Result<Uuid, RoutingError> {
        let county = &place.county.code;
        let mut conn = bounded("connect", self.pool.acquire()).await?;
        let end = end_of_decisions(&mut conn, county, after, OLDER_AT_ONCE).await?;
        let lately = self.clock.now().checked_sub(LATELY).map_or(0, |since| since.as_millisecond());
        let lately = u64::try_from(lately).unwrap_or(0);
        let lately = uuid::Builder::from_unix_timestamp_millis(lately, &[0; 10]).into_uuid();
        let mut ranges = vec![DecisionRange { after: lately, last: Uuid::max() }];
        ranges.extend(end.map(|last| DecisionRange { after, last }));
        for range in ranges {
            for _ in 0..MOST_ROUNDS {
                // Mostly there is nothing to do, and nobody is held up.
                if self.due(&mut conn, county, range).await?.is_empty() {
                    break;
                }
                self.bring_up_to_date(&mut conn, place, range).await?;
            }
        }
        Ok(end.unwrap_or_default())
    }

    async fn due(
        &self,
        conn: &mut PgConnection,
        county: &str,
        range: DecisionRange,
    ) -> Result<Due, RoutingError> {
        let settled = settled_suggestions(conn, county, AT_ONCE).await?;
        let pairs = pairs_to_suggest(conn, county, range, AT_ONCE).await?;
        Ok(Due { pairs, mixed: mixed_to_suggest(conn, county, range, AT_ONCE).await?, settled })
    }

    /// In the county's turn, so that no command and no other process comes between.
    async fn bring_up_to_date(
        &self,
        conn: &mut PgConnection,
        place: &RoutingCounty,
        range: DecisionRange,
    ) -> Result<(), RoutingError> {
        let county = &place.county.code;
        let _turn = place.alone().await;
        let mut tx = bounded("begin", conn.begin()).await?;
        hold_turn(&mut tx, county).await?;
        let Due { pairs, mixed, settled } = self.due(&mut tx, county, range).await?;
        let (rulebook, now) = (place.rulebook(), self.clock.now());
        let pairs: Vec<(Uuid, CasePair)> = pairs.into_iter().map(|pair| (Uuid::now_v7(), pair)).collect();
        let mixed: Vec<(Uuid, MixedCase)> = mixed.into_iter().map(|mixed| (Uuid::now_v7(), mixed)).collect();
        let office = rulebook.office(&place.county);
        let mergers = pairs.iter().map(|(id, pair)| merge_suggestions::suggestion(*id, pair, now, office));
        let splits = mixed.iter().map(|(id, mixed)| split_suggestions::suggestion(*id, mixed, now, office));
        let duties: Vec<_> = mergers.chain(splits).collect();
        insert_standing(&mut tx, &self.keyring, county, &duties).await?;
        keep_merge_suggestions(&mut tx, county, &pairs).await?;
        keep_split_suggestions(&mut tx, county, &mixed).await?;
        settle_suggestions(&mut tx, county, &settled, now).await?;
        advance_turn(&mut tx, county).await?;
        bounded("commit", tx.commit()).await?;
        Ok(())
    }
}

/// What an event says of clusters; none where it is another kind.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn cluster_news(kind: &str, payload: &[u8]) -> Result<Option<ClusterNews>, &'static str> {
    match kind {
        CLUSTERS_JOINED => {
            let event = ClustersJoined::decode(payload).map_err(|_| "the message cannot be decoded")?;
            let reasons = event.reasons.iter().map(|reason| JoinReason {
                text: evidence_name(reason.evidence()).to_owned(),
                bits: reason.bits,
            });
            Ok(Some(ClusterNews::Joined(ClusterJoin {
                decision_id: id(&event.decision_id)?,
                kept: id(&event.kept_cluster_id)?,
                absorbed: id(&event.absorbed_cluster_id)?,
                ground: JoinGround {
                    joined_at: event.joined_at.as_ref().and_then(from_proto).ok_or("a time is missing")?,
                    score: event.score_bits,
                    reasons: reasons.collect(),
                    decided_by: event.decided_by,
                },
            })))
        }
        CLUSTERS_PARTED => {
            let event = ClustersParted::decode(payload).map_err(|_| "the message cannot be decoded")?;
            let decision_id = id(&event.decision_id)?;
            Ok(Some(ClusterNews::Parted(if event.takes_back {
                ClusterPart::TakenBack { decision_id }
            } else {
                ClusterPart::Split(ClusterSplit {
                    decision_id,
                    cluster: id(&event.cluster_id)?,
                    went_to: id(&event.other_cluster_id)?,
                    parted_at: event.parted_at.as_ref().and_then(from_proto).ok_or("a time is missing")?,
                    decided_by: event.decided_by,
                    report_ids: event.report_ids.iter().map(|report| id(report)).collect::<Result<_, _>>()?,
                })
            })))
        }
        _ => Ok(None),
    }
}

fn id(text: &str) -> Result<Uuid, &'static str> {
    Uuid::try_parse(text).map_err(|_| "an id is not a UUID")
}
