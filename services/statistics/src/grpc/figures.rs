//! Figures, and what they mean.

use std::{sync::Arc, time::Instant};

use fengqiao_access::principal;
use fengqiao_proto::statistics::v1::{
    DescribeIndicatorsRequest, DescribeIndicatorsResponse, QueryIndicatorsRequest, QueryIndicatorsResponse,
    statistics_service_server::StatisticsService,
};
use fengqiao_serving::time::Clock;
use tonic::{Request, Response, Status};

use super::{own_figures, sight, written};
use crate::answering::Answers;

/// Answers with figures.
#[derive(Debug)]
pub struct StatisticsFace {
    answers: Arc<Answers>,
    clock: Clock,
}

impl StatisticsFace {
    /// With these answers, by this clock.
    pub fn new(answers: Arc<Answers>, clock: Clock) -> Self {
        Self { answers, clock }
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
        let asked = own_figures(&who, request.into_inner())?;
        let answered = self.answers.answer_within(&code, &asked, self.clock.now(), &sight(&who)).await;
        let outcome = if answered.is_ok() { "answered" } else { "refused" };
        metrics::histogram!("fengqiao_statistics_query_seconds", "county" => code, "outcome" => outcome)
            .record(began.elapsed().as_secs_f64());
        Ok(Response::new(answered?))
    }

    async fn describe_indicators(
        &self,
        request: Request<DescribeIndicatorsRequest>,
    ) -> Result<Response<DescribeIndicatorsResponse>, Status> {
        let code = principal(&request)?.county_of(&request.get_ref().county)?.to_owned();
        let catalogue = self.answers.county(&code)?.catalogue;
        let all = request.get_ref().all_versions;
        let shown = catalogue.all().filter(|one| all || catalogue.is_newest(one));
        let indicators = shown.map(|one| written::definition(one, catalogue)).collect();
        Ok(Response::new(DescribeIndicatorsResponse { indicators }))
    }
}
