//! Areas that change while the services run, in the services that only read them.
//!
//! Routing takes new areas with a county's directory and tells of them ([`AreasActivated`]). A service that reads
//! areas keeps the newest in its own schema, in the transaction that applies the event ([`newest_in`], [`keep`]);
//! each of its processes looks there before it serves and once a second from then on ([`follow`]). So a service
//! that was down hears of them when it is back, and one that starts later has them at once.
//!
//! [`AreasActivated`]: fengqiao_proto::routing::v1::AreasActivated

mod news;
mod store;
mod watch;

pub use news::{AreaNews, newest_in};
pub use store::keep;
pub use watch::{AreaError, AreaWatch, follow};

/// The migrations of the table that each service which reads areas has. Run beside the service's own.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// All SQL of this crate, so that a test can hold it against the real schema.
pub const STATEMENTS: &[(&str, &str)] =
    &[("keep", include_str!("sql/keep.sql")), ("newer", include_str!("sql/newer.sql"))];
