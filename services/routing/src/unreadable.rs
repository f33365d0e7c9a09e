//! Cases whose rows cannot be read: changed behind the program's back, or broken. One of them never stops its
//! county: it is put aside, told to whoever watches this, and everything else goes on.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::error::RoutingError;

/// So long a case is left alone; then it is looked at again, since it may have been put right.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(10);
/// More than this is no fault of single rows.
const MOST: usize = 10_000;

/// A case whose row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnreadableCase {
    /// The case.
    pub id: Uuid,
    /// What could not be read.
    pub column: &'static str,
}

/// The unreadable cases of a county that this process has met, and until when each is left alone.
#[derive(Debug, Default)]
pub struct PutAside(Mutex<HashMap<Uuid, Timestamp>>);

impl PutAside {
    /// Puts cases aside.
    ///
    /// # Errors
    /// [`RoutingError::Malformed`] where there are too many: then something else is wrong, and work that would
    /// leave them out is not to be done.
    pub fn put(&self, county: &str, found: &[UnreadableCase], now: Timestamp) -> Result<(), RoutingError> {
        if found.is_empty() {
            return Ok(());
        }
        let mut aside = self.lock();
        for case in found {
            if aside.len() >= MOST {
                return Err(RoutingError::Malformed("so many cases"));
            }
            let until = now.checked_add(LEFT_ALONE).unwrap_or(Timestamp::MAX);
            if aside.insert(case.id, until).is_none_or(|before| before <= now) {
                tracing::error!(county, case = %case.id, column = case.column, "a case cannot be read and is put aside");
            }
        }
        gauge(county, aside.len());
        Ok(())
    }

    /// The cases that are to be left alone now. Those whose time is over are forgotten: they are met again where
    /// they are still unreadable.
    pub fn left_alone(&self, county: &str, now: Timestamp) -> Vec<Uuid> {
        let mut aside = self.lock();
        if aside.is_empty() {
            return Vec::new();
        }
        aside.retain(|_, until| *until > now);
        gauge(county, aside.len());
        aside.keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gauge(county: &str, count: usize) {
    metrics::gauge!("fengqiao_routing_unreadable_cases", "county" => county.to_owned())
        .set(u32::try_from(count).unwrap_or(u32::MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_left_alone_for_a_time_and_too_many_are_an_error() {
        let (aside, now) = (PutAside::default(), Timestamp::UNIX_EPOCH);
        let case = |n| UnreadableCase { id: Uuid::from_u128(n), column: "sealed_docket" };
        aside.put("1", &[case(1)], now).unwrap();
        assert_eq!(aside.left_alone("1", now), [Uuid::from_u128(1)]);
        assert!(aside.left_alone("1", now.checked_add(LEFT_ALONE).unwrap()).is_empty());
        let many: Vec<_> = (0..=MOST as u128).map(case).collect();
        assert!(matches!(aside.put("1", &many, now), Err(RoutingError::Malformed(_))));
    }
}
