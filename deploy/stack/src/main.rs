//! `fengqiao-stack`: runs the local stack for `deploy/run`, servers for `tests/run`, and the sample day.

mod display;
mod next_steps;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use display::Display;
use fengqiao_stack::{
    FolderLock, Stack, StackError, StackPlan,
    clients::Connections,
    description::StackDescription,
    page_account::{board_account, desk_account},
    postgres::PrivatePostgres,
    redis_server::PrivateRedis,
    sample_day::{Counters, DayOutcome, SampleDay, WebhookReceiver, play, webhook_agencies},
    test_database::{TEST_DATABASE_URL, TEST_REDIS_URL, own_folder},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

/// The exit code of a program that was interrupted.
const ENDED_EARLY: u8 = 130;

/// The local stack of Fengqiao.
#[derive(Parser)]
#[command(name = "fengqiao-stack", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start Postgres, Redis and the four services, play the sample day, stay until Ctrl-C.
    Up(Up),
    /// Play the sample day on a stack that runs.
    Day(Place),
    /// Start Postgres and Redis for tests, print where they are, end when standard input closes.
    Servers,
}

#[derive(Args)]
struct Place {
    /// Where the stack keeps data, logs and secrets.
    #[arg(long, default_value = ".local", value_name = "FOLDER")]
    folder: PathBuf,
}

