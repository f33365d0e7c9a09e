//! Analysts at the whole stack: a report is in their SQL seconds after it was taken, through the drivers that they use;
//! exports by the command; and nothing of a person.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use fengqiao_access::Principal;
use fengqiao_proto::intake::v1::Report;
use fengqiao_scenarios::{
    people::report,
    shared::County,
    waiting::{USUAL, until},
};
use fengqiao_stack::services::Service;

/// Seconds, with room for a machine that does other things.
const FRESH_WITHIN: Duration = Duration::from_secs(15);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a Python program says; run beside a stack's `.local`. None while the facts are being prepared.
fn tried(place: &Path, arguments: &[&str]) -> Option<String> {
    let said = Command::new(root().join("tests/scenarios/analysts/run"))
        .args(arguments)
        .current_dir(place)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&said.stderr);
    if wrong.contains("not possible now") {
        return None;
    }
    assert!(said.status.success(), "{text}\n{wrong}");
    Some(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn python_counts_the_month_s_repeat_calls_by_town() {
    let county = County::start(|plan| plan.analysts = true).await;
    let here = county.folder().to_owned();
    std::os::unix::fs::symlink(county.stack.folder(), here.join(".local")).unwrap();
    let towns = ["421181105200", "421181106200", "421181106201"];
    for number in 0..12 {
        let sent = Report {
            source_ref: format!("analysts-{number}"),
            area_code: towns[number % 3].into(),
            title: format!("第{number}件"),
            ..report()
        };
        county.submit(&sent).await;
    }
    until("statistics has them", USUAL, async || {
        let known: i64 =
            sqlx::query_scalar("SELECT count(*) FROM statistics.fact_report WHERE known_until IS NULL")
                .fetch_one(&county.pool)
                .await
                .unwrap();
        (known == 12).then_some(())
    })
    .await;

    // The ten lines of the README, against what Postgres has.
    let program = root().join("deploy/examples/repeat_calls.py");
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT left(area_code, 9), count(*) FILTER (WHERE repeat), count(*) FROM statistics.fact_report \
         WHERE known_until IS NULL GROUP BY 1 ORDER BY 1",
    )
    .fetch_all(&county.pool)
    .await
    .unwrap();
    let began = Instant::now();
    let said = loop {
        let said = tokio::task::block_in_place(|| tried(&here, &[program.to_str().unwrap()]));
        let said = said.unwrap_or_default();
        let calls: Vec<i64> =
            said.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse().ok()).collect();
        if calls.iter().sum::<i64>() == 12 {
            break said;
        }
        assert!(began.elapsed() < FRESH_WITHIN, "{said}");
    };
    for (_, repeats, calls) in &rows {
        let line = |line: &&str| line.split_whitespace().skip(1).eq([repeats.to_string(), calls.to_string()]);
        assert!(said.lines().any(|text| line(&text)), "{repeats} of {calls} in\n{said}");
    }
    assert!(said.contains('镇'), "{said}");

    // What tools ask besides, wrong callers, and who is of one town.
    let own = Principal::new("town", "421181", "analyst", Some("421181105")).unwrap();
    let token = here.join("own.token");
    fs::write(&token, county.stack.secrets.token(&own).unwrap()).unwrap();
    let tools = root().join("tests/scenarios/analysts/tools.py");
    let stack = here.join(".local/stack.json");
    let arguments = [tools.to_str().unwrap(), stack.to_str().unwrap(), token.to_str().unwrap(), "12"];
    assert_eq!(tokio::task::block_in_place(|| tried(&here, &arguments)).unwrap().trim(), "ok");

    // Exports by the command.
    let command = county.stack.command().unwrap();
    let file = here.join("reports.csv");
    let export = |name: &str| {
        let mut run = command();
        run.args(["export", "start", "reports", "--from", "2020-01-01", "--before", "2029-01-01", "--to"]);
        let said = run.arg(&file).args(["--request-id", name]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        fs::read_to_string(&file).unwrap()
    };
    let text = tokio::task::block_in_place(|| export("one"));
    assert_eq!(text.lines().count(), 13, "{text}");
    assert!(!text.contains("第3件"), "no words of people");
    let list = command().args(["export", "list"]).output().unwrap();
    assert!(String::from_utf8_lossy(&list.stdout).contains("完成"));

    // Killed in the middle of exports and started again it answers as before: each is done, or says why it is not.
    const MORE: usize = 8;
    for number in 0..MORE {
        let mut run = command();
        run.args(["export", "start", "reports", "--from", "2020-01-01", "--before", "2029-01-01"]);
        let said =
            run.args(["--format", "xlsx", "--request-id", &format!("more-{number}")]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }
    assert!(county.stack.service(Service::Analysts).kill());
    county.stack.service(Service::Analysts).ready().await.unwrap();
    let listed = until("analysts are answered again", USUAL, async || {
        let said = tokio::task::block_in_place(|| command().args(["export", "list"]).output().unwrap());
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).into_owned())
    })
    .await;
    let ended = listed.lines().filter(|line| line.contains("完成") || line.contains("失败")).count();
    assert_eq!(ended, MORE + 1, "{listed}");
    assert_eq!(tokio::task::block_in_place(|| export("two")).lines().count(), 13);
    county.stack.stop().await;
}
