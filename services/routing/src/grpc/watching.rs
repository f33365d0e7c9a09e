//! A case's history as it comes. The stream reads a page only when its caller has taken the one before,
//! so a slow caller costs a page of memory and nothing else.

use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};

use fengqiao_access::Principal;
use fengqiao_proto::routing::v1::WatchCaseResponse;
use futures::{Stream, stream};
use tokio::time::sleep;
use tonic::Status;
use uuid::Uuid;

use super::{RoutingFace, messages};
use crate::{
    counties::RoutingCounty,
    domain::case_number::CaseName,
    error::RoutingError,
    store::{StoredEntry, find_case, list_history},
    watchers::Watcher,
};

const PAGE: i64 = 100;
/// How often a watcher looks by itself, for what other processes commit.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The stream of a watched case.
pub(super) type History = Pin<Box<dyn Stream<Item = Result<WatchCaseResponse, Status>> + Send>>;

/// Someone watches a case.
pub(super) struct Watch {
    pub(super) face: RoutingFace,
    pub(super) place: Arc<RoutingCounty>,
    pub(super) who: Principal,
    /// Why a protected case is watched.
    pub(super) purpose: String,
    /// Whether it is kept already who watches, and why.
    pub(super) reading_kept: bool,
    pub(super) case_id: Uuid,
    /// The last entry that was read.
    pub(super) after: i64,
    /// What who watches learns of what people said; found out anew for each page.
    pub(super) remarks: messages::Remarks,
    pub(super) watcher: Watcher,
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
            if self.face.stop.is_cancelled() {
                return Err(RoutingError::Ending);
            }
            if let Some(entry) = waiting.pop_front() {
                let entry = messages::history_entry(
                    entry,
                    &self.place.county.code,
                    &self.remarks,
                    &self.face.keyring,
                )?;
                return Ok(WatchCaseResponse { entry: Some(entry) });
            }
            let county = &self.place.county.code;
            let page = list_history(&self.face.pool, county, self.case_id, self.after, PAGE).await?;
            match page.last() {
                Some(last) => {
                    self.look_again().await?;
                    self.after = last.sequence;
                    waiting.extend(page);
                }
                None => tokio::select! {
                    () = self.face.stop.cancelled() => {}
                    () = self.watcher.woken() => {}
                    () = sleep(LOOK_EVERY) => {}
                },
            }
        }
    }

    /// Whoever began to watch may no longer see the case, or it may be protected by now: what was read of it is
    /// shown only where it is shown as of after it was read.
    async fn look_again(&mut self) -> Result<(), RoutingError> {
        let (face, place, who) = (&self.face, &self.place, &self.who);
        let name = CaseName::Id(self.case_id);
        let agency = who.agency.as_deref();
        let case = find_case(&face.pool, &face.keyring, &place.county.code, &name, agency).await?;
        if !self.reading_kept && case.docket.is_protected() {
            face.keep_reading(place, who, &case, &self.purpose).await?;
            self.reading_kept = true;
        }
        self.remarks = face.view(place, who, &case).remarks(&case, &face.keyring)?;
        Ok(())
    }
}
