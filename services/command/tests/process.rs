//! The command as a process, against services that answer by a script.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod county;

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use county::County;

fn fengqiao(county: &County, arguments: &[&str]) -> Output {
    fengqiao_with(county, arguments, "")
}

fn fengqiao_with(county: &County, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fengqiao"))
        .args(arguments)
        .current_dir(county.folder())
        .env_remove("FENGQIAO_STACK")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_report_is_handed_in_with_the_token_of_its_source() {
    let county = County::start();
    let form = r#"{"source":"HOTLINE_12345","sourceRef":"GD-1","occurredAt":"2026-11-24T08:00:00+08:00",
                   "areaCode":"421181105201","title":"漏水"}"#;
    let output = fengqiao_with(&county, &["report", "submit", "-"], form);
    assert!(output.status.success(), "{}", complained(&output));
    assert!(
        said(&output).contains("已受理") && said(&output).contains("重复诉求(同一电话)"),
        "{}",
        said(&output)
    );
    let output = fengqiao_with(&county, &["report", "submit", "-", "--json"], form);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["reportId"], "by source-hotline", "the source's own token was used");
    let output = fengqiao_with(&county, &["report", "submit", "-", "--json", "--as", "officer"], form);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["reportId"], "by officer");
}

#[test]
fn wrong_fields_are_told_one_by_one_and_the_others_go_on() {
    let county = County::start();
    let output = fengqiao(&county, &["report", "submit", "--title", "bad", "--ref", "R-1"]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = complained(&output);
    assert!(complaint.starts_with("fengqiao: report R-1"), "{complaint}");
    assert!(complaint.contains("\n  areaCode: is needed\n"), "{complaint}");
    let two = "{\"title\":\"bad\"} {\"title\":\"good\"}";
    let output = fengqiao_with(&county, &["report", "submit", "-"], two);
    assert_eq!(output.status.code(), Some(1));
    assert!(complained(&output).contains("1 of 2 reports were refused"));
    assert!(said(&output).contains("已受理"));
}

#[test]
fn a_watched_case_goes_on_after_a_lost_stream() {
    let county = County::start();
    let output = fengqiao(&county, &["watch", "20261124-0001", "--json"]);
    let sequences: Vec<String> = said(&output)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["sequence"].to_string())
        .collect();
    assert_eq!(sequences, ["\"1\"", "\"2\"", "\"3\""], "each entry once");
    assert_eq!(output.status.code(), Some(1), "at last the case is gone");
    assert!(complained(&output).contains("NotFound"), "{}", complained(&output));
}

#[test]
fn a_stack_that_does_not_run_says_how_to_start_it() {
    let county = County::stopped();
    let output = fengqiao(&county, &["case", "list"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complained(&output).contains("start it with deploy/run"), "{}", complained(&output));
}

#[test]
fn wrong_usage_is_two() {
    let county = County::stopped();
    for arguments in [&["case", "relevel", "1", "violet"][..], &["stats", "--time-zone", "Mars"], &["x"]] {
        assert_eq!(fengqiao(&county, arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let county = County::stopped();
    let mut child = Command::new(env!("CARGO_BIN_EXE_fengqiao"))
        .args(["completions", "bash"])
        .current_dir(county.folder())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", complained(&output));
}
