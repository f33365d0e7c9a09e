//! Who came before, as a county would see it: a file of reports whose truth is known is handed in by the command,
//! and the links are read by it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs::{self, File},
    path::Path,
};

use fengqiao_linkage_set::{Scores, SetPlan, Style, measure, play, read_truth, write};
use fengqiao_scenarios::shared::{County, run};
use fengqiao_stack::{
    description::StackDescription,
    services::{Service, ServiceProcess},
};

/// Enough for all that the set does to reports, and few enough for a debug build.
const REPORTS: usize = 1_500;

/// Hands a set in, reads the links, and compares; in a thread where waiting is allowed.
async fn played(county: &County, style: Style, folder: &Path, options: &'static [&'static str]) -> Scores {
    let command = county.stack.command().unwrap();
    let folder = folder.to_owned();
    let playing = tokio::task::spawn_blocking(move || {
        let set = SetPlan::new(style).at_least(REPORTS);
        play(&set, &folder, command, options)
    });
    playing.await.unwrap().unwrap()
}

/// Hands the messy set in by turns to the county's process and to one beside it, of which each knows what the other took from
/// the database alone, and reads the links.
async fn played_by_two(county: &County, beside: &ServiceProcess, folder: &Path) {
    const AT_ONCE: usize = 37;
    fs::create_dir_all(folder).unwrap();
    let mut description = county.stack.description();
    description.services.insert(Service::Intake.name().to_owned(), beside.url());
    description.write(folder).unwrap();
    let (command, there) = (county.stack.command().unwrap(), StackDescription::path(folder));
    let folder = folder.to_owned();
    let playing = tokio::task::spawn_blocking(move || {
        write(&SetPlan::new(Style::Messy).at_least(REPORTS), &folder).unwrap();
        let told = fs::read_to_string(folder.join("reports.jsonl")).unwrap();
        let lines: Vec<&str> = told.lines().collect();
        let part = folder.join("part.jsonl");
        for (turn, lines) in lines.chunks(AT_ONCE).enumerate() {
            fs::write(&part, lines.join("\n")).unwrap();
            let mut import = command();
            if turn % 2 == 1 {
                import.env("FENGQIAO_STACK", &there);
            }
            let done = import.args(["report", "import"]).arg(&part).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        let links = command().args(["report", "links", "--out"]).arg(folder.join("links.csv")).output();
        assert!(links.unwrap().status.success());
    });
    playing.await.unwrap();
}

#[test]
fn reports_of_a_file_are_linked_as_they_truly_belong_together() {
    run(|county| async move {
        let folder = tempfile::tempdir().unwrap();
        let Scores { case, person, household } = played(county, Style::Usual, folder.path(), &[]).await;
        println!("{}", Scores { case, person, household });
        // A wrong family accused is worse than a repeat missed.
        assert!(person.precision >= 0.995, "{person:?}");
        // So few reports hardly differ from the whole set, on which `tests/bench linkage` measures.
        assert!(person.f1 >= 0.98, "{person:?}");
        assert!(household.f1 >= 0.955, "{household:?}");
        assert!(case.f1 >= 0.92, "{case:?}");
    });
}

#[test]
fn the_same_history_gives_the_same_clusters_however_it_is_sent_and_whoever_takes_it() {
    run(|_| async move {
        let folder = tempfile::tempdir().unwrap();
        let [one, many, two] = ["one", "many", "two"].map(|name| folder.path().join(name));
        let county = County::start(|_| {}).await;
        played(&county, Style::Messy, &one, &["--window", "1"]).await;
        county.stack.stop().await;
        let county = County::start(|_| {}).await;
        played(&county, Style::Messy, &many, &["--window", "1000"]).await;
        county.stack.stop().await;
        let county = County::start(|_| {}).await;
        let beside = county.stack.second(Service::Intake).await.unwrap();
        played_by_two(&county, &beside, &two).await;
        beside.stop().await;
        county.stack.stop().await;
        let links = |folder: &Path| read_truth(File::open(folder.join("links.csv")).unwrap()).unwrap();
        for other in [&many, &two] {
            let Scores { case, person, household } = measure(&links(&one), &links(other)).unwrap();
            assert_eq!((case.f1, person.f1, household.f1), (1.0, 1.0, 1.0), "{}", other.display());
        }
    });
}
