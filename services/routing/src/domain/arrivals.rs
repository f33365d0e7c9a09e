//! A batch of reports and the cases that they may change: which case each report belongs to, and what it
//! makes of it. All in memory; the store loads and writes what stands here.

use std::collections::{BTreeMap, HashMap};

use fengqiao_county::County;
use fengqiao_proto::types::v1::{Matter, Source};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts::calls::Press,
    case::CaseFile,
    case_number::{case_number, series_day},
    docket::RESTRICTED,
    grading::GradedReport,
    happening::{Arrival, Happening, Opening},
    history::Occasion,
    level::Grade,
    refusal::Refusal,
    tickets::{Ticket, urgency_word},
    transition::{Change, open},
    wording::short_source,
};
use crate::{directory::Rank, rulebook::Rulebook};

/// An accepted report, as intake tells it.
#[derive(Debug, Clone, PartialEq)]
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
    /// The cluster that its own one follows, where it is the first of one that does.
    pub follows_cluster: Option<Uuid>,
    /// Whether it is a repeat call.
    pub repeat: bool,
    /// Why, for people.
    pub repeat_reasons: Vec<String>,
    /// The earlier reports of its dispute that it was found by, and how much each weighs, in bits.
    pub found_by: Vec<(Uuid, f32)>,
    /// Who handed it in.
    pub received_by: String,
    /// Of a one-key call: the post that is called first; empty where no device says.
    pub first_contact: String,
    /// Of a 12345 ticket: how it stands with the hotline.
    pub ticket: Option<Ticket>,
    /// Who and what, sealed.
    pub sealed_matter: Vec<u8>,
    /// Whether its source keeps it confidential: then its case is protected.
    pub confidential: bool,
    /// Whether it is an exercise: then its case is one.
    pub drill: bool,
}

impl ReceivedReport {
    /// Whether it is the first that is told of its dispute, and is told for the first time: then no case, no report and no
    /// merger that is stored can have to do with it.
    #[must_use]
    pub fn is_of_nothing_before(&self) -> bool {
        self.revision == 1
            && self.cluster_id == self.report_id
            && self.follows_cluster.is_none()
            && self.found_by.is_empty()
            && self.repeat_reasons.is_empty()
            && !self.repeat
    }
}

/// How a report is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownReport {
    /// Its case.
    pub case_id: Uuid,
    /// Its newest revision here.
    pub revision: i32,
    /// Whether it is known as a repeat call.
    pub repeat: bool,
    /// Whether it came into its case by a merger.
    pub merged: bool,
}

/// What a report did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Made a new case.
    Opened,
    /// Joined a case.
    Joined,
    /// Joined a case that is not its cluster's, where an officer has moved the reports that it was found by.
    Followed,
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
            Self::Followed => "followed",
            Self::Revised => "revised",
        }
    }
}

/// A case whose reports go to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// The case that was merged.
    pub from: Uuid,
    /// The case that its reports go to.
    pub into: Uuid,
}

/// The cases that a batch may change, as they are after what was received so far.
#[derive(Debug, Default)]
pub struct CasesAtHand {
    cases: HashMap<Uuid, CaseFile>,
    /// The case of each cluster that still takes reports.
    live: HashMap<Uuid, Uuid>,
    reports: HashMap<Uuid, KnownReport>,
    /// The last case of each cluster that is over.
    over: HashMap<Uuid, Uuid>,
    /// Where the case of a cluster was merged.
    merged: HashMap<Uuid, Merged>,
    /// When the recent reports of each case were told, and through which door.
    recent: HashMap<Uuid, Vec<(Timestamp, Source)>>,
    /// The last running number of each day.
    series: BTreeMap<String, i32>,
}

impl CasesAtHand {
    /// Adds a case that is stored, with the times of its recent reports.
    pub fn add_case(&mut self, case: CaseFile, recent: Vec<(Timestamp, Source)>) {
        if case.state.takes_reports() {
            self.live.entry(case.cluster_id).or_insert(case.id);
        } else {
            let later =
                |held: &Uuid| self.cases.get(held).is_none_or(|held| held.closed_at <= case.closed_at);
            if self.over.get(&case.cluster_id).is_none_or(later) {
                self.over.insert(case.cluster_id, case.id);
            }
        }
        self.recent.insert(case.id, recent);
        self.cases.insert(case.id, case);
    }

