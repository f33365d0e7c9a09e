//! B-cubed (Bagga and Baldwin 1998): how well clusters that were found agree with the true ones.

use std::{collections::HashMap, hash::Hash};

/// Agreement of clusters, each figure from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BCubed {
    /// Of the reports in a report's found cluster, how many truly belong with it; the mean over all reports.
    pub precision: f64,
    /// Of the reports that truly belong with a report, how many are in its found cluster; the mean over all reports.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

/// Compares clusters: of each item its true and its found cluster. Of no items all is 1.
pub fn b_cubed<T: Eq + Hash, F: Eq + Hash>(items: impl IntoIterator<Item = (T, F)>) -> BCubed {
    let mut truth: HashMap<T, usize> = HashMap::new();
    let mut found: HashMap<F, usize> = HashMap::new();
    let mut numbers: HashMap<(usize, usize), u64> = HashMap::new();
    let (mut true_sizes, mut found_sizes) = (Vec::new(), Vec::new());
    let mut all: u64 = 0;
    for (true_cluster, found_cluster) in items {
        let next = truth.len();
        let true_number = *truth.entry(true_cluster).or_insert(next);
        let next = found.len();
        let found_number = *found.entry(found_cluster).or_insert(next);
        grow(&mut true_sizes, true_number);
        grow(&mut found_sizes, found_number);
        *numbers.entry((true_number, found_number)).or_default() += 1;
        all += 1;
    }
    if all == 0 {
        return BCubed { precision: 1.0, recall: 1.0, f1: 1.0 };
    }
    let (mut precision, mut recall) = (0.0, 0.0);
    for ((true_number, found_number), both) in numbers {
        let squared = (both * both) as f64;
        precision += squared / found_sizes[found_number] as f64;
        recall += squared / true_sizes[true_number] as f64;
    }
    let (precision, recall) = (precision / all as f64, recall / all as f64);
    BCubed { precision, recall, f1: 2.0 * precision * recall / (precision + recall) }
}

fn grow(sizes: &mut Vec<u64>, number: usize) {
    if number == sizes.len() {
        sizes.push(0);
    }
    sizes[number] += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(truth: &str, found: &str) -> BCubed {
        b_cubed(truth.chars().zip(found.chars()))
    }

    fn assert_near(figure: f64, expected: f64) {
        assert!((figure - expected).abs() < 1e-12, "{figure} and not {expected}");
    }

    #[test]
    fn the_same_clusters_under_other_names_agree_wholly() {
        assert_eq!(of("aabbc", "yyxxz"), BCubed { precision: 1.0, recall: 1.0, f1: 1.0 });
        assert_eq!(of("", ""), BCubed { precision: 1.0, recall: 1.0, f1: 1.0 });
    }

    #[test]
    fn all_in_one_keeps_the_recall() {
        // Three of a, one of b in one cluster: precision (3 * 3/4 + 1 * 1/4) / 4.
        let one = of("aaab", "xxxx");
        assert_near(one.precision, 0.625);
        assert_near(one.recall, 1.0);
        assert_near(one.f1, 2.0 * 0.625 / 1.625);
    }

    #[test]
    fn each_by_itself_keeps_the_precision() {
        let apart = of("aaab", "wxyz");
        assert_near(apart.precision, 1.0);
        // (3 * 1/3 + 1) / 4
        assert_near(apart.recall, 0.5);
    }

    #[test]
    fn the_example_that_is_shown_everywhere() {
        // Amigó and others 2009 and the first paper: {1..5}, {6, 7}, {8..12}; found {1..5} and {6..12}.
        let joined = of("aaaaabbccccc", "xxxxxyyyyyyy");
        // 5 of 1, 2 of 2/7, 5 of 5/7: (5 + 4/7 + 25/7) / 12
        assert_near(joined.precision, (5.0 + 29.0 / 7.0) / 12.0);
        assert_near(joined.recall, 1.0);
        let mixed = of("aaaaabbccccc", "xxxxxyyxxxxx");
        assert_near(mixed.precision, 7.0 / 12.0);
        assert_near(mixed.recall, 1.0);
    }

    #[test]
    fn a_torn_and_a_joined_cluster_are_both_seen() {
        // a: 2 in x, 1 in y; b: 1 in y. Precision (2*1 + 1/2 + 1/2)/4, recall (2*2/3 + 1/3 + 1)/4.
        let both = of("aaab", "xxyy");
        assert_near(both.precision, 0.75);
        assert_near(both.recall, 2.0 / 3.0);
    }
}
