//! A batch of reports and the cases that they may change: which case each report belongs to, and what it
//! makes of it. All in memory; the store loads and writes what stands here.

use std::collections::{BTreeMap, HashMap};

use fengqiao_proto::types::v1::{Matter, Source};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    case::CaseFile,
    case_number::{case_number, series_day},
    happening::{Arrival, Happening, Opening},
    history::Occasion,
    level::{Facts, Grade, People},
    transition::{Change, open, transition},
};
use crate::counties::RoutingCounty;

/// An accepted report, as intake tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedReport {
    /// Intake's id of it.
    pub report_id: Uuid,
    /// Which revision.
    pub revision: i32,
    /// The door.
    pub source: Source,
    /// The source's own number.
    pub source_ref: String,
    /// The area.
    pub area_code: String,
    /// The canonical category.
    pub category: String,
    /// When it happened or was told.
    pub occurred_at: Timestamp,
    /// When it was committed.
    pub accepted_at: Timestamp,
    /// Its cluster.
    pub cluster_id: Uuid,
    /// Whether it is a repeat call.
    pub repeat: bool,
    /// Why, for people.
    pub repeat_reasons: Vec<String>,
    /// Who handed it in.
    pub received_by: String,
    /// Who and what, sealed.
    pub sealed_matter: Vec<u8>,
}

/// How a report is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownReport {
    /// Its case.
    pub case_id: Uuid,
    /// Its newest revision here.
    pub revision: i32,
}

/// What a report did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Made a new case.
    Opened,
    /// Joined a case.
    Joined,
    /// Changed a report that is here already.
    Revised,
}

impl Effect {
    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Joined => "joined",
            Self::Revised => "revised",
        }
    }
}

/// The cases that a batch may change, as they are after what was received so far.
#[derive(Debug, Default)]
pub struct CasesAtHand {
    cases: HashMap<Uuid, CaseFile>,
    /// The case of each cluster that still takes reports.
    live: HashMap<Uuid, Uuid>,
    reports: HashMap<Uuid, KnownReport>,
    /// When the recent reports of each case were told.
    recent: HashMap<Uuid, Vec<Timestamp>>,
    /// The last running number of each day.
    series: BTreeMap<String, i32>,
}

impl CasesAtHand {
    /// Adds a case that is stored, with the times of its recent reports.
    pub fn add_case(&mut self, case: CaseFile, recent: Vec<Timestamp>) {
        if case.state.takes_reports() {
            self.live.insert(case.cluster_id, case.id);
        }
        self.recent.insert(case.id, recent);
        self.cases.insert(case.id, case);
    }

    /// Adds a report that is stored.
    pub fn add_report(&mut self, report_id: Uuid, known: KnownReport) {
        self.reports.insert(report_id, known);
    }

    /// Sets the last running number of a day.
    pub fn set_series(&mut self, day: String, last: i32) {
        self.series.insert(day, last);
    }

    /// The last running number of each day.
    #[must_use]
    pub const fn series(&self) -> &BTreeMap<String, i32> {
        &self.series
    }

    /// Takes a report: a new case, one more report of a case, a new revision of a known report, or
    /// nothing where this revision or a newer one is here already. `new_case` is the id of a new case.
    pub fn receive(
        &mut self,
        report: &ReceivedReport,
        matter: &Matter,
        place: &RoutingCounty,
        now: Timestamp,
        new_case: Uuid,
    ) -> Option<(Change, Effect)> {
        let known = self.reports.get(&report.report_id).copied();
        if known.is_some_and(|known| known.revision >= report.revision) {
            return None;
        }
        let of_case = known.map(|known| known.case_id).or_else(|| self.live.get(&report.cluster_id).copied());
        let occasion = Occasion { at: now, actor: report.received_by.clone(), capacity: "source".to_owned() };
        let grade = self.grade(report, matter, place, of_case, known.is_some());
        let arrival = Arrival {
            source: report.source,
            revision: report.revision,
            grade,
            sealed_matter: report.sealed_matter.clone(),
        };
        let (change, effect) = match of_case.and_then(|id| self.cases.get(&id)) {
            Some(case) => {
                let (happening, effect) = if known.is_some() {
                    (Happening::ReportRevised(arrival), Effect::Revised)
                } else {
                    (Happening::ReportJoined(arrival), Effect::Joined)
                };
                let responsible = place.responsible_of(case);
                // Only cases that take reports are live, so a join is never refused.
                (transition(case, &happening, &occasion, place.setting(&responsible)).ok()?, effect)
            }
            None => (self.open(report, arrival, place, &occasion, new_case), Effect::Opened),
        };
        self.keep(report, &change.case, effect);
        Some((change, effect))
    }

