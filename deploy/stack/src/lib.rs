//! The local stack: a private Postgres and Redis, the four services with certificates and tokens of
//! their own, and the sample day that is played on them. Used by `deploy/run`, by the tests and by the
//! benchmarks; nothing of it is meant for production.

mod account;
pub mod clients;
pub mod description;
mod error;
mod lock;
pub mod page_account;
pub mod plans;
mod ports;
pub mod postgres;
mod private_file;
pub mod process;
pub mod redis_server;
pub mod redis_sets;
pub mod sample_day;
pub mod secrets;
pub mod services;
mod stack;
pub mod test_county;
pub mod test_database;

pub use error::StackError;
pub use lock::FolderLock;
pub use ports::free_port;
pub use stack::{Stack, StackPlan};
