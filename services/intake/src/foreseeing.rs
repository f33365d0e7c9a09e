//! What would become of what is only checked, by what is held at that moment. Nothing is written, and nobody waits for it.

use std::sync::Arc;

use fengqiao_proto::intake::v1::{Foreseen, SubmitRecordResponse, SubmitReportResponse};
use fengqiao_serving::time;

use crate::{
    domain::{
        completing::complete,
        decision::Said,
        police::{RecordName, Version},
    },
    error::IntakeError,
    grpc::in_time,
    intake::Intake,
    reception::ReceivedReport,
    store::{self, KeptActivity},
};

/// So many look at a time, whatever files are checked: who reports goes first.
pub(crate) const LOOKING_AT_A_TIME: usize = 4;

/// Something of a record that was found right and is not taken.
pub(crate) enum Checked {
    /// Reports.
    Reports(Vec<ReceivedReport>),
    /// A record of the police.
    Police(RecordName, Version),
    /// An activity.
    Activity(Box<KeptActivity>),
}

impl Intake {
    /// What would become of a report.
    ///
    /// # Errors
    /// What would be wrong with it together with what is held, or why nobody can tell.
    pub(crate) async fn foresee(
        &self,
        county: &str,
        received: &ReceivedReport,
    ) -> Result<SubmitReportResponse, IntakeError> {
        let _one_of_few = self.looking.acquire().await.map_err(|_| IntakeError::Ending)?;
        let foreseen = self.foreseen(county, received).await?;
        Ok(SubmitReportResponse {
            foreseen: foreseen.into(),
            source_ref: received.source_ref.clone(),
            ..SubmitReportResponse::default()
        })
    }

    async fn foreseen(&self, county: &str, received: &ReceivedReport) -> Result<Foreseen, IntakeError> {
        let (source, name) = (received.source, received.source_ref.as_str());
        let Some(held) = in_time(store::held_report(&self.pool, county, source, name)).await? else {
            return Ok(Foreseen::New);
        };
        let said =
            Said { fingerprint: &held.fingerprint, said_before: &held.said_before, detailed: held.detailed };
        if said.knows((&received.fingerprint, &received.said), received.from_file) {
            return Ok(Foreseen::Known);
        }
        if received.whole.replaces(held.detailed) {
            return Ok(Foreseen::Revised);
        }
        let stored = in_time(store::report_by_ref(&self.pool, county, source, name)).await?;
        // Of what is past its term nothing is left to complete anything by.
        let Some(stored) = stored.filter(|stored| !stored.sealed_matter.is_empty()) else {
            return Ok(Foreseen::Revised);
        };
        let held = self.reception.held(county, &stored)?;
        let completed = complete(held.clone(), self.reception.brought(county, received)?);
        if completed == held {
            return Ok(Foreseen::Known);
        }
        self.reception.receive_completed(county, completed, received, time::now())?;
        Ok(Foreseen::Revised)
    }

    /// What would become of a record.
    ///
    /// # Errors
    /// As of its reports.
    pub(crate) async fn foresee_record(
        self: Arc<Self>,
        county: String,
        checked: Checked,
    ) -> Result<SubmitRecordResponse, IntakeError> {
        let mut answer = SubmitRecordResponse::default();
        let foreseen = match checked {
            Checked::Reports(received) => {
                for one in &received {
                    answer.reports.push(self.foresee(&county, one).await?);
                }
                of_all(answer.reports.iter().map(SubmitReportResponse::foreseen))
            }
            Checked::Police(name, version) => {
                let _one_of_few = self.looking.acquire().await.map_err(|_| IntakeError::Ending)?;
                match in_time(store::held_police_record(&self.pool, &county, &name)).await? {
                    None => Foreseen::New,
                    Some(held) if held >= version => Foreseen::Known,
                    Some(_) => Foreseen::Revised,
                }
            }
            Checked::Activity(kept) => {
                let _one_of_few = self.looking.acquire().await.map_err(|_| IntakeError::Ending)?;
                let held = store::held_activity(&self.pool, &county, kept.source, &kept.source_ref);
                match in_time(held).await? {
                    None => Foreseen::New,
                    Some(held) if held == kept.fingerprint => Foreseen::Known,
                    Some(_) => Foreseen::Revised,
                }
            }
        };
        answer.set_foreseen(foreseen);
        Ok(answer)
    }
}

/// Of a record with several matters: known where all are, revised where one is.
fn of_all(foreseen: impl Iterator<Item = Foreseen> + Clone) -> Foreseen {
    if foreseen.clone().all(|one| one == Foreseen::Known) {
        Foreseen::Known
    } else if foreseen.clone().any(|one| one == Foreseen::Revised) {
        Foreseen::Revised
    } else {
        Foreseen::New
    }
}
