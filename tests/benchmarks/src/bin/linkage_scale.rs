//! What a report costs that is handed in over one stream, acknowledged and linked, with 2,000,000 reports behind it,
//! against the same with 200,000 (or as many as the arguments say: many, then few).

use fengqiao_benchmarks::{
    callers::{self, Failure},
    figure,
    ground::Ground,
    past::{Past, WINDOW, further},
};
use fengqiao_proto::intake::v1::intake_service_client::IntakeServiceClient;
use fengqiao_stack::clients::Caller;

const MANY: usize = 2_000_000;
const FEW: usize = 200_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1).map(|given| given.parse());
    let (many, few) = (given.next().unwrap_or(Ok(MANY))?, given.next().unwrap_or(Ok(FEW))?);
    let ground = Ground::of_intake().await?;
    let client = ground.intake_for_all_doors()?;
    let mut past = Past::draw(many);
    past.grow(&client, few).await?;
    let behind_few = costs(&client, [1, 3, 5]).await?;
    past.grow(&client, many).await?;
    let behind_many = costs(&client, [2, 4, 6]).await?;
    figure::print_rounds(&format!("a report with {few} behind it"), &behind_few, "us");
    figure::print_rounds(&format!("a report with {many} behind it"), &behind_many, "us");
    let (many, few) = (figure::median(behind_many), figure::median(behind_few));
    figure::print_less_is_better("linkage-scale", many, few, "us");
    ground.stop().await;
    Ok(())
}

/// Microseconds of a report, for the set of each seed.
async fn costs(client: &IntakeServiceClient<Caller>, seeds: [u64; 3]) -> Result<Vec<f64>, Failure> {
    let mut costs = Vec::new();
    for seed in seeds {
        let answered = callers::stream_of(client.clone(), further(seed).into_iter(), WINDOW).await?;
        costs.push(1e6 / answered.per_second);
    }
    Ok(costs)
}
