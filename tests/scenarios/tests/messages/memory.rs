//! How much memory a process has, looked at all the time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

/// Looks at a process until it is dropped.
pub struct Watched {
    most: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Watched {
    /// Begins to look at a process.
    pub fn process(pid: i32) -> Self {
        let most = Arc::new(AtomicU64::new(0));
        let kept = Arc::clone(&most);
        let task = tokio::spawn(async move {
            let mut look = tokio::time::interval(Duration::from_millis(50));
            loop {
                look.tick().await;
                kept.fetch_max(resident(pid).unwrap_or_default(), Ordering::Relaxed);
            }
        });
        Self { most, task }
    }

    /// The most resident memory so far, in KiB.
    pub fn most_kib(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The resident memory of a process, in KiB.
pub fn resident(pid: i32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
