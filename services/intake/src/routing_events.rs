//! What intake learns from routing: which clusters have an open case and may be joined, and which areas hold.

use std::time::Duration;

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_proto::{
    intake::v1::{CaseProgress, CaseStanding},
    notification::v1::FeedbackOutcome,
    routing::v1::CaseChanged,
    types::v1::CaseState,
};
use fengqiao_serving::time::from_proto;
use jiff::Timestamp;
use prost::{Message as _, Name as _};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    domain::{
        case_news::{CaseNews, last_word},
        following::CaseNotice,
        joinable::Joinable,
        told_case::{CaseTold, ToldCase, summed},
    },
    store::{apply_cluster_news, follow_cases, tell_cases},
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

    /// Each change of a case says what it is then.
    fn takes_late(&self) -> bool {
        false
    }

    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let Some(first) = batch.first() else { return Ok(Applied::Done) };
        let kind = CaseChanged::full_name();
        let areas = fengqiao_areas::newest_in(batch)?;
        let (mut news, mut told, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        // Push requests and kinds of a later version are none of intake's business.
        for event in batch.iter().filter(|event| event.kind == kind) {
            let changed = Changed::read(event)?;
            news.extend(changed.news()?);
            told.push(changed.told()?);
            notices.extend(changed.notice()?);
        }
        let Some(mut tx) = step.begin(conn).await? else { return Ok(Applied::Overtaken) };
        apply_cluster_news(&mut tx, &first.county, &last_word(news)).await?;
        tell_cases(&mut tx, &first.county, &summed(told)).await?;
        follow_cases(&mut tx, &first.county, &notices).await?;
        if let Some(areas) = areas {
            fengqiao_areas::keep(&mut tx, &areas).await?;
        }
        tx.commit().await?;
        Ok(Applied::Done)
    }
}

/// What a case says of itself in an event.
struct Changed {
    /// Of the event, by which it is refused.
    position: i64,
    message: CaseChanged,
}

impl Changed {
    fn read(event: &Envelope) -> Result<Self, ApplyError> {
        let position = event.position;
        let message = CaseChanged::decode(event.payload.as_slice());
        let message = message
            .map_err(|_| ApplyError::Refuse { position, reason: "not a CaseChanged message".to_owned() })?;
        Ok(Self { position, message })
    }

    fn refusal(&self, reason: &str) -> ApplyError {
        ApplyError::Refuse { position: self.position, reason: reason.to_owned() }
    }

    fn id(&self, text: &str, reason: &str) -> Result<Uuid, ApplyError> {
        Uuid::try_parse(text).map_err(|_| self.refusal(reason))
    }

    fn opened(&self, at: Option<&prost_types::Timestamp>) -> Result<Timestamp, ApplyError> {
        at.and_then(from_proto).ok_or_else(|| self.refusal("opened_at is no time"))
    }

    /// What a case says of its cluster, and of those of the cases that were merged into it: their reports go there
    /// as long as it takes any. A merged case itself says nothing, so a cluster whose case was merged stays open.
    fn news(&self) -> Result<Vec<CaseNews>, ApplyError> {
        let changed = &self.message;
        // A resolved case still takes reports: people say that it is not over, and it is opened again.
        let open = matches!(changed.state(), CaseState::Open | CaseState::Resolved);
        let until = changed.takes_reports_until.as_ref();
        let until = until
            .map(|until| from_proto(until).ok_or_else(|| self.refusal("takes_reports_until is no time")));
        let joinable = Joinable::new(open, until.transpose()?);
        let news = |cluster: &str, opened_at: Option<&prost_types::Timestamp>| {
            Ok(CaseNews {
                cluster_id: self.id(cluster, "the cluster is not a UUID")?,
                opened_at: self.opened(opened_at)?,
                joinable,
            })
        };
        let own = news(&changed.cluster_id, changed.opened_at.as_ref())?;
        if !changed.merged_into.is_empty() {
            return Ok(Vec::new());
        }
        let taken =
            changed.taken_clusters.iter().map(|taken| news(&taken.cluster_id, taken.opened_at.as_ref()));
        std::iter::once(Ok(own)).chain(taken).collect()
    }

    /// What a case says of itself, of the clusters whose reports are in it, and of reports that came from another.
    fn told(&self) -> Result<CaseTold, ApplyError> {
        let changed = &self.message;
        let id = |text: &str, reason| self.id(text, reason);
        let opened = |at| self.opened(at);
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
                number: changed.number.clone(),
            },
        })
    }

    /// What a case says of its reports; nothing where it does not say which case it is.
    fn notice(mut self) -> Result<Option<CaseNotice>, ApplyError> {
        if self.message.case_id.is_empty() {
            return Ok(None);
        }
        let sealed_words = std::mem::take(&mut self.message.sealed_words);
        let changed = &self.message;
        let id = |text: &str| self.id(text, "an id is not a UUID");
        let feedback = match changed.lead_feedback() {
            FeedbackOutcome::Unspecified => None,
            FeedbackOutcome::InProgress => Some(CaseProgress::InProgress),
            FeedbackOutcome::Done => Some(CaseProgress::Done),
            FeedbackOutcome::Cannot => Some(CaseProgress::Cannot),
        };
        Ok(Some(CaseNotice {
            case_id: id(&changed.case_id)?,
            version: changed.version,
            at: changed.changed_at,
            clusters: std::iter::once(&changed.cluster_id)
                .chain(changed.taken_clusters.iter().map(|taken| &taken.cluster_id))
                .map(|text| id(text))
                .collect::<Result<_, _>>()?,
            merged: !changed.merged_into.is_empty(),
            report: Some(changed.report_id.as_str()).filter(|text| !text.is_empty()).map(id).transpose()?,
            moved: changed.moved_report_ids.iter().map(|text| id(text)).collect::<Result<_, _>>()?,
            feedback,
            standing: CaseStanding {
                case_number: changed.number.clone(),
                state: changed.state,
                level: changed.level,
                lead_agency: changed.lead_agency.clone(),
                lead_agency_name: changed.lead_agency_name.clone(),
                opened_at: changed.opened_at,
                signed_at: changed.lead_signed_at,
                resolved_at: changed.resolved_at,
                revisited_at: changed.revisited_at,
                closed_at: changed.closed_at,
                ..CaseStanding::default()
            },
            sealed_words: Some(sealed_words).filter(|words| !words.is_empty()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use fengqiao_messaging::Topic;
    use fengqiao_proto::routing::v1::TakenCluster;

    use super::*;

    fn news_of(event: &Envelope) -> Result<Vec<CaseNews>, ApplyError> {
        Changed::read(event)?.news()
    }

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
