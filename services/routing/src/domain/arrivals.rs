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
    received_report::{KnownReport, ReceivedReport},
    refusal::Refusal,
    tickets::urgency_word,
    transition::{Change, open},
    wording::short_source,
};
use crate::{directory::Rank, rulebook::Rulebook};

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
mod tests;