    /// Says that the last merged case of a cluster was merged so.
    pub fn add_merged_cluster(&mut self, cluster_id: Uuid, merged: Merged) {
        self.merged.insert(cluster_id, merged);
    }

    /// The case that a report would go back to where the merger by which it is in `case_id` is undone.
    #[must_use]
    pub fn home_of(&self, report: &ReceivedReport, case_id: Uuid) -> Option<Uuid> {
        let merged = self.merged.get(&report.cluster_id)?;
        let own = self.cases.get(&case_id).is_some_and(|case| case.cluster_id == report.cluster_id);
        (merged.into == case_id && !own).then_some(merged.from)
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
    ///
    /// # Errors
    /// [`Refusal`] where its case does not take it, which changes nothing here. Only cases that take reports are looked for,
    /// so that one was stored that contradicts itself.
    pub fn receive(
        &mut self,
        report: &ReceivedReport,
        matter: &Matter,
        county: &County,
        rulebook: &Rulebook,
        now: Timestamp,
        new_case: Uuid,
    ) -> Result<Option<(Change, Effect)>, Refusal> {
        let known = self.reports.get(&report.report_id).copied();
        if known.is_some_and(|known| known.revision >= report.revision) {
            return Ok(None);
        }
        let cluster_s = || self.case_that_takes(report, rulebook);
        let followed = if known.is_some() { None } else { self.case_that_is_followed(report, rulebook) };
        let followed = followed.filter(|followed| Some(*followed) != cluster_s());
        let of_case = known.map(|known| known.case_id).or(followed).or_else(cluster_s);
        let occasion = Occasion {
            at: now,
            actor: report.received_by.clone(),
            capacity: "source".to_owned(),
            agency: None,
            rank: Rank::Officer,
        };
        let case = of_case.and_then(|id| self.cases.get(&id));
        let mut grade = self.grade(report, matter, county, rulebook, case, known.is_some());
        if report.confidential {
            grade.tags.push(RESTRICTED.to_owned());
        }
        let taken_at = county.time_zone.to_datetime(report.accepted_at);
        let seat = rulebook.directory.seat_of(&report.received_by, taken_at);
        let arrival = Arrival {
            source: report.source,
            seat: seat.map(|slot| slot.seat.clone()),
            revision: report.revision,
            grade,
            repeat: report.repeat && !known.is_some_and(|known| known.repeat),
            drill: report.drill,
            people: matter.parties.iter().map(|party| party.role).collect(),
            // What its source says of it later rings nobody once more.
            press: (report.source == Source::OneKeyCall && known.is_none()).then(|| Press {
                at: report.accepted_at,
                area_code: report.area_code.clone(),
                first_contact: report.first_contact.clone(),
            }),
            ticket: report.ticket.clone(),
            sealed_matter: report.sealed_matter.clone(),
        };
        let (change, effect) = match case {
            Some(case) => {
                let (happening, effect) = if known.is_some() {
                    (Happening::ReportRevised(arrival), Effect::Revised)
                } else {
                    let effect = if followed.is_some() { Effect::Followed } else { Effect::Joined };
                    (Happening::ReportJoined(arrival), effect)
                };
                (rulebook.change(county, case, &happening, &occasion)?, effect)
            }
            None => (self.open(report, arrival, county, rulebook, &occasion, new_case), Effect::Opened),
        };
        self.keep(report, &change.case, effect);
        Ok(Some((change, effect)))
    }

    /// A call that is here turned out to be a repeat. Nothing follows where that is known.
    ///
    /// # Errors
    /// [`Refusal`] where its case does not change, which can only be one that gave its reports away and has them still.
    pub fn call_repeats(
        &mut self,
        report_id: Uuid,
        county: &County,
        rulebook: &Rulebook,
        now: Timestamp,
    ) -> Result<Option<Change>, Refusal> {
        let Some(known) = self.reports.get_mut(&report_id) else { return Ok(None) };
        if std::mem::replace(&mut known.repeat, true) {
            return Ok(None);
        }
        let Some(case) = self.cases.get(&known.case_id) else { return Ok(None) };
        let change = rulebook.change(county, case, &Happening::CallRepeats, &Occasion::of_system(now))?;
        self.cases.insert(change.case.id, change.case.clone());
        Ok(Some(change))
    }

    /// The case that a new report belongs to: the live one of its cluster, or the one that theirs was merged
    /// into, or the last one that is over, as long as it may be opened again.
    fn case_that_takes(&self, report: &ReceivedReport, rulebook: &Rulebook) -> Option<Uuid> {
        if let Some(live) = self.live.get(&report.cluster_id) {
            return Some(*live);
        }
        if let Some(target) = self.target(report.cluster_id).filter(|target| target.state.takes_reports()) {
            return Some(target.id);
        }
        let last = self.last_over(report.cluster_id)?;
        let until = last.takes_reports_until(rulebook.practice.reopen_days)?;
        (report.accepted_at <= until).then_some(last.id)
    }

    /// The case where an officer has put the reports that a new one was found by, by a split, and maybe a merger after it.
    /// Intake knows nothing of that, and says its cluster. Where those of the other case weigh more, it belongs there.
    fn case_that_is_followed(&self, report: &ReceivedReport, rulebook: &Rulebook) -> Option<Uuid> {
        let mut weights: BTreeMap<Uuid, (f32, bool)> = BTreeMap::new();
        for (earlier, bits) in &report.found_by {
            let Some(known) = self.reports.get(earlier) else { continue };
            let weight = weights.entry(known.case_id).or_default();
            *weight = (weight.0 + bits, weight.1 || known.merged);
        }
        let heaviest = weights.iter().max_by(|(_, one), (_, other)| one.0.total_cmp(&other.0));
        let (case_id, (_, merged)) = heaviest?;
        let case = self.cases.get(case_id)?;
        let moved = *merged || case.docket.links.split_from.is_some();
        let until = || case.takes_reports_until(rulebook.practice.reopen_days);
        let takes = case.state.takes_reports() || until().is_some_and(|until| report.accepted_at <= until);
        (moved && takes && case.cluster_id != report.cluster_id).then_some(case.id)
    }

    /// The case that the last merged one of a cluster was merged into.
    fn target(&self, cluster_id: Uuid) -> Option<&CaseFile> {
        self.cases.get(&self.merged.get(&cluster_id)?.into)
    }

    /// The case of a cluster that was over last: its own or, for one that was merged, the other.
    fn last_over(&self, cluster_id: Uuid) -> Option<&CaseFile> {
        let own = self.over.get(&cluster_id).and_then(|id| self.cases.get(id));
        let own = own.filter(|case| case.docket.links.merged_into.is_none());
        let target = self.target(cluster_id).filter(|target| !target.state.takes_reports());
        own.into_iter().chain(target).max_by_key(|case| case.closed_at)
    }

    /// The case that a new one of a report follows: the last one of its cluster, or of the one that this follows.
    fn earlier(&self, report: &ReceivedReport) -> Option<Uuid> {
        let of_followed = || {
            let followed = report.follows_cluster?;
            // Someone may have opened it again just now.
            let live = self.live.get(&followed).copied();
            live.or_else(|| {
                let last = self.target(followed).filter(|target| target.state.takes_reports());
                last.or_else(|| self.last_over(followed)).map(|case| case.id)
            })
        };
        self.last_over(report.cluster_id).map(|case| case.id).or_else(of_followed)
    }

    fn open(
        &mut self,
        report: &ReceivedReport,
        arrival: Arrival,
        county: &County,
        rulebook: &Rulebook,
        occasion: &Occasion,
        id: Uuid,
    ) -> Change {
        let day = series_day(report.accepted_at, &county.time_zone);
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
            follows: self.earlier(report),
            arrival,
        };
        let source = short_source(report.source);
        let today = county.day(occasion.at);
        let responsible = rulebook.directory.responsible(&report.area_code, &report.category, source, today);
        open(opening, occasion, rulebook.setting(county, &responsible))
    }

