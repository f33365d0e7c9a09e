//! What every service process has: settings, stores, the gRPC server with its gate, health, reflection and
//! limits, the page for operators, the relay and receivers, and an orderly end.

mod call_times;
mod connections;
mod foundation;
mod health;
mod http_edge;
pub mod json_edge;
mod operations;
mod own_thread;
pub mod paging;
mod process;
pub mod rehashing;
pub mod resealing;
mod server;
mod settings;
pub mod status;
mod tasks;
pub mod time;
mod young_tables;

pub use foundation::{Foundation, ServiceName, StartError, planning};
pub use http_edge::{PeerAddress, PeerCertificate};
pub use own_thread::{ThreadEnded, on_own_thread};
pub use process::exit_code;
pub use settings::Settings;
pub use tasks::Tasks;

/// The largest message that a server reads, in bytes: a report with 50 parties and a full narrative is
/// under 100 KiB. Set it on each service: `Server::new(..).max_decoding_message_size(MAX_MESSAGE_BYTES)`.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
