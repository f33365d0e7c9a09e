//! The whole stack: servers, secrets, services.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use fengqiao_county::County;
use serde::Deserialize;

use crate::{
    StackError,
    clients::Connections,
    description::StackDescription,
    postgres::PrivatePostgres,
    process::{KeptProcess, Running},
    redis_server::PrivateRedis,
    secrets::Secrets,
    services::{Service, ServiceProcess, ServiceSettings, program},
};

/// What a stack is to be.
#[derive(Debug, Clone)]
pub struct StackPlan {
    /// Where data, logs and secrets lie. One run at a time may use it.
    pub folder: PathBuf,
    /// The county's configuration folder.
    pub county_folder: PathBuf,
    /// Servers that run already: the URLs of a Postgres database and of a Redis. Private ones are
    /// started where none are given here or by the environment.
    pub servers: Option<(String, String)>,
    /// What the keys in Redis begin with.
    pub redis_prefix: String,
    /// Agencies that get their pushes by webhook, and where.
    pub webhooks: Vec<(String, String)>,
    /// Further variables for all services.
    pub environment: Vec<(String, String)>,
    /// Whether analysts are answered, too.
    pub analysts: bool,
}

impl StackPlan {
    /// A stack of its own with everything private.
    pub fn new(folder: impl Into<PathBuf>, county_folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            county_folder: county_folder.into(),
            servers: None,
            redis_prefix: "fq".into(),
            webhooks: Vec::new(),
            environment: Vec::new(),
            analysts: false,
        }
    }

    /// The sample county of this repository.
    pub fn sample_county() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../county/macheng")
    }
}

/// A running stack. Its processes end when it is dropped or when this program ends, however it ends.
pub struct Stack {
    /// The county.
    pub county: County,
    /// Its secrets.
    pub secrets: Secrets,
    // Dropped in this order: services before the servers that they use.
    services: Vec<ServiceProcess>,
    settings: Vec<ServiceSettings>,
    redis: Option<PrivateRedis>,
    postgres: Option<PrivatePostgres>,
    folder: PathBuf,
}

impl Stack {
    /// Starts everything and waits until calls are served. `says` is told what is being done.
    ///
    /// # Errors
    /// Where a part does not start; what was started until then is ended.
    pub async fn start(plan: StackPlan, says: impl Fn(&str)) -> Result<Self, StackError> {
        std::fs::create_dir_all(&plan.folder).map_err(StackError::file(&plan.folder))?;
        let folder = absolute(&plan.folder)?;
        let county_folder = absolute(&plan.county_folder)?;
        let county =
            County::load(&county_folder).map_err(|mistakes| StackError::Invalid(mistakes.to_string()))?;
        let agencies = agencies(&county_folder)?;
        let secrets = Secrets::prepare(&folder.join("secrets"), &county.code, &agencies)?;
        let (postgres, redis, urls) = match plan.servers.clone() {
            Some(urls) => (None, None, urls),
            None => {
                says("Postgres and Redis");
                let (postgres, redis) =
                    tokio::join!(PrivatePostgres::start(&folder), PrivateRedis::start(&folder));
                let (postgres, redis) = (postgres?, redis?);
                let urls = (postgres.url().to_owned(), redis.url().to_owned());
                (Some(postgres), Some(redis), urls)
            }
        };
        let endpoints = write_endpoints(&folder, &county.code, &plan.webhooks, &secrets)?;
        let environment = environment(&plan, &county_folder, &secrets, &urls, &endpoints);
        let people = ("FENGQIAO_PEOPLE_FOLDER".to_owned(), folder.join("people").display().to_string());
        let environment: Vec<_> = environment.into_iter().chain([people]).collect();
        let analysts = plan.analysts.then_some(Service::Analysts);
        let settings: Vec<ServiceSettings> = Service::ALL
            .into_iter()
            .chain(analysts)
            .map(|service| ServiceSettings {
                service,
                environment: environment.clone(),
                log: folder.join("logs").join(format!("{}.log", service.name())),
            })
            .collect();
        says("intake, routing, notification, statistics");
        let services = settings.iter().map(ServiceProcess::start).collect::<Result<Vec<_>, StackError>>()?;
        let stack = Self { county, secrets, services, settings, redis, postgres, folder };
        for service in &stack.services {
            service.ready().await?;
        }
        stack.description().write(&stack.folder)?;
        Ok(stack)
    }

