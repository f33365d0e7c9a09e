//! `tests/bench linkage`: how well linkage finds who came before, on reports with known truth, and why not.
//!
//! The engine runs in memory, in the order of the reports, with an index of keys that gives exactly the candidates
//! that the database would give. The baseline is the telephone alone: the same telephone is the same person, household
//! and case.

mod county;
mod running;
mod told;

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use fengqiao_linkage::{Kind, Level, Levels, Weights, learn};
use fengqiao_linkage_set::{LinkageSet, Scores, SetPlan, Style, Truth, measure, read_truth};

use crate::{
    county::County,
    running::{Run, run},
    told::Told,
};

const HELP: &str = "\
linkage [OPTION…]     prints B-cubed of the person, the household and the case, ours and by telephone alone

Options, each with a value:
  --seed NUMBER       another set of the same kind (1)
  --style NAME        usual, plain, messy, sparse or dense (usual)
  --cases NUMBER      how many disputes (4000)
  --folder FOLDER     reports.jsonl and truth.csv of this folder, instead of a set that is drawn
  --weights FILE      other weights than the shipped ones
  --learn yes         learns the weights from the set first, without its truth
  --levels LEVELS     shows how often each level is seen among pairs that belong together and that do not, of the
                      pairs that have these levels: house_same,name_part; all for all
  --links FILE        writes what was found: source_ref,person,household,case
  --explain REF,REF   shows how two reports agree
  --errors NUMBER     shows so many of the mistakes of each kind (0)";

/// What a line of the truth says in a column.
type Column = fn(&Truth) -> &str;

/// The columns of the truth.
const CELLS: [(Kind, Column); 3] = [
    (Kind::Person, |row| &row.person),
    (Kind::Household, |row| &row.household),
    (Kind::Case, |row| &row.case),
];

