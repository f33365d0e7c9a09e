//! The settings that every service takes, from options or `FENGQIAO_…` variables.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

/// Where a service listens, what it keeps its data in, and whom it believes.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Where gRPC is served.
    #[arg(long, env = "FENGQIAO_LISTEN", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The most connections of callers at once; further ones wait. Each needs a file handle (`ulimit -n`).
    #[arg(long, env = "FENGQIAO_CONNECTIONS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections: u32,
    /// Where operators find /metrics, /healthz and /readyz, over HTTP.
    #[arg(long, env = "FENGQIAO_OPS_LISTEN", default_value = "127.0.0.1:0")]
    pub ops_listen: SocketAddr,
    /// The Postgres database; the service works in the schema of its own name.
    #[arg(long, env = "FENGQIAO_DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// The most connections to Postgres that calls share, for one county; each further county adds four. What runs on its
    /// own has a few more: receivers, commits, the reading of deliveries.
    #[arg(long, env = "FENGQIAO_DATABASE_CONNECTIONS", default_value_t = 16)]
    pub database_connections: u32,
    /// The Redis: redis://HOST:PORT/, or redis+sentinel://HOST:PORT,HOST:PORT/NAME, or
    /// redis-cluster://HOST:PORT,HOST:PORT/.
    #[arg(long, env = "FENGQIAO_REDIS_URL", hide_env_values = true)]
    pub redis_url: String,
    /// What all keys in Redis begin with.
    #[arg(long, env = "FENGQIAO_REDIS_PREFIX", default_value = "fq")]
    pub redis_prefix: String,
    /// A county's configuration folder; give it once for each county.
    #[arg(long, env = "FENGQIAO_COUNTY_FOLDER", required = true, value_delimiter = ',')]
    pub county_folder: Vec<PathBuf>,
    /// The server's certificate in PEM.
    #[arg(long, env = "FENGQIAO_TLS_CERTIFICATE")]
    pub tls_certificate: PathBuf,
    /// The server's private key in PEM.
    #[arg(long, env = "FENGQIAO_TLS_KEY")]
    pub tls_key: PathBuf,
    /// The authority whose client certificates are believed, in PEM.
    #[arg(long, env = "FENGQIAO_TLS_CLIENT_AUTHORITY")]
    pub tls_client_authority: PathBuf,
    /// The public key that bearer tokens are checked with, in PEM (Ed25519).
    #[arg(long, env = "FENGQIAO_TOKEN_KEY")]
    pub token_key: PathBuf,
    /// The keys that seal personal data.
    #[arg(long, env = "FENGQIAO_SEALING_KEYS")]
    pub sealing_keys: PathBuf,
}
