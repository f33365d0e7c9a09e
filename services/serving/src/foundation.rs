//! Starting a service process: what it stands on before it serves.

use std::{
    fs,
    path::Path,
    str::FromStr as _,
    sync::{Arc, OnceLock},
    time::Duration,
};

use fengqiao_access::{AccessLayer, Policy, PolicyError, TokenError, TokenVerifier};
use fengqiao_county::{Counties, Mistakes};
use fengqiao_messaging::{Keys, Outbox, RedisServer, SharedRedis, Topic};
use fengqiao_proto::types::v1::Role;
use fengqiao_sealing::{Keyring, SealError};
use fengqiao_telemetry::{Telemetry, TelemetryError};
use futures::future::BoxFuture;
use sqlx::{
    Connection as _, Executor as _, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::{
    Settings, Tasks, call_times::CallTimes, health::Health, rehashing::LookupProgress,
    resealing::SealedColumn,
};

/// How long a starting service waits for Postgres.
const DATABASE_PATIENCE: Duration = Duration::from_secs(60);
/// A caller that waits longer for a connection is told to come again.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// What a further county may hold at once.
const CONNECTIONS_PER_COUNTY: u32 = 4;
/// Who connects has to come to the end of its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The four services, and the process beside statistics that answers analysts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceName {
    /// Takes reports.
    Intake,
    /// Keeps cases.
    Routing,
    /// Delivers pushes.
    Notification,
    /// Answers with figures.
    Statistics,
    /// Answers analysts' SQL, over the facts of statistics.
    Analysts,
}

impl ServiceName {
    /// The name of process and receiver.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Notification => "notification",
            Self::Statistics => "statistics",
            Self::Analysts => "analysts",
        }
    }

    /// The schema that it works in.
    const fn schema(self) -> &'static str {
        match self {
            Self::Analysts => Self::Statistics.name(),
            _ => self.name(),
        }
    }

    /// What it sends; who only counts sends nothing.
    #[must_use]
    pub const fn topic(self) -> Option<Topic> {
        match self {
            Self::Intake => Some(Topic::Intake),
            Self::Routing => Some(Topic::Routing),
            Self::Notification => Some(Topic::Notification),
            Self::Statistics => Some(Topic::Statistics),
            Self::Analysts => None,
        }
    }
}