/// What to run.
struct Plan {
    set: SetPlan,
    folder: Option<PathBuf>,
    weights: Weights,
    learn: bool,
    levels: Option<Vec<Level>>,
    links: Option<PathBuf>,
    explain: Option<(String, String)>,
    errors: usize,
}

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let Some(plan) = read_plan(&given) else {
        println!("{HELP}");
        return ExitCode::from(2);
    };
    match measure_all(&plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn read_plan(given: &[String]) -> Option<Plan> {
    let mut plan = Plan {
        set: SetPlan::new(Style::default()),
        folder: None,
        weights: Weights::shipped(),
        learn: false,
        levels: None,
        links: None,
        explain: None,
        errors: 0,
    };
    for option in given.chunks(2) {
        let [name, value] = option else { return None };
        match name.as_str() {
            "--seed" => plan.set.seed = value.parse().ok()?,
            "--style" => plan.set.rates = value.parse::<Style>().ok()?.rates(),
            "--cases" => plan.set.cases = value.parse().ok()?,
            "--folder" => plan.folder = Some(PathBuf::from(value)),
            "--weights" => plan.weights = Weights::read(&std::fs::read_to_string(value).ok()?).ok()?,
            "--learn" => plan.learn = value == "yes",
            "--levels" => plan.levels = Some(read_levels(value)?),
            "--links" => plan.links = Some(PathBuf::from(value)),
            "--explain" => {
                plan.explain = value.split_once(',').map(|(one, other)| (one.to_owned(), other.to_owned()))
            }
            "--errors" => plan.errors = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(plan)
}

fn read_levels(names: &str) -> Option<Vec<Level>> {
    let read = |name: &str| serde_json::from_value(serde_json::Value::from(name)).ok();
    names.split(',').filter(|name| *name != "all").map(read).collect()
}

fn measure_all(plan: &Plan) -> Result<(), Box<dyn Error>> {
    let county = County::read()?;
    let (told, truth) = match &plan.folder {
        Some(folder) => {
            (told::read(&folder.join("reports.jsonl"))?, read_truth(File::open(folder.join("truth.csv"))?)?)
        }
        None => drawn(&plan.set)?,
    };
    let mut weights = plan.weights.clone();
    if plan.learn {
        let observed = run(&told, &county, &weights).observed;
        weights = learn(&weights, &observed, "learned");
    }
    let ours = run(&told, &county, &weights);
    let scores = measure(&truth, &ours.links)?;
    let baseline = measure(&truth, &running::by_telephone(&told))?;
    println!("{} reports, weights {}", told.len(), weights.version);
    println!("ours\n{scores}telephone alone\n{baseline}");
    print_cost(&ours, told.len());
    if let Some(file) = &plan.links {
        write_links(file, &ours.links)?;
    }
    if let Some(given) = &plan.levels {
        print_levels(&truth, &ours, given);
    }
    if let Some((one, other)) = &plan.explain {
        print_pair(&told, &ours, one, other);
    }
    if plan.errors > 0 {
        print_errors(&told, &truth, &ours, plan.errors);
    }
    print_ratios(&scores, &baseline);
    Ok(())
}

fn drawn(plan: &SetPlan) -> Result<(Vec<Told>, Vec<Truth>), Box<dyn Error>> {
    let set = LinkageSet::draw(plan);
    let (mut told, mut truth) = (Vec::with_capacity(set.len()), Vec::with_capacity(set.len()));
    for item in set.items() {
        // As it would arrive: through the contract's JSON form.
        told.push(serde_json::from_value(serde_json::to_value(&item.report)?)?);
        truth.push(item.truth);
    }
    Ok((told, truth))
}

/// In the form that `fengqiao report links` has, so that other tools can judge it.
fn write_links(file: &Path, links: &[Truth]) -> Result<(), csv::Error> {
    let mut rows = csv::Writer::from_path(file)?;
    rows.write_record(["source_ref", "person", "household", "case"])?;
    for row in links {
        rows.write_record([&row.source_ref, &row.person, &row.household, &row.case])?;
    }
    rows.flush()?;
    Ok(())
}

fn print_cost(run: &Run, reports: usize) {
    let each = |sum: Duration| sum.as_secs_f64() * 1e6 / reports as f64;
    println!(
        "per report: traits and keys {:.1} µs, decoding {:.1} µs, link {:.1} µs with {:.1} candidates; {} bytes of traits",
        each(run.traits_took),
        each(run.decoding_took),
        each(run.link_took),
        run.candidates as f64 / reports as f64,
        run.bytes / reports,
    );
}

/// Shows how often each level is seen.
fn print_levels(truth: &[Truth], run: &Run, given: &[Level]) {
    for (kind, cell) in CELLS {
        let mut counts = vec![[0_u32; 2]; Level::ALL.len()];
        let mut pairs = [0_u32; 2];
        for ((_, levels), (new, old)) in run
            .observed
            .iter()
            .zip(&run.pairs)
            .filter(|(seen, _)| seen.0 == kind && given.iter().all(|level| seen.1.contains(*level)))
        {
            let same = usize::from(cell(&truth[*new]) == cell(&truth[*old]));
            pairs[same] += 1;
            levels.iter().for_each(|level| counts[level as usize][same] += 1);
        }
        println!("{kind:?}: {} pairs that belong together, {} that do not", pairs[1], pairs[0]);
        for (level, [other, same]) in Level::ALL.iter().zip(counts) {
            if other + same > 0 {
                let share = |count: u32, of: u32| f64::from(count) / f64::from(of.max(1));
                println!("  {level:?}: {:.4} {:.4}", share(same, pairs[1]), share(other, pairs[0]));
            }
        }
    }
}

/// Shows how two reports agree, where they were compared.
fn print_pair(told: &[Told], run: &Run, one: &str, other: &str) {
    let wanted = |at: usize| [one, other].contains(&told[at].source_ref.as_str());
    for (at, report) in told.iter().enumerate().filter(|(at, _)| wanted(*at)) {
        println!("{report}\n  {}\n  {:?}", run.reasons[at], run.links[at]);
    }
    for ((kind, levels), (new, old)) in run.observed.iter().zip(&run.pairs) {
        if wanted(*new) && wanted(*old) {
            println!("{kind:?}: {:?}", levels.iter().collect::<Vec<_>>());
        }
    }
}

/// Shows pairs that were joined and do not belong together, and pairs that were missed.
fn print_errors(told: &[Told], truth: &[Truth], run: &Run, most: usize) {
    let compared: HashSet<(usize, usize)> = run.pairs.iter().copied().collect();
    let agree: HashMap<(Kind, (usize, usize)), &Levels> =
        run.observed.iter().zip(&run.pairs).map(|((kind, levels), pair)| ((*kind, *pair), levels)).collect();
    for (what, cell) in CELLS {
        let (mut wrong, mut missed, mut never_compared, mut all_missed) = (0, 0, 0, 0);
        for (at, link) in run.links.iter().enumerate() {
            let before = || (0..at).rev();
            // The newest earlier report that is truly of the same, and the one that was found.
            let found = before().find(|one| cell(&run.links[*one]) == cell(link));
            let right = before().find(|one| cell(&truth[*one]) == cell(&truth[at]));
            let show = |title: &str, one: usize| {
                println!(
                    "--- {what:?} {title}\n    {}\n    {}\n    {}",
                    told[one], told[at], run.reasons[at]
                );
                match agree.get(&(what, (at, one))) {
                    Some(levels) => println!("    {:?}", levels.iter().collect::<Vec<_>>()),
                    None => println!("    never compared"),
                }
            };
            match (found, right) {
                (Some(found), _) if cell(&truth[found]) != cell(&truth[at]) && wrong < most => {
                    wrong += 1;
                    show("WRONG", found);
                }
                (None, Some(right)) => {
                    let same = before().filter(|one| cell(&truth[*one]) == cell(&truth[at]));
                    all_missed += 1;
                    never_compared += u32::from(!same.into_iter().any(|one| compared.contains(&(at, one))));
                    if missed < most {
                        missed += 1;
                        show("MISSED", right);
                    }
                }
                _ => {}
            }
        }
        println!("{what:?}: {all_missed} first ones missed, {never_compared} of them were never compared");
    }
}

fn print_ratios(ours: &Scores, baseline: &Scores) {
    for (what, ours, baseline) in [
        ("case", ours.case.f1, baseline.case.f1),
        ("person", ours.person.f1, baseline.person.f1),
        ("household", ours.household.f1, baseline.household.f1),
    ] {
        println!("linkage@{what} ratio={:.3} ours={ours:.4} baseline={baseline:.4}", ours / baseline);
    }
}
