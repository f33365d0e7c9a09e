//! Seeing it run: logs, traces and metrics of a service.
//!
//! One trace runs from the hotline's call through outbox, stream and push to the receipt: its W3C
//! `traceparent` travels in gRPC metadata, outbox rows, stream entries and webhook headers. Spans are
//! exported over OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Nothing here may carry personal data.

pub mod grpc;
mod start;
pub mod trace;

pub use start::{Telemetry, TelemetryError};
