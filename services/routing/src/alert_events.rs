//! What statistics tells: figures that moved further than chance explains become duties of the centre's desk, once.

use std::sync::Arc;

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_proto::statistics::v1::AlertRaised;
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::from_proto;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    counties::RoutingCounties,
    domain::standing::inquiries::{Raised, inquiry},
    store::insert_standing,
};

const ALERT_RAISED: &str = "fengqiao.statistics.v1.AlertRaised";
/// Who makes the duty.
const BY: &str = "statistics";

/// Applies statistics' events.
pub struct AlertEvents {
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// Seals subjects.
    pub keyring: Arc<Keyring>,
}

#[async_trait]
impl Apply for AlertEvents {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let Some(first) = batch.first() else { return Ok(Applied::Done) };
        let place = self.counties.get(&first.county).ok_or_else(|| first.refused("the county is unknown"))?;
        // Kinds of a later version are not ours to judge.
        let raised = batch.iter().filter(|envelope| envelope.kind == ALERT_RAISED);
        let raised = raised.map(|envelope| {
            AlertRaised::decode(envelope.payload.as_slice())
                .map_err(|_| "the message cannot be decoded")
                .and_then(read)
                .map_err(|what| envelope.refused(what))
        });
        let raised = raised.collect::<Result<Vec<_>, _>>()?;
        if raised.is_empty() {
            return Ok(step.take_alone(conn).await?);
        }
        let rulebook = place.rulebook();
        let duties: Vec<_> =
            raised.into_iter().map(|raised| inquiry(raised, BY, rulebook.office(&place.county))).collect();
        let Some(mut tx) = step.begin(conn).await? else { return Ok(Applied::Overtaken) };
        insert_standing(&mut tx, &self.keyring, &place.county.code, &duties)
            .await
            .map_err(|error| ApplyError::Retry(Box::new(error)))?;
        tx.commit().await?;
        Ok(Applied::Done)
    }
}

fn read(event: AlertRaised) -> Result<Raised, &'static str> {
    Ok(Raised {
        id: Uuid::try_parse(&event.alert_id).map_err(|_| "the alert's id is not a UUID")?,
        rule: event.rule,
        name: event.rule_name,
        area_code: event.area_code,
        reason: event.reason,
        raised_at: event
            .raised_at
            .as_ref()
            .and_then(from_proto)
            .ok_or("the time is missing or impossible")?,
    })
}
