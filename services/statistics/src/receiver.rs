//! Receiving the events of the three sending services: facts are made of them, and areas kept.

use std::time::Duration;

use async_trait::async_trait;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Step};
use fengqiao_proto::{
    intake::v1::{ActivityRecorded, CallsRepeated, ReportAccepted},
    notification::v1::{PushLimitsMoved, PushReceipt, PushesDelivered},
    routing::v1::{CaseChanged, PushRequested},
};
use fengqiao_telemetry::trace;
use prost::{Message, Name};
use sqlx::PgConnection;
use tracing::span::EnteredSpan;

use crate::{
    domain::event::{Event, Unusable},
    store,
};

/// Makes facts of events. The same for all topics: none needs another to come first.
#[derive(Debug, Default)]
pub struct FactReceiver;

#[async_trait]
impl Apply for FactReceiver {
    /// Figures may be some moments old; each answer says how old.
    fn gathers_for(&self) -> Duration {
        Duration::from_millis(250)
    }

    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let mut events = Vec::new();
        for envelope in batch {
            let _step = step_in(envelope.trace.as_deref());
            let told = events_in(envelope).map_err(|reason| envelope.refused(&reason.to_string()))?;
            events.extend(told);
        }
        let areas = fengqiao_areas::newest_in(batch)?;
        let Some(mut tx) = step.begin(conn).await? else { return Ok(Applied::Overtaken) };
        let county = batch.first().map(|envelope| envelope.county.as_str()).unwrap_or_default();
        let saved = store::save(&mut tx, county, &events, fengqiao_serving::time::now()).await;
        saved.map_err(|error| ApplyError::Retry(Box::new(error)))?;
        if let Some(areas) = areas {
            fengqiao_areas::keep(&mut tx, &areas).await?;
        }
        tx.commit().await?;
        Ok(Applied::Done)
    }
}

/// What an envelope tells; nothing where it is of a kind that only a newer sender knows.
fn events_in(envelope: &Envelope) -> Result<Vec<Event>, Unusable> {
    let kind = envelope.kind.as_str();
    if kind == ReportAccepted::full_name() {
        Event::report_accepted(&read(envelope)?)
    } else if kind == CallsRepeated::full_name() {
        Event::calls_repeated(&read(envelope)?)
    } else if kind == ActivityRecorded::full_name() {
        Event::activity_recorded(&read(envelope)?)
    } else if kind == CaseChanged::full_name() {
        Event::case_changed(&read(envelope)?)
    } else if kind == PushRequested::full_name() {
        Event::push_requested(&read(envelope)?)
    } else if kind == PushReceipt::full_name() {
        Event::push_receipt(&read(envelope)?)
    } else if kind == PushLimitsMoved::full_name() {
        Event::push_limits_moved(&read(envelope)?)
    } else if kind == PushesDelivered::full_name() {
        pushes_delivered(&read(envelope)?)
    } else {
        tracing::debug!(kind, "an event of an unknown kind is passed over");
        Ok(Vec::new())
    }
}

/// The step in the trace that an event belongs to. One that belongs to none begins none.
fn step_in(traced: Option<&str>) -> Option<EnteredSpan> {
    traced.map(|traced| trace::child_span("statistics takes in", Some(traced)).entered())
}

/// Each in the trace of its own push.
fn pushes_delivered(told: &PushesDelivered) -> Result<Vec<Event>, Unusable> {
    let mut events = Vec::with_capacity(told.pushes.len());
    for push in &told.pushes {
        let _step = step_in(Some(push.traceparent.as_str()).filter(|traced| !traced.is_empty()));
        events.extend(Event::push_delivered(push)?);
    }
    Ok(events)
}

fn read<M: Message + Default>(envelope: &Envelope) -> Result<M, Unusable> {
    M::decode(envelope.payload.as_slice()).map_err(|_| Unusable("the payload is not its kind"))
}

#[cfg(test)]
mod tests {
    use fengqiao_messaging::Topic;

    use super::*;

    fn envelope(kind: &str, payload: Vec<u8>) -> Envelope {
        Envelope {
            county: "421181".into(),
            topic: Topic::Intake,
            position: 1,
            kind: kind.into(),
            payload,
            trace: None,
        }
    }

    #[test]
    fn unknown_kinds_are_passed_over_and_broken_ones_refused() {
        assert_eq!(events_in(&envelope("fengqiao.intake.v9.Moved", vec![])), Ok(vec![]));
        let broken = envelope("fengqiao.intake.v1.ReportAccepted", vec![0xff]);
        assert!(events_in(&broken).is_err());
    }
}
