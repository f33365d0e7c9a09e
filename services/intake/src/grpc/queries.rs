//! Reading reports over gRPC. What is not the caller's is not there.

use std::{collections::HashMap, future::Future};

use fengqiao_access::Principal;
use fengqiao_proto::{
    intake::v1::{
        AcceptedReport, AskedBy, Details, GetReportRequest, GetReportResponse, ListReportsRequest,
        ListReportsResponse, ReadingPurpose,
    },
    types::v1::{Matter, Role, Source},
};
use fengqiao_serving::{
    paging,
    time::{from_proto, now, to_proto},
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    background::{self, CONFIDENTIAL, NewReading, Purpose},
    config::READ_TIMEOUT,
    contract,
    domain::{
        sight::{Sight, sight},
        text,
    },
    error::IntakeError,
    intake::Intake,
    store::{self, ListFilter, Standing, StoreError, StoredReport},
};

const USUAL_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 500;
const PURPOSE_LENGTH: usize = 200;

impl Intake {
    pub(crate) async fn get_report(
        &self,
        who: &Principal,
        asked: GetReportRequest,
    ) -> Result<GetReportResponse, IntakeError> {
        let county = self.county_of(who, &asked.county)?;
        let stored = if asked.report_id.is_empty() {
            let source = named_source(asked.source, "source")?
                .ok_or_else(|| IntakeError::invalid("reportId", "must be given, or source and sourceRef"))?;
            if asked.source_ref.is_empty() {
                return Err(IntakeError::invalid("sourceRef", "must be given with a source"));
            }
            in_time(store::report_by_ref(&self.pool, county, source, &asked.source_ref)).await?
        } else {
            let id = Uuid::try_parse(&asked.report_id)
                .map_err(|_| IntakeError::invalid("reportId", "must be a UUID"))?;
            in_time(store::report_by_id(&self.pool, county, id)).await?
        };
        let stored = stored.filter(|report| may_see(who, report.source)).ok_or(IntakeError::NoSuchReport)?;
        let purpose = asked.purpose.trim();
        text::single_line(purpose, PURPOSE_LENGTH)
            .map_err(|fault| IntakeError::invalid("purpose", &fault))?;
        let standing = self.standing(county, std::slice::from_ref(&stored)).await?;
        let standing = standing.get(&stored.report_id).copied().unwrap_or_default();
        let sight = sight(who.role, stored.confidential || standing.protected, !purpose.is_empty());
        if sight == Sight::WholeAndKept {
            self.keep_reading(who, county, &stored, purpose).await?;
        }
        Ok(GetReportResponse { report: Some(self.shown(county, stored, standing, sight)?) })
    }

    pub(crate) async fn list_reports(
        &self,
        who: &Principal,
        asked: ListReportsRequest,
    ) -> Result<ListReportsResponse, IntakeError> {
        let county = self.county_of(who, &asked.county)?;
        let limit = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let source = named_source(asked.source, "source")?;
        let own = (who.role == Role::Source).then_some(who.source).flatten();
        if let (Some(own), Some(source)) = (own, source)
            && own != source
        {
            return Ok(ListReportsResponse::default());
        }
        if who.role == Role::Source && own.is_none() {
            return Ok(ListReportsResponse::default());
        }
        let filter = ListFilter {
            before: paging::read(&asked.page_token).map_err(|_| {
                IntakeError::invalid("pageToken", "must be the nextPageToken of the page before")
            })?,
            accepted_from: time("acceptedFrom", asked.accepted_from)?,
            accepted_before: time("acceptedBefore", asked.accepted_before)?,
            source: own.or(source),
            area_prefix: self.area_prefix(&asked.area_code, county)?,
            repeats_only: asked.repeats_only,
            // One more shows whether there is a next page.
            limit: limit + 1,
        };
        let mut stored = in_time(store::list(&self.pool, county, &filter)).await?;
        let more = paging::cut(&mut stored, limit, |report| report.sealed_matter.len());
        let next_page_token = match stored.last() {
            Some(last) if more => paging::write(&last.report_id),
            _ => String::new(),
        };
        let standings = self.standing(county, &stored).await?;
        let reports = stored
            .into_iter()
            .map(|report| {
                let standing = standings.get(&report.report_id).copied().unwrap_or_default();
                // A list has no purpose: what is confidential is read one by one.
                let sight = sight(who.role, report.confidential || standing.protected, false);
                self.shown(county, report, standing, sight)
            })
            .collect::<Result<_, _>>()?;
        Ok(ListReportsResponse { reports, next_page_token })
    }

