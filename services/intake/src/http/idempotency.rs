//! `Idempotency-Key`: who sends the same request again gets the same answer, whatever became of the first one.
//!
//! As in the IETF's draft: the same key with another request is 422, and with one that is still being worked on 409.
//! What only has to be sent again (too many, not available) is not kept.

use std::{future::Future, sync::Arc, time::Duration};

use axum::http::{HeaderMap, StatusCode};
use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_sealing::Keyring;
use fengqiao_serving::{
    json_edge::{Problem, Reply},
    time,
};
use fengqiao_telemetry::trace;
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    error::IntakeError,
    grpc::in_time,
    store::{self, Begun, KeptAnswer, RequestKey, StoreError},
};

const HEADER: &str = "idempotency-key";
const LONGEST_KEY: usize = 255;
/// How long an answer is kept.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A request that was begun so long ago and has no answer was begun by a process that is gone.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_secs(60);
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// The answers that are kept.
#[derive(Clone)]
pub struct IdempotentAnswers {
    pool: PgPool,
    keyring: Arc<Keyring>,
}

impl IdempotentAnswers {
    /// Those in this database. Requests are known by keyed hashes only.
    #[must_use]
    pub const fn new(pool: PgPool, keyring: Arc<Keyring>) -> Self {
        Self { pool, keyring }
    }

    /// The key that a request carries; none where it carries none.
    pub(super) fn key(
        &self,
        headers: &HeaderMap,
        who: &Principal,
        method: &str,
        body: &[u8],
    ) -> Result<Option<RequestKey>, Problem> {
        let Some(given) = headers.get(HEADER) else { return Ok(None) };
        let given = given.to_str().map_err(|_| Problem::wrong_key())?.trim();
        // A structured header is a quoted text; a bare one means the same.
        let key = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(given);
        if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::wrong_key());
        }
        let hash = |kind: &str, value: &str| self.keyring.proof_hash(kind, value);
        let digest: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Some(RequestKey {
            county: who.county.clone(),
            key: hash("idempotency_key", &format!("{}\n{method}\n{key}", who.name)),
            fingerprint: hash("idempotent_request", &digest),
        }))
    }

    /// Does the work of a request, once for its key. It is done to its end also where the caller goes away.
    pub(super) async fn once(
        &self,
        key: Option<RequestKey>,
        work: impl Future<Output = Reply> + Send + 'static,
    ) -> Result<Reply, Problem> {
        let Some(key) = key else { return Ok(work.await) };
        let now = time::now();
        let (expired, abandoned) = (now - KEPT_FOR, now - ABANDONED_AFTER);
        match in_time(store::begin_answer(&self.pool, &key, now, expired, abandoned))
            .await
            .map_err(refused)?
        {
            Begun::New => {}
            Begun::OtherRequest => return Err(Problem::other_request()),
            Begun::InFlight => return Err(Problem::in_flight()),
            Begun::Answered(answer) => return Ok(Reply::from(answer)),
        }
        let pool = self.pool.clone();
        let parent = trace::current();
        let working = async move {
            let reply = trace::carry(parent.as_deref(), work).await;
            let kept = if reply.is_final() {
                in_time(store::keep_answer(&pool, &key, now, &KeptAnswer::from(&reply))).await
            } else {
                in_time(store::drop_answer(&pool, &key, now)).await
            };
            if let Err(error) = kept {
                // The report is safe by its reference; the key is free again after a minute.
                tracing::warn!(error = &error as &dyn std::error::Error, "an answer is not kept");
            }
            reply
        };
        tokio::spawn(working.in_current_span()).await.map_err(|error| Problem::internal(&error))
    }
}

fn refused(error: StoreError) -> Problem {
    Problem::from(tonic::Status::from(IntakeError::from(error)))
}

impl From<KeptAnswer> for Reply {
    fn from(kept: KeptAnswer) -> Self {
        let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        Self {
            status: status.unwrap_or(StatusCode::OK),
            content_type: kept.content_type,
            body: kept.body,
            retry_after: None,
        }
    }
}

impl From<&Reply> for KeptAnswer {
    fn from(reply: &Reply) -> Self {
        Self {
            // A status has three digits.
            status: i16::try_from(reply.status.as_u16()).unwrap_or_default(),
            content_type: reply.content_type.clone(),
            body: reply.body.clone(),
        }
    }
}

/// Forgets answers that are older than [`KEPT_FOR`], a bounded number at a time, until told to stop.
pub async fn forget_old_answers(pool: PgPool, counties: Arc<Counties>, stop: CancellationToken) {
    loop {
        for county in counties.codes() {
            let forgotten = in_time(store::forget_answers(&pool, &county, time::now() - KEPT_FOR)).await;
            if let Err(error) = forgotten {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(county, error, "old answers are forgotten later");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(FORGET_EVERY) => {}
        }
    }
}