#[derive(Args)]
struct Up {
    #[command(flatten)]
    place: Place,
    /// The county's configuration folder; the sample county where not given.
    #[arg(long, value_name = "FOLDER", overrides_with = "county")]
    county: Option<PathBuf>,
    /// Leave the sample day out.
    #[arg(long)]
    empty: bool,
    /// Answer analysts' SQL, too.
    #[arg(long)]
    analysts: bool,
    /// End when the day has ended; with success where the figures are right.
    #[arg(long, conflicts_with = "empty")]
    end_after_day: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Up(up) => run_up(&up).await,
        Command::Day(place) => tokio::select! {
            outcome = run_day(&place) => outcome,
            () = told_to_end() => Ok(ExitCode::from(ENDED_EARLY)),
        },
        Command::Servers => run_servers().await,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C, an order to end, or a terminal that was closed.
async fn told_to_end() {
    let wait = |kind| async move {
        if let Ok(mut signals) = signal(kind) {
            signals.recv().await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}

async fn run_up(up: &Up) -> Result<ExitCode, StackError> {
    let county = up.county.clone().unwrap_or_else(StackPlan::sample_county);
    if !county.join("county.toml").is_file() {
        return Err(StackError::Invalid(format!(
            "{} is no county's folder: it has no county.toml; deploy/county/macheng is an example",
            county.display()
        )));
    }
    let folder = &up.place.folder;
    let _lock = FolderLock::take(folder)?;
    let display = Display::new();
    let receiver = WebhookReceiver::start().await?;
    let agencies = webhook_agencies(&county)?;
    let mut plan = StackPlan::new(folder, &county);
    plan.analysts = up.analysts;
    plan.webhooks = agencies.iter().map(|agency| (agency.clone(), receiver.url(agency))).collect();
    let stack = tokio::select! {
        started = Stack::start(plan, |what| display.step(what)) => started?,
        // What was started until now ends with its owner.
        () = told_to_end() => return Ok(ExitCode::from(ENDED_EARLY)),
    };
    for agency in &agencies {
        receiver.expect(agency, &stack.secrets.webhook_secret(agency)?.1);
    }
    display.done(&format!("{} is served", stack.county.name));
    println!("ready");
    let ended = tokio::select! {
        ended = serve(up, &stack, &receiver, &display) => ended,
        () = told_to_end() => Ok(ExitCode::SUCCESS),
    };
    display.done("ending (again Ctrl-C ends at once)");
    let again = async {
        // One Ctrl-C may arrive twice, from the terminal and from a program between us and it.
        tokio::time::sleep(Duration::from_secs(1)).await;
        told_to_end().await;
    };
    tokio::select! {
        () = stack.stop() => {}
        () = again => return Ok(ExitCode::from(ENDED_EARLY)),
    }
    println!("ended; nothing of it is left running");
    ended
}

/// Plays the day where it is wanted and then only stays.
async fn serve(
    up: &Up,
    stack: &Stack,
    receiver: &WebhookReceiver,
    display: &Display,
) -> Result<ExitCode, StackError> {
    let stays = async {
        tokio::select! {
            error = stack.failed() => error,
            never = display::tell_restarts(stack) => never,
        }
    };
    let day = async {
        let mut right = true;
        let mut known_case = None;
        if !up.empty {
            match SampleDay::load(&stack.county.folder, jiff::Timestamp::now())? {
                Some(day) => {
                    let outcome = play_day(&day, &stack.connections()?, Some(receiver), display).await?;
                    right = outcome.comparison.agrees();
                    known_case = next_steps::worth_showing(&outcome.survey);
                }
                None => println!("this county has no sample-day.jsonl; nothing is played"),
            }
        }
        if up.end_after_day {
            return Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let with_system = webhook_agencies(&stack.county.folder)?;
        let connections = stack.connections()?;
        let pages = next_steps::Pages {
            desk: desk_account(&stack.county, &with_system, &connections).await?,
            board: board_account(&stack.county, &connections).await?,
        };
        next_steps::print(&stack.description(), stack.folder(), known_case.as_deref(), &pages);
        std::future::pending().await
    };
    tokio::select! {
        error = stays => Err(error),
        ended = day => ended,
    }
}

async fn run_day(place: &Place) -> Result<ExitCode, StackError> {
    if !StackDescription::path(&place.folder).exists() {
        let folder = place.folder.display();
        return Err(StackError::Invalid(format!("no stack runs in {folder}; deploy/run --empty starts one")));
    }
    let description = StackDescription::read(&place.folder)?;
    let connections = Connections::to(&description)?;
    let day = SampleDay::load(&description.county_folder, jiff::Timestamp::now())?
        .ok_or_else(|| StackError::Invalid("this county has no sample-day.jsonl".into()))?;
    let outcome = play_day(&day, &connections, None, &Display::new()).await?;
    Ok(if outcome.comparison.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play_day(
    day: &SampleDay,
    connections: &Connections,
    receiver: Option<&WebhookReceiver>,
    display: &Display,
) -> Result<DayOutcome, StackError> {
    let counters = Arc::new(Counters::default());
    let showing = display.follow(day.reports.len() as u64, &counters);
    let outcome = play(day, connections, receiver, counters.clone()).await;
    showing.finish().await;
    let outcome = outcome?;
    println!();
    if outcome.known > 0 {
        println!(
            "{} of the day's {} reports were here already: the same reference is the same report",
            outcome.known,
            day.reports.len()
        );
    }
    println!("{}", outcome.comparison);
    println!("the day took {:.1} s", outcome.took.as_secs_f64());
    Ok(outcome)
}

async fn run_servers() -> Result<ExitCode, StackError> {
    let folder = own_folder()?;
    let (postgres, redis) = tokio::try_join!(PrivatePostgres::start(&folder), PrivateRedis::start(&folder))?;
    println!("{TEST_DATABASE_URL}={}", postgres.url());
    println!("{TEST_REDIS_URL}={}", redis.url());
    println!("ready");
    tokio::select! {
        () = input_closed() => {}
        () = told_to_end() => {}
    }
    redis.stop().await;
    postgres.stop().await;
    remove(&folder);
    Ok(ExitCode::SUCCESS)
}

/// Whoever started us has ended, however that came about.
async fn input_closed() {
    let (closed, closes) = oneshot::channel();
    // A thread of its own: a blocked read must not hold up the runtime's end.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = closes.await;
}

fn remove(folder: &Path) {
    // What stays is removed by a later run.
    let _ = std::fs::remove_dir_all(folder);
}
