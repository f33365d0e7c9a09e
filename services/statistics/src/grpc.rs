//! The gRPC face.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_access::{Principal, principal};
use fengqiao_county::{Counties, County};
use fengqiao_proto::{
    statistics::v1::{
        DescribeIndicatorsRequest, DescribeIndicatorsResponse, Dimension, IndicatorDefinition,
        QueryIndicatorsRequest, QueryIndicatorsResponse, statistics_service_server::StatisticsService,
    },
    types::v1::Role,
};
use fengqiao_serving::time::to_proto;
use tokio::{sync::Semaphore, time::timeout};
use tonic::{Request, Response, Status};

use crate::{
    domain::{
        figure,
        indicator::{Definition, INDICATORS},
        question::{self, Directory, Question},
        wording,
    },
    error::StatisticsError,
    store::Figures,
};

/// Questions that are counted at once; the rest of the connections stays for the receivers.
const AT_ONCE: usize = 6;
/// How long a question waits for its turn.
const TURN: Duration = Duration::from_secs(2);

/// Answers with figures.
#[derive(Debug)]
pub struct StatisticsFace {
    figures: Figures,
    counties: Arc<Counties>,
    turns: Semaphore,
}

impl StatisticsFace {
    /// Over this store, for these counties.
    pub fn new(figures: Figures, counties: Arc<Counties>) -> Self {
        Self { figures, counties, turns: Semaphore::new(AT_ONCE) }
    }

    async fn answer(
        &self,
        who: &Principal,
        code: &str,
        asked: QueryIndicatorsRequest,
    ) -> Result<QueryIndicatorsResponse, StatisticsError> {
        let county = self.counties.get(code).ok_or(StatisticsError::UnknownCounty)?;
        let asked = own_figures(who, asked)?;
        let question =
            question::check(&asked, &CountyDirectory(county)).map_err(StatisticsError::Question)?;
        let _turn = timeout(TURN, self.turns.acquire())
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(StatisticsError::Busy)?;
        let counted = self.figures.count(code, &question).await?;
        let label = |dimension, value: &str| label(county, dimension, value);
        let rows = figure::rows(&question, &counted.groups, &label)?;
        let Question { window, time_zone, .. } = question;
        Ok(QueryIndicatorsResponse {
            rows,
            from: Some(to_proto(window.from)),
            before: Some(to_proto(window.before)),
            time_zone,
            as_of: counted.as_of.map(to_proto),
        })
    }
}

/// An agency's question is about itself; one that names another asks for what it may not know of.
fn own_figures(
    who: &Principal,
    mut asked: QueryIndicatorsRequest,
) -> Result<QueryIndicatorsRequest, StatisticsError> {
    if who.role != Role::Agency {
        return Ok(asked);
    }
    let own = who.agency.clone().ok_or(StatisticsError::NotOwn)?;
    if asked.agencies.iter().any(|agency| *agency != own) {
        return Err(StatisticsError::NotOwn);
    }
    asked.agencies = vec![own];
    Ok(asked)
}

struct CountyDirectory<'a>(&'a County);

impl Directory for CountyDirectory<'_> {
    fn has_area(&self, code: &str) -> bool {
        self.0.areas.now().find(code).is_some()
    }

    fn has_category(&self, code: &str) -> bool {
        self.0.categories.all().iter().any(|category| category.code == code)
    }
}

/// The name for people of a dimension's value, where the county's files have it.
fn label(county: &County, dimension: Dimension, value: &str) -> Option<String> {
    match dimension {
        Dimension::Area => Some(county.areas.now().name_path(value)).filter(|name| !name.is_empty()),
        Dimension::Category => {
            let mut categories = county.categories.all().iter();
            categories.find(|category| category.code == value).map(|category| category.name.clone())
        }
        _ => wording::known_label(dimension, value).map(str::to_owned),
    }
}

fn described(definition: &Definition) -> IndicatorDefinition {
    IndicatorDefinition {
        id: definition.id.to_owned(),
        name: definition.name.to_owned(),
        version: definition.version,
        numerator: definition.numerator.words().to_owned(),
        denominator: definition.denominator.map(|measure| measure.words().to_owned()).unwrap_or_default(),
        time_role: definition.fact().time_role().to_owned(),
    }
}

#[tonic::async_trait]
impl StatisticsService for StatisticsFace {
    async fn query_indicators(
        &self,
        request: Request<QueryIndicatorsRequest>,
    ) -> Result<Response<QueryIndicatorsResponse>, Status> {
        let began = Instant::now();
        let who = principal(&request)?.clone();
        let code = who.county_of(&request.get_ref().county)?.to_owned();
        let answered = self.answer(&who, &code, request.into_inner()).await;
        let outcome = if answered.is_ok() { "answered" } else { "refused" };
        metrics::histogram!("fengqiao_statistics_query_seconds", "county" => code, "outcome" => outcome)
            .record(began.elapsed().as_secs_f64());
        Ok(Response::new(answered?))
    }

    async fn describe_indicators(
        &self,
        request: Request<DescribeIndicatorsRequest>,
    ) -> Result<Response<DescribeIndicatorsResponse>, Status> {
        principal(&request)?;
        let indicators = INDICATORS.iter().map(described).collect();
        Ok(Response::new(DescribeIndicatorsResponse { indicators }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal_of(role: Role, agency: Option<&str>) -> Principal {
        Principal {
            name: "someone".into(),
            county: "421181".into(),
            role,
            agency: agency.map(str::to_owned),
            source: None,
        }
    }

    fn asking_of(agencies: &[&str]) -> QueryIndicatorsRequest {
        QueryIndicatorsRequest {
            agencies: agencies.iter().map(|agency| (*agency).to_owned()).collect(),
            ..Default::default()
        }
    }

    #[test]
    fn an_agency_gets_its_own_figures_only() {
        let police = principal_of(Role::Agency, Some("police"));
        assert_eq!(own_figures(&police, asking_of(&[])).unwrap().agencies, ["police"]);
        assert_eq!(own_figures(&police, asking_of(&["police"])).unwrap().agencies, ["police"]);
        for others in [&["justice"][..], &["police", "justice"]] {
            assert!(matches!(own_figures(&police, asking_of(others)), Err(StatisticsError::NotOwn)));
        }
    }

    #[test]
    fn others_ask_about_whom_they_like() {
        let analyst = principal_of(Role::Analyst, None);
        assert!(own_figures(&analyst, asking_of(&[])).unwrap().agencies.is_empty());
        assert_eq!(own_figures(&analyst, asking_of(&["justice"])).unwrap().agencies, ["justice"]);
    }
}
