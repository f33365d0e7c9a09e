//! Which person, household and case a report belongs to, as it is told and stored. What decides it is the engine
//! of `fengqiao-linkage`; here stands what intake makes of its answer.

use fengqiao_linkage::{Belongs, Evidence as Engine, Kind, Linked, Reason as EngineReason};
use fengqiao_proto::intake::v1::{Evidence, LinkSubject};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::joinable::Joinable;

/// A keyed hash of something personal, by which it is recognised and never read.
pub type Digest = [u8; 16];

/// How far back a report is a repeat of what else is told, and may join its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// So long before and after it, whatever became of its case; and so long after its case took no more reports.
    pub window: SignedDuration,
    /// At most so long after it, also where its case takes reports for longer: a telephone gets into other hands.
    pub of_case: SignedDuration,
}

impl Reach {
    /// Whether what was told at `earlier`, of a cluster that is `joinable` so, counts for what is told at `told_at`.
    /// Reports arrive out of order, so an earlier accepted one may have been told later: then only the window counts.
    #[must_use]
    pub fn counts(self, earlier: Timestamp, joinable: Joinable, told_at: Timestamp) -> bool {
        let after = told_at.duration_since(earlier);
        after.abs() <= self.window
            || (SignedDuration::ZERO <= after
                && after <= self.of_case
                && joinable.took_within(self.window, told_at))
    }
}

/// Why a report belongs to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// What is the same.
    pub subject: LinkSubject,
    /// What both share.
    pub evidence: Evidence,
    /// How much it weighs, in bits; negative where it speaks against.
    pub bits: f32,
    /// The earlier report.
    pub earlier_report_id: Uuid,
    /// When that one was told.
    pub earlier_at: Timestamp,
}

/// How sure each is, in bits; 0 where nothing came before.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scores {
    /// That the person was here before.
    pub person: f32,
    /// That the household was.
    pub household: f32,
    /// That the dispute was.
    pub case: f32,
}

/// Where a report belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Linkage {
    /// The cluster of its dispute.
    pub cluster_id: Uuid,
    /// The person who reported.
    pub person_id: Uuid,
    /// The person's household.
    pub household_id: Uuid,
    /// Whether it belongs to a dispute that was here, or its person or household was within the window.
    pub repeat: bool,
    /// Why it belongs to earlier reports, the strongest of each subject first.
    pub reasons: Vec<Reason>,
    /// How sure each is.
    pub scores: Scores,
    /// The version of the weights that decided; empty where nothing was to be weighed.
    pub weights: String,
    /// The cluster that the evidence points to, where it took no more reports and this is the first of another.
    pub follows: Option<Uuid>,
}

/// The most reasons that are kept for one subject.
pub(super) const MOST_REASONS: usize = 4;

/// What the engine says, in intake's words. `told_at` says when an earlier report was told.
pub(super) fn reasons_of(
    subject: LinkSubject,
    found: &[EngineReason],
    at_most: usize,
    told_at: impl Fn(Uuid) -> Option<Timestamp>,
) -> impl Iterator<Item = Reason> {
    found.iter().take(at_most).filter_map(move |reason| {
        Some(Reason {
            subject,
            evidence: evidence(reason.evidence),
            bits: reason.bits,
            earlier_report_id: reason.report,
            earlier_at: told_at(reason.report)?,
        })
    })
}

/// What is the same where reports are of one cluster of a kind.
pub(super) const fn subject_of(kind: Kind) -> LinkSubject {
    match kind {
        Kind::Person => LinkSubject::Person,
        Kind::Household => LinkSubject::Household,
        Kind::Case => LinkSubject::Case,
    }
}

impl Linkage {
    /// Of a report that nothing is known of but its own id.
    #[must_use]
    pub fn alone(report_id: Uuid) -> Self {
        Self {
            cluster_id: report_id,
            person_id: report_id,
            household_id: report_id,
            repeat: false,
            reasons: Vec::new(),
            scores: Scores::default(),
            weights: String::new(),
            follows: None,
        }
    }

