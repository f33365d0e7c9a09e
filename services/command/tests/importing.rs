//! A file of reports, handed in by the command as a process.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod county;

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Output},
};

use county::County;

fn import(county: &County, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fengqiao"))
        .args(["report", "import", "--json"])
        .args(arguments)
        .current_dir(county.folder())
        .env_remove("FENGQIAO_STACK")
        .output()
        .unwrap()
}

/// What the command says last of all lines.
fn tally(output: &Output) -> [u64; 5] {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let said: serde_json::Value = serde_json::from_str(last)
        .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    ["taken", "known", "revised", "checked", "refused"].map(|name| said[name].as_u64().unwrap())
}

#[test]
fn all_lines_arrive_in_their_order_over_a_broken_stream_and_a_full_service() {
    let county = County::start();
    let mut text = String::new();
    for number in 0..400 {
        let title = match number {
            70 => "break",
            150 => "full",
            200 => "bad",
            _ => "漏水",
        };
        let _ =
            writeln!(text, "{{\"source\":\"GRID\",\"sourceRef\":\"I-{number:03}\",\"title\":\"{title}\"}}");
    }
    text.push_str("{\"source\":\n\n{\"sourceReference\":\"x\"}\n");
    fs::write(county.folder().join("day.jsonl"), text).unwrap();
    let output = import(&county, &["day.jsonl", "--rejects", "rejects.csv", "--window", "30"]);
    assert_eq!(output.status.code(), Some(1));
    let [taken, known, revised, _, refused] = tally(&output);
    // What was taken before the stream broke may come again, and is known then.
    assert_eq!((taken + known, revised, refused), (399, 0, 3));
    let order: Vec<String> = (0..400).filter(|n| *n != 200).map(|n| format!("I-{n:03}")).collect();
    let mut sorted = county.taken();
    // Only what was in the window beside the one that had to wait may have gone before it.
    let late = sorted.iter().position(|one| one == "I-150").unwrap();
    assert!((150..180).contains(&late), "{late}");
    sorted.sort();
    assert_eq!(sorted, order);
    let rejects = fs::read_to_string(county.folder().join("rejects.csv")).unwrap();
    let lines: Vec<_> = rejects.lines().collect();
    assert_eq!(lines[0], "line,field,reason");
    let mut fields: Vec<_> = lines[1..].iter().map(|line| line.rsplit_once(',').unwrap().0).collect();
    fields.sort_unstable();
    assert_eq!(fields.len(), 3, "{rejects}");
    assert!(fields.contains(&"201,areaCode") && fields.contains(&"403,sourceReference"), "{rejects}");

    let again = tally(&import(&county, &["day.jsonl"]));
    assert_eq!(again, [0, 399, 0, 0, 3], "a second time all is known");
}

#[test]
fn a_dry_run_hands_nothing_in() {
    let county = County::start();
    fs::write(county.folder().join("t.csv"), "来源编号,标题\nA-1,漏水\nA-2,bad\n").unwrap();
    let output = import(&county, &["t.csv", "--source", "grid", "--dry-run"]);
    assert_eq!(tally(&output), [1, 0, 0, 0, 1]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 3: areaCode is needed"));
    assert!(county.taken().is_empty());
}

#[test]
fn a_dry_run_tells_of_each_line_whether_it_is_new_known_or_a_revision() {
    let county = County::start();
    fs::write(county.folder().join("day.csv"), "来源编号,标题\nA-1,漏水\n").unwrap();
    assert_eq!(tally(&import(&county, &["day.csv", "--source", "grid"])), [1, 0, 0, 0, 0]);
    let text = "来源编号,标题\nA-1,漏水\nA-2,漏水\nA-2,漏水\nA-2,漏水加重\n,bad\n";
    fs::write(county.folder().join("t.csv"), text).unwrap();
    let output = import(&county, &["t.csv", "--source", "grid", "--dry-run", "--window", "1"]);
    assert_eq!(tally(&output), [1, 2, 1, 0, 1]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = lines.iter().filter_map(|one| one["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["known", "new", "known", "revised", "refused"]);
    assert_eq!((&lines[1]["line"], &lines[5]["dryRun"]), (&3.into(), &true.into()));
    assert_eq!(county.taken(), ["A-1"]);
}

#[test]
fn a_workbook_is_read_as_people_keep_it() {
    let county = County::start();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/samples/import/tickets.xlsx");
    let output = import(&county, &[file, "--source", "hotline_12345"]);
    assert_eq!(tally(&output), [2, 0, 0, 0, 1], "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(county.taken(), ["GD-20261124-1", "20261124002"]);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.contains("line 4: 诉求人身份证号 is a number that has lost"), "{complaint}");
}

#[test]
fn columns_that_are_not_understood_are_named_once_in_the_summary_and_their_cells_are_kept() {
    let county = County::start();
    let text = "麻城市工单明细;;;\n来源编号;标题;工号;\nA-1;漏水;A07;备注\nA-2;漏水;A08;\n";
    fs::write(county.folder().join("t.csv"), text).unwrap();
    let output = import(&county, &["t.csv", "--source", "grid"]);
    assert_eq!(tally(&output), [2, 0, 0, 0, 0], "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["ownFields"], serde_json::json!(["工号", "第4列"]));
    assert_eq!(county.taken(), ["A-1", "A-2"]);
}

#[test]
fn what_cannot_be_read_is_said_plainly() {
    let county = County::start();
    fs::write(county.folder().join("x.doc"), "x").unwrap();
    assert_eq!(import(&county, &["x.doc"]).status.code(), Some(2));
    assert_eq!(import(&county, &["nowhere.csv"]).status.code(), Some(1));
}
