//! Which earlier reports a report belongs together with. A first cut: what was seen before decides
//! alone. Weighing evidence has its place in [`link`]; who gathers it need not change.

use fengqiao_proto::intake::v1::Evidence;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A keyed hash of something personal, by which it is recognised and never read.
pub type Key = [u8; 16];

/// Something in a report by which an earlier one may be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Clue {
    /// What it is.
    pub evidence: Evidence,
    /// Its keyed hash.
    pub key: Key,
}

/// An earlier report of an open cluster that has one of the clues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The report.
    pub report_id: Uuid,
    /// Its cluster.
    pub cluster_id: Uuid,
    /// When it was told.
    pub at: Timestamp,
}

impl Sighting {
    /// The one that was told later; of two at one time the one accepted later.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        if (other.at, other.report_id) > (self.at, self.report_id) { other } else { self }
    }

    /// Whether it lies within the window around a time. Reports arrive out of order, so an earlier
    /// accepted one may have been told later.
    #[must_use]
    pub fn within(&self, window: SignedDuration, at: Timestamp) -> bool {
        self.at.duration_since(at).abs() <= window
    }
}

/// Why a report belongs to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// What both share.
    pub evidence: Evidence,
    /// The earlier report.
    pub earlier_report_id: Uuid,
    /// When that one was told.
    pub earlier_at: Timestamp,
}

/// Where a report belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linkage {
    /// The cluster that it stands in.
    pub cluster_id: Uuid,
    /// Why it joined; empty for the first of a cluster.
    pub reasons: Vec<Reason>,
}

impl Linkage {
    /// Whether someone was here before.
    #[must_use]
    pub fn is_repeat(&self) -> bool {
        !self.reasons.is_empty()
    }
}

/// Joins the cluster that the strongest evidence names, for all reasons that name it; or opens `fresh`.
#[must_use]
pub fn link(seen: &[(Evidence, Sighting)], fresh: Uuid) -> Linkage {
    let strongest =
        seen.iter().max_by_key(|(evidence, sighting)| (strength(*evidence), sighting.at, sighting.report_id));
    let Some((_, chosen)) = strongest else {
        return Linkage { cluster_id: fresh, reasons: Vec::new() };
    };
    let mut reasons: Vec<Reason> = Vec::new();
    for (evidence, sighting) in seen.iter().filter(|(_, sighting)| sighting.cluster_id == chosen.cluster_id) {
        let reason =
            Reason { evidence: *evidence, earlier_report_id: sighting.report_id, earlier_at: sighting.at };
        // Two reporters of one call may both have been here; one reason of a kind says it.
        match reasons.iter_mut().find(|held| held.evidence == *evidence) {
            Some(held) if held.earlier_at < reason.earlier_at => *held = reason,
            Some(_) => {}
            None => reasons.push(reason),
        }
    }
    Linkage { cluster_id: chosen.cluster_id, reasons }
}

/// A person is surer than a telephone, and a telephone than a house.
const fn strength(evidence: Evidence) -> u8 {
    match evidence {
        Evidence::IdNumber => 3,
        Evidence::Phone => 2,
        Evidence::Address => 1,
        Evidence::Unspecified => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(report: u128, cluster: u128, second: i64) -> Sighting {
        Sighting {
            report_id: Uuid::from_u128(report),
            cluster_id: Uuid::from_u128(cluster),
            at: Timestamp::from_second(second).unwrap(),
        }
    }

    #[test]
    fn nothing_seen_opens_a_cluster() {
        let linkage = link(&[], Uuid::from_u128(9));
        assert_eq!(linkage.cluster_id, Uuid::from_u128(9));
        assert!(!linkage.is_repeat());
    }

    #[test]
    fn the_strongest_evidence_names_the_cluster_and_only_its_reasons_are_given() {
        let linkage = link(
            &[
                (Evidence::Phone, sighting(1, 10, 100)),
                (Evidence::IdNumber, sighting(2, 20, 50)),
                (Evidence::Address, sighting(3, 20, 70)),
            ],
            Uuid::from_u128(9),
        );
        assert_eq!(linkage.cluster_id, Uuid::from_u128(20));
        let evidence: Vec<Evidence> = linkage.reasons.iter().map(|reason| reason.evidence).collect();
        assert_eq!(evidence, [Evidence::IdNumber, Evidence::Address]);
    }

    #[test]
    fn of_one_kind_the_latest_counts() {
        let linkage = link(
            &[(Evidence::Phone, sighting(1, 10, 100)), (Evidence::Phone, sighting(2, 10, 200))],
            Uuid::nil(),
        );
        assert_eq!(linkage.reasons.len(), 1);
        assert_eq!(linkage.reasons[0].earlier_report_id, Uuid::from_u128(2));
    }

    #[test]
    fn the_window_reaches_both_ways() {
        let window = SignedDuration::from_hours(24 * 30);
        let now = Timestamp::from_second(3_000_000).unwrap();
        let days = |n: i64| sighting(1, 1, 3_000_000 + n * 86_400);
        assert!(days(-30).within(window, now) && days(30).within(window, now));
        assert!(!days(-31).within(window, now) && !days(31).within(window, now));
    }
}
