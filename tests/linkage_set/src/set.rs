//! A whole set.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use jiff::{Timestamp, civil::Date, tz::Offset};

use crate::{
    areas::Areas,
    dice::Dice,
    disputes::{Plot, Plotter},
    matters::{self, Matter, Phrases},
    rates::{Rates, Style},
    report::Report,
    telling::{Words, Writer},
    truth::Truth,
    world::{Names, World},
};

const YEAR_DAYS: i64 = 365;
const DAY_SECONDS: i64 = 86_400;
const PLOT: u64 = 1;
const REPORT: u64 = 2;

/// What a set is drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct SetPlan {
    /// The same seed gives the same set. Sets of the seeds 0 to 9 have no report, person or phone in common, so that
    /// one may be the other's past.
    pub seed: u64,
    /// How many disputes; with the usual rates there are about 2.4 reports of each.
    pub cases: usize,
    /// The rates of troubles.
    pub rates: Rates,
    /// The day after the last one. The set goes back a year from there.
    pub until: Date,
}

impl SetPlan {
    /// A set of 4,000 disputes in a county of this style.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { seed: 1, cases: 4_000, rates: style.rates(), until: Date::constant(2026, 11, 20) }
    }

    /// A set that has at least so many reports.
    #[must_use]
    pub fn at_least(self, reports: usize) -> LinkageSet {
        // A little more than what the usual rates give of a case.
        let mut cases = reports * 10 / 23 + 100;
        loop {
            let set = LinkageSet::draw(&Self { cases, ..self.clone() });
            if set.len() >= reports {
                return set;
            }
            cases += cases / 5;
        }
    }
}

/// A report with its truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The report.
    pub report: Report,
    /// Who told it about which dispute.
    pub truth: Truth,
}

/// A set: who is at odds with whom is drawn, the reports are written as they are taken out.
pub struct LinkageSet {
    plan: SetPlan,
    world: World,
    plot: Plot,
    matters: Vec<Matter>,
    phrases: Phrases,
    words: Words,
}

impl LinkageSet {
    /// Draws a set.
    ///
    /// # Panics
    /// Where one of the lists that are compiled in is broken, which a test would say.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the lists are part of the program")]
    pub fn draw(plan: &SetPlan) -> Self {
        let matters = matters::matters().expect("words/matters.json");
        let end =
            Offset::constant(8).to_timestamp(plan.until.at(0, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let year = (end.as_second() - YEAR_DAYS * DAY_SECONDS, end.as_second() - 1);
        let areas = Areas::read().expect("the county's areas");
        let mut world = World::new(areas, Names::read().expect("words/given_names.json"), year, plan.seed);
        let dice = Dice::new(plan.seed, PLOT, 0);
        let plot = Plotter::new(&mut world, &matters, &plan.rates, year, dice).draw(plan.cases);
        world.share_phones();
        let phrases = matters::phrases().expect("words/phrases.json");
        Self { plan: plan.clone(), world, plot, matters, phrases, words: Words::read() }
    }

    /// How many reports it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plot.tellings.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The reports in the order of their time.
    pub fn items(&self) -> impl Iterator<Item = Item> + '_ {
        (0..self.len()).map(|number| self.item(number))
    }

    /// The report with this number in the order of their time.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn item(&self, number: usize) -> Item {
        let writer = Writer {
            world: &self.world,
            plot: &self.plot,
            matters: &self.matters,
            phrases: &self.phrases,
            words: &self.words,
            rates: &self.plan.rates,
            seed: self.plan.seed,
        };
        let telling = &self.plot.tellings[number];
        let report = writer.write(telling, number, &mut Dice::new(self.plan.seed, REPORT, number as u64));
        let truth = Truth {
            source_ref: report.source_ref.clone(),
            person: format!("P{:07}", telling.person),
            household: format!("H{:07}", self.world.people[telling.person].household),
            case: format!("C{:07}", telling.dispute),
        };
        Item { report, truth }
    }
}

