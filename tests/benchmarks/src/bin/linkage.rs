//! How near linkage comes to the truth, on a set of the published size in each style of county, against phone-only and
//! Splink on the usual one. Reports are handed in and links read by the `fengqiao` command.

use std::path::Path;

use fengqiao_benchmarks::{baselines, callers::Failure, ground::Ground};
use fengqiao_linkage_set::{LinkageSet, Scores, SetPlan, Style, play};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let mut usual = None;
    for (name, style) in Style::ALL {
        let scores = of_style(style, &folder.path().join(name)).await?;
        println!("{name}\n{scores}");
        if style == Style::default() {
            usual = Some(scores);
            baselines::run(&folder.path().join(name))?;
        }
    }
    let Scores { case, person, household } = usual.ok_or("there is no usual style")?;
    println!(
        "linkage case={:.3} person={:.3} household={:.3} person-precision={:.4}",
        case.f1, person.f1, household.f1, person.precision
    );
    Ok(())
}

/// Each style has a county of its own: nobody was here before its first report.
async fn of_style(style: Style, folder: &Path) -> Result<Scores, Failure> {
    let ground = Ground::of_intake().await?;
    let command = ground.stack.command()?;
    let set = LinkageSet::draw(&SetPlan::new(style));
    let scores = tokio::task::block_in_place(|| play(&set, folder, command, &[]));
    ground.stop().await;
    Ok(scores?)
}
