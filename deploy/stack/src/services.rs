//! The four services as processes.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use crate::{
    StackError,
    ports::free_port,
    process::{KeptProcess, ProcessPlan, Running, with_death_signal},
};

/// A service must answer within this time after its start; the first one migrates.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Calls drain for some seconds; after this a service is killed.
const GRACE: Duration = Duration::from_secs(12);

/// The four services, and the process beside statistics for analysts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Takes reports.
    Intake,
    /// Makes cases of them.
    Routing,
    /// Tells the agencies.
    Notification,
    /// Counts.
    Statistics,
    /// Answers analysts' SQL; started only where it is wanted.
    Analysts,
}

impl Service {
    /// The four that are always there, in the order of a report's way.
    pub const ALL: [Self; 4] = [Self::Intake, Self::Routing, Self::Notification, Self::Statistics];

    /// The name, also of its schema and of its place in `stack.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Notification => "notification",
            Self::Statistics => "statistics",
            Self::Analysts => "analysts",
        }
    }

    /// Its program, beside the running one or in the target folder that the environment names.
    ///
    /// # Errors
    /// Where it was not built.
    pub fn program(self) -> Result<PathBuf, StackError> {
        program(&format!("fengqiao-{}", self.name()))
    }
}

/// A program of the workspace, beside the running one or in the target folder that the environment names.
///
/// # Errors
/// Where it was not built.
pub fn program(name: &str) -> Result<PathBuf, StackError> {
    let running = std::env::current_exe().map_err(StackError::file("the running program"))?;
    let near = running.ancestors().skip(1).take(2).map(Path::to_path_buf);
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let named = target.iter().flat_map(|t| [t.join("debug"), t.join("release")]);
    near.chain(named).map(|folder| folder.join(name)).find(|program| program.exists()).ok_or_else(|| {
        StackError::Invalid(format!("{name} is not built; `cargo build --workspace --bins` builds it"))
    })
}

/// What every process of a service is given.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Which service.
    pub service: Service,
    /// `FENGQIAO_…` variables: stores, secrets, the county.
    pub environment: Vec<(String, String)>,
    /// Where its log goes.
    pub log: PathBuf,
}

/// A process of a service. It is kept running: one that dies is started again on the same ports.
pub struct ServiceProcess {
    service: Service,
    port: u16,
    operations_port: u16,
    http_port: Option<u16>,
    pages: Option<(&'static str, u16)>,
    process: KeptProcess,
}

impl ServiceProcess {
    /// Starts a process; [`ServiceProcess::ready`] waits until it serves.
    ///
    /// # Errors
    /// Where it was not built or there is no free port.
    pub fn start(settings: &ServiceSettings) -> Result<Self, StackError> {
        let service = settings.service;
        let program = service.program()?;
        let (port, operations_port) = (free_port()?, free_port()?);
        let has_http = matches!(service, Service::Intake | Service::Statistics);
        let http_port = has_http.then(free_port).transpose()?;
        let pages = match service {
            Service::Notification => Some(("--desk-listen", free_port()?)),
            Service::Statistics => Some(("--board-listen", free_port()?)),
            Service::Intake | Service::Routing | Service::Analysts => None,
        };
        let environment = settings.environment.clone();
        let process = KeptProcess::start(ProcessPlan {
            name: service.name().to_owned(),
            launch: Box::new(move || {
                let mut command = with_death_signal(&program, Signal::SIGKILL);
                command
                    .arg("--listen")
                    .arg(format!("127.0.0.1:{port}"))
                    .arg("--ops-listen")
                    .arg(format!("127.0.0.1:{operations_port}"))
                    .args(
                        http_port
                            .iter()
                            .flat_map(|port| ["--http-listen".to_owned(), format!("127.0.0.1:{port}")]),
                    )
                    .args(
                        pages
                            .iter()
                            .flat_map(|(option, port)| [(*option).to_owned(), format!("127.0.0.1:{port}")]),
                    )
                    // Bulletins say where they can be read.
                    .args(pages.iter().filter(|_| service == Service::Statistics).flat_map(|(_, port)| {
                        ["--board-address".to_owned(), format!("https://127.0.0.1:{port}")]
                    }))
                    .envs(environment.iter().map(|(name, value)| (name, value)));
                Ok(command)
            }),
            log: settings.log.clone(),
            stop_signal: Signal::SIGTERM,
            grace: GRACE,
        })?;
        Ok(Self { service, port, operations_port, http_port, pages, process })
    }

    /// Which service.
    pub fn service(&self) -> Service {
        self.service
    }

    /// Where it serves gRPC.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Where it serves HTTP/JSON, where it does.
    pub fn http_url(&self) -> Option<String> {
        self.http_port.map(|port| format!("https://127.0.0.1:{port}"))
    }

    /// Where it serves web pages, where it does: notification the agency desk, statistics the county board.
    pub fn pages_url(&self) -> Option<String> {
        self.pages.map(|(_, port)| format!("https://127.0.0.1:{port}"))
    }

    /// Where it serves metrics and health.
    pub fn operations_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.operations_port)
    }

    /// Its process.
    pub fn process(&self) -> &KeptProcess {
        &self.process
    }

    /// Waits until it says itself that it is ready.
    ///
    /// # Errors
    /// Where it does not in time, or dies again and again.
    pub async fn ready(&self) -> Result<(), StackError> {
        let deadline = Instant::now() + READY_WITHIN;
        // With no TLS on this address none is set up; reqwest wants to know a provider all the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .no_proxy()
            .build()
            .map_err(|error| StackError::Invalid(error.to_string()))?;
        let address = format!("{}/readyz", self.operations_url());
        loop {
            if let Ok(answer) = client.get(&address).send().await
                && answer.status().is_success()
            {
                return Ok(());
            }
            if matches!(*self.process.running().borrow(), Running::GivenUp(_))
                || self.process.deaths_in_a_row() > 8
            {
                return Err(self.process.ended("does not start"));
            }
            if Instant::now() > deadline {
                return Err(self.process.ended("was not ready within a minute"));
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    }

    /// `kill -9`; it is started again at once. False where it was down already.
    pub fn kill(&self) -> bool {
        self.process.signal(Signal::SIGKILL)
    }

    /// `kill -9`, and it stays down until [`ServiceProcess::bring_back`].
    pub async fn take_down(&self) {
        self.process.take_down().await;
    }

    /// Starts it again after [`ServiceProcess::take_down`]; [`ServiceProcess::ready`] waits until it serves.
    pub fn bring_back(&self) {
        self.process.start_again();
    }

    /// Restarts it in order, and waits until it is ready.
    ///
    /// # Errors
    /// As [`ServiceProcess::ready`].
    pub async fn restart(&self) -> Result<(), StackError> {
        self.process.stop().await;
        self.process.start_again();
        self.ready().await
    }

    /// Ends it in order.
    pub async fn stop(&self) {
        self.process.stop().await;
    }
}
