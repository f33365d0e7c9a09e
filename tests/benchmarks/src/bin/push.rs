//! Pushing a backlog: 20,000 pushes of about 1 KB to a local HTTP sink, by the notification service as it is (opened,
//! signed, each attempt recorded in Postgres with its receipt, order and priority kept), against
//!
//! * `push@bare`: a bare Rust loop, 64 in flight;
//! * `push@bullmq`: BullMQ with undici, 64 in flight, which records nothing (`--no-bullmq` leaves it out);
//! * `push@slow`: the bare loop again, 512 in flight, with a sink that answers after 20 ms.
//!
//! Five interleaved rounds each. A rate is that at which the sink sees them, from the first to the last.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use fengqiao_benchmarks::{
    bare_push::BarePush,
    figure, pgbench,
    push_ground::PushGround,
    sink::{Arrival, Sink},
};
use fengqiao_proto::types::v1::Level;
use uuid::Uuid;

const ROUNDS: usize = 5;
const PUSHES: usize = 20_000;
const AGENCIES: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let without_bullmq = std::env::args().any(|argument| argument == "--no-bullmq");
    let only_quick = std::env::args().any(|argument| argument == "--no-slow");
    let quick = Sink::start(Duration::ZERO).await?;
    let ground = PushGround::start(AGENCIES, 64 / AGENCIES, &quick).await?;
    let bullmq = if without_bullmq { None } else { Some(BullMq::prepare(&ground.redis_url()?).await?) };
    let (mut ours, mut bare, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_rate(&ground, &quick, 64).await?);
        ours.push(our_rate(&ground, &quick, 64).await?);
        if let Some(bullmq) = &bullmq {
            other.push(bullmq.rate(&quick).await?);
        }
    }
    ground.stack.stop().await;
    drop(ground);
    figure::print_rounds("ours, 64 in flight", &ours, "pushes/s");
    figure::print_rounds("bare, 64 in flight", &bare, "pushes/s");
    let ours = figure::median(ours);
    let slow = if only_quick { None } else { Some(slow().await?) };
    figure::print_more_is_better("push@bare", ours, figure::median(bare), "/s");
    if !other.is_empty() {
        figure::print_rounds("BullMQ, 64 in flight", &other, "pushes/s");
        figure::print_more_is_better("push@bullmq", ours, figure::median(other), "/s");
    }
    if let Some((ours, bare)) = slow {
        figure::print_more_is_better("push@slow", ours, bare, "/s");
    }
    Ok(())
}

/// The medians of ours and the bare loop with a sink that takes its time.
async fn slow() -> Result<(f64, f64), Failure> {
    let sink = Sink::start(Duration::from_millis(20)).await?;
    let ground = PushGround::start(AGENCIES, 512 / AGENCIES, &sink).await?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_rate(&ground, &sink, 512).await?);
        ours.push(our_rate(&ground, &sink, 512).await?);
    }
    ground.stack.stop().await;
    figure::print_rounds("ours, 512 in flight, slow sink", &ours, "pushes/s");
    figure::print_rounds("bare, 512 in flight, slow sink", &bare, "pushes/s");
    Ok((figure::median(ours), figure::median(bare)))
}

async fn our_rate(ground: &PushGround, sink: &Sink, in_flight: usize) -> Result<f64, Failure> {
    let asked = ground.fill(PUSHES).await?;
    sink.clear();
    ground.go();
    let arrivals = sink.take(PUSHES, PATIENCE).await?;
    check(&arrivals, &asked, in_flight / AGENCIES)?;
    let recorded = ground.finish().await?;
    if recorded != PUSHES as i64 {
        return Err(format!("{recorded} attempts of {PUSHES} are recorded").into());
    }
    Ok(rate(&arrivals))
}

async fn bare_rate(ground: &PushGround, sink: &Sink, in_flight: usize) -> Result<f64, Failure> {
    let database = ground.stack.postgres().ok_or("the stack started no Postgres")?.url().to_owned();
    let own = pgbench::prepare(&database, "bare_push").await.map_err(|error| error.to_string())?;
    let mut bare = BarePush::new(&own, &ground.redis_url()?).await?;
    bare.fill(PUSHES, &[b'x'; 1_024]).await?;
    sink.clear();
    bare.run(sink.address(), in_flight, PUSHES).await?;
    Ok(rate(&sink.take(PUSHES, PATIENCE).await?))
}

/// Pushes a second, from the first to the last.
fn rate(arrivals: &[Arrival]) -> f64 {
    let times = arrivals.iter().map(|(at, ..)| *at);
    match (times.clone().min(), times.max()) {
        (Some(first), Some(last)) => arrivals.len() as f64 / last.duration_since(first).as_secs_f64(),
        _ => 0.0,
    }
}

/// Each push came once; of each agency red before all others, but for those on their way at the same time; and of each case
/// in its order.
fn check(arrivals: &[Arrival], asked: &[(String, Level, Uuid)], at_once: usize) -> Result<(), Failure> {
    let known: HashMap<&str, (usize, Level, Uuid)> = asked
        .iter()
        .enumerate()
        .map(|(place, (id, level, case))| (id.as_str(), (place, *level, *case)))
        .collect();
    let mut last_of_case: HashMap<Uuid, usize> = HashMap::new();
    let mut of_agency: HashMap<&str, Vec<(Level, bool)>> = HashMap::new();
    for (_, agency, id) in arrivals {
        let (place, level, case) = known.get(id.as_str()).ok_or("a push came that nobody asked for")?;
        let before = last_of_case.insert(*case, *place);
        match before {
            Some(before) if before == *place => return Err("a push came twice".into()),
            Some(before) if before > *place => {
                return Err("two pushes of a case came in the wrong order".into());
            }
            _ => {}
        }
        of_agency.entry(agency).or_default().push((*level, before.is_some()));
    }
    for came in of_agency.values() {
        // The second red one of a case waits for the answer to the first, while others go.
        let last = came.iter().rposition(|(level, follows)| *level == Level::Red && !follows);
        let others = |last: usize| came[..last].iter().filter(|(level, _)| *level != Level::Red).count();
        let late = last.map_or(0, others);
        if late > at_once {
            return Err(format!("{late} others came before the last red one").into());
        }
    }
    Ok(())
}

/// BullMQ in a folder under target/, from npm, in the versions of its lock file.
struct BullMq {
    folder: PathBuf,
    redis: String,
}

impl BullMq {
    async fn prepare(redis: &str) -> Result<Self, Failure> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("bullmq");
        let program = std::env::current_exe()?;
        let folder = program.parent().and_then(Path::parent).ok_or("no target folder")?.join("bullmq");
        std::fs::create_dir_all(&folder)?;
        for file in ["package.json", "package-lock.json", "push.mjs"] {
            std::fs::copy(source.join(file), folder.join(file))?;
        }
        let installed = tokio::process::Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .status();
        if !installed.await?.success() {
            return Err("npm could not install BullMQ".into());
        }
        Ok(Self { folder, redis: redis.to_owned() })
    }

    async fn rate(&self, sink: &Sink) -> Result<f64, Failure> {
        sink.clear();
        let ran = tokio::process::Command::new("node")
            .args(["push.mjs", &self.redis, &sink.url("bullmq"), &PUSHES.to_string(), "64"])
            .current_dir(&self.folder)
            .status();
        if !ran.await?.success() {
            return Err("BullMQ failed".into());
        }
        Ok(rate(&sink.take(PUSHES, PATIENCE).await?))
    }
}
