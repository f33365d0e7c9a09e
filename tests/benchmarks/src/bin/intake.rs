//! Acknowledged `SubmitReport` calls per second at 64 and 512 callers, against pgbench with 64 clients that
//! inserts the same rows in one transaction a report.

use std::time::Duration;

use fengqiao_benchmarks::{callers, figure, ground::Ground, pgbench};

const ROUNDS: usize = 5;
const SECONDS: u64 = 6;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ground = Ground::of_intake().await?;
    // A hotline calls over one or two connections, however many of its callers wait.
    let connections = ground.intake(2)?;
    let baseline_url = pgbench::prepare(&ground.database_url()?, "baseline").await?;
    let (mut same_rows, mut single_row) = (Vec::new(), Vec::new());
    let mut ours = [(64, Vec::new()), (512, Vec::new())];
    for round in 0..ROUNDS {
        for (callers, figures) in &mut ours {
            let run = format!("r{round}c{callers}");
            figures.push(
                callers::unary(&connections, &run, *callers, Duration::from_secs(SECONDS))
                    .await
                    .map_err(|e| e.to_string())?,
            );
        }
        same_rows.push(pgbench::run(&baseline_url, &pgbench::same_rows(), ground.folder(), SECONDS)?);
        single_row.push(pgbench::run(&baseline_url, &pgbench::single_row(), ground.folder(), SECONDS)?);
    }
    figure::print_rounds("pgbench, the same rows", &same_rows, "/s");
    figure::print_rounds("pgbench, one row", &single_row, "/s");
    let (same, single) = (figure::median(same_rows), figure::median(single_row));
    for (callers, figures) in &ours {
        figure::print_rounds(&format!("ours at {callers}"), figures, "/s");
        println!("  against single-row pgbench: {:.2}", figure::median(figures.clone()) / single);
    }
    for (callers, figures) in ours {
        figure::print_more_is_better(&format!("intake@{callers}"), figure::median(figures), same, "/s");
    }
    ground.stop().await;
    Ok(())
}
