//! The circuit breaker of one agency's endpoint: after several failures in a row it is left alone for a while, then
//! tried with one push; so a dead endpoint costs little, and its pushes keep their tries.

use std::time::{Duration, Instant};

use super::retry::{Next, RetrySchedule};

/// So many failures in a row open it.
const FAILURES: u32 = 5;
/// An endpoint is asked again at least so often, whatever the county's longest wait.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether an endpoint is tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Breaker {
    schedule: RetrySchedule,
    /// Failures in a row.
    failures: u32,
    /// Not tried before this.
    open_until: Option<Instant>,
    /// The one push by which an endpoint is tried after a while.
    probing: bool,
}

impl Breaker {
    /// Closed: everything may go. Its waits grow like the county's retries.
    #[must_use]
    pub fn new(schedule: &RetrySchedule) -> Self {
        let longest = schedule.longest.min(LONGEST);
        let schedule = RetrySchedule { longest, tries: u32::MAX, ..schedule.clone() };
        Self { schedule, failures: 0, open_until: None, probing: false }
    }

    /// Whether a push may go now.
    #[must_use]
    pub fn lets(&self, now: Instant) -> bool {
        self.open_until.is_none_or(|until| now >= until && !self.probing)
    }

    /// A push goes. While the endpoint is left alone it is the probe, and no other may go until its end.
    pub const fn begins(&mut self) {
        self.probing = self.open_until.is_some();
    }

    /// When it is worth asking again; none while nothing is held back, or the probe is on its way.
    #[must_use]
    pub fn opens_at(&self) -> Option<Instant> {
        self.open_until.filter(|_| !self.probing)
    }

    /// Whether the endpoint is left alone.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// The endpoint took a push.
    pub fn took(&mut self) {
        self.failures = 0;
        self.open_until = None;
        self.probing = false;
    }

    /// The endpoint did not take a push. `asked` is how long it asked us to stay away, `random` lies in 0..1.
    pub fn failed(&mut self, now: Instant, random: f64, asked: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        self.probing = false;
        let over = self.failures.saturating_sub(FAILURES - 1);
        let own = match self.schedule.next(over.max(1), random, None) {
            Next::After(wait) if over > 0 => Some(wait),
            _ => None,
        };
        let asked = asked.filter(|wait| !wait.is_zero()).map(|wait| wait.min(super::retry::LONGEST_ASKED));
        if let Some(wait) = own.max(asked) {
            let until = now + wait;
            self.open_until = Some(self.open_until.map_or(until, |before| before.max(until)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(&RetrySchedule { jitter: 0.0, ..RetrySchedule::default() })
    }

    #[test]
    fn a_dead_endpoint_is_tried_by_one_push_now_and_then() {
        let (mut breaker, now) = (breaker(), Instant::now());
        for _ in 0..FAILURES {
            assert!(breaker.lets(now));
            breaker.failed(now, 0.5, None);
        }
        assert!(breaker.is_open() && !breaker.lets(now));
        let later = breaker.opens_at().unwrap();
        assert_eq!(later, now + Duration::from_secs(5));
        assert!(breaker.lets(later));
        breaker.begins();
        assert!(!breaker.lets(later), "one probe at a time");
        breaker.failed(later, 0.5, None);
        assert_eq!(breaker.opens_at(), Some(later + Duration::from_secs(20)));
        let again = later + Duration::from_secs(20);
        breaker.begins();
        breaker.took();
        assert!(breaker.lets(again) && breaker.lets(again));
    }

    #[test]
    fn an_endpoint_that_asks_for_time_gets_it_at_once() {
        let (mut breaker, now) = (breaker(), Instant::now());
        breaker.failed(now, 0.5, Some(Duration::from_secs(30)));
        assert!(!breaker.lets(now + Duration::from_secs(29)));
        assert!(breaker.lets(now + Duration::from_secs(30)));
    }

    #[test]
    fn the_wait_between_two_probes_is_bounded() {
        let (mut breaker, now) = (breaker(), Instant::now());
        (0..100).for_each(|_| breaker.failed(now, 0.5, None));
        assert_eq!(breaker.opens_at(), Some(now + LONGEST));
    }
}
