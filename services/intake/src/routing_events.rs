//! What intake learns from routing: which clusters have an open case and may be joined, and which areas hold.

use std::time::Duration;

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_proto::{routing::v1::CaseChanged, types::v1::CaseState};
use fengqiao_serving::time::from_proto;
use prost::{Message as _, Name as _};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    domain::{
        case_news::{CaseNews, last_word},
        joinable::Joinable,
        told_case::{CaseTold, ToldCase, summed},
    },
    store::{apply_cluster_news, tell_cases},
};

/// Applies routing's events.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoutingEvents;

#[async_trait]
impl Apply for RoutingEvents {
    /// A case that was closed a moment ago may take one more report; routing opens it again or a new one for it.
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
        let areas = fengqiao_areas::newest_in(batch)?;
        // Push requests and kinds of a later version are none of intake's business.
        let news = batch
            .iter()
            .filter(|event| event.kind == changed)
            .map(news_of)
            .collect::<Result<Vec<Vec<CaseNews>>, ApplyError>>()?
            .concat();
        let told = batch
            .iter()
            .filter(|event| event.kind == changed)
            .map(case_told)
            .collect::<Result<Vec<CaseTold>, ApplyError>>()?;
        let Some(mut tx) = step.begin(conn).await? else { return Ok(Applied::Overtaken) };
        apply_cluster_news(&mut tx, &first.county, &last_word(news)).await?;
        tell_cases(&mut tx, &first.county, &summed(told)).await?;
        if let Some(areas) = areas {
            fengqiao_areas::keep(&mut tx, &areas).await?;
        }
        tx.commit().await?;
        Ok(Applied::Done)
    }
}

/// What a case says of its cluster, and of those of the cases that were merged into it: their reports go there
/// as long as it takes any. A merged case itself says nothing, so a cluster whose case was merged stays open.
fn news_of(event: &Envelope) -> Result<Vec<CaseNews>, ApplyError> {
    let refuse = |reason: &str| ApplyError::Refuse { position: event.position, reason: reason.to_owned() };
    let changed =
        CaseChanged::decode(event.payload.as_slice()).map_err(|_| refuse("not a CaseChanged message"))?;
    // A resolved case still takes reports: people say that it is not over, and it is opened again.
    let open = matches!(changed.state(), CaseState::Open | CaseState::Resolved);
    let until = changed.takes_reports_until.as_ref();
    let until = until.map(|until| from_proto(until).ok_or_else(|| refuse("takes_reports_until is no time")));
    let joinable = Joinable::new(open, until.transpose()?);
    let news = |cluster: &str, opened_at: Option<&prost_types::Timestamp>| {
        Ok(CaseNews {
            cluster_id: Uuid::try_parse(cluster).map_err(|_| refuse("the cluster is not a UUID"))?,
            opened_at: opened_at.and_then(from_proto).ok_or_else(|| refuse("opened_at is no time"))?,
            joinable,
        })
    };
    let own = news(&changed.cluster_id, changed.opened_at.as_ref())?;
    if !changed.merged_into.is_empty() {
        return Ok(Vec::new());
    }
    let taken = changed.taken_clusters.iter().map(|taken| news(&taken.cluster_id, taken.opened_at.as_ref()));
    std::iter::once(Ok(own)).chain(taken).collect()
}

/// What a case says of itself, of the clusters whose reports are in it, and of reports that came from another.
fn case_told(event: &Envelope) -> Result<CaseTold, ApplyError> {
    let refuse = |reason: &str| ApplyError::Refuse { position: event.position, reason: reason.to_owned() };
    let changed =
        CaseChanged::decode(event.payload.as_slice()).map_err(|_| refuse("not a CaseChanged message"))?;
    let id = |text: &str, reason| Uuid::try_parse(text).map_err(|_| refuse(reason));
    let opened = |at: Option<&prost_types::Timestamp>| {
        at.and_then(from_proto).ok_or_else(|| refuse("opened_at is no time"))
    };
    let opened_at = opened(changed.opened_at.as_ref())?;
    let mut clusters = Vec::new();
    if changed.merged_into.is_empty() {
        clusters.push((id(&changed.cluster_id, "the cluster is not a UUID")?, opened_at));
        for taken in &changed.taken_clusters {
            let cluster = id(&taken.cluster_id, "the cluster is not a UUID")?;
            clusters.push((cluster, opened(taken.opened_at.as_ref())?));
        }
    }
    let moved = changed.moved_report_ids.iter().map(|report| id(report, "a moved report is not a UUID"));
    Ok(CaseTold {
        clusters,
        moved: moved.collect::<Result<_, _>>()?,
        case: ToldCase {
            case_id: id(&changed.case_id, "the case is not a UUID")?,
            version: changed.version,
            state: changed.state(),
            protected: changed.protected,
            opened_at,
            over_at: changed.closed_at.as_ref().and_then(from_proto),
            number: changed.number,
        },
    })
}

#[cfg(test)]
mod tests {
    use fengqiao_messaging::Topic;
    use fengqiao_proto::routing::v1::TakenCluster;

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
            let news = news_of(&event(changed.encode_to_vec())).unwrap();
            let told: Vec<_> = news.iter().map(|news| news.joinable.is_open()).collect();
            assert_eq!(told, [open], "{state:?}");
        }
    }

    #[test]
    fn a_case_that_is_over_takes_reports_for_as_long_as_routing_says() {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let mut changed = CaseChanged {
            cluster_id: Uuid::from_u128(1).to_string(),
            opened_at: time(1),
            takes_reports_until: time(100),
            ..Default::default()
        };
        let joinable = |changed: &CaseChanged| news_of(&event(changed.encode_to_vec())).unwrap()[0].joinable;
        changed.set_state(CaseState::Rejected);
        assert_eq!(joinable(&changed), Joinable::Until(jiff::Timestamp::from_second(100).unwrap()));
        // An older routing says nothing of it.
        changed.takes_reports_until = None;
        assert_eq!(joinable(&changed), Joinable::Never);
        changed.takes_reports_until = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
        let refused = news_of(&event(changed.encode_to_vec()));
        assert!(matches!(refused, Err(ApplyError::Refuse { position: 7, .. })));
    }

    #[test]
    fn the_cluster_of_a_merged_case_is_as_open_as_the_case_that_took_it_in() {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let (merged, own) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut changed = CaseChanged {
            cluster_id: merged.to_string(),
            opened_at: time(9),
            merged_into: Uuid::from_u128(20).to_string(),
            ..Default::default()
        };
        changed.set_state(CaseState::Closed);
        assert!(news_of(&event(changed.encode_to_vec())).unwrap().is_empty());
        let taken = TakenCluster { cluster_id: merged.to_string(), opened_at: time(9) };
        let mut target = CaseChanged {
            cluster_id: own.to_string(),
            opened_at: time(5),
            taken_clusters: vec![taken],
            ..Default::default()
        };
        for (state, open) in [(CaseState::Open, true), (CaseState::Closed, false)] {
            target.set_state(state);
            let news = news_of(&event(target.encode_to_vec())).unwrap();
            let told: Vec<_> = news
                .iter()
                .map(|news| (news.cluster_id, news.opened_at.as_second(), news.joinable.is_open()))
                .collect();
            assert_eq!(told, [(own, 5, open), (merged, 9, open)], "{state:?}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused_by_its_position() {
        for payload in [vec![0xff], CaseChanged::default().encode_to_vec()] {
            assert!(matches!(news_of(&event(payload)), Err(ApplyError::Refuse { position: 7, .. })));
        }
    }
}