    /// A service's process.
    pub fn service(&self, service: Service) -> &ServiceProcess {
        // One for each of `Service::ALL`, in that order, then the analysts' where they are wanted.
        &self.services[service as usize]
    }

    /// Starts a further process of a service beside the one that runs.
    ///
    /// # Errors
    /// Where it does not become ready.
    pub async fn second(&self, service: Service) -> Result<ServiceProcess, StackError> {
        let mut settings = self.settings[service as usize].clone();
        settings.log.set_extension("second.log");
        let process = ServiceProcess::start(&settings)?;
        process.ready().await?;
        Ok(process)
    }

    /// The Postgres, where the stack started or found it itself.
    pub fn postgres(&self) -> Option<&PrivatePostgres> {
        self.postgres.as_ref()
    }

    /// The Redis, where the stack started or found it itself.
    pub fn redis(&self) -> Option<&PrivateRedis> {
        self.redis.as_ref()
    }

    /// The folder with data, logs and secrets.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it is found.
    pub fn description(&self) -> StackDescription {
        let urls = |url: fn(&ServiceProcess) -> String| {
            self.services.iter().map(|process| (process.service().name().to_owned(), url(process))).collect()
        };
        StackDescription {
            county: self.county.code.clone(),
            county_folder: self.county.folder.clone(),
            ca: self.secrets.ca(),
            services: urls(ServiceProcess::url),
            http: self
                .services
                .iter()
                .filter_map(|process| Some((process.service().name().to_owned(), process.http_url()?)))
                .collect(),
            desk: self.service(Service::Notification).pages_url(),
            board: self.service(Service::Statistics).pages_url(),
            ops: urls(ServiceProcess::operations_url),
            tokens: self.secrets.token_files(),
            pid: std::process::id(),
        }
    }

    /// Connections to its services.
    ///
    /// # Errors
    /// Where the authority's certificate cannot be read.
    pub fn connections(&self) -> Result<Connections, StackError> {
        Connections::to(&self.description())
    }

    /// Makes `fengqiao` commands that talk to this stack.
    ///
    /// # Errors
    /// Where the program was not built.
    pub fn command(&self) -> Result<impl Fn() -> Command + Send + use<>, StackError> {
        let (program, description) = (program("fengqiao")?, StackDescription::path(&self.folder));
        Ok(move || {
            let mut command = Command::new(&program);
            command.env("FENGQIAO_STACK", &description);
            command
        })
    }

    /// Waits until a service is given up because it dies again and again, and says which.
    pub async fn failed(&self) -> StackError {
        let watch = self.services.iter().map(|service| {
            Box::pin(async move {
                let mut running = service.process().running();
                let _ = running.wait_for(|now| matches!(now, Running::GivenUp(_))).await;
                service.process().ended("died again and again")
            })
        });
        futures::future::select_all(watch).await.0
    }

    /// The processes that are kept, for whoever wants to say when one was started again.
    pub fn processes(&self) -> impl Iterator<Item = &KeptProcess> {
        let servers = [
            self.postgres.as_ref().and_then(PrivatePostgres::process),
            self.redis.as_ref().and_then(PrivateRedis::process),
        ];
        servers.into_iter().flatten().chain(self.services.iter().map(ServiceProcess::process))
    }

    /// Ends everything in order.
    pub async fn stop(&self) {
        let _ = std::fs::remove_file(StackDescription::path(&self.folder));
        futures::future::join_all(self.services.iter().map(ServiceProcess::stop)).await;
        if let Some(redis) = &self.redis {
            redis.stop().await;
        }
        if let Some(postgres) = &self.postgres {
            postgres.stop().await;
        }
    }
}

