//! Draws from a seed.

use std::ops::RangeInclusive;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// A source of draws: the same seed and purpose give the same draws.
pub struct Dice(StdRng);

impl Dice {
    /// The draws of one purpose of a set; `index` tells apart what has the same purpose.
    pub fn new(seed: u64, purpose: u64, index: u64) -> Self {
        let mut bytes = [0; 32];
        for (place, number) in [seed, purpose, index, !seed].into_iter().enumerate() {
            bytes[place * 8..(place + 1) * 8].copy_from_slice(&number.to_le_bytes());
        }
        Self(StdRng::from_seed(bytes))
    }

    /// Whether something happens that does with this probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability.clamp(0.0, 1.0))
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.random_range(0..end) }
    }

    /// A number of a range.
    pub fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.0.random_range(range)
    }

    /// A number from 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.0.random()
    }

    /// One of several, each as likely as the others.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// One of several words, each as likely as the others.
    ///
    /// # Panics
    /// Where there is none.
    pub fn word<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// One of several texts, each as likely as the others.
    ///
    /// # Panics
    /// Where there is none.
    pub fn text<'a>(&mut self, of: &'a [String]) -> &'a str {
        &of[self.below(of.len())]
    }

    /// One of several, by weight.
    ///
    /// # Panics
    /// Where there is none.
    pub fn weighted<'a, T>(&mut self, of: &'a [T], weight: impl Fn(&T) -> f64) -> &'a T {
        let all: f64 = of.iter().map(&weight).sum();
        let mut left = self.share() * all;
        for one in of {
            left -= weight(one);
            if left < 0.0 {
                return one;
            }
        }
        &of[of.len() - 1]
    }

    /// How many more follow, where each is followed by another with a constant chance: `mean` on average.
    pub fn more(&mut self, mean: f64) -> usize {
        let chance = mean / (1.0 + mean);
        let mut count = 0;
        while count < 200 && self.happens(chance) {
            count += 1;
        }
        count
    }

    /// A time that passes with a constant chance: `mean` on average.
    pub fn wait(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }
}
