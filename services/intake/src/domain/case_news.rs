//! What routing tells about cases: whether a cluster may still be joined.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::joinable::Joinable;

/// News of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseNews {
    /// The cluster that the case stands for.
    pub cluster_id: Uuid,
    /// When the case was opened. A cluster whose case was over may get a second one; the later one tells.
    pub opened_at: Timestamp,
    /// Until when the case takes reports.
    pub joinable: Joinable,
}

/// What a batch of news says about one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterNews {
    /// What is true at the end.
    pub last: CaseNews,
    /// Whether any case of it was found over in between. Only from then on the cluster is remembered.
    pub was_over: bool,
}

/// The last word on each cluster, ordered by cluster.
pub fn last_word(news: impl IntoIterator<Item = CaseNews>) -> Vec<ClusterNews> {
    let mut clusters: BTreeMap<Uuid, ClusterNews> = BTreeMap::new();
    for item in news {
        clusters
            .entry(item.cluster_id)
            .and_modify(|held| {
                held.was_over |= !item.joinable.is_open();
                if item.opened_at >= held.last.opened_at {
                    held.last = item;
                }
            })
            .or_insert(ClusterNews { last: item, was_over: !item.joinable.is_open() });
    }
    clusters.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(cluster: u128, second: i64, open: bool) -> CaseNews {
        CaseNews {
            cluster_id: Uuid::from_u128(cluster),
            opened_at: Timestamp::from_second(second).unwrap(),
            joinable: Joinable::new(open, None),
        }
    }

    #[test]
    fn the_later_case_of_a_cluster_tells_whether_it_is_open() {
        let words = last_word([news(1, 10, true), news(1, 10, false), news(1, 20, true), news(1, 10, false)]);
        assert_eq!(words, [ClusterNews { last: news(1, 20, true), was_over: true }]);
    }

    #[test]
    fn a_case_that_opens_again_is_open() {
        let words = last_word([news(1, 10, false), news(2, 5, true), news(1, 10, true)]);
        assert!(words.iter().all(|word| word.last.joinable.is_open()));
        assert_eq!(words.iter().map(|word| word.was_over).collect::<Vec<_>>(), [true, false]);
    }
}