fn environment(
    plan: &StackPlan,
    county_folder: &Path,
    secrets: &Secrets,
    (database_url, redis_url): &(String, String),
    endpoints: &Path,
) -> Vec<(String, String)> {
    let path = |path: PathBuf| path.display().to_string();
    let own = [
        ("FENGQIAO_DATABASE_URL", database_url.clone()),
        ("FENGQIAO_REDIS_URL", redis_url.clone()),
        ("FENGQIAO_REDIS_PREFIX", plan.redis_prefix.clone()),
        ("FENGQIAO_COUNTY_FOLDER", path(county_folder.to_path_buf())),
        ("FENGQIAO_TLS_CERTIFICATE", path(secrets.server_certificate())),
        ("FENGQIAO_TLS_KEY", path(secrets.server_key())),
        ("FENGQIAO_TLS_CLIENT_AUTHORITY", path(secrets.ca())),
        ("FENGQIAO_TOKEN_KEY", path(secrets.token_key())),
        ("FENGQIAO_SEALING_KEYS", path(secrets.sealing_keys())),
        ("FENGQIAO_ENDPOINTS_FILE", path(endpoints.to_path_buf())),
        ("FENGQIAO_ANALYSTS_FOLDER", path(plan.folder.join("analysts"))),
    ];
    own.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(plan.environment.iter().cloned())
        .collect()
}

#[derive(Deserialize)]
struct AgencyRow {
    code: String,
}

/// The codes of the county's agencies.
pub(crate) fn agencies(county_folder: &Path) -> Result<Vec<String>, StackError> {
    let path = county_folder.join("agencies.csv");
    let wrong = |error: csv::Error| StackError::Invalid(format!("{}: {error}", path.display()));
    csv::ReaderBuilder::new()
        .flexible(true)
        .comment(Some(b'#'))
        .from_path(&path)
        .map_err(wrong)?
        .deserialize::<AgencyRow>()
        .map(|row| row.map(|row| row.code).map_err(wrong))
        .collect()
}

#[derive(Deserialize, Default)]
struct EndpointsFile {
    #[serde(default)]
    endpoint: Vec<EndpointEntry>,
}

#[derive(Deserialize)]
struct EndpointEntry {
    agency: String,
}

/// The endpoints that notification adds to those of the county.
fn write_endpoints(
    folder: &Path,
    county: &str,
    webhooks: &[(String, String)],
    secrets: &Secrets,
) -> Result<PathBuf, StackError> {
    use std::fmt::Write;
    let path = folder.join("endpoints.toml");
    let mut text = String::from("# Made for this run: webhooks that end on this machine.\n");
    for (agency, url) in webhooks {
        let (secret, _) = secrets.webhook_secret(agency)?;
        let _ = write!(
            text,
            "\n[[endpoint]]\ncounty = {county:?}\nagency = {agency:?}\nurl = {url:?}\nsecret_file = {:?}\nallow_private = true\n",
            secret.display().to_string(),
        );
    }
    std::fs::write(&path, text).map_err(StackError::file(&path))?;
    Ok(path)
}

/// The agencies for which the county itself names webhooks. A local stack sends them nothing: it takes
/// their place.
pub(crate) fn county_webhooks(county_folder: &Path) -> Result<Vec<String>, StackError> {
    let path = county_folder.join("endpoints.toml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path).map_err(StackError::file(&path))?;
    let file: EndpointsFile = toml::from_str(&text)
        .map_err(|error| StackError::Invalid(format!("{}: {}", path.display(), error.message())))?;
    Ok(file.endpoint.into_iter().map(|entry| entry.agency).collect())
}

fn absolute(path: &Path) -> Result<PathBuf, StackError> {
    std::fs::canonicalize(path).map_err(StackError::file(path))
}
