//! Making facts anew.

use std::pin::Pin;

use fengqiao_access::principal;
use fengqiao_proto::statistics::v1::{
    RebuildFactsRequest, RebuildFactsResponse, Rebuilt as ToldRebuilt, facts_service_server::FactsService,
};
use futures::{Stream, stream::try_unfold};
use sqlx::PgPool;
use tonic::{Request, Response, Status};

use crate::{
    error::StatisticsError,
    store::{Rebuilding, Rebuilt},
};

/// Keeps the facts.
#[derive(Debug)]
pub struct FactsFace {
    pool: PgPool,
}

impl FactsFace {
    /// On this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

type Steps = Pin<Box<dyn Stream<Item = Result<RebuildFactsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl FactsService for FactsFace {
    type RebuildFactsStream = Steps;

    async fn rebuild_facts(&self, request: Request<RebuildFactsRequest>) -> Result<Response<Steps>, Status> {
        let code = principal(&request)?.county_of(&request.get_ref().county)?.to_owned();
        let begun = Rebuilding::begin(&self.pool, &code).await?;
        let rebuilding = begun.ok_or(StatisticsError::NothingReceived)?;
        let steps = try_unfold(Some((rebuilding, 0_i64)), |state| async move {
            let Some((mut rebuilding, done)) = state else { return Ok(None) };
            let made = rebuilding.step().await?;
            let done = done.saturating_add(i64::try_from(made).unwrap_or_default());
            if made > 0 {
                let step = RebuildFactsResponse { done, rebuilt: None };
                return Ok(Some((step, Some((rebuilding, done)))));
            }
            let rebuilt = Some(told(&rebuilding.finish().await?));
            Ok(Some((RebuildFactsResponse { done, rebuilt }, None)))
        });
        Ok(Response::new(Box::pin(steps)))
    }
}

fn told(rebuilt: &Rebuilt) -> ToldRebuilt {
    ToldRebuilt {
        generation: rebuilt.generation,
        rows: rebuilt.now.rows,
        fingerprint: rebuilt.now.sum.clone(),
        fingerprint_before: rebuilt.before.sum.clone(),
    }
}
