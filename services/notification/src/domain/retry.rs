//! When a failed delivery is tried again, and when it is parked.

use std::time::Duration;

/// However long an endpoint asks us to stay away, a push is tried again within a day.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// Exponential backoff with jitter and an end.
#[derive(Debug, Clone, PartialEq)]
pub struct RetrySchedule {
    /// The wait after the first failure.
    pub first: Duration,
    /// Each wait is so many times the one before.
    pub factor: f64,
    /// No wait is longer, jitter included.
    pub longest: Duration,
    /// The wait is spread by this share to both sides, 0 to 1.
    pub jitter: f64,
    /// After so many failures the push is parked.
    pub tries: u32,
}

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again after this.
    After(Duration),
    /// That was the last try.
    Park,
}

impl Default for RetrySchedule {
    /// Ten tries over about twenty hours: 5 s, 20 s, 80 s, 5 min, 21 min, 1.4 h, 5.7 h, then every 6 h.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            factor: 4.0,
            longest: Duration::from_secs(6 * 3600),
            jitter: 0.2,
            tries: 10,
        }
    }
}

impl RetrySchedule {
    /// What follows the `failures`th failure (from 1). `random` lies in 0..1; `asked` is how long the
    /// endpoint asked us to stay away.
    #[must_use]
    pub fn next(&self, failures: u32, random: f64, asked: Option<Duration>) -> Next {
        if failures >= self.tries {
            return Next::Park;
        }
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let plain = self.first.as_secs_f64() * self.factor.powi(exponent);
        let spread = 1.0 + self.jitter * (2.0 * random - 1.0);
        let seconds = (plain.min(self.longest.as_secs_f64()) * spread).min(self.longest.as_secs_f64());
        let backoff = Duration::try_from_secs_f64(seconds).unwrap_or(self.longest);
        Next::After(asked.map_or(backoff, |asked| backoff.max(asked.min(LONGEST_ASKED))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let schedule = RetrySchedule { jitter: 0.0, ..RetrySchedule::default() };
        let waits: Vec<_> = (1..=10).map(|n| schedule.next(n, 0.5, None)).collect();
        assert_eq!(waits[0], Next::After(Duration::from_secs(5)));
        assert_eq!(waits[1], Next::After(Duration::from_secs(20)));
        assert_eq!(waits[8], Next::After(Duration::from_secs(6 * 3600)));
        assert_eq!(waits[9], Next::Park);
    }

    #[test]
    fn an_endpoint_may_ask_for_more_time_but_not_for_less() {
        let schedule = RetrySchedule { jitter: 0.0, ..RetrySchedule::default() };
        assert_eq!(
            schedule.next(1, 0.0, Some(Duration::from_secs(120))),
            Next::After(Duration::from_secs(120))
        );
        assert_eq!(schedule.next(1, 0.0, Some(Duration::from_secs(1))), Next::After(Duration::from_secs(5)));
        assert_eq!(schedule.next(1, 0.0, Some(Duration::from_secs(99_999_999))), Next::After(LONGEST_ASKED));
    }

    proptest! {
        #[test]
        fn every_wait_lies_within_its_bounds(
            first_ms in 1u64..60_000, factor in 1.0f64..10.0, longest_ms in 1u64..86_400_000,
            jitter in 0.0f64..1.0, tries in 1u32..50, failures in 1u32..60, random in 0.0f64..1.0,
        ) {
            let schedule = RetrySchedule {
                first: Duration::from_millis(first_ms),
                factor,
                longest: Duration::from_millis(longest_ms),
                jitter,
                tries,
            };
            match schedule.next(failures, random, None) {
                Next::Park => prop_assert!(failures >= tries),
                Next::After(wait) => {
                    prop_assert!(failures < tries);
                    prop_assert!(wait <= schedule.longest);
                    let least = schedule.first.min(schedule.longest).mul_f64(1.0 - jitter);
                    prop_assert!(wait + Duration::from_micros(1) >= least, "{wait:?} < {least:?}");
                }
            }
        }
    }
}
