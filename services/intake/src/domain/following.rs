//! What routing tells of cases, as what became of each report: which changes its source is told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fengqiao_proto::{
    intake::v1::{CaseProgress, CaseStanding, ChangeKind, ReportChange},
    types::v1::{CaseState, Source},
};
use uuid::Uuid;

/// What routing tells of a case after one of its changes.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseNotice {
    /// The case.
    pub case_id: Uuid,
    /// Counts the case's changes.
    pub version: i64,
    /// When it changed; an older routing does not say.
    pub at: Option<prost_types::Timestamp>,
    /// How it stands. Without progress: only feedback says how far someone is.
    pub standing: CaseStanding,
    /// The clusters whose reports come to it.
    pub clusters: Vec<Uuid>,
    /// Whether its reports are in another case now. It then says nothing of them.
    pub merged: bool,
    /// The report that made the change.
    pub report: Option<Uuid>,
    /// The reports that came from another case with it.
    pub moved: Vec<Uuid>,
    /// How far the lead agency is, where this is its feedback.
    pub feedback: Option<CaseProgress>,
    /// What was said: a sealed text.
    pub sealed_words: Option<Vec<u8>>,
}

/// A case as it was told of before.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// The version told of.
    pub version: i64,
    /// How it stood.
    pub standing: CaseStanding,
}

/// A report, as its source knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The door it came through.
    pub source: Source,
    /// The source's own number.
    pub source_ref: String,
    /// The case that it is in, as far as was told.
    pub case_id: Option<Uuid>,
}

/// What is known before a batch of notices.
#[derive(Debug, Clone, Default)]
pub struct Followings {
    /// The cases of the notices that were told of before.
    pub cases: HashMap<Uuid, Followed>,
    /// The reports that the notices name, and those in the cases that say something of all their reports.
    pub reports: BTreeMap<Uuid, Brought>,
}

/// A change that is to be told, without its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What is told.
    pub change: ReportChange,
    /// What was said: a sealed text.
    pub sealed_words: Option<Vec<u8>>,
}

/// What follows from a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Following {
    /// What is told, in order.
    pub told: Vec<Told>,
    /// The cases as they were told of last.
    pub cases: BTreeMap<Uuid, (i64, CaseStanding)>,
    /// The reports that are in another case than before.
    pub placed: BTreeMap<Uuid, Brought>,
}

/// The clusters of cases that are heard of for the first time and are not new: they are from before anything was told,
/// and nobody said which reports they hold.
#[must_use]
pub fn from_before(cases: &HashMap<Uuid, Followed>, notices: &[CaseNotice]) -> BTreeMap<Uuid, Uuid> {
    let (mut heard, mut clusters) = (BTreeSet::new(), BTreeMap::new());
    for notice in notices {
        let first = heard.insert(notice.case_id) && !cases.contains_key(&notice.case_id);
        if first && notice.version > 1 && !notice.merged {
            clusters.extend(notice.clusters.iter().map(|cluster| (*cluster, notice.case_id)));
        }
    }
    clusters
}

/// The cases that say something of all their reports. Whoever follows them has to know those; of a case that only
/// got one more report it does not matter how many it has.
#[must_use]
pub fn speaking(cases: &HashMap<Uuid, Followed>, notices: &[CaseNotice]) -> BTreeSet<Uuid> {
    let mut known: HashMap<Uuid, Followed> = cases.clone();
    let mut speaking = BTreeSet::new();
    for notice in notices {
        if let Some(step) = step(&known, notice) {
            if !step.kinds.is_empty() {
                speaking.insert(notice.case_id);
            }
            known.insert(notice.case_id, step.after);
        }
    }
    speaking
}

