//! A process that is kept running: started again at once when it dies, ended with us however we end.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use nix::{
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};
use tokio::sync::watch;

use crate::StackError;

/// A process that lived this long was well; a death after it is not counted as a failed start.
const WELL_AFTER: Duration = Duration::from_secs(5);
/// After so many deaths in a row the process is given up.
const MOST_DEATHS: u32 = 30;
/// A log above this size is begun anew at the next start of the stack.
const LONGEST_LOG: u64 = 20 << 20;

/// How a process is started; called for every start, so it may first heal what a death left behind.
pub type Launch = Box<dyn Fn() -> std::io::Result<Command> + Send>;

/// What a process is to be.
pub struct ProcessPlan {
    /// The name for people.
    pub name: String,
    /// Gives the command of each start. See [`with_death_signal`].
    pub launch: Launch,
    /// Where its output goes.
    pub log: PathBuf,
    /// The signal that asks it to end.
    pub stop_signal: Signal,
    /// How long it may take to end before it is killed.
    pub grace: Duration,
}

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Running {
    /// It runs, with this process id.
    Up(i32),
    /// It does not run; where it died, so.
    Down(Option<ExitStatus>),
    /// It died too often in a row and is not started any more.
    GivenUp(Option<ExitStatus>),
}

/// A process that is kept running until it is stopped or dropped.
///
/// Each has a thread of its own that starts it and waits for it. The thread matters: the death signal
/// is sent when the *thread* that started a process ends, and a thread of an async runtime may end
/// long before the program does.
pub struct KeptProcess {
    name: String,
    log: PathBuf,
    stop_signal: Signal,
    grace: Duration,
    shared: Arc<Shared>,
    running: watch::Receiver<Running>,
}

struct Shared {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Default)]
struct State {
    wanted: bool,
    finished: bool,
    pid: Option<Pid>,
    starts: u64,
    deaths: u32,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptProcess {
    /// Starts the process and keeps it running.
    ///
    /// # Errors
    /// Where its log cannot be written or no thread can be made. That the program itself cannot be
    /// started shows in [`KeptProcess::running`].
    pub fn start(plan: ProcessPlan) -> Result<Self, StackError> {
        begin_log(&plan.log)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State { wanted: true, ..State::default() }),
            woken: Condvar::new(),
        });
        let (report, running) = watch::channel(Running::Down(None));
        let process = Self {
            name: plan.name.clone(),
            log: plan.log.clone(),
            stop_signal: plan.stop_signal,
            grace: plan.grace,
            shared: shared.clone(),
            running,
        };
        std::thread::Builder::new()
            .name(format!("keep {}", plan.name))
            .spawn(move || keep(&plan, &shared, &report))
            .map_err(|source| StackError::Spawn { name: process.name.clone(), source })?;
        Ok(process)
    }

    /// The name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id, while it runs.
    pub fn pid(&self) -> Option<i32> {
        self.shared.lock().pid.map(Pid::as_raw)
    }

    /// How often it was started.
    pub fn starts(&self) -> u64 {
        self.shared.lock().starts
    }

    /// How often it died in a row, each time soon after its start.
    pub fn deaths_in_a_row(&self) -> u32 {
        self.shared.lock().deaths
    }

    /// What it is doing now, and each change.
    pub fn running(&self) -> watch::Receiver<Running> {
        self.running.clone()
    }

    /// Sends a signal to it. `SIGKILL` is `kill -9`: it is started again at once. False where it was
    /// not running.
    pub fn signal(&self, signal: Signal) -> bool {
        // Under the lock: the keeping thread reaps the process under it, so the id is still its own.
        self.shared.lock().pid.is_some_and(|pid| kill(pid, signal).is_ok())
    }

    /// Asks it to end, kills it where it does not, and leaves it down.
    pub async fn stop(&self) {
        self.shared.lock().wanted = false;
        self.shared.woken.notify_all();
        self.signal(self.stop_signal);
        if tokio::time::timeout(self.grace, self.wait_until_down()).await.is_err() {
            self.signal(Signal::SIGKILL);
            let _ = tokio::time::timeout(self.grace, self.wait_until_down()).await;
        }
    }

    /// `kill -9`, and it stays down until [`KeptProcess::start_again`].
    pub async fn take_down(&self) {
        {
            let mut state = self.shared.lock();
            state.wanted = false;
            if let Some(pid) = state.pid {
                let _ = kill(pid, Signal::SIGKILL);
            }
        }
        self.wait_until_down().await;
    }

    /// Starts it again after [`KeptProcess::stop`] or [`KeptProcess::take_down`].
    pub fn start_again(&self) {
        self.shared.lock().wanted = true;
        self.shared.woken.notify_all();
    }

    async fn wait_until_down(&self) {
        let mut running = self.running.clone();
        let _ = running.wait_for(|now| !matches!(now, Running::Up(_))).await;
    }

    /// The error that says that it ended or is late, with the end of its log.
    pub fn ended(&self, what: impl Into<String>) -> StackError {
        StackError::Ended {
            name: self.name.clone(),
            what: what.into(),
            log: self.log.clone(),
            tail: tail(&self.log, 15),
        }
    }
}

impl Drop for KeptProcess {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.wanted = false;
            state.finished = true;
        }
        self.shared.woken.notify_all();
        self.signal(self.stop_signal);
        // Where nobody waited for a gentle end, the thread would stay; its end kills the process.
        let deadline = Instant::now() + self.grace.min(Duration::from_secs(5));
        while self.pid().is_some() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.signal(Signal::SIGKILL);
    }
}

