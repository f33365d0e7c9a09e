//! Events between the services: what must happen later is written with the change that causes it,
//! carried by Redis Streams, and applied once by each receiver.
//!
//! * [`append`] writes events in the sender's transaction and gives each a dense position of its county.
//! * [`InTurnStatement`] is a statement that changes something, sends events and takes a receiver's step at once.
//! * The [`Relay`] publishes them in that order, each under its position as the stream's explicit id.
//! * A [`Receiver`] applies them in one transaction with its own position; what cannot be applied is parked, and tried
//!   once more whenever a receiver begins.
//!
//! Postgres is the truth on both sides. Whatever Redis loses is published again from what the receivers
//! have acknowledged; what comes twice is behind the receiver's position.
//!
//! Positions are given inside the committing transaction, under the lock of the county's head row, and
//! not when the relay publishes: that makes the relay read-only and saves a commit on the way of every
//! red push. The price is that commits of one county and service follow one another, so senders under
//! load commit in batches.

mod data_fault;
mod error;
mod outbox;
mod receiver;
mod recent;
mod relay;
mod retry;
mod server;
mod stream;
mod trimming;
mod turn;

pub use error::{ApplyError, MessagingError};
pub use outbox::{Event, Outbox, append, append_in_turn};
pub use receiver::{Applied, Apply, Receiver};
pub use relay::Relay;
pub use retry::Backoff;
pub use server::{OwnRedis, RedisServer, SharedRedis};
pub use stream::{Envelope, Keys, Topic};
pub use trimming::Trimmer;
pub use turn::{InStepStatement, InTurn, InTurnStatement, Step, Turn, advance_turn, hold_turn};

/// The migrations of the tables that every service's schema holds. Run beside the service's own.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// All SQL of this crate that is a whole statement, so that a test can hold it against the real schema.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("append", include_str!("sql/append.sql")),
    ("advance_turn", include_str!("sql/advance_turn.sql")),
    ("hold_turn", include_str!("sql/hold_turn.sql")),
    ("step/ahead", turn::AHEAD_ALONE),
    ("step/over_parked", turn::OVER_PARKED_ALONE),
    ("outbox_after", include_str!("sql/outbox_after.sql")),
    ("outbox_begin", include_str!("sql/outbox_begin.sql")),
    ("head", include_str!("sql/head.sql")),
    ("save_acknowledged", include_str!("sql/save_acknowledged.sql")),
    ("acknowledged", include_str!("sql/acknowledged.sql")),
    ("delete_applied", include_str!("sql/delete_applied.sql")),
    ("ensure_position", include_str!("sql/ensure_position.sql")),
    ("position", include_str!("sql/position.sql")),
    ("caught_up", include_str!("sql/caught_up.sql")),
    ("park", include_str!("sql/park.sql")),
    ("parked_after", include_str!("sql/parked_after.sql")),
    ("refuse_again", include_str!("sql/refuse_again.sql")),
    ("count_parked", include_str!("sql/count_parked.sql")),
];

/// Told whether a part works: its name, and whether it does. Readiness is made of it.
pub type HealthReport = std::sync::Arc<dyn Fn(&str, bool) + Send + Sync>;