    fn grade(
        &self,
        report: &ReceivedReport,
        matter: &Matter,
        county: &County,
        rulebook: &Rulebook,
        case: Option<&CaseFile>,
        counted: bool,
    ) -> Grade {
        let tags: Vec<String> =
            case.map(|case| case.docket.tags.iter().cloned().collect()).unwrap_or_default();
        let recent = case.and_then(|case| self.recent.get(&case.id)).map_or(&[][..], Vec::as_slice);
        let graded = GradedReport {
            category: &report.category,
            area_code: &report.area_code,
            source: report.source,
            occurred_at: report.occurred_at,
            repeat: report.repeat,
            urgency: report.ticket.as_ref().map_or("", |ticket| urgency_word(ticket.urgency)),
            matter,
            case,
            tags: &tags,
            recent,
            counted,
        };
        rulebook.rules.grade(&graded.facts(county))
    }

    fn keep(&mut self, report: &ReceivedReport, case: &CaseFile, effect: Effect) {
        let before = self.reports.get(&report.report_id);
        let repeat = report.repeat || before.is_some_and(|known| known.repeat);
        let merged = before.is_some_and(|known| known.merged);
        let known = KnownReport { case_id: case.id, revision: report.revision, repeat, merged };
        self.reports.insert(report.report_id, known);
        if effect != Effect::Revised {
            self.recent.entry(case.id).or_default().push((report.occurred_at, report.source));
        }
        // A report that was split off stays where it is, and says nothing of its cluster.
        if case.cluster_id == report.cluster_id && case.state.takes_reports() {
            self.live.insert(report.cluster_id, case.id);
        }
        self.cases.insert(case.id, case.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::{
        acts::{
            links::{Links, MergedInto},
            respite::Respite,
        },
        case::State,
        docket::Docket,
        duty::DutyKind,
        level::Level,
    };

    fn macheng() -> (County, Rulebook) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let county = County::load(&folder).unwrap();
        let rulebook = Rulebook::load(&county, Timestamp::UNIX_EPOCH).unwrap();
        (county, rulebook)
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
            follows_cluster: None,
            repeat: false,
            repeat_reasons: Vec::new(),
            found_by: Vec::new(),
            received_by: "hotline".into(),
            first_contact: String::new(),
            ticket: None,
            sealed_matter: vec![1],
            confidential: false,
            drill: false,
        }
    }

