//! Case commands per second of 64 callers, a mix of sign, comment, re-level and resolve with their histories,
//! against pgbench's TPC-B-like transaction with 64 clients on the same server.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fengqiao_benchmarks::{figure, ground::Ground, reports};
use fengqiao_proto::{
    intake::v1::SubmitReportRequest,
    routing::v1::{
        ActOnCaseRequest, CommentCaseRequest, RelevelCaseRequest, ResolveCaseRequest, SignAct,
        act_on_case_request::Act, routing_service_client::RoutingServiceClient,
    },
    types::v1::Level,
};
use fengqiao_stack::{
    clients::{Caller, Connections},
    services::Service,
};
use sqlx::{Connection as _, PgConnection};
use tokio::{task::JoinSet, time::Instant};

const CALLERS: usize = 64;
const ROUNDS: usize = 5;
const SECONDS: u64 = 6;
/// More than can be used up.
const CASES: u64 = 60_000;
/// Of TPC-B: as many branches as clients, so that they do not only wait for each other.
const SCALE: &str = "64";

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let ground = Ground::start().await?;
    let url = ground.database_url()?;
    let cases = Arc::new(make_cases(&ground, &url).await?);
    eprintln!("{} cases are open", cases.len());
    // Routing is measured; the others would only share the two cores unevenly between the rounds.
    for service in [Service::Intake, Service::Notification, Service::Statistics] {
        ground.stack.service(service).stop().await;
    }
    let description = ground.stack.description();
    let officers: Vec<RoutingServiceClient<Caller>> =
        (0..4).map(|_| Connections::to(&description)?.routing("officer")).collect::<Result<_, _>>()?;
    let baseline_url = tpcb(&url).await?;
    let next = Arc::new(AtomicUsize::new(0));
    let (mut ours, mut baseline) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(commands(&officers, &cases, &next).await?);
        baseline.push(run_tpcb(&baseline_url)?);
    }
    figure::print_rounds("pgbench, TPC-B-like", &baseline, "/s");
    figure::print_rounds("ours at 64", &ours, "/s");
    figure::print_more_is_better("cases", figure::median(ours), figure::median(baseline), "/s");
    ground.stop().await;
    Ok(())
}

/// Reports from different callers, and the cases that routing has made of them.
async fn make_cases(ground: &Ground, url: &str) -> Result<Vec<String>, Failure> {
    let clients = ground.intake(4)?;
    let now = jiff::Timestamp::now().as_second();
    let mut sending = JoinSet::<Result<(), Failure>>::new();
    let callers = CALLERS as u64;
    for caller in 0..callers {
        let mut client = clients[(caller % 4) as usize].clone();
        sending.spawn(async move {
            for number in (caller..CASES).step_by(CALLERS) {
                let mut report = reports::report("cases", number * 10, now);
                report.category = "物业".to_owned();
                client
                    .submit_report(SubmitReportRequest { report: Some(report), ..Default::default() })
                    .await?;
            }
            Ok(())
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    let mut connection = PgConnection::connect(url).await?;
    let until = Instant::now() + Duration::from_secs(300);
    loop {
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM routing.case_report").fetch_one(&mut connection).await?;
        if count >= i64::try_from(CASES)? {
            break;
        }
        if Instant::now() > until {
            return Err(format!("routing has {count} of {CASES} reports").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ids: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT id FROM routing.case_file WHERE state = 1")
        .fetch_all(&mut connection)
        .await?;
    Ok(ids.iter().map(ToString::to_string).collect())
}

/// Each caller takes a case after the other and does its four commands, waiting for each answer.
async fn commands(
    officers: &[RoutingServiceClient<Caller>],
    cases: &Arc<Vec<String>>,
    next: &Arc<AtomicUsize>,
) -> Result<f64, Failure> {
    let began = Instant::now();
    let mut callers = JoinSet::<Result<u64, Failure>>::new();
    for index in 0..CALLERS {
        let mut officer = officers[index % officers.len()].clone();
        let (cases, next) = (Arc::clone(cases), Arc::clone(next));
        callers.spawn(async move {
            let mut done = 0;
            while began.elapsed() < Duration::from_secs(SECONDS) {
                let case = cases.get(next.fetch_add(1, Ordering::Relaxed)).ok_or("the cases are used up")?;
                four_commands(&mut officer, case).await?;
                done += 4;
            }
            Ok(done)
        });
    }
    let mut done = 0;
    while let Some(one) = callers.join_next().await {
        done += one??;
    }
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

async fn four_commands(officer: &mut RoutingServiceClient<Caller>, case: &str) -> Result<(), tonic::Status> {
    officer
        .act_on_case(ActOnCaseRequest {
            case: case.to_owned(),
            request_id: format!("s{case}"),
            act: Some(Act::Sign(SignAct { agency: String::new() })),
            ..Default::default()
        })
        .await?;
    officer
        .comment_case(CommentCaseRequest {
            case: case.to_owned(),
            request_id: format!("c{case}"),
            text: "已电话联系当事人，约定周三上门查看漏水情况。".to_owned(),
            ..Default::default()
        })
        .await?;
    officer
        .relevel_case(RelevelCaseRequest {
            case: case.to_owned(),
            request_id: format!("l{case}"),
            level: Level::Orange.into(),
            reason: "双方情绪激动，提级办理。".to_owned(),
            ..Default::default()
        })
        .await?;
    officer
        .resolve_case(ResolveCaseRequest {
            case: case.to_owned(),
            request_id: format!("r{case}"),
            outcome: "双方达成协议，漏水已修复。".to_owned(),
            ..Default::default()
        })
        .await?;
    Ok(())
}

/// A database with pgbench's own tables.
async fn tpcb(admin_url: &str) -> Result<String, Failure> {
    let mut admin = PgConnection::connect(admin_url).await?;
    sqlx::query("CREATE DATABASE tpcb").execute(&mut admin).await?;
    let (server, _) = admin_url.rsplit_once('/').ok_or("the URL names no database")?;
    let url = format!("{server}/tpcb");
    let made = Command::new("pgbench").args(["-i", "-q", "-s", SCALE]).arg(&url).output()?;
    if made.status.success() {
        Ok(url)
    } else {
        Err(String::from_utf8_lossy(&made.stderr).into_owned().into())
    }
}

fn run_tpcb(url: &str) -> Result<f64, Failure> {
    let output = Command::new("pgbench")
        .args(["-M", "prepared", "-n", "-c", "64", "-j", "2", "-T", &SECONDS.to_string()])
        .arg(url)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
        .ok_or_else(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)).into())
}
