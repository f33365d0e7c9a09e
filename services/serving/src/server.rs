//! Serving until told to stop, and ending in order.

use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use fengqiao_messaging::{Apply, Receiver, Relay, Topic, Trimmer};
use fengqiao_proto::sealing::v1::sealing_service_server::SealingServiceServer;
use fengqiao_telemetry::grpc::CallLayer;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tonic::{service::Routes, transport::Server};

use crate::{
    Foundation, StartError, connections, on_own_thread, operations,
    resealing::{Resealing, SealingFace},
    young_tables,
};

/// How long calls may go on after the stop.
const DRAIN: Duration = Duration::from_secs(5);
const KEEPALIVE: Duration = Duration::from_secs(30);
/// Calls that one connection may have open.
const STREAMS_PER_CONNECTION: u32 = 2048;
/// Bytes in flight for one call and one connection before the sender has to wait.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

impl Foundation {
    /// Serves the routes behind the gate, with health and reflection; publishes and receives events; shows
    /// metrics and readiness; ends on SIGTERM or SIGINT (a second one ends at once), or when a task fails.
    ///
    /// # Errors
    /// [`StartError`] where a listener cannot be made or a task failed.
    pub async fn serve(
        mut self,
        routes: Routes,
        receivers: Vec<(Topic, Arc<dyn Apply>)>,
    ) -> Result<(), StartError> {
        let name = self.service.name();
        let (reporter, health_service) = tonic_health::server::health_reporter();
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(fengqiao_proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .map_err(|e| StartError::Serve(Box::new(e)))?;
        let listener = bind(self.settings.listen).await?;
        let operations_listener = bind(self.settings.ops_listen).await?;
        tracing::info!(
            service = name,
            listen = %address(&listener),
            operations = %address(&operations_listener),
            "serving"
        );
        self.spawn_messaging(receivers).map_err(|e| StartError::Serve(Box::new(e)))?;
        self.spawn_forever("health", {
            let (pool, redis, stop) = (self.pool.clone(), self.redis.clone(), self.stop.clone());
            self.health.clone().watch(name, pool, redis, reporter, stop)
        });
        self.tasks.spawn("young tables", young_tables::watch(self.pool.clone(), self.stop.clone()));
        let resealing = Resealing::new(
            self.pool.clone(),
            self.counties.codes(),
            Arc::clone(&self.keyring),
            self.sealed_columns,
        );
        self.tasks.spawn("sealing anew", resealing.clone().run(self.stop.clone()));
        let sealing = SealingServiceServer::new(SealingFace {
            service: name,
            resealing,
            lookups: self.lookup_progress.get().cloned(),
        });
        self.spawn_operations(operations_listener);
        self.tasks.spawn("signals", end_on_signal(self.stop.clone()));

        let stop = self.stop.clone();
        let server = Server::builder()
            .tls_config(self.tls.clone())
            .map_err(|e| StartError::Serve(Box::new(e)))?
            .http2_keepalive_interval(Some(KEEPALIVE))
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .layer(self.call_times.clone())
            .layer(CallLayer)
            .layer(self.access.clone())
            .add_routes(routes)
            .add_service(sealing)
            .add_service(health_service)
            .add_service(reflection)
            .serve_with_incoming_shutdown(
                connections::accepted(listener, self.settings.connections as usize, connections::SILENCE),
                stop.clone().cancelled_owned(),
            );
        let mut server = std::pin::pin!(server);
        let served = tokio::select! {
            served = &mut server => served,
            () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => {
                tracing::warn!("calls were still open and are ended");
                Ok(())
            }
        };
        stop.cancel();
        let failed = self.tasks.finish(DRAIN).await;
        let _ = timeout(DRAIN, self.pool.close()).await;
        tracing::info!(service = name, "ended");
        self.telemetry.stop();
        served.map_err(|e| StartError::Serve(Box::new(e)))?;
        failed.map_or(Ok(()), |failure| Err(StartError::Task(failure)))
    }

    fn spawn_messaging(&mut self, receivers: Vec<(Topic, Arc<dyn Apply>)>) -> std::io::Result<()> {
        let counties = self.counties.codes();
        let mut work = std::mem::take(&mut self.beside_messaging);
        if let Some(topic) = self.service.topic() {
            let relay = Relay::new(
                self.pool.clone(),
                self.redis_server.clone(),
                self.keys.clone(),
                self.outbox.clone(),
                counties.clone(),
                self.health.report(),
            );
            work.push(Box::pin(relay.run(self.stop.clone())));
            let trimmer = Trimmer::new(
                self.pool.clone(),
                self.redis.clone(),
                self.keys.clone(),
                topic,
                counties.clone(),
            );
            self.spawn_forever("trimmer", trimmer.run(self.stop.clone()));
        }
        for (topic, apply) in receivers {
            for county in &counties {
                let receiver = Receiver {
                    service: self.service.name(),
                    topic,
                    county: county.clone(),
                    pool: self.pool.clone(),
                    server: self.redis_server.clone(),
                    keys: self.keys.clone(),
                    apply: Arc::clone(&apply),
                    health: self.health.report(),
                };
                work.push(Box::pin(receiver.run(self.stop.clone())));
            }
        }
        // Who neither sends nor receives has nothing to do there.
        if !work.is_empty() {
            self.tasks.spawn("messaging", on_own_thread("messaging", work, self.stop.clone())?);
        }
        Ok(())
    }

    fn spawn_operations(&self, listener: TcpListener) {
        let metrics = self.telemetry.metrics();
        let upkeep = metrics.clone();
        let stop = self.stop.clone();
        self.spawn_forever("metrics upkeep", async move {
            while !stop.is_cancelled() {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(Duration::from_secs(5)) => upkeep.run_upkeep(),
                }
            }
        });
        let router = operations::router(self.service.name(), self.health.clone(), move || metrics.render());
        let stop = self.stop.clone();
        self.tasks.spawn("operations", async move {
            axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
        });
    }

    fn spawn_forever(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(name, async move {
            task.await;
            Ok::<(), Infallible>(())
        });
    }
}

pub(crate) async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|e| StartError::Serve(Box::new(e)))
}

pub(crate) fn address(listener: &TcpListener) -> String {
    listener.local_addr().map(|a| a.to_string()).unwrap_or_default()
}

async fn end_on_signal(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.cancel();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // Someone insists.
        std::process::exit(130);
    });
    Ok(())
}
