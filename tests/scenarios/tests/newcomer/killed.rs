//! Every process is killed once while the sample day plays, and the day ends with the right figures all the same.

use std::{fs, process::Command, time::Duration};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{AGREES, DAY_WITHIN, ONE, Run, STARTED_WITHIN, nothing_left, target};

/// Who is killed when the day's counts are said for the first time, the second, and so on: all while reports come in. Beside
/// each its name where it is said that it was started again.
const KILLED: [&[(&str, &str)]; 4] = [
    &[("fengqiao-intake", "intake")],
    &[("fengqiao-routing", "routing"), ("redis-server", "Redis")],
    &[("fengqiao-notification", "notification")],
    &[("fengqiao-statistics", "statistics"), ("postgres", "Postgres")],
];
/// How the day's counts begin.
const COUNTS: &str = "the day: ";
/// They are said every two seconds.
const SAID_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn the_day_ends_with_right_figures_though_each_process_is_killed_once() {
    let _one = ONE.lock();
    let place = tempfile::Builder::new()
        .prefix("fengqiao-killed-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .unwrap();
    let mut command = Command::new(target().join("debug/fengqiao-stack"));
    command.args(["up", "--end-after-day", "--folder"]).arg(place.path().join("local"));
    for given in ["FENGQIAO_DATABASE_URL", "FENGQIAO_REDIS_URL"] {
        command.env_remove(given);
    }
    let mut day = Run::of(command);
    day.wait_for("ready", STARTED_WITHIN);
    for (number, killed) in KILLED.into_iter().enumerate() {
        day.wait_until("its counts are said", SAID_WITHIN, |day| {
            day.output().matches(COUNTS).count() > number
        });
        for (program, _) in killed {
            kill(child(day.id(), program), Signal::SIGKILL).unwrap();
        }
    }
    assert!(!day.said(AGREES), "the day was over too soon:\n{}", day.output());

    assert!(day.ended(DAY_WITHIN), "{}", day.output());
    for (_, name) in KILLED.concat() {
        assert!(day.said(&format!("{name} had died and was started again")), "{name}:\n{}", day.output());
    }
    assert!(day.said(AGREES), "{}", day.output());
    day.has_the_right_counts();
    nothing_left(place.path(), &[]);
}

/// The one child of a process that runs this program.
fn child(of: u32, program: &str) -> Pid {
    let children: Vec<i32> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
            let parent = read("status").lines().find_map(|line| line.strip_prefix("PPid:\t")?.parse().ok());
            let command = read("cmdline");
            let run = command.split('\0').next().and_then(|run| run.rsplit('/').next());
            // Redis puts its address behind its name.
            parent == Some(of) && run.and_then(|run| run.split(' ').next()) == Some(program)
        })
        .collect();
    let [pid] = children[..] else { panic!("{program}: {children:?}") };
    Pid::from_raw(pid)
}