    /// What the engine found, and whether it is a repeat. `told_at` says when an earlier report was told.
    #[must_use]
    pub fn of(
        linked: &Linked,
        repeat: bool,
        weights: &str,
        told_at: impl Fn(Uuid) -> Option<Timestamp>,
    ) -> Self {
        let mut reasons = Vec::new();
        for (kind, belongs) in
            [(Kind::Person, &linked.person), (Kind::Household, &linked.household), (Kind::Case, &linked.case)]
        {
            reasons.extend(reasons_of(subject_of(kind), &belongs.reasons, MOST_REASONS, &told_at));
        }
        let score = |belongs: &Belongs| belongs.score;
        Self {
            cluster_id: linked.case.id,
            person_id: linked.person.id,
            household_id: linked.household.id,
            repeat,
            weights: if reasons.is_empty() { String::new() } else { weights.to_owned() },
            reasons,
            scores: Scores {
                person: score(&linked.person),
                household: score(&linked.household),
                case: score(&linked.case),
            },
            follows: linked.follows,
        }
    }

    /// The cluster of a kind.
    #[must_use]
    pub fn cluster(&self, kind: Kind) -> Uuid {
        match kind {
            Kind::Person => self.person_id,
            Kind::Household => self.household_id,
            Kind::Case => self.cluster_id,
        }
    }

    /// The cluster of a kind went into another one.
    pub fn follow(&mut self, join: &fengqiao_linkage::Join) {
        let held = match join.kind {
            Kind::Person => &mut self.person_id,
            Kind::Household => &mut self.household_id,
            Kind::Case => &mut self.cluster_id,
        };
        if *held == join.absorbed {
            *held = join.kept;
        }
    }
}

const fn evidence(found: Engine) -> Evidence {
    match found {
        Engine::IdNumber => Evidence::IdNumber,
        Engine::Phone => Evidence::Phone,
        Engine::Name => Evidence::Name,
        Engine::House => Evidence::Address,
        Engine::Area => Evidence::Area,
        Engine::Opponent => Evidence::OtherSide,
        Engine::Category => Evidence::Category,
        Engine::Topic | Engine::Words | Engine::Amount | Engine::Dispute => Evidence::Matter,
        Engine::Time => Evidence::Time,
        Engine::Reporter => Evidence::SamePerson,
        Engine::Word => Evidence::Officer,
        Engine::Number => Evidence::NamedBySource,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belongs(id: u128, report: Option<u128>) -> Belongs {
        let reason =
            |report| EngineReason { evidence: Engine::Phone, bits: 3.0, report: Uuid::from_u128(report) };
        Belongs { id: Uuid::from_u128(id), score: 3.0, reasons: report.map(reason).into_iter().collect() }
    }

    #[test]
    fn a_reason_names_what_is_the_same_and_when_it_was_told() {
        let linked = Linked {
            person: belongs(1, Some(1)),
            household: belongs(9, None),
            case: belongs(9, None),
            follows: None,
            joins: Vec::new(),
        };
        let linkage = Linkage::of(&linked, true, "1", |_| Some(Timestamp::UNIX_EPOCH));
        assert_eq!(linkage.reasons.len(), 1);
        assert_eq!(linkage.reasons[0].subject, LinkSubject::Person);
        assert_eq!((linkage.cluster_id, linkage.person_id), (Uuid::from_u128(9), Uuid::from_u128(1)));
    }

    #[test]
    fn the_window_reaches_both_ways_and_an_open_case_into_the_past() {
        let days = |n: i64| SignedDuration::from_hours(24 * n);
        let reach = Reach { window: days(30), of_case: days(400) };
        let now = Timestamp::from_second(3_000_000).unwrap();
        let counts = |day: i64, joinable| reach.counts(now + days(day), joinable, now);
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
