//! A source's webhook: what became of its reports, one change after the other. While the source does not answer, its
//! changes wait; nothing is skipped. Of several processes one at a time looks after a webhook.

use std::time::Duration;

use fengqiao_messaging::Backoff;
use fengqiao_proto::{intake::v1::ReportChange, json::to_json};
use fengqiao_serving::time::now;
use fengqiao_webhook::{Message, Poster};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ChangeFeed;
use crate::{
    error::IntakeError,
    grpc::in_time,
    sources::SourceWebhook,
    store::{self, FeedOf},
};

/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a process may be silent before another one takes over: longer than a request takes.
const LEASE: Duration = Duration::from_secs(15);
/// How often is looked for news.
const EVERY: Duration = Duration::from_millis(500);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// However long a source asks us to stay away, it is asked again within an hour.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);
/// How many changes are read at once.
const PAGE: i64 = 50;

/// Delivers the changes of one county's source.
pub struct ChangeWebhook {
    feed: ChangeFeed,
    pool: PgPool,
    webhook: SourceWebhook,
    poster: Poster,
    /// Which process it is.
    holder: Uuid,
}

/// What came of a turn.
enum Turn {
    /// There is nothing to deliver, or another process does it.
    Idle,
    /// All that was read is delivered; there may be more.
    Delivered,
    /// The source does not take it; it may have asked for time.
    Refused(Option<Duration>),
}

impl ChangeWebhook {
    /// A worker for a webhook.
    #[must_use]
    pub fn new(pool: PgPool, feed: ChangeFeed, webhook: SourceWebhook, poster: Poster) -> Self {
        Self { feed, pool, webhook, poster, holder: Uuid::new_v4() }
    }

    fn of(&self) -> FeedOf<'_> {
        FeedOf { county: &self.webhook.county, source: self.webhook.source }
    }

    /// Delivers until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(SHORTEST_WAIT, LONGEST_WAIT);
        loop {
            let turn = tokio::select! {
                turn = self.deliver() => turn,
                // The change that is on its way comes again.
                () = stop.cancelled() => break,
            };
            let wait = match turn {
                Ok(Turn::Delivered) => {
                    backoff.reset();
                    continue;
                }
                Ok(Turn::Idle) => EVERY,
                Ok(Turn::Refused(asked)) => {
                    let wait = backoff.next_wait();
                    asked.map_or(wait, |asked| wait.max(asked.min(LONGEST_ASKED)))
                }
                Err(error) => {
                    tracing::warn!(
                        county = self.webhook.county,
                        source = self.webhook.source.as_str_name(),
                        error = &error as &dyn std::error::Error,
                        "a source's changes cannot be read"
                    );
                    backoff.next_wait()
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(wait) => {}
            }
        }
        self.let_go().await;
    }

    async fn deliver(&self) -> Result<Turn, IntakeError> {
        let last = in_time(store::last_change(&self.pool, self.of())).await?;
        let position = in_time(store::webhook_position(&self.pool, self.of())).await?;
        self.show(last - position);
        if position >= last {
            return Ok(Turn::Idle);
        }
        // Only where there is something to do, so that quiet webhooks write nothing.
        let held = in_time(store::hold_webhook(&self.pool, self.of(), self.holder, LEASE)).await?;
        let Some(position) = held else { return Ok(Turn::Idle) };
        let changes = self.feed.after(self.of(), position, PAGE).await?;
        if let Some(first) = changes.first()
            && first.position > position + 1
            && position > 0
        {
            tracing::error!(
                county = self.webhook.county,
                source = self.webhook.source.as_str_name(),
                lost = first.position - position - 1,
                "changes were forgotten before the source took them"
            );
        }
        for change in &changes {
            let answered = self.post(change).await;
            metrics::counter!("fengqiao_intake_webhook_tries_total",
                "county" => self.webhook.county.clone(), "delivered" => answered.delivered.to_string())
            .increment(1);
            if !answered.delivered {
                tracing::warn!(
                    county = self.webhook.county,
                    source = self.webhook.source.as_str_name(),
                    position = change.position,
                    reason = answered.error,
                    "a source does not take its changes"
                );
                return Ok(Turn::Refused(answered.asked));
            }
            let took = store::webhook_took(&self.pool, self.of(), self.holder, change.position, LEASE);
            if !in_time(took).await? {
                return Ok(Turn::Idle);
            }
            self.show(last - change.position);
        }
        Ok(Turn::Delivered)
    }

    async fn post(&self, change: &ReportChange) -> fengqiao_webhook::Answered {
        match to_json(change) {
            Ok(json) => {
                let body = json.to_string().into();
                let message = Message { id: &change.change_id, body, traceparent: None };
                self.poster.post(&self.webhook.address, message, now(), REQUEST_TIMEOUT).await
            }
            Err(_) => fengqiao_webhook::Answered::failed("the change has no JSON form"),
        }
    }

    /// How many changes wait for the source.
    fn show(&self, behind: i64) {
        metrics::gauge!("fengqiao_intake_webhook_waiting_changes",
            "county" => self.webhook.county.clone(), "source" => self.webhook.source.as_str_name())
        .set(behind.max(0) as f64);
    }

    /// Another process may take over at once.
    async fn let_go(&self) {
        let position = in_time(store::webhook_position(&self.pool, self.of())).await;
        if let Ok(position) = position {
            // Where it does not succeed, the lease runs out.
            let _ =
                in_time(store::webhook_took(&self.pool, self.of(), self.holder, position, Duration::ZERO))
                    .await;
        }
    }
}