    fn open(
        &mut self,
        report: &ReceivedReport,
        arrival: Arrival,
        place: &RoutingCounty,
        occasion: &Occasion,
        id: Uuid,
    ) -> Change {
        let day = series_day(report.accepted_at, &place.county.time_zone);
        let last = self.series.entry(day.clone()).or_insert(0);
        *last += 1;
        let opening = Opening {
            id,
            number: case_number(&day, *last),
            cluster_id: report.cluster_id,
            area_code: report.area_code.clone(),
            category: report.category.clone(),
            first_receiver: report.received_by.clone(),
            opened_at: report.accepted_at,
            arrival,
        };
        let responsible = place.responsible(&report.area_code, &report.category, report.source);
        open(opening, occasion, place.setting(&responsible))
    }

    fn grade(
        &self,
        report: &ReceivedReport,
        matter: &Matter,
        place: &RoutingCounty,
        of_case: Option<Uuid>,
        counted: bool,
    ) -> Grade {
        let local = report.occurred_at.to_zoned_datetime(place.county.time_zone.clone());
        let window = SignedDuration::from_hours(24 * i64::from(place.county.settings.repeat_window_days));
        let since = report.occurred_at.checked_sub(window).unwrap_or(Timestamp::MIN);
        let earlier = of_case
            .and_then(|id| self.recent.get(&id))
            .map_or(0, |times| times.iter().filter(|at| **at >= since).count());
        let reports = if counted { earlier.max(1) } else { earlier + 1 };
        place.rules.grade(&Facts {
            category: &report.category,
            source: short_source(report.source),
            hour: i64::from(local.hour()),
            reports_30d: i64::try_from(reports).unwrap_or(i64::MAX),
            repeat: report.repeat,
            people: People::of(matter, local.date()),
            title: &matter.title,
            narrative: &matter.narrative,
        })
    }

    fn keep(&mut self, report: &ReceivedReport, case: &CaseFile, effect: Effect) {
        self.reports.insert(report.report_id, KnownReport { case_id: case.id, revision: report.revision });
        if effect != Effect::Revised {
            self.recent.entry(case.id).or_default().push(report.occurred_at);
        }
        if case.state.takes_reports() {
            self.live.insert(case.cluster_id, case.id);
        }
        self.cases.insert(case.id, case.clone());
    }
}

