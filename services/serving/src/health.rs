//! Whether the service and what it depends on work: for gRPC health checks, for `/readyz`, for metrics.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fengqiao_messaging::{HealthReport, SharedRedis};
use sqlx::PgPool;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic_health::{ServingStatus, server::HealthReporter};

const CHECK_EVERY: Duration = Duration::from_secs(1);
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// Without Postgres nothing can be answered; without Redis things only wait.
const NEEDED: &str = "postgres";

/// The state of each part.
#[derive(Clone, Default)]
pub(crate) struct Health {
    parts: Arc<Mutex<BTreeMap<String, bool>>>,
}

impl Health {
    pub(crate) fn set(&self, part: &str, works: bool) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.get(part) != Some(&works) {
            if works {
                tracing::info!(part, "works");
            } else {
                tracing::warn!(part, "does not work");
            }
            metrics::gauge!("fengqiao_part_works", "part" => part.to_owned()).set(f64::from(u8::from(works)));
            parts.insert(part.to_owned(), works);
        }
    }

    pub(crate) fn report(&self) -> HealthReport {
        let health = self.clone();
        Arc::new(move |part, works| health.set(part, works))
    }

    /// Ready, and the state of each part.
    pub(crate) fn look(&self) -> (bool, BTreeMap<String, bool>) {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (parts.get(NEEDED).copied().unwrap_or(false), parts)
    }

    /// Asks Postgres and Redis again and again, and tells gRPC health: the service by its name, each part
    /// by `<service>/<part>`.
    pub(crate) async fn watch(
        self,
        service: &'static str,
        pool: PgPool,
        mut redis: SharedRedis,
        reporter: HealthReporter,
        stop: CancellationToken,
    ) {
        while !stop.is_cancelled() {
            let postgres = timeout(CHECK_TIMEOUT, sqlx::query("SELECT 1").execute(&pool)).await;
            self.set("postgres", matches!(postgres, Ok(Ok(_))));
            let ping =
                timeout(CHECK_TIMEOUT, redis::cmd("PING").query_async::<redis::Value>(&mut redis)).await;
            self.set("redis", matches!(ping, Ok(Ok(_))));
            let (ready, parts) = self.look();
            reporter.set_service_status("", serving(ready)).await;
            reporter.set_service_status(service, serving(ready)).await;
            for (part, works) in parts {
                reporter.set_service_status(format!("{service}/{part}"), serving(works)).await;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(CHECK_EVERY) => {}
            }
        }
        reporter.set_service_status("", ServingStatus::NotServing).await;
        reporter.set_service_status(service, ServingStatus::NotServing).await;
    }
}

const fn serving(works: bool) -> ServingStatus {
    if works { ServingStatus::Serving } else { ServingStatus::NotServing }
}
