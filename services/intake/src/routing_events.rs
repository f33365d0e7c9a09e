//! What intake learns from routing: which clusters have an open case and may be joined.

use std::time::Duration;

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_proto::{routing::v1::CaseChanged, types::v1::CaseState};
use fengqiao_serving::time::from_proto;
use prost::{Message as _, Name as _};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    domain::case_news::{CaseNews, last_word},
    store::apply_cluster_news,
};

/// Applies routing's events.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoutingEvents;

#[async_trait]
impl Apply for RoutingEvents {
    /// A case that was closed a moment ago may take one more report; routing opens a new one for it.
    fn gathers_for(&self) -> Duration {
        Duration::from_millis(100)
    }

    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let Some(first) = batch.first() else { return Ok(Applied::Done) };
        let changed = CaseChanged::full_name();
        // Push requests and kinds of a later version are none of intake's business.
        let news = batch
            .iter()
            .filter(|event| event.kind == changed)
            .map(news_of)
            .collect::<Result<Vec<CaseNews>, ApplyError>>()?;
        let Some(mut tx) = step.begin(conn).await? else { return Ok(Applied::Overtaken) };
        apply_cluster_news(&mut tx, &first.county, &last_word(news)).await?;
        tx.commit().await?;
        Ok(Applied::Done)
    }
}

fn news_of(event: &Envelope) -> Result<CaseNews, ApplyError> {
    let refuse = |reason: &str| ApplyError::Refuse { position: event.position, reason: reason.to_owned() };
    let changed =
        CaseChanged::decode(event.payload.as_slice()).map_err(|_| refuse("not a CaseChanged message"))?;
    Ok(CaseNews {
        cluster_id: Uuid::try_parse(&changed.cluster_id).map_err(|_| refuse("the cluster is not a UUID"))?,
        opened_at: changed
            .opened_at
            .as_ref()
            .and_then(from_proto)
            .ok_or_else(|| refuse("opened_at is no time"))?,
        // A resolved case still takes reports: people say that it is not over, and it is opened again.
        open: matches!(changed.state(), CaseState::Open | CaseState::Resolved),
    })
}

#[cfg(test)]
mod tests {
    use fengqiao_messaging::Topic;

    use super::*;

    fn event(payload: Vec<u8>) -> Envelope {
        Envelope {
            county: "421181".into(),
            topic: Topic::Routing,
            position: 7,
            kind: CaseChanged::full_name(),
            payload,
            trace: None,
        }
    }

    #[test]
    fn a_resolved_case_still_takes_reports() {
        let mut changed = CaseChanged {
            cluster_id: Uuid::from_u128(1).to_string(),
            opened_at: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
            ..Default::default()
        };
        for (state, open) in [
            (CaseState::Open, true),
            (CaseState::Resolved, true),
            (CaseState::Closed, false),
            (CaseState::Rejected, false),
        ] {
            changed.set_state(state);
            assert_eq!(news_of(&event(changed.encode_to_vec())).unwrap().open, open, "{state:?}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused_by_its_position() {
        for payload in [vec![0xff], CaseChanged::default().encode_to_vec()] {
            assert!(matches!(news_of(&event(payload)), Err(ApplyError::Refuse { position: 7, .. })));
        }
    }
}
