//! Protected cases (S2-06, S4-14): who reads one says why, and that is kept before anything is shown. What comes
//! back to someone who commanded something is no reading, and therefore no more than lists show of it.

use fengqiao_access::Principal;
use fengqiao_masking::mask;

use super::{RoutingFace, requests};
use crate::{
    counties::RoutingCounty,
    domain::case::CaseFile,
    error::RoutingError,
    sealed_matters,
    store::{NewReading, record_reading},
};

/// The longest purpose, in characters.
const PURPOSE: usize = 200;

impl RoutingFace {
    /// Keeps that someone reads a case, where it is protected. Where this fails nothing may be shown.
    pub(super) async fn keep_reading(
        &self,
        place: &RoutingCounty,
        who: &Principal,
        case: &CaseFile,
        purpose: &str,
    ) -> Result<(), RoutingError> {
        requests::length("purpose", purpose, 0, PURPOSE)?;
        if !case.docket.is_protected() {
            return Ok(());
        }
        if purpose.trim().is_empty() {
            let needed = "is needed: the case is protected, and who reads it says why";
            return Err(RoutingError::invalid("purpose", needed));
        }
        // Who reads of readings need not learn of whom.
        let county = &place.county.code;
        let names = sealed_matters::names(&case.sealed_matter, county, &self.keyring).unwrap_or_default();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let purpose = mask(purpose.trim(), &names);
        let reading = NewReading {
            county,
            case_id: case.id,
            at: self.commands.clock.now(),
            actor: &who.name,
            capacity: &who.capacity(),
            purpose: &purpose,
        };
        record_reading(&self.pool, &self.keyring, reading).await
    }
}
