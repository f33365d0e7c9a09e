//! A case's history as it comes. The stream reads a page only when its caller has taken the one before,
//! so a slow caller costs a page of memory and nothing else.

use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};

use fengqiao_proto::routing::v1::WatchCaseResponse;
use fengqiao_sealing::Keyring;
use futures::{Stream, stream};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

use super::messages;
use crate::{
    error::RoutingError,
    store::{StoredEntry, list_history},
    watchers::Watcher,
};

const PAGE: i64 = 100;
/// How often a watcher looks by itself, for what other processes commit.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The stream of a watched case.
pub(super) type History = Pin<Box<dyn Stream<Item = Result<WatchCaseResponse, Status>> + Send>>;

/// Someone watches a case.
pub(super) struct Watch {
    pub(super) pool: PgPool,
    pub(super) keyring: Arc<Keyring>,
    pub(super) county: String,
    pub(super) case_id: Uuid,
    /// The last entry that was read.
    pub(super) after: i64,
    /// Whether who watches may learn what people said.
    pub(super) people: bool,
    pub(super) watcher: Watcher,
    pub(super) stop: CancellationToken,
}

impl Watch {
    /// The entries that are there, then each new one; ends with an error only.
    pub(super) fn history(self) -> History {
        let start = Some((self, VecDeque::new()));
        Box::pin(stream::unfold(start, |state| async {
            let (mut watch, mut waiting) = state?;
            match watch.next(&mut waiting).await {
                Ok(message) => Some((Ok(message), Some((watch, waiting)))),
                Err(error) => Some((Err(error.into()), None)),
            }
        }))
    }

    async fn next(&mut self, waiting: &mut VecDeque<StoredEntry>) -> Result<WatchCaseResponse, RoutingError> {
        loop {
            if self.stop.is_cancelled() {
                return Err(RoutingError::Ending);
            }
            if let Some(entry) = waiting.pop_front() {
                let entry = messages::history_entry(entry, &self.county, self.people, &self.keyring)?;
                return Ok(WatchCaseResponse { entry: Some(entry) });
            }
            let page = list_history(&self.pool, &self.county, self.case_id, self.after, PAGE).await?;
            match page.last() {
                Some(last) => {
                    self.after = last.sequence;
                    waiting.extend(page);
                }
                None => tokio::select! {
                    () = self.stop.cancelled() => {}
                    () = self.watcher.woken() => {}
                    () = sleep(LOOK_EVERY) => {}
                },
            }
        }
    }
}
