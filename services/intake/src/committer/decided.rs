//! A batch that is decided: written, and announced when it is.

use std::collections::HashSet;

use fengqiao_linkage::Kind;
use fengqiao_messaging::{Event, Outbox, Turn};
use fengqiao_proto::intake::v1::ReportAccepted;
use fengqiao_serving::time;
use jiff::{SignedDuration, Timestamp};
use prost::{Message as _, Name as _};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    cluster_news::{self, FoundJoin},
    contract,
    domain::decision::{Change, Decision, Decisions},
    reception::ReceivedReport,
    store::{DecidedBatch, StoreError, Written},
};

const ACCEPTED: &str = "fengqiao.intake.v1.ReportAccepted";

/// A batch that is decided and not yet written.
pub(super) struct Decided {
    decisions: Decisions,
    /// The ids of the joins as decisions, in their order.
    join_ids: Vec<Uuid>,
    events: Vec<Event>,
    now: Timestamp,
    window: SignedDuration,
}

impl Decided {
    /// What became of the reports, in their order, at this time; `window` is how far back something counts.
    pub(super) fn new(
        reports: &[&ReceivedReport],
        decisions: Decisions,
        now: Timestamp,
        window: SignedDuration,
    ) -> Self {
        let mut events: Vec<Event> = reports
            .iter()
            .zip(&decisions.each)
            .filter(|(_, decision)| decision.change.is_written())
            .map(|(report, decision)| accepted_event(report, decision, now))
            .collect();
        let join_ids: Vec<Uuid> = decisions.joins.iter().map(|_| Uuid::now_v7()).collect();
        events.extend(joined_events(reports, &decisions, &join_ids, now));
        Self { decisions, join_ids, events, now, window }
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
    ) -> Result<Option<Written>, StoreError> {
        let Self { decisions, join_ids, events, now, window } = self;
        let batch = DecidedBatch { county, reports, decisions, join_ids, events, window: *window, now: *now };
        batch.write(connection, turn, |shown| cluster_news::calls_repeated(shown, *now)).await
    }

    /// It is committed: the events can go out.
    pub(super) fn announce(self, outbox: &Outbox, county: &str, written: Written) -> Vec<Decision> {
        outbox.sent(county, written.first, self.events);
        if !written.later.is_empty() {
            outbox.sent(county, written.later_first, written.later);
        }
        self.decisions.each
    }
}

/// What is told of case clusters that turned out to be one. A cluster that this batch made is none that anybody has seen.
fn joined_events(
    reports: &[&ReceivedReport],
    decisions: &Decisions,
    join_ids: &[Uuid],
    now: Timestamp,
) -> Vec<Event> {
    if decisions.joins.is_empty() {
        return Vec::new();
    }
    let new: HashSet<Uuid> = decisions
        .each
        .iter()
        .filter(|decision| decision.change == Change::New)
        .map(|decision| decision.report_id)
        .collect();
    let trace_of = |report: Uuid| {
        let decided = decisions.each.iter().position(|decision| decision.report_id == report);
        decided.and_then(|at| reports[at].trace.clone())
    };
    let seen = decisions
        .joins
        .iter()
        .zip(join_ids)
        .filter(|(found, _)| found.join.kind == Kind::Case && !new.contains(&found.join.absorbed));
    seen.map(|(found, id)| {
        let trace = trace_of(found.report_id);
        cluster_news::joined_by_evidence(&FoundJoin { decision_id: *id, found, at: now, trace })
    })
    .collect()
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
        ticket: report.ticket.clone(),
    };
    Event { kind: ACCEPTED, payload: accepted.encode_to_vec(), trace: report.trace.clone() }
}
