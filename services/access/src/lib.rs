//! Who is calling, and who may: every call has a principal, from a client certificate or a bearer
//! token, and each method of the contract names the roles that may call it.

mod certificates;
mod layer;
mod passwords;
mod policy;
mod principal;
mod tokens;
mod tries;

pub use certificates::{Authority, CertificateError, Certified, EXPIRY_DAYS};
pub use layer::{AccessLayer, AccessService};
pub use policy::{Policy, PolicyError, Rule};
pub use principal::{NotAPrincipal, Principal, principal};
pub use tokens::{TokenError, TokenSigner, TokenVerifier};
pub use tries::Tries;
