//! Matters lie sealed wherever they lie. Here one is opened, and sealed anew for who does not get all of it.

use std::collections::BTreeSet;

use fengqiao_proto::types::v1::Matter;
use fengqiao_sealing::Keyring;
use prost::Message as _;

use crate::{
    domain::withholding::{MatterPart, without},
    error::RoutingError,
};

/// Opens a case's matter.
///
/// # Errors
/// [`RoutingError::Seal`] or [`RoutingError::Malformed`].
pub fn open(sealed: &[u8], county: &str, keyring: &Keyring) -> Result<Matter, RoutingError> {
    let plain = keyring.open(sealed, county.as_bytes())?;
    Matter::decode(plain.as_slice()).map_err(|_| RoutingError::Malformed("a case's matter"))
}

/// The names of a case's people, for texts that were said about it.
///
/// # Errors
/// As [`open`].
pub fn names(sealed: &[u8], county: &str, keyring: &Keyring) -> Result<Vec<String>, RoutingError> {
    Ok(open(sealed, county, keyring)?.parties.into_iter().map(|party| party.name).collect())
}

/// Seals a matter anew without some of its parts (S2-06).
///
/// # Errors
/// As [`open`].
pub fn reduce(
    sealed: &[u8],
    parts: &BTreeSet<MatterPart>,
    county: &str,
    keyring: &Keyring,
) -> Result<Vec<u8>, RoutingError> {
    Ok(seal(&without(open(sealed, county, keyring)?, parts), county, keyring))
}

/// Seals a matter.
#[must_use]
pub fn seal(matter: &Matter, county: &str, keyring: &Keyring) -> Vec<u8> {
    keyring.seal(&matter.encode_to_vec(), county.as_bytes())
}