/// The source's name in the contract without its prefix: `POLICE_110`.
#[must_use]
pub fn short_source(source: Source) -> &'static str {
    source.as_str_name().trim_start_matches("SOURCE_")
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use fengqiao_county::County;

    use super::*;
    use crate::domain::{case::State, level::Level};

    fn macheng() -> RoutingCounty {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        RoutingCounty::load(Arc::new(County::load(&folder).unwrap()), Timestamp::UNIX_EPOCH).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn report(cluster: u128, id: u128, revision: i32) -> ReceivedReport {
        ReceivedReport {
            report_id: Uuid::from_u128(id),
            revision,
            source: Source::Hotline12345,
            source_ref: format!("GD-{id}"),
            area_code: "421181105202".into(),
            category: "property".into(),
            occurred_at: at("2026-11-24T02:00:00Z"),
            accepted_at: at("2026-11-24T02:00:05Z"),
            cluster_id: Uuid::from_u128(cluster),
            repeat: false,
            repeat_reasons: Vec::new(),
            received_by: "hotline".into(),
            sealed_matter: vec![1],
        }
    }

    fn receive(hand: &mut CasesAtHand, report: &ReceivedReport, narrative: &str) -> Option<(Change, Effect)> {
        let matter = Matter { narrative: narrative.into(), ..Default::default() };
        hand.receive(report, &matter, &macheng(), at("2026-11-24T02:00:06Z"), Uuid::now_v7())
    }

    #[test]
    fn a_batch_makes_one_case_of_a_cluster() {
        let mut hand = CasesAtHand::default();
        hand.set_series("20261124".into(), 16);
        let (first, effect) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        assert_eq!((effect, first.case.number.as_str()), (Effect::Opened, "20261124-0017"));
        assert_eq!(first.case.level, Level::Blue);
        let (second, effect) = receive(&mut hand, &report(1, 11, 1), "漏水").unwrap();
        assert_eq!((effect, second.case.id), (Effect::Joined, first.case.id));
        assert_eq!(second.case.level, Level::Yellow, "two reports within the window");
        let (third, _) = receive(&mut hand, &report(1, 12, 1), "漏水").unwrap();
        assert_eq!((third.case.level, third.case.report_count), (Level::Orange, 3));
        assert_eq!(third.case.level_reason.facts["reports_30d"], "3");
        let (other, effect) = receive(&mut hand, &report(2, 13, 1), "漏水").unwrap();
        assert_eq!((effect, other.case.number.as_str()), (Effect::Opened, "20261124-0018"));
        assert_eq!(hand.series()["20261124"], 18);
    }

    #[test]
    fn what_comes_again_changes_nothing_and_a_revision_counts_once() {
        let mut hand = CasesAtHand::default();
        let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        assert!(receive(&mut hand, &report(1, 10, 1), "漏水").is_none());
        let (revised, effect) = receive(&mut hand, &report(1, 10, 2), "漏水,对方持刀").unwrap();
        assert_eq!((effect, revised.case.id, revised.case.report_count), (Effect::Revised, first.case.id, 1));
        assert_eq!(revised.case.level, Level::Red);
        assert!(receive(&mut hand, &report(1, 10, 2), "漏水").is_none());
        assert!(receive(&mut hand, &report(1, 10, 1), "漏水").is_none(), "an older revision");
    }

    #[test]
    fn a_report_whose_case_is_over_opens_a_new_one_and_its_revision_stays() {
        let mut hand = CasesAtHand::default();
        let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        let mut stored = CasesAtHand::default();
        let closed =
            CaseFile { state: State::Closed, closed_at: Some(at("2026-11-24T03:00:00Z")), ..first.case };
        let old_case = closed.id;
        stored.add_case(closed, vec![at("2026-11-24T02:00:00Z")]);
        stored.add_report(Uuid::from_u128(10), KnownReport { case_id: old_case, revision: 1 });
        let (revised, effect) = receive(&mut stored, &report(1, 10, 2), "漏水").unwrap();
        assert_eq!((effect, revised.case.id, revised.case.state), (Effect::Revised, old_case, State::Closed));
        let (new, effect) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
        assert_eq!(effect, Effect::Opened);
        assert_ne!(new.case.id, old_case);
    }

    #[test]
    fn old_reports_do_not_count() {
        let mut hand = CasesAtHand::default();
        let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        let mut stored = CasesAtHand::default();
        stored.add_case(first.case, vec![at("2026-10-01T00:00:00Z"), at("2026-10-02T00:00:00Z")]);
        let (joined, _) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
        assert_eq!(joined.case.level, Level::Blue);
    }
}
