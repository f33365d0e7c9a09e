//! What is shown while the stack starts and the day is played: bars on a terminal, lines elsewhere.

use std::{
    collections::HashMap,
    io::IsTerminal,
    sync::Arc,
    time::{Duration, Instant},
};

use fengqiao_stack::{Stack, StackError, sample_day::Counters};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const LINE_EVERY: Duration = Duration::from_secs(2);

/// Shows what is being done.
pub struct Display {
    terminal: bool,
    begun: Instant,
}

impl Display {
    /// On a terminal where there is one.
    pub fn new() -> Self {
        Self { terminal: std::io::stdout().is_terminal(), begun: Instant::now() }
    }

    /// Something begins.
    pub fn step(&self, what: &str) {
        println!("[{:>5.1} s] starting {what}", self.begun.elapsed().as_secs_f64());
    }

    /// Something is done.
    pub fn done(&self, what: &str) {
        println!("[{:>5.1} s] {what}", self.begun.elapsed().as_secs_f64());
    }

    /// Shows the day's counters until told to stop.
    pub fn follow(&self, reports: u64, counters: &Arc<Counters>) -> Showing {
        let stop = CancellationToken::new();
        let bar = if self.terminal { ProgressBar::new(reports) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("the day {bar:30} {pos}/{len}  {msg}") {
            bar.set_style(style);
        }
        let (told, counters, terminal) = (stop.clone(), counters.clone(), self.terminal);
        let task = tokio::spawn(async move {
            let mut last = Instant::now();
            while !told.is_cancelled() {
                bar.set_position(counters.submitted());
                bar.set_message(counters.line());
                if !terminal && last.elapsed() > LINE_EVERY {
                    last = Instant::now();
                    println!("the day: {}", counters.line());
                }
                tokio::select! {
                    () = told.cancelled() => {}
                    () = tokio::time::sleep(Duration::from_millis(100)) => {}
                }
            }
            bar.set_position(counters.submitted());
            bar.abandon_with_message(counters.line());
        });
        Showing { stop, task }
    }
}

/// A display of counters that goes on.
pub struct Showing {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Showing {
    /// Shows the last counts and ends.
    pub async fn finish(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

/// Says when a process was started again. Never ends.
pub async fn tell_restarts(stack: &Stack) -> StackError {
    let mut known: HashMap<String, u64> = HashMap::new();
    loop {
        for process in stack.processes() {
            let starts = process.starts();
            let before = known.insert(process.name().to_owned(), starts);
            if before.is_some_and(|before| before < starts) {
                println!("{} had died and was started again", process.name());
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
