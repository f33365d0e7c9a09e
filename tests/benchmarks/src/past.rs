//! A county with many reports behind it, and further ones by which it is measured: of the linkage set, so that
//! people, homes and phones come back as they do in counties.

use std::{ops::Range, sync::Arc};

use fengqiao_linkage_set::{LinkageSet, SetPlan, Style};
use fengqiao_proto::{
    intake::v1::{Report, intake_service_client::IntakeServiceClient},
    types::v1::{Party, PartyRole, Source},
};
use fengqiao_stack::clients::Caller;
use jiff::Timestamp;

use crate::callers::{Answered, Failure, stream_of};

/// How many reports are unanswered at a time.
pub const WINDOW: usize = 2_000;
/// The seed of the past; those of the reports that are measured are others, and so are their people.
const SEED: u64 = 9;
/// After so many reports it is said how far it is.
const STEP: usize = 100_000;

/// What a county has behind it.
pub struct Past {
    set: Arc<LinkageSet>,
    behind: usize,
}

impl Past {
    /// Draws at least so many reports; nothing is handed in yet.
    #[must_use]
    pub fn draw(reports: usize) -> Self {
        eprintln!("drawing {reports} reports");
        let set = SetPlan { seed: SEED, ..SetPlan::new(Style::Usual) }.at_least(reports);
        Self { set: Arc::new(set), behind: 0 }
    }

    /// Hands reports in until there are so many.
    ///
    /// # Errors
    /// Where one is refused.
    pub async fn grow(&mut self, client: &IntakeServiceClient<Caller>, until: usize) -> Result<(), Failure> {
        while self.behind < until {
            let to = (self.behind + STEP).min(until);
            let reports = messages(Arc::clone(&self.set), self.behind..to);
            let Answered { per_second, .. } = stream_of(client.clone(), reports, WINDOW).await?;
            eprintln!("  {to} reports behind, the last {} at {per_second:.0}/s", to - self.behind);
            self.behind = to;
        }
        Ok(())
    }
}

/// The reports of a set of the published size, made before they are sent, so that the making is not measured.
#[must_use]
pub fn further(seed: u64) -> Vec<Report> {
    let set = Arc::new(further_set(seed));
    let all = 0..set.len();
    messages(set, all).collect()
}

/// The set that [`further`] takes.
#[must_use]
pub fn further_set(seed: u64) -> LinkageSet {
    LinkageSet::draw(&SetPlan { seed, ..SetPlan::new(Style::Usual) })
}

fn messages(set: Arc<LinkageSet>, numbers: Range<usize>) -> impl Iterator<Item = Report> + Send + 'static {
    numbers.map(move |number| message(set.item(number).report))
}

fn message(report: fengqiao_linkage_set::Report) -> Report {
    let at: Timestamp = report.occurred_at.parse().unwrap_or_default();
    let source = Source::from_str_name(&format!("SOURCE_{}", report.source)).unwrap_or_default();
    let party = |party: fengqiao_linkage_set::Party| Party {
        role: PartyRole::from_str_name(&format!("PARTY_ROLE_{}", party.role)).unwrap_or_default().into(),
        name: party.name,
        phone: party.phone,
        id_number: party.id_number,
        ..Party::default()
    };
    Report {
        source: source.into(),
        source_ref: report.source_ref,
        occurred_at: Some(prost_types::Timestamp { seconds: at.as_second(), nanos: 0 }),
        area_code: report.area_code,
        address: report.address,
        title: report.title,
        narrative: report.narrative,
        category: report.category,
        parties: report.parties.into_iter().map(party).collect(),
        ..Report::default()
    }
}
