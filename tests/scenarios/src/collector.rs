//! A collector of traces for tests: it keeps every span that the services export.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
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

    /// Service and name of each span of a trace, given by its 32 hexadecimal digits.
    #[must_use]
    pub fn spans(&self, trace_id: &str) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for request in self.kept.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for resource in &request.resource_spans {
                let service = resource
                    .resource
                    .iter()
                    .flat_map(|held| &held.attributes)
                    .find(|attribute| attribute.key == "service.name")
                    .map(|attribute| format!("{:?}", attribute.value))
                    .unwrap_or_default();
                for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
                    let id: String = span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
                    if id == trace_id {
                        found.insert((service.clone(), span.name.clone()));
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
