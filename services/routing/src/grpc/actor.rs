//! Who acts, and in which capacity (S0-09): the post that the caller names and holds, else its agency or role.

use fengqiao_access::Principal;
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    directory::{Directory, Rank},
    domain::history::Occasion,
    error::RoutingError,
};

/// The occasion of an act of this caller. `capacity` is a post's code, or empty.
pub(super) fn acting(
    who: &Principal,
    capacity: &str,
    directory: &Directory,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Occasion, RoutingError> {
    if capacity.is_empty() {
        // Who names no post acts with what everybody of the role has.
        let rank = if who.agency.is_some() { Rank::Staff } else { Rank::Officer };
        return Ok(Occasion {
            at: now,
            actor: who.name.clone(),
            capacity: who.capacity(),
            agency: who.agency.clone(),
            rank,
        });
    }
    let today = now.to_zoned_datetime(zone.clone()).date();
    let post = directory
        .post(capacity)
        .filter(|post| directory.holds(&who.name, &post.code, today))
        .ok_or_else(|| RoutingError::invalid("capacity", "must be a post that the caller holds today"))?;
    // Whoever comes as an agency acts for it, whatever other posts the person holds.
    if who.agency.as_ref().is_some_and(|agency| *agency != post.agency) {
        return Err(RoutingError::invalid("capacity", "must be a post of the caller's agency"));
    }
    let agency = (post.agency != directory.desk()).then(|| post.agency.clone());
    Ok(Occasion { at: now, actor: who.name.clone(), capacity: post.code.clone(), agency, rank: post.rank })
}
