//! Reports per second that are handed in over one stream, acknowledged and linked, with 1,000,000 reports behind them
//! (or as many as the first argument says), against Splink on the same set, all of it at once.

use fengqiao_benchmarks::{
    baselines, callers, figure,
    ground::Ground,
    past::{Past, WINDOW, further, further_set},
};

const PAST: usize = 1_000_000;
/// The first one's set is the baseline's, too.
const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let reports = std::env::args().nth(1).map_or(Ok(PAST), |given| given.parse())?;
    let ground = Ground::of_intake().await?;
    let client = ground.intake_for_all_doors()?;
    Past::draw(reports).grow(&client, reports).await.map_err(|e| e.to_string())?;
    let mut ours = Vec::new();
    for seed in SEEDS {
        let answered = callers::stream_of(client.clone(), further(seed).into_iter(), WINDOW)
            .await
            .map_err(|e| e.to_string())?;
        println!("  of {} reports {} are repeats", answered.reports, answered.repeats);
        ours.push(answered.per_second);
    }
    // The baseline has the cores for itself, as ours had.
    ground.stop().await;
    let folder = tempfile::tempdir()?;
    fengqiao_linkage_set::write(&further_set(SEEDS[0]), folder.path())?;
    let splink = baselines::run(folder.path()).map_err(|e| e.to_string())?;
    figure::print_rounds("ours", &ours, "/s");
    figure::print_more_is_better("linkage-speed", figure::median(ours), splink, "/s");
    Ok(())
}
