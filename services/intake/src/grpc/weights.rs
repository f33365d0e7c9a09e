//! How much each evidence weighs, over gRPC.

use std::sync::Arc;

use fengqiao_access::principal;
use fengqiao_proto::intake::v1::{
    GetWeightsRequest, GetWeightsResponse, LearnWeightsRequest, LearnWeightsResponse,
    weights_service_server::WeightsService,
};
use tonic::{Request, Response, Status};

use crate::{domain::text, error::IntakeError, intake::Intake, learning::Learning};

const USUAL_REPORTS: usize = 10_000;
const MOST_REPORTS: usize = 20_000;
const VERSION_LENGTH: usize = 40;

/// Serves `fengqiao.intake.v1.WeightsService`.
pub struct WeightsFace {
    intake: Arc<Intake>,
    learning: Learning,
}

impl WeightsFace {
    /// A face of this service.
    #[must_use]
    pub const fn new(intake: Arc<Intake>, learning: Learning) -> Self {
        Self { intake, learning }
    }
}

#[tonic::async_trait]
impl WeightsService for WeightsFace {
    async fn get_weights(
        &self,
        request: Request<GetWeightsRequest>,
    ) -> Result<Response<GetWeightsResponse>, Status> {
        let county = self.intake.county_of(principal(&request)?, &request.get_ref().county)?;
        let weights = self.learning.in_force(county);
        let response = GetWeightsResponse { version: weights.version.clone(), weights: weights.to_toml() };
        Ok(Response::new(response))
    }

    async fn learn_weights(
        &self,
        request: Request<LearnWeightsRequest>,
    ) -> Result<Response<LearnWeightsResponse>, Status> {
        let asked = request.get_ref();
        let county = self.intake.county_of(principal(&request)?, &asked.county)?;
        let version = version(&asked.version, &self.learning.in_force(county).version)?;
        let lookup = self.intake.lookups.reading(county);
        let learned = self.learning.learn(county, version, reports(asked.report_count)?, lookup).await?;
        Ok(Response::new(LearnWeightsResponse {
            weights: learned.weights.to_toml(),
            report_count: i32::try_from(learned.reports).unwrap_or(i32::MAX),
            pair_count: i64::try_from(learned.pairs).unwrap_or(i64::MAX),
        }))
    }
}

fn version<'a>(given: &'a str, in_force: &str) -> Result<&'a str, IntakeError> {
    let field = "version";
    if given.trim().is_empty() || given == in_force {
        return Err(IntakeError::invalid(field, "must be given, and another one than what is in force"));
    }
    text::single_line(given, VERSION_LENGTH).map_err(|fault| IntakeError::invalid(field, &fault))?;
    Ok(given)
}

fn reports(given: i32) -> Result<usize, IntakeError> {
    match usize::try_from(given) {
        Ok(0) => Ok(USUAL_REPORTS),
        Ok(given) if given <= MOST_REPORTS => Ok(given),
        _ => Err(IntakeError::invalid("reportCount", format!("must be 0 to {MOST_REPORTS}"))),
    }
}
