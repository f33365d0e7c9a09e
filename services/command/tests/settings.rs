//! A county's folder is checked without any service.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn county(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county").join(name)
}

fn check(folder: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fengqiao"))
        .args(["settings", "check"])
        .arg(folder)
        .args(more)
        .env_remove("FENGQIAO_STACK")
        .output()
        .unwrap()
}

#[test]
fn the_five_counties_have_no_mistakes() {
    for name in ["jintai", "chengjiang", "xiqing", "wuwei", "macheng"] {
        let output = check(&county(name), &[]);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn every_mistake_of_every_file_has_its_line() {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(county("macheng")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("people.csv", "person,name,post,from,to\nx,某,nowhere,2026-01-01,\n");
    write("calendar.csv", "date,kind,name\n2026-12-04,free,x\n");
    write("notification.toml", "[retry]\ntries = 0\n");
    write("practice.toml", "version = '2'\n[terms.sing]\nany = '1h'\n");
    write("levels.toml", "version = '1'\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = 'hour +'\ntext = 'x'\n");
    let output = check(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    for place in ["people.csv:2: ", "calendar.csv:2: ", "notification.toml:0: ", "levels.toml:"] {
        let path = folder.path().join(place);
        assert!(said.lines().any(|line| line.starts_with(path.to_str().unwrap())), "{place} in {said}");
    }
    assert!(String::from_utf8_lossy(&output.stderr).contains("mistakes"));
    let output = check(folder.path(), &["--json"]);
    let first = String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned();
    assert!(serde_json::from_str::<serde_json::Value>(&first).unwrap()["line"].is_u64());
    // A mistake of the areas hides nothing of the files that do not name any.
    write("areas.csv", "code,level,name,parent_code\n");
    let said = String::from_utf8(check(folder.path(), &[]).stdout).unwrap();
    assert!(
        said.contains("areas.csv") && said.contains("calendar.csv:2") && said.contains("levels.toml"),
        "{said}"
    );
}
