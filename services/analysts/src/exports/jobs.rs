//! Export jobs: waiting, running two at a time, kept for a while, known again after a restart.

use std::{
    collections::HashMap,
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fengqiao_proto::statistics::v1::{ExportFormat, ExportState};
use fengqiao_serving::time::Clock;
use fengqiao_statistics::domain::disclosure::Sight;
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::writing;
use crate::{
    engine::{Caller, Engine},
    error::AnalystsError,
};

/// Why an export has no file that was not finished when the process ended.
const UNFINISHED: &str = "the service ended before it was written; start it again";

/// What exports may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// At once.
    pub running: usize,
    /// Before those that run.
    pub waiting: usize,
    /// Of one caller, those that are kept included.
    pub each: usize,
    /// How long a file is kept.
    pub kept: SignedDuration,
    /// The longest that one may be written; segments are kept a little longer.
    pub time: Duration,
    /// The most rows of a file.
    pub rows: u64,
    /// The most bytes of all files together.
    pub bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            running: 2,
            waiting: 20,
            each: 20,
            kept: SignedDuration::from_hours(24),
            time: Duration::from_secs(600),
            rows: 20_000_000,
            bytes: 20 * 1024 * 1024 * 1024,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The table.
    pub table: String,
    /// The first day.
    pub from: Date,
    /// The day after the last one.
    pub before: Date,
    /// The contract's number of the format.
    pub format: i32,
}

impl Wanted {
    /// The format.
    pub fn format(&self) -> ExportFormat {
        ExportFormat::try_from(self.format).unwrap_or_default()
    }
}

/// An export as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub owner: Owner,
    /// By which command it was started.
    pub request_id: String,
    /// What it is.
    pub wanted: Wanted,
    /// The contract's number of how far it is.
    pub state: i32,
    /// Rows that are written.
    pub rows_done: u64,
    /// Rows that there are; 0 while that is not known.
    pub rows_total: u64,
    /// Bytes of the file.
    pub size: u64,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why there is no file.
    pub failure: String,
}

/// Whose an export is: who sees something else than before does not get what it saw then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    county: String,
    name: String,
    /// The own area; none where it is the county.
    area: Option<String>,
}

impl Owner {
    fn of(caller: &Caller) -> Self {
        let area = match &caller.sight {
            Sight::County => None,
            Sight::Area(own) => Some(own.clone()),
        };
        Self { county: caller.county.clone(), name: caller.name.clone(), area }
    }
}

struct Job {
    kept: Kept,
    stop: CancellationToken,
}

/// An export that waits, and in whose name it is written.
type Waiting = (Uuid, Caller);

/// All exports of this process.
pub struct Exports {
    folder: PathBuf,
    bounds: Bounds,
    clock: Clock,
    jobs: Mutex<HashMap<Uuid, Job>>,
    queue: mpsc::Sender<Waiting>,
    waiting: Mutex<Option<mpsc::Receiver<Waiting>>>,
}

impl Exports {
    /// In a folder; takes up what an earlier process has kept there.
    ///
    /// # Errors
    /// [`AnalystsError::File`] where the folder cannot be made.
    pub fn open(folder: PathBuf, bounds: Bounds, clock: Clock) -> Result<Arc<Self>, AnalystsError> {
        fs::create_dir_all(&folder).map_err(AnalystsError::file(&folder))?;
        let (queue, waiting) = mpsc::channel(bounds.waiting);
        let jobs = taken_up(&folder, clock.now())?;
        let (jobs, waiting) = (Mutex::new(jobs), Mutex::new(Some(waiting)));
        Ok(Arc::new(Self { folder, bounds, clock, jobs, queue, waiting }))
    }

