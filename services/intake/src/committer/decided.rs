//! A batch that is decided: written, and announced when it is.

use fengqiao_messaging::{Event, Outbox, Turn};
use fengqiao_proto::intake::v1::ReportAccepted;
use fengqiao_serving::time;
use jiff::Timestamp;
use prost::{Message as _, Name as _};
use sqlx::PgConnection;

use crate::{
    contract,
    domain::decision::{Decision, Decisions},
    reception::ReceivedReport,
    store::{DecidedBatch, StoreError},
};

const ACCEPTED: &str = "fengqiao.intake.v1.ReportAccepted";

/// A batch that is decided and not yet written.
pub(super) struct Decided {
    decisions: Decisions,
    events: Vec<Event>,
    now: Timestamp,
}

impl Decided {
    /// What became of the reports, in their order, at this time.
    pub(super) fn new(reports: &[&ReceivedReport], decisions: Decisions, now: Timestamp) -> Self {
        let events = reports
            .iter()
            .zip(&decisions.each)
            .filter(|(_, decision)| decision.change.is_written())
            .map(|(report, decision)| accepted_event(report, decision, now))
            .collect();
        Self { decisions, events, now }
    }

    /// What became of each.
    pub(super) const fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// See [`DecidedBatch::write`]; with nothing to write, it is done.
    pub(super) async fn write(
        &self,
        county: &str,
        reports: &[&ReceivedReport],
        connection: &mut PgConnection,
        turn: Turn,
    ) -> Result<Option<i64>, StoreError> {
        let (decisions, events, now) = (&self.decisions, &self.events, self.now);
        DecidedBatch { county, reports, decisions, events, now }.write(connection, turn).await
    }

    /// It is committed: the events can go out.
    pub(super) fn announce(self, outbox: &Outbox, county: &str, first_position: i64) -> Vec<Decision> {
        outbox.sent(county, first_position, self.events);
        self.decisions.each
    }
}

fn accepted_event(report: &ReceivedReport, decision: &Decision, now: Timestamp) -> Event {
    debug_assert_eq!(ReportAccepted::full_name(), ACCEPTED);
    let accepted = ReportAccepted {
        report_id: decision.report_id.to_string(),
        revision: decision.revision,
        source: report.source.into(),
        source_ref: report.source_ref.clone(),
        area_code: report.area.as_str().to_owned(),
        category: report.category.clone(),
        occurred_at: Some(time::to_proto(report.occurred_at)),
        accepted_at: Some(time::to_proto(now)),
        linkage: Some(contract::linkage(&decision.linkage)),
        received_by: report.submitted_by.clone(),
        sealed_matter: report.sealed_matter.clone(),
        confidential: report.confidential,
        drill: report.drill,
        first_contact: report.first_contact.clone(),
    };
    Event { kind: ACCEPTED, payload: accepted.encode_to_vec(), trace: report.trace.clone() }
}
