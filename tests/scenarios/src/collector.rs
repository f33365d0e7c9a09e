//! A collector of traces for tests: it keeps every span that the services export.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::ResourceSpans,
};
use prost::Message as _;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// What was exported so far.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// A span that was exported.
#[derive(Debug, Clone)]
pub struct KeptSpan {
    /// The service that it is of.
    pub service: String,
    /// What was done.
    pub name: String,
    id: String,
    parent: String,
}

/// The way from where a trace began to each of its spans, in words: services and names, and at the head the span that none
/// of the trace is: the caller's.
#[must_use]
pub fn ways(spans: &[KeptSpan]) -> BTreeSet<String> {
    spans
        .iter()
        .map(|span| {
            let mut way = Vec::new();
            let mut next = Some(span);
            let mut first = &span.parent;
            while let Some(here) = next {
                way.push(format!("{}: {}", here.service, here.name));
                first = &here.parent;
                next = spans.iter().find(|one| one.id == here.parent);
            }
            way.push(first.clone());
            way.reverse();
            way.join(" > ")
        })
        .collect()
}

fn service_of(resource: &ResourceSpans) -> String {
    let named = resource.resource.iter().flat_map(|held| &held.attributes);
    let name =
        named.filter(|attribute| attribute.key == "service.name").find_map(|attribute| {
            match attribute.value.as_ref()?.value.as_ref()? {
                Value::StringValue(name) => Some(name.clone()),
                _ => None,
            }
        });
    name.unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A collector on a free port.
pub struct Collector {
    address: SocketAddr,
    kept: Kept,
    task: JoinHandle<()>,
}

impl Collector {
    /// Starts to listen.
    ///
    /// # Panics
    /// Where there is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let kept = Kept::default();
        let service = TraceServiceServer::new(kept.clone());
        let task = tokio::spawn(async move {
            let served = tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming(TcpIncoming::from(listener))
                .await;
            assert!(served.is_ok(), "the collector ended");
        });
        Self { address, kept, task }
    }

    /// Where services export to.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The spans of a trace, given by its 32 hexadecimal digits.
    #[must_use]
    pub fn spans(&self, trace_id: &str) -> Vec<KeptSpan> {
        let mut found = Vec::new();
        for request in self.kept.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for resource in &request.resource_spans {
                let service = service_of(resource);
                for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
                    if hex(&span.trace_id) == trace_id {
                        found.push(KeptSpan {
                            service: service.clone(),
                            name: span.name.clone(),
                            id: hex(&span.span_id),
                            parent: hex(&span.parent_span_id),
                        });
                    }
                }
            }
        }
        found
    }

    /// Everything that was exported, as it came over the wire.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().flat_map(|request| request.encode_to_vec()).collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}