    /// Starts one, or gives the one that the same command started.
    ///
    /// # Errors
    /// [`AnalystsError::Busy`], [`AnalystsError::File`]
    pub fn start(&self, caller: &Caller, request_id: &str, wanted: Wanted) -> Result<Kept, AnalystsError> {
        let owner = Owner::of(caller);
        let mut jobs = self.jobs();
        let own = || jobs.values().filter(|job| job.kept.owner == owner);
        if let Some(job) = own().find(|job| job.kept.request_id == request_id) {
            return if job.kept.wanted == wanted {
                Ok(job.kept.clone())
            } else {
                Err(AnalystsError::wrong("requestId", "another one for another export"))
            };
        }
        if own().count() >= self.bounds.each {
            return Err(AnalystsError::Busy("too many exports of one caller; cancel older ones"));
        }
        if jobs.values().map(|job| job.kept.size).sum::<u64>() >= self.bounds.bytes {
            return Err(AnalystsError::Busy("the space for exports is full; cancel older ones"));
        }
        let kept = Kept {
            id: Uuid::now_v7(),
            owner,
            request_id: request_id.to_owned(),
            wanted,
            state: ExportState::Waiting.into(),
            rows_done: 0,
            rows_total: 0,
            size: 0,
            started_at: self.clock.now(),
            ended_at: None,
            failure: String::new(),
        };
        // It is known again whatever happens from here on.
        keep(&self.folder, &kept)?;
        if self.queue.try_send((kept.id, caller.clone())).is_err() {
            self.remove_files(kept.id);
            return Err(AnalystsError::Busy("too many exports wait already"));
        }
        jobs.insert(kept.id, Job { kept: kept.clone(), stop: CancellationToken::new() });
        Ok(kept)
    }

    /// One of the caller's.
    ///
    /// # Errors
    /// [`AnalystsError::NoSuchExport`]
    pub fn get(&self, caller: &Caller, id: Uuid) -> Result<Kept, AnalystsError> {
        let owner = Owner::of(caller);
        let jobs = self.jobs();
        let job = jobs.get(&id).filter(|job| job.kept.owner == owner);
        job.map(|job| job.kept.clone()).ok_or(AnalystsError::NoSuchExport)
    }

    /// All of the caller's, the newest first.
    pub fn list(&self, caller: &Caller) -> Vec<Kept> {
        let owner = Owner::of(caller);
        let jobs = self.jobs();
        let mut own: Vec<_> =
            jobs.values().filter(|job| job.kept.owner == owner).map(|job| job.kept.clone()).collect();
        own.sort_by_key(|kept| std::cmp::Reverse((kept.started_at, kept.id)));
        own
    }

    /// Ends one of the caller's, and removes it.
    ///
    /// # Errors
    /// [`AnalystsError::NoSuchExport`]
    pub fn cancel(&self, caller: &Caller, id: Uuid) -> Result<(), AnalystsError> {
        self.get(caller, id)?;
        if let Some(job) = self.jobs().remove(&id) {
            job.stop.cancel();
        }
        self.remove_files(id);
        Ok(())
    }

    /// The file of one that is done.
    ///
    /// # Errors
    /// [`AnalystsError::NoSuchExport`], [`AnalystsError::NotDone`]
    pub fn file(&self, caller: &Caller, id: Uuid) -> Result<PathBuf, AnalystsError> {
        let kept = self.get(caller, id)?;
        let is_done = kept.state == i32::from(ExportState::Done);
        if is_done { Ok(self.path(id)) } else { Err(AnalystsError::NotDone) }
    }

    /// Until when a file that ended at a time is kept.
    pub fn kept_until(&self, ended_at: Timestamp) -> Timestamp {
        ended_at.checked_add(self.bounds.kept).unwrap_or(Timestamp::MAX)
    }

    /// Writes what is asked for and removes what is old, until told to stop.
    ///
    /// # Errors
    /// None.
    pub async fn run(
        self: Arc<Self>,
        engine: Arc<Engine>,
        stop: CancellationToken,
    ) -> Result<(), Infallible> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(waiting) = waiting else { return Ok(()) };
        let writing =
            ReceiverStream::new(waiting).for_each_concurrent(self.bounds.running, |(id, caller)| {
                let (exports, engine) = (Arc::clone(&self), Arc::clone(&engine));
                async move { exports.write(&engine, id, &caller).await }
            });
        let sweeping = async {
            loop {
                tokio::time::sleep(Duration::from_secs(60)).await;
                self.sweep();
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = writing => {}
            () = sweeping => {}
        }
        Ok(())
    }