/// Follows a batch of notices, in the order in which routing told them.
#[must_use]
pub fn follow(known: Followings, notices: &[CaseNotice]) -> Following {
    let Followings { mut cases, mut reports } = known;
    let mut following = Following::default();
    for notice in notices {
        let Some(step) = step(&cases, notice) else { continue };
        let standing = step.after.standing.clone();
        let mut tell = |id: Uuid, brought: &Brought, kind: ChangeKind| {
            let words = matches!(kind, ChangeKind::Feedback | ChangeKind::Resolved);
            let change = ReportChange {
                source: brought.source.into(),
                source_ref: brought.source_ref.clone(),
                report_id: id.to_string(),
                kind: kind.into(),
                changed_at: notice.at,
                standing: Some(standing.clone()),
                ..ReportChange::default()
            };
            let sealed_words = notice.sealed_words.clone().filter(|_| words);
            following.told.push(Told { change, sealed_words });
        };
        let mut arrived = BTreeSet::new();
        for id in notice.report.iter().chain(&notice.moved) {
            let Some(brought) = reports.get_mut(id) else { continue };
            if notice.merged || brought.case_id == Some(notice.case_id) {
                continue;
            }
            let before = brought.case_id.replace(notice.case_id);
            let kind = if before.is_none() { ChangeKind::Opened } else { ChangeKind::Moved };
            tell(*id, brought, kind);
            following.placed.insert(*id, brought.clone());
            arrived.insert(*id);
        }
        for kind in &step.kinds {
            // What has just come hears how the case stands with its coming.
            let there = reports
                .iter()
                .filter(|(id, one)| one.case_id == Some(notice.case_id) && !arrived.contains(*id));
            there.for_each(|(id, brought)| tell(*id, brought, *kind));
        }
        following.cases.insert(notice.case_id, (step.after.version, step.after.standing.clone()));
        cases.insert(notice.case_id, step.after);
    }
    following
}

struct Step {
    kinds: Vec<ChangeKind>,
    after: Followed,
}

/// What a notice adds to what was told of its case; nothing where it, or a newer one, was told already.
fn step(cases: &HashMap<Uuid, Followed>, notice: &CaseNotice) -> Option<Step> {
    let before = cases.get(&notice.case_id);
    if before.is_some_and(|before| before.version >= notice.version) {
        return None;
    }
    let mut standing = notice.standing.clone();
    let progress = notice
        .feedback
        .unwrap_or_else(|| before.map_or_else(Default::default, |before| before.standing.progress()));
    standing.set_progress(progress);
    let kinds = match before {
        Some(before) if !notice.merged => kinds(&before.standing, &standing, notice.feedback.is_some()),
        // The first that is heard of a case says how it stands, not what changed.
        _ => Vec::new(),
    };
    Some(Step { kinds, after: Followed { version: notice.version, standing } })
}

