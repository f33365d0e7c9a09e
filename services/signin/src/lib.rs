//! Signing in to the web pages of a service: accounts, passwords, OpenID Connect, sessions.
//!
//! * [`waiting`], [`token`], [`password`]: the rules, without a database.
//! * [`staff`]: whom the county's directory knows. An account is a person's, in a post of an agency.
//! * [`Door`]: what a service needs: accounts for operators, signing in, the session of a request.
//! * [`Lockout`]: the same waits for what is no account.
//! * [`AccountFace`]: the operators' calls.
//! * [`openid`]: the county's own provider instead of a password.
//! * [`edge`]: cookies, security headers and limits of an HTTP edge.
//!
//! The tables lie in the schema of the service that serves the pages. Times are passed in.

mod account;
mod accounts;
mod door;
pub mod edge;
mod error;
mod lockout;
pub mod openid;
pub mod password;
pub mod staff;
mod store;
pub mod token;
pub mod waiting;

pub use account::{Account, AccountName, MAX_NAME, NewAccount};
pub use accounts::AccountFace;
pub use door::{Door, Signed};
pub use error::SignInError;
pub use lockout::Lockout;
pub use store::STATEMENTS;

/// The migrations of the accounts' tables. Run beside the service's own.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