/// Starts, waits, starts again, until it is not wanted any more.
fn keep(plan: &ProcessPlan, shared: &Shared, report: &watch::Sender<Running>) {
    let mut last = None;
    loop {
        {
            let mut state = shared.lock();
            while !state.wanted && !state.finished {
                state.deaths = 0;
                state = shared.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.finished {
                return;
            }
        }
        let began = Instant::now();
        match spawn(plan, shared) {
            Ok(child) => {
                report.send_replace(Running::Up(child.id().cast_signed()));
                last = reap(child, shared);
            }
            Err(error) => write_line(&plan.log, &format!("could not be started: {error}")),
        }
        let deaths = {
            let mut state = shared.lock();
            state.deaths = if began.elapsed() > WELL_AFTER { 0 } else { state.deaths + 1 };
            state.wanted &= state.deaths < MOST_DEATHS;
            state.deaths
        };
        if deaths >= MOST_DEATHS {
            report.send_replace(Running::GivenUp(last));
            continue;
        }
        report.send_replace(Running::Down(last));
        // At once after a single death, slower where it dies again and again.
        if deaths > 1 {
            let pause = Duration::from_millis(20) * 2u32.saturating_pow(deaths.min(6));
            let state = shared.lock();
            if state.wanted {
                drop(shared.woken.wait_timeout(state, pause));
            }
        }
    }
}

fn spawn(plan: &ProcessPlan, shared: &Shared) -> std::io::Result<Child> {
    let mut command = (plan.launch)()?;
    let log = OpenOptions::new().create(true).append(true).open(&plan.log)?;
    let child = command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // A group of its own: Ctrl-C in a terminal reaches us alone, and we end things in order.
        .process_group(0)
        .spawn()?;
    let mut state = shared.lock();
    state.pid = Some(Pid::from_raw(child.id().cast_signed()));
    state.starts += 1;
    // Stopped between the decision to start and now.
    if !state.wanted
        && let Some(pid) = state.pid
    {
        let _ = kill(pid, plan.stop_signal);
    }
    Ok(child)
}

fn reap(mut child: Child, shared: &Shared) -> Option<ExitStatus> {
    let pid = Pid::from_raw(child.id().cast_signed());
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    // First wait without reaping, so that the id stays ours until nobody can signal it any more.
    while waitid(Id::Pid(pid), flags) == Err(nix::errno::Errno::EINTR) {}
    let mut state = shared.lock();
    state.pid = None;
    child.wait().ok()
}

/// A command that the system ends with `signal` when the thread that starts it ends, however that
/// comes about. `setpriv` sets it and then becomes the program, so the process id is the program's.
pub fn with_death_signal(program: &Path, signal: Signal) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig").arg(signal.as_str().trim_start_matches("SIG")).arg("--").arg(program);
    command
}

fn begin_log(log: &Path) -> Result<(), StackError> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(StackError::file(folder))?;
    }
    if std::fs::metadata(log).is_ok_and(|found| found.len() > LONGEST_LOG) {
        std::fs::remove_file(log).map_err(StackError::file(log))?;
    }
    OpenOptions::new().create(true).append(true).open(log).map_err(StackError::file(log))?;
    Ok(())
}

fn write_line(log: &Path, line: &str) {
    use std::io::Write;
    if let Ok(mut file) = OpenOptions::new().append(true).open(log) {
        let _ = writeln!(file, "{line}");
    }
}

/// The last lines of a log.
pub fn tail(log: &Path, lines: usize) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(16_384)))?;
        let mut bytes = Vec::new();
        file.take(16_384).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path) -> ProcessPlan {
        ProcessPlan {
            name: "sleeper".into(),
            launch: Box::new(|| {
                let mut command = with_death_signal(Path::new("sleep"), Signal::SIGKILL);
                command.arg("600");
                Ok(command)
            }),
            log: folder.join("sleeper.log"),
            stop_signal: Signal::SIGTERM,
            grace: Duration::from_secs(5),
        }
    }

    async fn up(process: &KeptProcess) -> i32 {
        let mut running = process.running();
        let now = running.wait_for(|now| matches!(now, Running::Up(_))).await.unwrap();
        match *now {
            Running::Up(pid) => pid,
            _ => unreachable!(),
        }
    }

    #[tokio::test]
    async fn a_killed_process_is_started_again_and_a_stopped_one_is_not() {
        let folder = std::env::temp_dir().join(format!("fengqiao-keep-{}", std::process::id()));
        let process = KeptProcess::start(sleeper(&folder)).unwrap();
        let first = up(&process).await;
        let mut running = process.running();
        assert!(process.signal(Signal::SIGKILL));
        running.wait_for(|now| matches!(now, Running::Up(pid) if *pid != first)).await.unwrap();
        assert_eq!(process.starts(), 2);
        process.stop().await;
        assert_eq!(process.pid(), None);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(process.pid(), None);
        process.start_again();
        let second = up(&process).await;
        process.take_down().await;
        assert!(kill(Pid::from_raw(second), None).is_err());
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(process.pid(), None);
        process.start_again();
        let third = up(&process).await;
        drop(process);
        assert!(kill(Pid::from_raw(third), None).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
