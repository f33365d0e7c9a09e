//! Taking a state of a ticket: it is joined with what is known of the ticket before it waits for its commit.
//!
//! The commit only takes it while what it was joined with is still the newest; else it is joined anew. So two states
//! that come at once, by whatever processes, are both in the ticket afterwards.

use std::time::Duration;

use fengqiao_access::Principal;
use fengqiao_messaging::Backoff;
use fengqiao_proto::{
    intake::v1::{Report, SubmitReportResponse},
    types::v1::Source,
};
use tokio::time::sleep;

use crate::{
    contract,
    domain::{decision::Change, ticket_states::join},
    error::IntakeError,
    grpc::in_time,
    intake::{Intake, WhenFull},
    store,
};

/// So many other states of one ticket may come in between.
const MOST_TRIES: u32 = 20;
const SHORTEST_WAIT: Duration = Duration::from_millis(2);
const LONGEST_WAIT: Duration = Duration::from_millis(200);

impl Intake {
    /// Takes a state of a ticket. It has to be right by itself, whatever it is joined with.
    ///
    /// # Errors
    /// As [`Intake::submit`].
    pub(crate) async fn submit_state(
        &self,
        who: &Principal,
        state: Report,
        when_full: WhenFull,
    ) -> Result<SubmitReportResponse, IntakeError> {
        drop(self.receive(who, Some(state.clone()))?);
        let county = self.county_of(who, &state.county)?;
        let state = Report { county: county.to_owned(), ..state };
        let mut backoff = Backoff::new(SHORTEST_WAIT, LONGEST_WAIT);
        while backoff.tries() < MOST_TRIES {
            let stored =
                in_time(store::report_by_ref(&self.pool, county, source_of(&state), &state.source_ref))
                    .await?;
            let (joined, revision) = match stored {
                None => (state.clone(), 0),
                Some(stored) => {
                    let held = self.opened(county, stored)?;
                    let content = held.report.clone().unwrap_or_default();
                    let joined = join(content.clone(), state.clone());
                    if joined == content {
                        return Ok(SubmitReportResponse {
                            report_id: held.report_id,
                            revision: held.revision,
                            known: true,
                            linkage: held.linkage,
                        });
                    }
                    (joined, held.revision)
                }
            };
            let mut received = self.receive(who, Some(joined))?;
            received.made_on = Some(revision);
            let decision = self.commit(who, received, when_full).await?;
            if decision.change != Change::Overtaken {
                return Ok(contract::acknowledgement(&decision));
            }
            sleep(backoff.next_wait()).await;
        }
        Err(IntakeError::Overtaken)
    }
}

/// The source of a report that was found right.
fn source_of(report: &Report) -> Source {
    Source::try_from(report.source).unwrap_or_default()
}