fn kinds(before: &CaseStanding, after: &CaseStanding, feedback: bool) -> Vec<ChangeKind> {
    let newly = |of: fn(&CaseStanding) -> Option<prost_types::Timestamp>| {
        of(after).is_some() && of(after) != of(before)
    };
    let state = (before.state() != after.state()).then(|| match after.state() {
        CaseState::Resolved => ChangeKind::Resolved,
        CaseState::Closed => ChangeKind::Closed,
        CaseState::Rejected => ChangeKind::Rejected,
        CaseState::Open | CaseState::Unspecified => ChangeKind::Reopened,
    });
    let said = [
        (before.lead_agency != after.lead_agency, ChangeKind::Assigned),
        (before.level != after.level, ChangeKind::Leveled),
        (newly(|standing| standing.signed_at), ChangeKind::Signed),
        (feedback, ChangeKind::Feedback),
        (newly(|standing| standing.revisited_at), ChangeKind::Revisited),
    ];
    let said = said.into_iter().filter(|(so, _)| *so).map(|(_, kind)| kind);
    said.chain(state).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    fn notice(case: u128, version: i64, state: CaseState) -> CaseNotice {
        let standing = CaseStanding {
            case_number: format!("N-{case}"),
            state: state.into(),
            lead_agency: "justice".into(),
            ..Default::default()
        };
        CaseNotice {
            case_id: Uuid::from_u128(case),
            version,
            at: at(version),
            standing,
            clusters: Vec::new(),
            merged: false,
            report: None,
            moved: Vec::new(),
            feedback: None,
            sealed_words: None,
        }
    }

    fn brought(reports: &[(u128, Option<u128>)]) -> BTreeMap<Uuid, Brought> {
        let one = |(id, case): &(u128, Option<u128>)| {
            let source_ref = format!("GD-{id}");
            let case_id = case.map(Uuid::from_u128);
            (Uuid::from_u128(*id), Brought { source: Source::Hotline12345, source_ref, case_id })
        };
        reports.iter().map(one).collect()
    }

    fn said(following: &Following) -> Vec<(&str, ChangeKind)> {
        following.told.iter().map(|told| (told.change.source_ref.as_str(), told.change.kind())).collect()
    }

    #[test]
    fn a_case_from_its_opening_to_its_end() {
        let opened = CaseNotice { report: Some(Uuid::from_u128(1)), ..notice(7, 1, CaseState::Open) };
        let joined = CaseNotice { report: Some(Uuid::from_u128(2)), ..notice(7, 2, CaseState::Open) };
        let mut signed = notice(7, 3, CaseState::Open);
        signed.standing.signed_at = at(3);
        let mut answered = CaseNotice {
            feedback: Some(CaseProgress::InProgress),
            sealed_words: Some(vec![1]),
            version: 4,
            ..signed.clone()
        };
        answered.standing.level = 4;
        let mut resolved = CaseNotice { version: 5, feedback: None, ..answered.clone() };
        resolved.standing.set_state(CaseState::Resolved);
        let reports = brought(&[(1, None), (2, None)]);
        let notices = [opened, joined, signed, answered, resolved];
        let following = follow(Followings { reports, ..Default::default() }, &notices);
        assert_eq!(
            said(&following),
            [
                ("GD-1", ChangeKind::Opened),
                ("GD-2", ChangeKind::Opened),
                ("GD-1", ChangeKind::Signed),
                ("GD-2", ChangeKind::Signed),
                ("GD-1", ChangeKind::Leveled),
                ("GD-2", ChangeKind::Leveled),
                ("GD-1", ChangeKind::Feedback),
                ("GD-2", ChangeKind::Feedback),
                ("GD-1", ChangeKind::Resolved),
                ("GD-2", ChangeKind::Resolved),
            ]
        );
        let with_words = following.told.iter().filter(|told| told.sealed_words.is_some()).count();
        assert_eq!(with_words, 4, "feedback and resolution");
        let last = following.told[9].change.standing.as_ref().unwrap();
        assert_eq!(last.progress(), CaseProgress::InProgress, "what was said once stands");
    }

    #[test]
    fn a_report_that_moves_is_told_so_and_then_hears_of_its_new_case() {
        let merged = CaseNotice { merged: true, ..notice(7, 3, CaseState::Closed) };
        let took = CaseNotice { moved: vec![Uuid::from_u128(1)], ..notice(8, 5, CaseState::Open) };
        let closed = notice(8, 6, CaseState::Closed);
        let before = |version| Followed { version, standing: notice(7, 1, CaseState::Open).standing };
        let known = Followings {
            cases: [(Uuid::from_u128(7), before(2)), (Uuid::from_u128(8), before(4))].into(),
            reports: brought(&[(1, Some(7))]),
        };
        let following = follow(known, &[merged, took, closed]);
        assert_eq!(said(&following), [("GD-1", ChangeKind::Moved), ("GD-1", ChangeKind::Closed)]);
        assert_eq!(following.placed[&Uuid::from_u128(1)].case_id, Some(Uuid::from_u128(8)));
    }

    #[test]
    fn only_cases_that_speak_to_all_need_their_reports() {
        let known = |version| Followed { version, standing: notice(7, 1, CaseState::Open).standing };
        let cases = [(Uuid::from_u128(7), known(1)), (Uuid::from_u128(8), known(1))].into();
        let joins = CaseNotice { report: Some(Uuid::from_u128(9)), ..notice(7, 2, CaseState::Open) };
        assert!(speaking(&cases, std::slice::from_ref(&joins)).is_empty());
        let over = notice(8, 2, CaseState::Rejected);
        assert_eq!(speaking(&cases, &[joins, over]), [Uuid::from_u128(8)].into());
    }

    proptest! {
        /// Notices that come again, as after a crash, tell nothing again; and how they are cut into batches is not seen.
        #[test]
        fn nothing_is_told_twice_and_batches_are_not_seen(
            states in prop::collection::vec(1_i32..5, 1..8), cut in any::<prop::sample::Index>(), back in 0_usize..4,
        ) {
            let mut notices: Vec<CaseNotice> = states
                .iter()
                .zip(1..)
                .map(|(state, version)| notice(7, version, CaseState::try_from(*state).unwrap()))
                .collect();
            notices[0].report = Some(Uuid::from_u128(1));
            let whole = follow(Followings { reports: brought(&[(1, None)]), ..Default::default() }, &notices);
            let cut = cut.index(notices.len() + 1);
            let first = follow(
                Followings { reports: brought(&[(1, None)]), ..Default::default() },
                &notices[..cut],
            );
            let cases = first.cases.iter().map(|(id, (version, standing))| {
                (*id, Followed { version: *version, standing: standing.clone() })
            });
            let mut reports = brought(&[(1, None)]);
            reports.extend(first.placed.clone());
            let known = Followings { cases: cases.collect(), reports };
            let second = follow(known, &notices[cut.saturating_sub(back)..]);
            let told: Vec<Told> = first.told.into_iter().chain(second.told).collect();
            prop_assert_eq!(told, whole.told);
        }
    }
}
