//! How long one waits after wrong passwords.

/// So many wrong passwords in a row cost nothing: everyone mistypes.
pub const FREE_TRIES: usize = 5;
/// The wait after the last of them, in seconds; each further one doubles it.
const FIRST_WAIT: f64 = 30.0;
/// Never longer, in seconds: a lock that does not open by itself could be used to lock others out.
const LONGEST_WAIT: f64 = 3600.0;
/// After so many the wait does not grow any more.
const GROWS: usize = 8;

/// The waits in seconds after the first, second, … wrong password in a row; the last one holds for all further ones.
#[must_use]
pub fn waits() -> Vec<f64> {
    (1..FREE_TRIES + GROWS).map(wait_after).collect()
}

fn wait_after(failures: usize) -> f64 {
    match failures.checked_sub(FREE_TRIES) {
        None => 0.0,
        Some(more) => {
            (FIRST_WAIT * f64::powi(2.0, i32::try_from(more).unwrap_or(i32::MAX))).min(LONGEST_WAIT)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tries_are_free_and_then_the_wait_doubles_up_to_an_hour() {
        let waits = waits();
        assert_eq!(waits[..6], [0.0, 0.0, 0.0, 0.0, 30.0, 60.0]);
        assert_eq!(waits.last(), Some(&3600.0));
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
    }

    #[test]
    fn a_day_of_guessing_is_few_guesses() {
        let day = 86_400.0;
        let (mut guesses, mut spent) = (0, 0.0);
        while spent < day {
            guesses += 1;
            spent += wait_after(guesses);
        }
        assert!(guesses < 40, "{guesses}");
    }
}
