//! Acknowledged reports per second of one `SubmitReports` stream, against `COPY` of the same rows in
//! batches of 500, each batch a transaction.

use std::time::Instant;

use fengqiao_benchmarks::{callers, copy, figure, ground::Ground, pgbench};

const ROUNDS: usize = 5;
const REPORTS: u64 = 60_000;
const WINDOW: usize = 2000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ground = Ground::of_intake().await?;
    let client = ground.intake(1)?.remove(0);
    let baseline_url = pgbench::prepare(&ground.database_url()?, "baseline").await?;
    let (mut ours, mut baseline) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let run = format!("s{round}");
        ours.push(callers::stream(client.clone(), &run, REPORTS, WINDOW).await.map_err(|e| e.to_string())?);
        let began = Instant::now();
        copy::same_rows(&baseline_url, round as u64, REPORTS).await?;
        baseline.push(REPORTS as f64 / began.elapsed().as_secs_f64());
    }
    figure::print_rounds("ours", &ours, "/s");
    figure::print_rounds("COPY", &baseline, "/s");
    figure::print_more_is_better("stream", figure::median(ours), figure::median(baseline), "/s");
    ground.stop().await;
    Ok(())
}
