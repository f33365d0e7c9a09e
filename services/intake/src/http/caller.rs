//! Who calls, what with, and whether they may: what every handler begins with.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{Extensions, HeaderMap, header::CONTENT_LENGTH},
};
use fengqiao_access::Principal;
use fengqiao_serving::json_edge::{self, Problem};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tonic::Status;

use super::Edge;
use crate::error::IntakeError;

/// How long a body waits for its share of the memory.
const ROOM_TIMEOUT: Duration = Duration::from_secs(2);
const SERVICE: &str = "fengqiao.intake.v1";

impl Edge {
    /// The caller, where it may call the method (`IntakeService/SubmitReport`) that the page stands for.
    pub(super) fn caller(
        &self,
        method: &str,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Arc<Principal>, Problem> {
        json_edge::caller(&self.gate, &format!("{SERVICE}.{method}"), headers, extensions)
    }

    /// The whole body, at most so many bytes, with its share of the memory that bodies may take at once. Only read for
    /// who may call.
    pub(super) async fn whole(
        &self,
        headers: &HeaderMap,
        body: Body,
        at_most: usize,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
        let said = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if said.is_some_and(|bytes| bytes > at_most) {
            return Err(Problem::too_large(at_most));
        }
        let kib = u32::try_from(said.unwrap_or(at_most).div_ceil(1024)).unwrap_or(u32::MAX);
        let room = timeout(ROOM_TIMEOUT, Arc::clone(&self.room).acquire_many_owned(kib))
            .await
            .map_err(|_| Problem::from(Status::from(IntakeError::Full)))?
            .map_err(|_| Problem::from(Status::from(IntakeError::Ending)))?;
        let bytes = to_bytes(body, at_most).await.map_err(|error| {
            let large = std::error::Error::source(&error)
                .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
            if large { Problem::too_large(at_most) } else { Problem::broken_body() }
        })?;
        Ok((bytes, room))
    }
}