    pub(crate) fn county_of<'a>(&self, who: &'a Principal, asked: &'a str) -> Result<&'a str, IntakeError> {
        let code = who.county_of(asked).map_err(|_| IntakeError::NoSuchCounty)?;
        self.reception.county(code)?;
        Ok(code)
    }

    /// What the codes of reports of an area begin with; an area that is over has those of its time.
    fn area_prefix(&self, code: &str, county: &str) -> Result<String, IntakeError> {
        if code.is_empty() {
            return Ok(String::new());
        }
        let areas = self.reception.county(county)?.areas.now();
        let area = areas.resolve(code);
        area.map(|area| area.code.clone()).ok_or_else(|| {
            IntakeError::invalid("areaCode", "must be the code of an area of the county: 6, 12 or 15 digits")
        })
    }

    async fn standing(
        &self,
        county: &str,
        reports: &[StoredReport],
    ) -> Result<HashMap<Uuid, Standing>, IntakeError> {
        let places = reports.iter().map(|report| (report.report_id, report.linkage.cluster_id));
        Ok(in_time(store::standing_of(&self.pool, county, places)).await?)
    }

    /// Keeps that someone reads a confidential or protected report.
    async fn keep_reading(
        &self,
        who: &Principal,
        county: &str,
        stored: &StoredReport,
        purpose: &str,
    ) -> Result<(), IntakeError> {
        let reading = NewReading {
            who,
            asked_by: AskedBy::ReportItself,
            value: &stored.report_id.to_string(),
            purpose: Purpose { kind: ReadingPurpose::Unspecified, words: purpose.to_owned() },
            shown: 1,
        };
        let county = self.reception.county(county)?;
        background::keep(&self.pool, county, self.reception.keyring(), now(), reading).await
    }

    /// A report as far as someone sees it, and as far as it is still there.
    fn shown(
        &self,
        county: &str,
        stored: StoredReport,
        standing: Standing,
        sight: Sight,
    ) -> Result<AcceptedReport, IntakeError> {
        if let Some(removed_at) = standing.removed_at {
            let emptied = accepted(county, stored, Matter::default(), None);
            return Ok(AcceptedReport { removed_at: Some(to_proto(removed_at)), ..emptied });
        }
        if sight == Sight::Reduced {
            let matter = Matter { title: CONFIDENTIAL.to_owned(), ..Matter::default() };
            return Ok(AcceptedReport { reduced: true, ..accepted(county, stored, matter, None) });
        }
        self.opened(county, stored)
    }

    fn opened(&self, county: &str, stored: StoredReport) -> Result<AcceptedReport, IntakeError> {
        let (matter, details) =
            self.reception.open(county, &stored.sealed_matter, stored.sealed_details.as_deref())?;
        Ok(accepted(county, stored, matter, details))
    }
}

fn accepted(county: &str, stored: StoredReport, matter: Matter, details: Option<Details>) -> AcceptedReport {
    AcceptedReport {
        report_id: stored.report_id.to_string(),
        revision: stored.revision,
        accepted_at: Some(to_proto(stored.accepted_at)),
        report: Some(contract::held(county, &stored, matter, details)),
        canonical_category: stored.category,
        linkage: Some(contract::linkage(&stored.linkage)),
        reduced: false,
        removed_at: None,
    }
}

fn may_see(who: &Principal, source: Source) -> bool {
    who.role != Role::Source || who.source == Some(source)
}

pub(crate) async fn in_time<T>(
    reading: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(READ_TIMEOUT, reading)
        .await
        .unwrap_or(Err(StoreError::TooSlow { operation: "read reports" }))
}

fn named_source(number: i32, field: &str) -> Result<Option<Source>, IntakeError> {
    match Source::try_from(number) {
        Ok(Source::Unspecified) => Ok(None),
        Ok(source) => Ok(Some(source)),
        Err(_) => Err(IntakeError::invalid(field, "must be one of the known sources")),
    }
}

fn time(field: &str, given: Option<prost_types::Timestamp>) -> Result<Option<Timestamp>, IntakeError> {
    given
        .map(|time| from_proto(&time).ok_or_else(|| IntakeError::invalid(field, "must be a time")))
        .transpose()
}
