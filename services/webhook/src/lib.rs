//! Webhooks as in the Standard Webhooks specification: where one may go, what signs it, and one bounded request.

mod address;
mod county;
mod line;
mod resolving;
mod sending;
mod signature;

pub use address::{Address, AddressRefused, check_url, is_private};
pub use county::county_meant;
pub use line::{ANSWER_BYTES, Line};
pub use resolving::{Names, SystemNames};
pub use sending::{Answered, Message, Poster};
pub use signature::{ID_HEADER, SIGNATURE_HEADER, Secret, SecretError, TIMESTAMP_HEADER, signatures};
