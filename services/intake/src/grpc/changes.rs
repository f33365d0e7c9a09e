//! `fengqiao.intake.v1.ChangeService`: what became of reports.

use std::sync::Arc;

use fengqiao_access::principal;
use fengqiao_proto::intake::v1::{
    ListChangesRequest, ListChangesResponse, change_service_server::ChangeService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::intake::Intake;

/// Serves it.
#[derive(Clone)]
pub struct ChangeFace {
    intake: Arc<Intake>,
}

impl ChangeFace {
    /// A face of this service.
    #[must_use]
    pub const fn new(intake: Arc<Intake>) -> Self {
        Self { intake }
    }
}

#[async_trait]
impl ChangeService for ChangeFace {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let who = principal(&request)?.clone();
        Ok(Response::new(self.intake.list_changes(&who, request.into_inner()).await?))
    }
}
