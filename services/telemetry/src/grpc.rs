//! A span and the metrics of each gRPC call that a server takes.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use http::{Request, Response};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::trace;

/// Wraps each call in a span that continues the caller's trace, counts it and times it.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallLayer;

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallService { inner }
    }
}

/// See [`CallLayer`].
#[derive(Debug, Clone)]
pub struct CallService<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for CallService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready is used; the clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let began = Instant::now();
            let method = request.uri().path().to_owned();
            let parent = request
                .headers()
                .get(trace::TRACEPARENT)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned);
            let span = if trace::exporting() {
                tracing::info_span!(target: "fengqiao", "call", otel.name = %method, otel.kind = "server", rpc.grpc.status_code = tracing::field::Empty)
            } else {
                tracing::Span::none()
            };
            trace::continue_from(&span, parent.as_deref());
            let answer = trace::carry(parent.as_deref(), inner.call(request)).instrument(span.clone()).await;
            let code = match &answer {
                Ok(response) => response
                    .headers()
                    .get("grpc-status")
                    .and_then(|value| value.to_str().ok())
                    .and_then(|text| text.parse::<i32>().ok())
                    .unwrap_or(0),
                Err(_) => 2,
            };
            span.record("rpc.grpc.status_code", code);
            let method = if NOT_A_CALL.contains(&code) { "refused".to_owned() } else { method };
            metrics::counter!("fengqiao_grpc_calls_total", "method" => method.clone(), "code" => code.to_string())
                .increment(1);
            metrics::histogram!("fengqiao_grpc_call_seconds", "method" => method)
                .record(began.elapsed().as_secs_f64());
            answer
        })
    }
}

/// A path is of a stranger's making where the gate refused it or nobody serves it (PERMISSION_DENIED,
/// UNIMPLEMENTED, UNAUTHENTICATED): such paths share one label, or they would fill the memory.
const NOT_A_CALL: [i32; 3] = [7, 12, 16];