    async fn write(&self, engine: &Engine, id: Uuid, caller: &Caller) {
        let begun = {
            let mut jobs = self.jobs();
            // One that was cancelled while it waited is gone.
            let Some(job) = jobs.get_mut(&id) else { return };
            job.kept.state = ExportState::Running.into();
            (job.kept.wanted.clone(), job.stop.clone())
        };
        let (wanted, stop) = begun;
        let began = Instant::now();
        let part = self.folder.join(format!("{id}.part"));
        let progress = |done: u64, total: u64| {
            if let Some(job) = self.jobs().get_mut(&id) {
                (job.kept.rows_done, job.kept.rows_total) = (done, total);
            }
        };
        let writing = writing::write(engine, caller, &wanted, &part, self.bounds.rows, &progress);
        let written = tokio::select! {
            () = stop.cancelled() => None,
            written = timeout(self.bounds.time, writing) => Some(written),
        };
        let ended = match written {
            None => Err("cancelled".to_owned()),
            Some(Err(_)) => Err(format!("longer than {} seconds", self.bounds.time.as_secs())),
            Some(Ok(Err(error))) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "an export failed");
                Err(tonic::Status::from(error).message().to_owned())
            }
            Some(Ok(Ok(()))) => fs::rename(&part, self.path(id))
                .and_then(|()| fs::metadata(self.path(id)))
                .map(|data| data.len())
                .map_err(|_| "the file is gone".to_owned()),
        };
        self.end(id, &ended);
        let outcome = if ended.is_ok() { "done" } else { "failed" };
        metrics::histogram!("fengqiao_analysts_export_seconds", "outcome" => outcome)
            .record(began.elapsed().as_secs_f64());
    }

    fn end(&self, id: Uuid, ended: &Result<u64, String>) {
        if let Some(job) = self.jobs().get_mut(&id) {
            let kept = &mut job.kept;
            kept.ended_at = Some(self.clock.now());
            match ended {
                Ok(size) => (kept.state, kept.size) = (ExportState::Done.into(), *size),
                Err(why) => (kept.state, kept.failure) = (ExportState::Failed.into(), why.clone()),
            }
            if keep(&self.folder, kept).is_ok() && ended.is_ok() {
                return;
            }
        }
        // Without its job, as after a cancelling, no file stays.
        let _ = fs::remove_file(self.folder.join(format!("{id}.part")));
        if self.jobs().get(&id).is_none() {
            self.remove_files(id);
        }
    }

    /// Removes what was kept long enough.
    fn sweep(&self) {
        let now = self.clock.now();
        let is_over = |job: &Job| job.kept.ended_at.is_some_and(|at| self.kept_until(at) <= now);
        let old: Vec<Uuid> = self.jobs().iter().filter(|(_, job)| is_over(job)).map(|(id, _)| *id).collect();
        for id in old {
            self.jobs().remove(&id);
            self.remove_files(id);
        }
    }

    fn jobs(&self) -> MutexGuard<'_, HashMap<Uuid, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.file"))
    }

    fn remove_files(&self, id: Uuid) {
        for path in [self.path(id), about(&self.folder, id)] {
            // One that is not there is gone as it should be.
            let _ = fs::remove_file(path);
        }
    }
}

/// The file that says what an export is.
fn about(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.json"))
}

/// Keeps what an export is, whole or not at all.
fn keep(folder: &Path, kept: &Kept) -> Result<(), AnalystsError> {
    let path = about(folder, kept.id);
    let new = path.with_extension("new");
    let text = serde_json::to_vec(kept).map_err(|error| AnalystsError::Catalogue(error.to_string()))?;
    fs::write(&new, text).and_then(|()| fs::rename(&new, &path)).map_err(AnalystsError::file(&path))
}

/// What an earlier process has kept. What it had not finished has failed: nobody is told that it runs for ever, and who
/// wants it starts it anew, with what is known by then.
fn taken_up(folder: &Path, now: Timestamp) -> Result<HashMap<Uuid, Job>, AnalystsError> {
    let mut jobs = HashMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let kept = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Kept>(&text).ok()),
            Some("part" | "new") => {
                let _ = fs::remove_file(path);
                None
            }
            _ => None,
        };
        let Some(mut kept) = kept else { continue };
        if kept.ended_at.is_none() {
            kept.state = ExportState::Failed.into();
            kept.failure = UNFINISHED.to_owned();
            kept.ended_at = Some(now);
            // It was written, but nobody had said so yet.
            let _ = fs::remove_file(folder.join(format!("{}.file", kept.id)));
            keep(folder, &kept)?;
        }
        jobs.insert(kept.id, Job { kept, stop: CancellationToken::new() });
    }
    Ok(jobs)
}
