//! How long to wait before the next try, and when to give up.

use std::time::Duration;

use rand::RngExt;

/// After so many failures in a row it is given up: about two minutes.
pub const MOST_TRIES: u32 = 12;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The wait after so many failures in a row: doubled with each, up to a limit; a random part of it, so that many
/// do not come back at once.
pub fn wait(tries: u32) -> Duration {
    part_of_wait(tries, rand::rng().random_range(0.5..1.0))
}

fn part_of_wait(tries: u32, part: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT).mul_f64(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_limit() {
        assert_eq!(part_of_wait(1, 1.0), FIRST_WAIT);
        assert_eq!(part_of_wait(2, 0.5), FIRST_WAIT);
        assert_eq!(part_of_wait(11, 1.0), LONGEST_WAIT);
    }
}
