//! Which earlier reports a report belongs together with. A first cut: what was seen before decides
//! alone. Weighing evidence has its place in [`link`]; who gathers it need not change.

use fengqiao_proto::intake::v1::Evidence;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::joinable::Joinable;

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

/// How far a report is evidence of what else is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// So long before and after it, whatever became of its case; and so long after its case took no more reports.
    pub window: SignedDuration,
    /// At most so long after it, also where its case takes reports for longer: a telephone gets into other hands.
    pub of_case: SignedDuration,
}

/// An earlier report that has one of the clues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The report.
    pub report_id: Uuid,
    /// Its cluster.
    pub cluster_id: Uuid,
    /// When it was told.
    pub at: Timestamp,
    /// Until when its cluster may be joined.
    pub joinable: Joinable,
}

impl Sighting {
    /// The one that was told later; of two at one time the one accepted later.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        if (other.at, other.report_id) > (self.at, self.report_id) { other } else { self }
    }

    /// Whether it is evidence of what was told at a time. Reports arrive out of order, so an earlier accepted one
    /// may have been told later: then only the window counts.
    #[must_use]
    pub fn counts(&self, reach: Reach, told_at: Timestamp) -> bool {
        let after = told_at.duration_since(self.at);
        after.abs() <= reach.window
            || (SignedDuration::ZERO <= after
                && after <= reach.of_case
                && self.joinable.took_within(reach.window, told_at))
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
    /// The cluster that the evidence points to, where it took no more reports and this is the first of another.
    pub follows: Option<Uuid>,
}

impl Linkage {
    /// Whether someone was here before.
    #[must_use]
    pub fn is_repeat(&self) -> bool {
        !self.reasons.is_empty()
    }
}

/// Where a report belongs, and until when others may join it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Where.
    pub linkage: Linkage,
    /// Until when its cluster may be joined.
    pub joinable: Joinable,
}

/// Links a report that was told at this time. It joins the cluster that the strongest evidence names, of those
/// that take it, for all reasons that name it. Where none takes it, it opens `fresh`, which follows the one that
/// the strongest evidence names.
#[must_use]
pub fn link(seen: &[(Evidence, Sighting)], told_at: Timestamp, fresh: Uuid) -> Linked {
    let strongest = |joins: bool| {
        seen.iter()
            .filter(|(_, sighting)| sighting.joinable.takes(told_at) == joins)
            .max_by_key(|(evidence, sighting)| (strength(*evidence), sighting.at, sighting.report_id))
            .map(|(_, sighting)| sighting)
    };
    let Some(chosen) = strongest(true) else {
        let follows = strongest(false).map(|over| over.cluster_id);
        let linkage = Linkage { cluster_id: fresh, reasons: Vec::new(), follows };
        return Linked { linkage, joinable: Joinable::Always };
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
    let linkage = Linkage { cluster_id: chosen.cluster_id, reasons, follows: None };
    Linked { linkage, joinable: chosen.joinable }
}

/// A person is surer than a telephone, and a telephone than a house.
const fn strength(evidence: Evidence) -> u8 {
    match evidence {
        Evidence::IdNumber => 3,
        Evidence::Phone => 2,
        Evidence::Address => 1,
        _ => 0,
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
            joinable: Joinable::Always,
        }
    }

    fn joined(seen: &[(Evidence, Sighting)]) -> Linkage {
        link(seen, Timestamp::from_second(200).unwrap(), Uuid::from_u128(9)).linkage
    }

    #[test]
    fn nothing_seen_opens_a_cluster() {
        let linkage = joined(&[]);
        assert_eq!((linkage.cluster_id, linkage.follows), (Uuid::from_u128(9), None));
        assert!(!linkage.is_repeat());
    }

    #[test]
    fn a_cluster_that_takes_the_report_goes_before_stronger_evidence_of_one_that_does_not() {
        let until = |second| Joinable::Until(Timestamp::from_second(second).unwrap());
        let phone = |joinable| (Evidence::Phone, Sighting { joinable, ..sighting(1, 10, 100) });
        let address = |joinable| (Evidence::Address, Sighting { joinable, ..sighting(2, 20, 150) });
        let told_at = Timestamp::from_second(200).unwrap();
        let linked = |seen: &[(Evidence, Sighting)]| {
            let Linked { linkage, joinable } = link(seen, told_at, Uuid::from_u128(9));
            let follows = linkage.follows.map(|cluster| cluster.as_u128());
            (linkage.cluster_id.as_u128(), linkage.is_repeat(), follows, joinable)
        };
        assert_eq!(linked(&[phone(until(200)), address(Joinable::Always)]), (10, true, None, until(200)));
        assert_eq!(linked(&[phone(until(199)), address(until(300))]), (20, true, None, until(300)));
        assert_eq!(
            linked(&[phone(until(199)), address(Joinable::Never)]),
            (9, false, Some(10), Joinable::Always)
        );
    }

    #[test]
    fn the_strongest_evidence_names_the_cluster_and_only_its_reasons_are_given() {
        let linkage = joined(&[
            (Evidence::Phone, sighting(1, 10, 100)),
            (Evidence::IdNumber, sighting(2, 20, 50)),
            (Evidence::Address, sighting(3, 20, 70)),
        ]);
        assert_eq!(linkage.cluster_id, Uuid::from_u128(20));
        let evidence: Vec<Evidence> = linkage.reasons.iter().map(|reason| reason.evidence).collect();
        assert_eq!(evidence, [Evidence::IdNumber, Evidence::Address]);
    }

    #[test]
    fn of_one_kind_the_latest_counts() {
        let linkage =
            joined(&[(Evidence::Phone, sighting(1, 10, 100)), (Evidence::Phone, sighting(2, 10, 200))]);
        assert_eq!(linkage.reasons.len(), 1);
        assert_eq!(linkage.reasons[0].earlier_report_id, Uuid::from_u128(2));
    }

    #[test]
    fn the_window_reaches_both_ways_and_an_open_case_into_the_past() {
        let days = |n: i64| SignedDuration::from_hours(24 * n);
        let reach = Reach { window: days(30), of_case: days(400) };
        let now = Timestamp::from_second(3_000_000).unwrap();
        let told = |day: i64, joinable| Sighting { at: now + days(day), joinable, ..sighting(1, 1, 0) };
        let counts = |day: i64, joinable| told(day, joinable).counts(reach, now);
        for joinable in [Joinable::Always, Joinable::Until(now - days(100)), Joinable::Never] {
            assert!(counts(-30, joinable) && counts(30, joinable) && !counts(31, joinable), "{joinable:?}");
            assert_eq!(counts(-31, joinable), joinable == Joinable::Always, "{joinable:?}");
        }
        for (until, last) in [(-31, 30), (-30, 400), (0, 400), (30, 400)] {
            let joinable = Joinable::Until(now + days(until));
            assert!(counts(-last, joinable) && !counts(-last - 1, joinable), "until {until}");
        }
        assert!(counts(-400, Joinable::Always) && !counts(-401, Joinable::Always));
    }
}
