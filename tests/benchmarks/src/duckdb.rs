//! The baseline of questions about many facts: DuckDB, in a process of its own.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::callers::Failure;

/// The answers to questions: rows as text, sorted, and the milliseconds of each round.
pub type Answers = Vec<(Vec<String>, Vec<f64>)>;

/// What DuckDB answers after these statements. The folder takes the questions.
///
/// # Errors
/// Where the program cannot be run.
pub fn ask(
    folder: &Path,
    prepare: &[String],
    questions: &[String],
    rounds: usize,
) -> Result<Answers, Failure> {
    let asked = folder.join("questions.json");
    std::fs::write(
        &asked,
        json!({ "prepare": prepare, "rounds": rounds, "questions": questions }).to_string(),
    )?;
    let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("duckdb/run");
    told(Command::new(&program).arg(&asked))
}

/// What a program answers that says rows and milliseconds of each question as JSON, as DuckDB's does.
///
/// # Errors
/// Where it cannot be run, failed, or says something else.
pub fn told(program: &mut Command) -> Result<Answers, Failure> {
    let ended = program.stderr(Stdio::inherit()).output()?;
    if !ended.status.success() {
        return Err(format!("{program:?} failed; try it by itself").into());
    }
    let told: Vec<Value> = serde_json::from_slice(&ended.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let answer = |one: &Value| {
        let rows = list(&one["rows"]).iter().filter_map(|row| row.as_str().map(str::to_owned)).collect();
        (rows, list(&one["milliseconds"]).iter().filter_map(Value::as_f64).collect())
    };
    Ok(told.iter().map(answer).collect())
}
