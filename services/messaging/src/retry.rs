//! Waiting between tries.

use std::time::Duration;

/// Doubling waits with full jitter, between a shortest and a longest.
#[derive(Debug, Clone)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    tries: u32,
}

impl Backoff {
    /// Starts at `shortest` and never waits longer than `longest`.
    #[must_use]
    pub const fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, tries: 0 }
    }

    /// The next wait: between half of the doubled time and all of it.
    pub fn next_wait(&mut self) -> Duration {
        let ceiling = self
            .shortest
            .saturating_mul(1_u32.checked_shl(self.tries.min(20)).unwrap_or(u32::MAX))
            .min(self.longest);
        self.tries = self.tries.saturating_add(1);
        ceiling.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// How often it has waited since the last success.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// It worked: start over.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_longest_and_start_over() {
        let (shortest, longest) = (Duration::from_millis(50), Duration::from_secs(5));
        let mut backoff = Backoff::new(shortest, longest);
        let mut ceiling = shortest;
        for _ in 0..100 {
            let wait = backoff.next_wait();
            assert!(wait >= ceiling / 2 && wait <= ceiling, "{wait:?} {ceiling:?}");
            ceiling = (ceiling * 2).min(longest);
        }
        backoff.reset();
        assert!(backoff.next_wait() <= shortest);
    }
}
