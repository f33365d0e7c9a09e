//! One transaction's worth of changes: rows and events that belong together.

use fengqiao_messaging::{Event, append};
use fengqiao_sealing::Keyring;
use fengqiao_telemetry::trace;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    announcements::{case_changed, push_requested},
    counties::RoutingCounty,
    domain::transition::Change,
    error::RoutingError,
    store::Changes,
};

/// Collects changes and the events that follow from them, and writes both.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The rows.
    pub changes: Changes,
    events: Vec<Event>,
}

impl Ledger {
    /// Adds a change of a case, made by a report or not, within a trace.
    pub fn add(
        &mut self,
        change: Change,
        report_id: Option<Uuid>,
        place: &RoutingCounty,
        traceparent: Option<&str>,
    ) {
        let case = change.case.clone();
        if change.announced {
            self.events.push(case_changed(&case, report_id, traceparent));
        }
        let county = &place.county.code;
        let trace_id = trace::trace_id(traceparent);
        for push in self.changes.add(change, &trace_id) {
            let level = push.order.level.word();
            metrics::counter!("fengqiao_routing_pushes_requested_total", "county" => county.clone(), "level" => level)
                .increment(1);
            self.events.push(push_requested(&case, push, place, traceparent));
        }
    }

    /// Writes the rows, then, last before the commit, the events: two round trips, however much it is.
    ///
    /// # Errors
    /// What [`Changes::write`] and the outbox say.
    pub async fn write(
        &self,
        conn: &mut PgConnection,
        county: &str,
        keyring: &Keyring,
    ) -> Result<(), RoutingError> {
        self.write_rows(conn, county, keyring).await?;
        self.write_events(conn, county).await
    }

    /// Writes the rows only.
    ///
    /// # Errors
    /// What [`Changes::write`] says.
    pub async fn write_rows(
        &self,
        conn: &mut PgConnection,
        county: &str,
        keyring: &Keyring,
    ) -> Result<(), RoutingError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        self.changes.write(conn, county, keyring).await
    }

    /// Writes the events: the last statement before the commit.
    ///
    /// # Errors
    /// What the outbox says.
    pub async fn write_events(&self, conn: &mut PgConnection, county: &str) -> Result<(), RoutingError> {
        append(conn, county, &self.events).await?;
        Ok(())
    }
}
