//! Writes a set into a folder, or says how near found links come to its truth.

use std::{error::Error, fs::File, path::PathBuf, process::ExitCode};

use fengqiao_linkage_set::{LinkageSet, Rates, SetPlan, Style, measure, read_truth, write};

const HELP: &str = "\
linkage-set write FOLDER [OPTION…]     writes reports.jsonl and truth.csv
linkage-set measure TRUTH LINKS        prints B-cubed of links.csv (source_ref,person,household,case)

Options of write, each with a value:
  --style NAME       usual, plain, messy, sparse or dense (usual); before --rate
  --seed NUMBER      another set of the same kind (1)
  --cases NUMBER     how many disputes (4000)
  --reports NUMBER   at least so many reports, instead of --cases
  --until DATE       the day after the last one (2026-11-20)
  --rate NAME=RATE   one trouble's rate; may be given often. The rates:";

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let done = match given.as_slice() {
        ["write", folder, options @ ..] => write_set(&PathBuf::from(folder), options),
        ["measure", truth, links] => print_scores(truth, links),
        _ => {
            println!("{HELP}");
            for name in Rates::NAMES {
                println!("    {name}");
            }
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write_set(folder: &std::path::Path, options: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut plan = SetPlan::new(Style::default());
    let mut reports = None;
    for option in options.chunks(2) {
        let [name, value] = option else { return Err(format!("{} has no value", option[0]).into()) };
        match *name {
            "--style" => plan.rates = value.parse::<Style>()?.rates(),
            "--seed" => plan.seed = value.parse()?,
            "--cases" => plan.cases = value.parse()?,
            "--reports" => reports = Some(value.parse()?),
            "--until" => plan.until = value.parse()?,
            "--rate" => {
                let (rate, share) = value.split_once('=').ok_or("a rate is NAME=RATE")?;
                plan.rates.set(rate, share.parse()?)?;
            }
            _ => return Err(format!("there is no option {name}").into()),
        }
    }
    let set = match reports {
        Some(reports) => plan.at_least(reports),
        None => LinkageSet::draw(&plan),
    };
    write(&set, folder)?;
    println!("{} reports in {}", set.len(), folder.display());
    Ok(())
}

fn print_scores(truth: &str, links: &str) -> Result<(), Box<dyn Error>> {
    let (truth, links) = (read_truth(File::open(truth)?)?, read_truth(File::open(links)?)?);
    print!("{}", measure(&truth, &links)?);
    Ok(())
}