    fn receive(hand: &mut CasesAtHand, report: &ReceivedReport, narrative: &str) -> Option<(Change, Effect)> {
        let matter = Matter { narrative: narrative.into(), ..Default::default() };
        let (county, rulebook) = macheng();
        let now = at("2026-11-24T02:00:06Z");
        hand.receive(report, &matter, &county, &rulebook, now, Uuid::now_v7()).unwrap()
    }

    #[test]
    fn the_case_of_a_confidential_report_is_protected_from_then_on() {
        let mut hand = CasesAtHand::default();
        let (open, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        assert!(!open.case.docket.is_protected());
        let confidential = ReceivedReport { confidential: true, ..report(1, 11, 1) };
        let (joined, _) = receive(&mut hand, &confidential, "漏水").unwrap();
        assert!(joined.case.docket.is_protected());
        let (later, _) = receive(&mut hand, &report(1, 12, 1), "漏水").unwrap();
        assert!(later.case.docket.is_protected(), "what others tell openly does not open it");
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
    fn what_a_case_refuses_is_said_and_is_not_known() {
        let mut hand = CasesAtHand::default();
        let (open, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        // It gave its reports away and is open all the same.
        let merged_into = MergedInto {
            case_id: Uuid::from_u128(77),
            at: open.case.opened_at,
            state: String::new(),
            duties: Vec::new(),
            respite: Respite::default(),
        };
        let links = Links { merged_into: Some(merged_into), ..Links::default() };
        let docket = Docket { links, ..open.case.docket.clone() };
        hand.add_case(CaseFile { docket, ..open.case.clone() }, Vec::new());
        let (county, rulebook) = macheng();
        let now = at("2026-11-24T02:00:06Z");
        for _ in 0..2 {
            let again = report(1, 11, 1);
            let refused = hand.receive(&again, &Matter::default(), &county, &rulebook, now, Uuid::now_v7());
            assert_eq!(refused.unwrap_err().reason, "CASE_MERGED");
        }
        let refused = hand.call_repeats(Uuid::from_u128(10), &county, &rulebook, now);
        assert_eq!(refused.unwrap_err().reason, "CASE_MERGED");
    }

    #[test]
    fn what_is_found_by_reports_that_were_split_off_goes_where_they_are() {
        let mut hand = CasesAtHand::default();
        let (old, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        receive(&mut hand, &report(1, 11, 1), "漏水").unwrap();
        let split = |state| {
            let links = Links { split_from: Some(old.case.id), ..Links::default() };
            let docket = Docket { links, ..old.case.docket.clone() };
            let (id, cluster_id) = (Uuid::from_u128(77), Uuid::from_u128(78));
            CaseFile { id, cluster_id, state, docket, ..old.case.clone() }
        };
        hand.add_case(split(State::Open), Vec::new());
        let moved = KnownReport { case_id: Uuid::from_u128(77), revision: 1, repeat: false, merged: false };
        hand.add_report(Uuid::from_u128(11), moved);
        let found = |id, found_by: &[(u128, f32)]| ReceivedReport {
            found_by: found_by.iter().map(|(id, bits)| (Uuid::from_u128(*id), *bits)).collect(),
            ..report(1, id, 1)
        };
        let (change, effect) = receive(&mut hand, &found(12, &[(10, 3.0), (11, 8.0)]), "漏水").unwrap();
        assert_eq!((change.case.id, effect), (Uuid::from_u128(77), Effect::Followed));
        // And what is found by that one.
        let (change, _) = receive(&mut hand, &found(13, &[(12, 5.0)]), "漏水").unwrap();
        assert_eq!(change.case.id, Uuid::from_u128(77));
        for found in [found(14, &[(10, 8.0), (11, 3.0)]), found(15, &[]), found(16, &[(99, 9.0)])] {
            let (change, effect) = receive(&mut hand, &found, "漏水").unwrap();
            assert_eq!((change.case.id, effect), (old.case.id, Effect::Joined));
        }
        // A case that is over for good takes nothing.
        let mut hand = CasesAtHand::default();
        hand.add_case(old.case.clone(), Vec::new());
        hand.add_case(
            CaseFile { closed_at: Some(Timestamp::UNIX_EPOCH), ..split(State::Closed) },
            Vec::new(),
        );
        hand.add_report(Uuid::from_u128(11), moved);
        let (change, _) = receive(&mut hand, &found(17, &[(11, 8.0)]), "漏水").unwrap();
        assert_eq!(change.case.id, old.case.id);
    }

    #[test]
    fn a_call_that_turns_out_to_be_a_repeat_is_to_be_sorted_once() {
        let owed = |case: &CaseFile| {
            case.docket.duties.iter().filter(|duty| duty.kind == DutyKind::Classify).count()
        };
        let call = |id, revision, repeat| ReceivedReport {
            source: Source::Police110,
            repeat,
            ..report(1, id, revision)
        };
        let mut hand = CasesAtHand::default();
        let (first, _) = receive(&mut hand, &call(10, 1, false), "吵架").unwrap();
        assert_eq!(owed(&first.case), 0);
        // Its next record says so, and the one after that says it again.
        let (revised, _) = receive(&mut hand, &call(10, 2, true), "吵架").unwrap();
        assert_eq!(owed(&revised.case), 1);
        assert_eq!(owed(&receive(&mut hand, &call(10, 3, true), "又吵架").unwrap().0.case), 1);
        // A join of others says so of the second one.
        let (joined, _) = receive(&mut hand, &call(11, 1, false), "吵架").unwrap();
        assert_eq!(owed(&joined.case), 1);
        let (county, rulebook) = macheng();
        let now = at("2026-11-24T03:00:00Z");
        let mut shown = |id| hand.call_repeats(Uuid::from_u128(id), &county, &rulebook, now).unwrap();
        assert_eq!(owed(&shown(11).unwrap().case), 2);
        assert!(shown(11).is_none() && shown(10).is_none() && shown(99).is_none());
    }

    #[test]
    fn a_report_after_the_end_opens_the_case_again_within_the_window_and_follows_it_later() {
        let mut hand = CasesAtHand::default();
        let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        let over_since = |closed_at: &str| {
            let docket = Docket { state: "closed".into(), ..first.case.docket.clone() };
            let closed_at = Some(at(closed_at));
            let closed = CaseFile { state: State::Closed, closed_at, docket, ..first.case.clone() };
            let mut stored = CasesAtHand::default();
            stored.add_case(closed, vec![(at("2026-11-24T02:00:00Z"), Source::Hotline12345)]);
            stored.add_report(
                Uuid::from_u128(10),
                KnownReport { case_id: first.case.id, revision: 1, repeat: false, merged: false },
            );
            stored
        };
        // A call of it that turns out to be a repeat is to be sorted, and the case stays over.
        let (county, rulebook) = macheng();
        let mut stored = over_since("2026-10-26T03:00:00Z");
        let shown = stored.call_repeats(Uuid::from_u128(10), &county, &rulebook, at("2026-11-24T03:00:00Z"));
        let shown = shown.unwrap().unwrap().case;
        assert_eq!(shown.state, State::Closed);
        assert_eq!(shown.docket.duties.iter().filter(|duty| duty.kind == DutyKind::Classify).count(), 1);
        let mut stored = over_since("2026-10-26T03:00:00Z");
        let (revised, effect) = receive(&mut stored, &report(1, 10, 2), "漏水").unwrap();
        assert_eq!(
            (effect, revised.case.id, revised.case.state),
            (Effect::Revised, first.case.id, State::Closed)
        );
        let (again, effect) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
        assert_eq!((effect, again.case.id, again.case.state), (Effect::Joined, first.case.id, State::Open));
        let mut stored = over_since("2026-10-25T01:00:00Z");
        let (new, effect) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
        assert_eq!((effect, new.case.docket.links.follows), (Effect::Opened, Some(first.case.id)));
    }

    #[test]
    fn a_case_of_a_new_cluster_follows_the_last_case_of_the_one_that_it_names() {
        let follower = ReceivedReport { follows_cluster: Some(Uuid::from_u128(1)), ..report(2, 11, 1) };
        let (first, _) = receive(&mut CasesAtHand::default(), &report(1, 10, 1), "漏水").unwrap();
        let first = first.case;
        let docket = Docket { state: "closed".into(), ..first.docket.clone() };
        let closed_at = Some(at("2026-09-01T00:00:00Z"));
        let closed = CaseFile { state: State::Closed, closed_at, docket, ..first.clone() };
        // Also where someone opened it again meanwhile: it is another matter all the same.
        for earlier in [closed.clone(), first.clone()] {
            let mut hand = CasesAtHand::default();
            hand.add_case(earlier, Vec::new());
            let (new, effect) = receive(&mut hand, &follower, "漏水").unwrap();
            assert_eq!((effect, new.case.cluster_id), (Effect::Opened, follower.cluster_id));
            assert_eq!(new.case.docket.links.follows, Some(first.id));
            let next = ReceivedReport { report_id: Uuid::from_u128(12), ..follower.clone() };
            assert_eq!(receive(&mut hand, &next, "漏水").unwrap().1, Effect::Joined);
        }
        // The case was merged: the other one is what came before.
        let (other, _) = receive(&mut CasesAtHand::default(), &report(3, 13, 1), "漏水").unwrap();
        let mut hand = CasesAtHand::default();
        let merged = Merged { from: first.id, into: other.case.id };
        hand.add_case(other.case, Vec::new());
        hand.add_merged_cluster(Uuid::from_u128(1), merged);
        let (new, _) = receive(&mut hand, &follower, "漏水").unwrap();
        assert_eq!(new.case.docket.links.follows, Some(merged.into));
        // Nothing is known of it.
        let (new, _) = receive(&mut CasesAtHand::default(), &follower, "漏水").unwrap();
        assert_eq!(new.case.docket.links.follows, None);
    }

    #[test]
    fn old_reports_do_not_count() {
        let mut hand = CasesAtHand::default();
        let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
        let mut stored = CasesAtHand::default();
        stored.add_case(
            first.case,
            ["2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z"].map(|told| (at(told), Source::Grid)).into(),
        );
        let (joined, _) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
        assert_eq!(joined.case.level, Level::Blue);
    }
}
