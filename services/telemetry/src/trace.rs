//! The trace of a call or an event, as a W3C `traceparent`.
//!
//! Without an exporter no spans are kept, but the identifiers still travel, so that a case's history can
//! name the trace in which each thing happened.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
};

use opentelemetry::{
    Context, SpanId, TraceFlags, TraceId,
    trace::{SpanContext, TraceContextExt as _, TraceState},
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The header, metadata key and stream field.
pub const TRACEPARENT: &str = "traceparent";

static EXPORTING: AtomicBool = AtomicBool::new(false);

tokio::task_local! {
    static CARRIED: String;
}

pub(crate) fn set_exporting(on: bool) {
    EXPORTING.store(on, Ordering::Relaxed);
}

/// The traceparent of what runs now: the current span's, or the one that [`carry`] set.
#[must_use]
pub fn current() -> Option<String> {
    of(&Span::current()).or_else(|| CARRIED.try_with(Clone::clone).ok())
}

/// A span's traceparent; none where spans are not exported.
#[must_use]
pub fn of(span: &Span) -> Option<String> {
    if !exporting() {
        return None;
    }
    let context = span.context();
    let held = context.span().span_context().clone();
    held.is_valid().then(|| write(&held))
}

/// Whether spans go anywhere. Where they do not, none is made: each would be kept and closed for nobody.
pub(crate) fn exporting() -> bool {
    EXPORTING.load(Ordering::Relaxed)
}

/// Makes a span that continues a trace. `parent` is a traceparent; one that is not well formed starts
/// a new trace.
#[must_use]
pub fn child_span(name: &'static str, parent: Option<&str>) -> Span {
    if !exporting() {
        return Span::none();
    }
    let span = tracing::info_span!(target: "fengqiao", "step", otel.name = name);
    continue_from(&span, parent);
    span
}

/// Puts a span under a parent from elsewhere.
pub fn continue_from(span: &Span, parent: Option<&str>) {
    if exporting()
        && let Some(parent) = parent.and_then(read)
    {
        // Fails only for a span that has begun exporting, which a new one has not.
        let _ = span.set_parent(Context::new().with_remote_span_context(parent));
    }
}

/// The traceparent that an emitted event carries: the span's, or else the one it came from.
#[must_use]
pub fn onward(span: &Span, parent: Option<&str>) -> Option<String> {
    of(span).or_else(|| parent.map(str::to_owned))
}

/// Runs a future with a traceparent that [`current`] gives where no span is exported. An absent or
/// malformed one is replaced by a new trace.
pub async fn carry<F: Future>(parent: Option<&str>, future: F) -> F::Output {
    let held = parent.and_then(read).unwrap_or_else(|| {
        let ids = RandomIdGenerator::default();
        SpanContext::new(ids.new_trace_id(), ids.new_span_id(), TraceFlags::SAMPLED, false, TraceState::NONE)
    });
    CARRIED.scope(write(&held), future).await
}

/// The 32 hexadecimal digits of the trace in a traceparent; empty where there is none.
#[must_use]
pub fn trace_id(traceparent: Option<&str>) -> String {
    traceparent.and_then(read).map(|held| held.trace_id().to_string()).unwrap_or_default()
}

fn write(held: &SpanContext) -> String {
    format!("00-{}-{}-{:02x}", held.trace_id(), held.span_id(), held.trace_flags().to_u8() & 1)
}

fn read(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version.len() != 2 || version == "ff" || trace.len() != 32 || span.len() != 16 || flags.len() != 2 {
        return None;
    }
    let held = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & 1),
        true,
        TraceState::NONE,
    );
    held.is_valid().then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_and_written_unchanged() {
        assert_eq!(write(&read(PARENT).unwrap()), PARENT);
        assert_eq!(trace_id(Some(PARENT)), "0af7651916cd43dd8448eb211c80319c");
    }

    #[test]
    fn what_is_no_traceparent_is_ignored() {
        for bad in ["", "00-0-0-00", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "王女士"] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_carried_trace_is_the_current_one() {
        carry(Some(PARENT), async { assert_eq!(current().as_deref(), Some(PARENT)) }).await;
        carry(None, async { assert_eq!(trace_id(current().as_deref()).len(), 32) }).await;
    }
}
