//! What a process sets up once.

use std::{env, io::IsTerminal as _, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::Level;
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, LevelFilter, filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::trace;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);
/// Seconds: from a tenth of a millisecond to a minute.
const BUCKETS: &[f64] = &[
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    60.0,
];

/// How many things were done together.
const COUNT_BUCKETS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The OTLP exporter cannot be made, mostly for a wrong endpoint.
    #[error("traces cannot be exported to {ENDPOINT}")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    /// The process has telemetry already.
    #[error("telemetry was started twice: {0}")]
    Twice(String),
}

/// A process's telemetry; ends with [`Telemetry::stop`].
pub struct Telemetry {
    metrics: PrometheusHandle,
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts logs (`RUST_LOG`, `info` by default; JSON unless on a terminal), metrics and, with an
    /// endpoint in the environment, traces.
    ///
    /// # Errors
    /// [`TelemetryError`] where the endpoint is unusable or the process has telemetry already.
    pub fn start(service: &'static str) -> Result<Self, TelemetryError> {
        let metrics = PrometheusBuilder::new()
            .set_buckets(BUCKETS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_reports".into()), COUNT_BUCKETS)
            })
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|e| TelemetryError::Twice(e.to_string()))?;
        let traces =
            env::var(ENDPOINT).ok().filter(|e| !e.is_empty()).map(|e| provider(service, e)).transpose()?;
        let exported = traces.as_ref().map(|provider| {
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("fengqiao"))
                .with_location(false)
                .with_threads(false)
                // Only our own spans: a dependency's may hold what must not leave.
                .with_filter(
                    filter_fn(|meta| *meta.level() <= Level::INFO && meta.target().starts_with("fengqiao"))
                        .with_max_level_hint(LevelFilter::INFO),
                )
        });
        trace::set_exporting(exported.is_some());
        let filter = EnvFilter::try_from_default_env()
            .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,h2=warn,hyper=warn,tower=warn"));
        // Said once more, since a filter that gives no level makes every trace line of every dependency be
        // looked at, in each frame of each call.
        let level = filter.max_level_hint().unwrap_or(LevelFilter::TRACE);
        let events =
            filter_fn(move |meta| meta.is_event() && *meta.level() <= level).with_max_level_hint(level);
        let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let logs = if std::io::stderr().is_terminal() {
            logs.boxed()
        } else {
            logs.json().flatten_event(true).with_span_list(false).boxed()
        };
        tracing_subscriber::registry()
            .with(exported)
            // Spans go to the exporter alone: written into each line they would be parsed and written again
            // with every field that is recorded, in every call.
            .with(logs.with_filter(filter.and(events)))
            .try_init()
            .map_err(|e| TelemetryError::Twice(e.to_string()))?;
        Ok(Self { metrics, traces })
    }

    /// A handle that renders the metrics; cheap to clone.
    #[must_use]
    pub fn metrics(&self) -> PrometheusHandle {
        self.metrics.clone()
    }

    /// Sends what has not been sent and ends.
    pub fn stop(self) {
        if let Some(provider) = self.traces
            && let Err(error) = provider.shutdown_with_timeout(EXPORT_TIMEOUT)
        {
            tracing::warn!(%error, "the last traces were not exported");
        }
    }
}

fn provider(service: &'static str, endpoint: String) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        .build()
        .map_err(TelemetryError::Exporter)?;
    let resource = Resource::builder()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.namespace", "fengqiao"))
        .build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