/// Why a service cannot start, or why it ended.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A county's folder has mistakes.
    #[error("the county's files have mistakes:\n{0}")]
    County(#[from] Mistakes),
    /// Telemetry.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The sealing keys.
    #[error(transparent)]
    Keys(#[from] SealError),
    /// The token key.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The contract's access rules.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Postgres.
    #[error("the database cannot be used to {operation}")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// Migrations.
    #[error("the database's schema cannot be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Which areas hold.
    #[error("the areas that hold cannot be read")]
    Areas(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The Redis URL.
    #[error("the Redis URL is not usable")]
    Redis(#[source] redis::RedisError),
    /// The listener or TLS.
    #[error("gRPC cannot be served")]
    Serve(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The service's own configuration.
    #[error("the configuration is not usable: {0}")]
    Configuration(String),
    /// A task ended the process.
    #[error("{0}")]
    Task(String),
}

/// What a service stands on.
pub struct Foundation {
    /// Which service.
    pub service: ServiceName,
    /// Connections that work in the service's schema.
    pub pool: PgPool,
    /// Redis for quick commands. Never wait on it with a blocking command: it is shared.
    pub redis: SharedRedis,
    /// For connections of one's own, as blocking reads need.
    pub redis_server: RedisServer,
    /// The names of keys.
    pub keys: Keys,
    /// Seals and opens personal data.
    pub keyring: Arc<Keyring>,
    /// The counties.
    pub counties: Arc<Counties>,
    /// For nudging after a commit. Who sends nothing has one too, which nothing reads.
    pub outbox: Outbox,
    /// Cancelled when the process is to end.
    pub stop: CancellationToken,
    /// Background work.
    pub tasks: Tasks,
    /// The columns of sealed values that are sealed anew when the keys change; none until the service says so.
    pub sealed_columns: &'static [SealedColumn],
    /// Work of the service that shares messaging's thread.
    pub(crate) beside_messaging: Vec<BoxFuture<'static, ()>>,
    /// How far hashing anew is, where the service keeps what people are found by.
    pub(crate) lookup_progress: OnceLock<LookupProgress>,
    pub(crate) settings: Settings,
    pub(crate) telemetry: Telemetry,
    pub(crate) health: Health,
    pub(crate) access: AccessLayer,
    pub(crate) call_times: CallTimes,
    pub(crate) tls: ServerTlsConfig,
}

impl Foundation {
    /// The service keeps what people are found by, and says here how far it is with hashing it anew.
    pub fn lookup_progress(&self) -> LookupProgress {
        self.lookup_progress.get_or_init(LookupProgress::default).clone()
    }

    /// Reads the configuration, opens the stores and brings the schema up to date with messaging's migrations and
    /// these.
    ///
    /// # Errors
    /// [`StartError`] says what is missing.
    pub async fn start(
        settings: &Settings,
        service: ServiceName,
        migrations: &[&Migrator],
    ) -> Result<Self, StartError> {
        // Fails only where a provider is installed already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let telemetry = Telemetry::start(service.name())?;
        let counties = Arc::new(Counties::load(&settings.county_folder)?);
        let keyring = Arc::new(Keyring::load(&settings.sealing_keys)?);
        let access =
            AccessLayer::new(Policy::from_contract()?, TokenVerifier::from_pem(&read(&settings.token_key)?)?);
        let tls = ServerTlsConfig::new()
            .identity(Identity::from_pem(read(&settings.tls_certificate)?, read(&settings.tls_key)?))
            .client_ca_root(Certificate::from_pem(read(&settings.tls_client_authority)?))
            .client_auth_optional(true)
            .timeout(HANDSHAKE_TIMEOUT);
        let redis_server = RedisServer::from_str(&settings.redis_url).map_err(StartError::Redis)?;
        let redis = redis_server.shared().map_err(StartError::Redis)?;
        let pool = open_database(settings, service, counties.codes().len()).await?;
        migrate(&pool, migrations).await?;
        let stop = CancellationToken::new();
        Ok(Self {
            service,
            pool,
            redis,
            redis_server,
            keys: Keys::new(settings.redis_prefix.as_str()),
            keyring,
            counties,
            outbox: Outbox::new(service.topic().unwrap_or(Topic::Intake)),
            tasks: Tasks::new(stop.clone()),
            sealed_columns: &[],
            beside_messaging: Vec::new(),
            lookup_progress: OnceLock::new(),
            stop,
            settings: settings.clone(),
            telemetry,
            health: Health::default(),
            access,
            call_times: CallTimes::default(),
            tls,
        })
    }

    /// The gate, for another face than gRPC.
    #[must_use]
    pub fn gate(&self) -> AccessLayer {
        self.access.clone()
    }

    /// Lets these roles call a service of another contract, by its full name: all its methods.
    pub fn allow(&mut self, service: &'static str, roles: &'static [Role]) {
        self.access = self.access.allowing(service, roles);
    }

    /// Takes a token as a password too, at the method with this path: see [`AccessLayer::taking_passwords_at`].
    pub fn take_passwords_at(&mut self, method: &'static str) {
        self.access = self.access.taking_passwords_at(method);
    }

    /// Lets work that runs until the stop share messaging's thread: who waits for what a receiver has just stored has it there
    /// at once, without waking another thread for it.
    pub fn work_beside_messaging(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.beside_messaging.push(Box::pin(work));
    }

    /// Lets calls of the method with this path last as long as they need: one that takes a stream from its caller and
    /// answers when all has come. It ends them itself after `at_most`; one that does not is ended a little later.
    pub fn let_last(&mut self, method: &'static str, at_most: Duration) {
        self.call_times = self.call_times.letting_last(method, at_most);
    }

    /// Reports whether a part of the service works; readiness pages and health checks show it.
    #[must_use]
    pub fn health_report(&self) -> fengqiao_messaging::HealthReport {
        self.health.report()
    }
}

pub(crate) fn read(path: &Path) -> Result<String, StartError> {
    fs::read_to_string(path).map_err(|source| StartError::File { path: path.display().to_string(), source })
}

/// Connects, waiting for a Postgres that is still starting, and makes the schema.
async fn open_database(
    settings: &Settings,
    service: ServiceName,
    counties: usize,
) -> Result<PgPool, StartError> {
    let database = |operation| move |source| StartError::Database { operation, source };
    let options = PgConnectOptions::from_str(&settings.database_url)
        .map_err(database("read its URL"))?
        .application_name(service.name())
        .options(planning(service))
        .options([
            ("search_path", service.schema()),
            ("statement_timeout", "20s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
    let pool = PgPoolOptions::new()
        // Each county's own work (commits, relay, receivers) must leave room for calls.
        .max_connections(
            settings.database_connections + CONNECTIONS_PER_COUNTY * (counties as u32).saturating_sub(1),
        )
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A broken connection shows itself on first use and is replaced; asking each time costs a round trip.
        .test_before_acquire(false)
        .connect_lazy_with(options);
    let until = Instant::now() + DATABASE_PATIENCE;
    loop {
        match create_schema(&pool, service).await {
            Ok(()) => return Ok(pool),
            Err(error) if crate::status::is_transient(&error) && Instant::now() < until => {
                tracing::info!(error = &error as &dyn std::error::Error, "waiting for the database");
                sleep(Duration::from_millis(200)).await;
            }
            Err(error) => return Err(database("make the service's schema")(error)),
        }
    }
}

/// How the service's statements are planned.
///
/// Statements of the three services that work on single things are planned once a connection, perhaps while
/// their tables are empty, and used until they are large: planning anew costs more than they do. So the only
/// ways left to the planner are those that are right at any size, down an index. A plan over UNNEST looks
/// dear to it and is not; compiling it costs more than it. What notification looks up by its key it looks up once: to
/// remember it only copies it.
///
/// Questions of statistics differ so much with their parameters that each is worth a plan.
#[must_use]
pub fn planning(service: ServiceName) -> Vec<(&'static str, &'static str)> {
    const DOWN_AN_INDEX: [(&str, &str); 6] = [
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("enable_sort", "off"),
    ];
    let mut settings = vec![("jit", "off")];
    if !matches!(service, ServiceName::Statistics | ServiceName::Analysts) {
        settings.extend(DOWN_AN_INDEX);
    }
    if matches!(service, ServiceName::Notification) {
        settings.push(("enable_memoize", "off"));
    }
    settings
}

async fn create_schema(pool: &PgPool, service: ServiceName) -> Result<(), sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(service.schema())
        .fetch_one(pool)
        .await?;
    if exists {
        return Ok(());
    }
    // Two processes may start at once; IF NOT EXISTS alone does not keep them apart.
    let statement = match service {
        ServiceName::Intake => "CREATE SCHEMA IF NOT EXISTS intake",
        ServiceName::Routing => "CREATE SCHEMA IF NOT EXISTS routing",
        ServiceName::Notification => "CREATE SCHEMA IF NOT EXISTS notification",
        ServiceName::Statistics | ServiceName::Analysts => "CREATE SCHEMA IF NOT EXISTS statistics",
    };
    let mut tx = pool.begin().await?;
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('fengqiao schema'))").await?;
    tx.execute(statement).await?;
    tx.commit().await
}

/// Brings the service's tables and those of messaging up to date; sqlx holds a lock meanwhile.
///
/// What it does to large tables may take longer than any statement that serves.
async fn migrate(pool: &PgPool, own: &[&Migrator]) -> Result<(), StartError> {
    let database = |operation| move |source| StartError::Database { operation, source };
    let mut connection = pool.acquire().await.map_err(database("connect to migrate"))?.detach();
    connection.execute("SET statement_timeout = 0").await.map_err(database("prepare to migrate"))?;
    for migrations in std::iter::once(&&fengqiao_messaging::MIGRATIONS).chain(own) {
        let migrator = Migrator {
            migrations: migrations.migrations.clone(),
            // Each set does not know the other's.
            ignore_missing: true,
            ..Migrator::DEFAULT
        };
        migrator.run(&mut connection).await?;
    }
    connection.close().await.map_err(database("end migrating"))
}
