//! What became of reports, as their sources are told: by asking, and by webhook.

mod upkeep;
mod webhook;

use std::{sync::Arc, time::Duration};

use fengqiao_access::Principal;
use fengqiao_masking::mask;
use fengqiao_proto::{
    intake::v1::{ListChangesRequest, ListChangesResponse, ReportChange},
    types::v1::{Matter, Role, Source},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::paging;
use prost::Message as _;
use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::{upkeep::forget_old_changes, webhook::ChangeWebhook};
use crate::{
    error::IntakeError,
    grpc::in_time,
    intake::Intake,
    store::{self, FeedOf, StoreError},
};

const USUAL_PAGE: u16 = 100;
const LARGEST_PAGE: u16 = 500;
const LONGEST_WAIT: i32 = 20;
/// How often is looked while someone waits.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// What became of reports, ready to be read.
#[derive(Clone)]
pub struct ChangeFeed {
    pool: PgPool,
    keyring: Arc<Keyring>,
}

impl ChangeFeed {
    /// The feed in this database.
    #[must_use]
    pub const fn new(pool: PgPool, keyring: Arc<Keyring>) -> Self {
        Self { pool, keyring }
    }

    /// The changes after a position, in order, at most so many.
    ///
    /// # Errors
    /// [`IntakeError`] of the store or of what is stored.
    pub(crate) async fn after(
        &self,
        of: FeedOf<'_>,
        position: i64,
        at_most: i64,
    ) -> Result<Vec<ReportChange>, IntakeError> {
        let stored = in_time(store::changes_after(&self.pool, of, position, at_most)).await?;
        let mut changes = Vec::with_capacity(stored.len());
        for one in stored {
            let mut change = ReportChange::decode(one.change.as_slice()).map_err(IntakeError::Matter)?;
            if let Some(sealed) = &one.sealed_words {
                change.words = self.words(of, &change.report_id, sealed).await?;
            }
            changes.push(change);
        }
        Ok(changes)
    }

    /// What was said, without numbers and without the names of the report's people.
    async fn words(&self, of: FeedOf<'_>, report_id: &str, sealed: &[u8]) -> Result<String, IntakeError> {
        let said = self.open(of, sealed)?;
        let id = Uuid::try_parse(report_id).map_err(|_| StoreError::Malformed("no report"))?;
        let matter = match in_time(store::report_by_id(&self.pool, of.county, id)).await? {
            Some(report) => Matter::decode(self.open(of, &report.sealed_matter)?.as_slice())
                .map_err(IntakeError::Matter)?,
            None => Matter::default(),
        };
        let names: Vec<&str> = matter.parties.iter().map(|party| party.name.as_str()).collect();
        Ok(mask(&String::from_utf8_lossy(&said), &names))
    }

    fn open(&self, of: FeedOf<'_>, sealed: &[u8]) -> Result<Vec<u8>, IntakeError> {
        let plain = self.keyring.open(sealed, of.county.as_bytes());
        plain.map_err(|error| IntakeError::Sealed(Arc::new(error)))
    }
}

/// What a cursor holds: the county, the source's number, and the position of the last change that was told.
type Cursor = (String, i32, i64);

impl Intake {
    /// Lists what became of a source's reports after a cursor; waits a while for the first where there is none.
    ///
    /// # Errors
    /// What is wrong with the request, [`IntakeError::CursorTooOld`], or the store's.
    pub async fn list_changes(
        &self,
        who: &Principal,
        asked: ListChangesRequest,
    ) -> Result<ListChangesResponse, IntakeError> {
        let county = self.county_of(who, &asked.county)?;
        let source = source_of(who, asked.source)?;
        if !(0..=LONGEST_WAIT).contains(&asked.wait_seconds) {
            return Err(IntakeError::invalid("waitSeconds", format!("must be 0 to {LONGEST_WAIT}")));
        }
        let cursor: Option<Cursor> =
            paging::read(&asked.cursor).map_err(|_| IntakeError::invalid("cursor", NOT_A_CURSOR))?;
        let position = match cursor {
            None => None,
            Some((of, whose, position)) if of == county && whose == i32::from(source) && position >= 0 => {
                Some(position)
            }
            Some(_) => return Err(IntakeError::invalid("cursor", NOT_A_CURSOR)),
        };
        let of = FeedOf { county, source };
        let limit = paging::size(asked.page_size, USUAL_PAGE, LARGEST_PAGE);
        let until = Instant::now() + Duration::from_secs(u64::try_from(asked.wait_seconds).unwrap_or(0));
        let changes = self.changes_by(of, position, limit, until).await?;
        let last = changes.last().map_or(position.unwrap_or(0), |change| change.position);
        let cursor: Cursor = (county.to_owned(), source.into(), last);
        Ok(ListChangesResponse { changes, next_cursor: paging::write(&cursor) })
    }

    async fn changes_by(
        &self,
        of: FeedOf<'_>,
        position: Option<i64>,
        limit: i64,
        until: Instant,
    ) -> Result<Vec<ReportChange>, IntakeError> {
        loop {
            let changes = self.feed.after(of, position.unwrap_or(0), limit).await?;
            // Positions have no gaps: where the next one is not there, it was forgotten.
            if let (Some(position), Some(first)) = (position, changes.first())
                && first.position != position + 1
            {
                return Err(IntakeError::CursorTooOld);
            }
            if !changes.is_empty() {
                return Ok(changes);
            }
            if let Some(position) = position
                && in_time(store::last_change(&self.pool, of)).await? < position
            {
                // The database is an older one than the one that gave the cursor.
                return Err(IntakeError::CursorTooOld);
            }
            if Instant::now() >= until || self.stop.is_cancelled() {
                return Ok(changes);
            }
            wait(&self.stop).await;
        }
    }
}

async fn wait(stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = sleep(LOOK_EVERY) => {}
    }
}

const NOT_A_CURSOR: &str = "must be the nextCursor of an answer for the same source";

fn source_of(who: &Principal, asked: i32) -> Result<Source, IntakeError> {
    let asked = Source::try_from(asked)
        .map_err(|_| IntakeError::invalid("source", "must be one of the known sources"))?;
    match (who.role, who.source, asked) {
        (Role::Source, Some(own), Source::Unspecified) => Ok(own),
        (Role::Source, own, asked) if own != Some(asked) => Err(IntakeError::NotItsSource),
        (_, _, Source::Unspecified) => Err(IntakeError::invalid("source", "must be given")),
        (_, _, asked) => Ok(asked),
    }
}
