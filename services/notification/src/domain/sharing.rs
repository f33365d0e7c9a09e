//! How several processes share the agencies: each agency goes to the process that draws the highest number for it
//! (rendezvous), so that one process more or less moves only its own share.

use std::hash::{Hash as _, Hasher as _};

use siphasher::sip::SipHasher13;
use uuid::Uuid;

/// A process that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alive {
    /// Which.
    pub process: Uuid,
    /// The agencies whose endpoints it knows.
    pub agencies: Vec<String>,
}

/// The process that should deliver to an agency; none where nobody alive knows its endpoint. All processes come to the
/// same answer.
#[must_use]
pub fn preferred(agency: &str, alive: &[Alive]) -> Option<Uuid> {
    let draw = |process: Uuid| {
        let mut hasher = SipHasher13::new();
        (process, agency).hash(&mut hasher);
        (hasher.finish(), process)
    };
    alive
        .iter()
        .filter(|one| one.agencies.iter().any(|known| known == agency))
        .map(|one| one.process)
        .max_by_key(|process| draw(*process))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive(processes: impl IntoIterator<Item = u128>) -> Vec<Alive> {
        let agencies: Vec<String> = (0..60).map(|n| format!("agency-{n}")).collect();
        processes
            .into_iter()
            .map(|id| Alive { process: Uuid::from_u128(id), agencies: agencies.clone() })
            .collect()
    }

    #[test]
    fn a_process_that_goes_moves_only_its_own_share() {
        let (three, two) = (alive(1..=3), alive(1..=2));
        let mut moved = 0;
        for agency in &three[0].agencies {
            let (before, after) = (preferred(agency, &three).unwrap(), preferred(agency, &two).unwrap());
            if before == Uuid::from_u128(3) {
                moved += 1;
            } else {
                assert_eq!(before, after);
            }
        }
        assert!((10..=30).contains(&moved), "{moved} of 60");
    }

    #[test]
    fn only_who_knows_an_endpoint_gets_it() {
        let mut two = alive(1..=2);
        two[1].agencies.clear();
        assert!((0..60).all(|n| preferred(&format!("agency-{n}"), &two) == Some(Uuid::from_u128(1))));
        assert_eq!(preferred("court", &two), None);
    }
}
