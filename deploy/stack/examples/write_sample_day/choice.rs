//! Choices that come out the same on every machine and with every version of every library.

use sha2::{Digest, Sha256};

/// A row of choices, given by its seed.
pub struct Choice {
    seed: String,
    made: u64,
}

impl Choice {
    /// The row of this seed.
    pub fn seeded(seed: &str) -> Self {
        Self { seed: seed.to_owned(), made: 0 }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        self.made += 1;
        let hash = Sha256::digest(format!("{}:{}", self.seed, self.made));
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % end.max(1)
    }

    /// One of them.
    pub fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(u32::try_from(all.len()).unwrap_or(u32::MAX)) as usize]
    }

    /// One of those that fit.
    pub fn one_where<'a, T>(&mut self, all: &'a [T], fits: impl Fn(&T) -> bool) -> &'a T {
        let fitting: Vec<&T> = all.iter().filter(|one| fits(one)).collect();
        fitting[self.below(u32::try_from(fitting.len()).unwrap_or(u32::MAX)) as usize]
    }

    /// One of them, the heavier the likelier.
    pub fn weighted<'a, T>(&mut self, all: &'a [(T, usize)]) -> &'a T {
        let sum: usize = all.iter().map(|(_, weight)| weight).sum();
        let mut at = self.below(u32::try_from(sum).unwrap_or(u32::MAX)) as usize;
        for (one, weight) in all {
            if at < *weight {
                return one;
            }
            at -= weight;
        }
        &all[0].0
    }
}