/// Writes `reports.jsonl` and `truth.csv` into a folder.
///
/// # Errors
/// Where a file cannot be written.
pub fn write(set: &LinkageSet, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut reports = BufWriter::new(File::create(folder.join("reports.jsonl"))?);
    let mut truth = csv::Writer::from_path(folder.join("truth.csv"))?;
    for Item { report, truth: row } in set.items() {
        serde_json::to_writer(&mut reports, &report)?;
        reports.write_all(b"\n")?;
        truth.serialize(row)?;
    }
    truth.flush()?;
    reports.flush()
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    fn small(style: Style) -> LinkageSet {
        LinkageSet::draw(&SetPlan { cases: 800, ..SetPlan::new(style) })
    }

    #[test]
    fn the_same_seed_gives_the_same_set_and_another_seed_another() {
        let (one, same) = (small(Style::Messy), small(Style::Messy));
        assert!(one.items().eq(same.items()));
        let plan = SetPlan { seed: 2, cases: 800, ..SetPlan::new(Style::Messy) };
        assert_ne!(LinkageSet::draw(&plan).item(0), one.item(0));
    }

    #[test]
    fn a_person_is_of_one_household_and_a_household_may_have_several_cases_and_people() {
        let set = small(Style::Dense);
        let mut household_of = HashMap::new();
        let (mut cases, mut people) = (HashMap::<_, HashSet<_>>::new(), HashMap::<_, HashSet<_>>::new());
        for Item { truth, .. } in set.items() {
            let household = household_of.entry(truth.person.clone()).or_insert(truth.household.clone());
            assert_eq!(*household, truth.household);
            cases.entry(truth.household.clone()).or_default().insert(truth.case);
            people.entry(truth.household).or_default().insert(truth.person);
        }
        assert!(cases.values().any(|of| of.len() > 1) && people.values().any(|of| of.len() > 1));
    }

    #[test]
    fn a_case_may_have_many_households_and_both_sides() {
        let set = small(Style::Usual);
        let mut households = HashMap::<_, HashSet<_>>::new();
        for Item { truth, .. } in set.items() {
            households.entry(truth.case).or_default().insert(truth.household);
        }
        assert!(households.values().any(|of| of.len() >= 6));
        assert!(households.values().filter(|of| of.len() == 2).count() > 10);
    }

    #[test]
    fn every_style_has_what_makes_linkage_hard_and_no_field_that_intake_refuses() {
        for (_, style) in Style::ALL {
            let set = small(style);
            let reports: Vec<Report> = set.items().map(|item| item.report).collect();
            let refs: HashSet<&str> = reports.iter().map(|report| report.source_ref.as_str()).collect();
            assert_eq!(refs.len(), reports.len());
            for report in &reports {
                assert!(report.address.chars().count() <= 200 && !report.title.trim().is_empty());
                assert!(report.source_ref.len() <= 64 && report.area_code.starts_with("421181"));
                assert!(!report.narrative.is_empty());
                let texts = [&report.address, &report.title, &report.narrative];
                assert!(texts.iter().all(|text| !text.contains(['{', '}'])), "{report:?}");
                assert_eq!(report.parties[0].role, "REPORTER");
                let no_ids =
                    |party: &crate::Party| party.id_number.is_empty() || party.id_number.starts_with("99");
                assert!(report.parties.iter().all(no_ids));
            }
            let some = |found: &dyn Fn(&Report) -> bool| reports.iter().any(found);
            assert!(some(&|report| report.parties[0].phone.is_empty()));
            assert!(some(&|report| report.parties[0].phone.starts_with('0')));
            assert!(some(&|report| report.parties[0].name.ends_with("女士")));
            assert!(some(&|report| report.parties[0].id_number.len() == 15));
            assert!(some(&|report| report.parties[0].id_number.ends_with('x')));
            assert!(some(&|report| report.address.is_empty()));
            assert!(some(&|report| report.area_code == "421181"));
            assert!(some(&|report| report.area_code.len() == 15));
        }
    }

    #[test]
    fn the_usual_set_is_of_the_size_that_is_published() {
        let set = LinkageSet::draw(&SetPlan::new(Style::Usual));
        assert!((9_000..10_000).contains(&set.len()), "{}", set.len());
    }

    #[test]
    fn a_set_may_be_asked_for_by_its_reports() {
        let set = SetPlan::new(Style::Usual).at_least(1_500);
        assert!((1_500..2_400).contains(&set.len()), "{}", set.len());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = std::env::temp_dir().join(format!("linkage-set-{}", std::process::id()));
        let set = small(Style::Plain);
        write(&set, &folder).unwrap();
        let truth = crate::read_truth(File::open(folder.join("truth.csv")).unwrap()).unwrap();
        let lines = std::fs::read_to_string(folder.join("reports.jsonl")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((truth.len(), lines.lines().count()), (set.len(), set.len()));
        let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(first["sourceRef"], truth[0].source_ref);
        let scores = crate::measure(&truth, &truth).unwrap();
        assert_eq!((scores.case.f1, scores.person.f1, scores.household.f1), (1.0, 1.0, 1.0));
    }
}
