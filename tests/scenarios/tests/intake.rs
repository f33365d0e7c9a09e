//! Who came before, as a county would see it: a file of reports whose truth is known is handed in by the command,
//! and the links are read by it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs::File, path::Path};

use fengqiao_linkage_set::{Scores, SetPlan, Style, measure, play, read_truth};
use fengqiao_scenarios::shared::{County, run};

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
fn the_same_history_gives_the_same_clusters_however_it_is_sent() {
    run(|_| async move {
        let folder = tempfile::tempdir().unwrap();
        let (one, many) = (folder.path().join("one"), folder.path().join("many"));
        let county = County::start(|_| {}).await;
        played(&county, Style::Messy, &one, &["--window", "1"]).await;
        county.stack.stop().await;
        let county = County::start(|_| {}).await;
        played(&county, Style::Messy, &many, &["--window", "1000"]).await;
        county.stack.stop().await;
        let links = |folder: &Path| read_truth(File::open(folder.join("links.csv")).unwrap()).unwrap();
        let Scores { case, person, household } = measure(&links(&one), &links(&many)).unwrap();
        assert_eq!((case.f1, person.f1, household.f1), (1.0, 1.0, 1.0));
    });
}
