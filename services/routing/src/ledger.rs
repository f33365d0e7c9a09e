//! One transaction's worth of changes: rows and events that belong together.

use fengqiao_messaging::{Event, InTurn, Outbox, Step};
use fengqiao_sealing::Keyring;
use fengqiao_telemetry::trace;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    announcements::{case_changed, push_requested},
    counties::RoutingCounty,
    domain::transition::Change,
    error::RoutingError,
    store::{Changes, CountyTurn},
};

/// Collects changes and the events that follow from them, and writes both.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The rows.
    pub changes: Changes,
    events: Vec<Event>,
    /// Where the events stand, once they are written.
    first_position: Option<i64>,
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
        let trace_id = trace::trace_id(traceparent);
        for push in self.changes.add(change, &trace_id) {
            self.events.push(push_requested(&case, push, place, traceparent));
        }
    }

    /// Writes rows and events in the county's turn. False where the turn was another's and nothing is
    /// written. The caller commits and then says so with [`Ledger::announce`].
    ///
    /// # Errors
    /// What [`Changes::write`] says.
    pub async fn write(
        &mut self,
        conn: &mut PgConnection,
        county: &str,
        turn: CountyTurn,
        step: Option<&Step>,
        keyring: &Keyring,
    ) -> Result<bool, RoutingError> {
        let in_turn = InTurn { county, turn: turn.turn, step, events: &self.events };
        self.first_position = self.changes.write(conn, in_turn, turn.head, keyring).await?;
        Ok(self.first_position.is_some())
    }

    /// What is written is committed: the events can go out, and it counts.
    pub fn announce(self, county: &str, outbox: &Outbox) {
        for push in self.changes.pushes() {
            let level = push.order.level.word();
            metrics::counter!("fengqiao_routing_pushes_requested_total", "county" => county.to_owned(), "level" => level)
                .increment(1);
        }
        if let Some(first) = self.first_position {
            outbox.sent(county, first, self.events);
        }
    }
}
