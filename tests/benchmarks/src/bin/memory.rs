//! The resident memory of each service: idle, and after 100,000 reports have gone the whole way.

use std::time::{Duration, Instant};

use fengqiao_benchmarks::{callers, ground::Ground};
use fengqiao_stack::services::Service;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const REPORTS: u64 = 50_000;
const ALLOWED: f64 = 150.0;
const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ground = Ground::start().await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = Service::ALL.map(|service| resident(&ground, service));
    let client = ground.intake(1)?.remove(0);
    callers::stream(client.clone(), "m0", REPORTS, 1000).await.map_err(|e| e.to_string())?;
    caught_up(&ground).await?;
    let half = Service::ALL.map(|service| resident(&ground, service));
    callers::stream(client, "m1", REPORTS, 1000).await.map_err(|e| e.to_string())?;
    caught_up(&ground).await?;
    let after = Service::ALL.map(|service| resident(&ground, service));
    for (index, service) in Service::ALL.into_iter().enumerate() {
        println!(
            "  {}: idle {:.0} MB, after {REPORTS} reports {:.0} MB, after {} {:.0} MB",
            service.name(),
            idle[index],
            half[index],
            2 * REPORTS,
            after[index]
        );
    }
    for (index, service) in Service::ALL.into_iter().enumerate() {
        println!(
            "memory@{} ratio={:.2} ours={:.0}MB baseline={ALLOWED:.0}MB",
            service.name(),
            ALLOWED / after[index],
            after[index]
        );
    }
    ground.stop().await;
    Ok(())
}

/// Megabytes; infinite where the process is not there, so that it cannot pass.
fn resident(ground: &Ground, service: Service) -> f64 {
    ground
        .stack
        .service(service)
        .process()
        .pid()
        .and_then(|pid| std::fs::read_to_string(format!("/proc/{pid}/status")).ok())
        .and_then(|status| {
            status
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:")?.trim().split(' ').next()?.parse::<f64>().ok())
        })
        .map_or(f64::INFINITY, |kib| kib / 1024.0)
}

/// Waits until every receiver has applied all that its sender has written.
async fn caught_up(ground: &Ground) -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = PgConnection::connect(&ground.database_url()?).await?;
    let began = Instant::now();
    loop {
        let mut behind = 0_i64;
        for (sender, receivers) in [
            ("intake", &["routing", "statistics"][..]),
            ("routing", &["intake", "notification", "statistics"]),
            ("notification", &["routing", "statistics"]),
        ] {
            for receiver in receivers {
                let sql = format!(
                    "SELECT coalesce((SELECT sum(position) FROM {sender}.outbox_head), 0)::bigint - coalesce((SELECT sum(position) FROM {receiver}.receiver_position WHERE topic = '{sender}'), 0)::bigint"
                );
                behind += sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut connection).await?;
            }
        }
        if behind == 0 {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("{behind} events were not applied in time").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
