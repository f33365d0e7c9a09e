//! One of twenty agencies hangs: the others wait no longer than without it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use fengqiao_proto::types::v1::Level::Red;
use uuid::Uuid;
use world::{World, quick, sink::Sink, until};

const AGENCIES: usize = 20;
/// Both ways in turn, so often.
const ROUNDS: usize = 5;
/// In each round every agency gets so many pushes.
const PUSHES: usize = 40;
/// The others may take this much longer.
const MOST: f64 = 1.2;
/// What else the machine does only adds, to either way: so often it is measured until it is seen.
const LOOKS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_twenty_agencies_hangs_and_the_others_do_not_notice() {
    let settings = fengqiao_notification::settings::DeliverySettings {
        lease: Duration::from_secs(6),
        request_timeout: Duration::from_secs(4),
        ..quick()
    };
    let world = World::new(settings).await;
    let (well, slow) = (Sink::start(204, Duration::ZERO).await, Sink::start(204, Duration::ZERO).await);
    let names: Vec<String> = (0..AGENCIES).map(|n| format!("agency-{n}")).collect();
    let agencies: Vec<(String, String)> = names
        .iter()
        .enumerate()
        .map(|(n, name)| (name.clone(), if n == 0 { slow.url(name) } else { well.url(name) }))
        .collect();
    let process = world.process().await;
    let folder = tempfile::tempdir().unwrap();
    process.webhooks(folder.path(), &agencies);
    until("all have an owner", async || process.delivery.bells.owned(world::COUNTY).len() == AGENCIES).await;
    for look in 1..=LOOKS {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        // The first round of each warms up.
        for round in 0..=ROUNDS {
            for hangs in [false, true] {
                let hang = if hangs { 3_600_000 } else { 0 };
                slow.slow.store(hang, std::sync::atomic::Ordering::SeqCst);
                let tail = others_tail(&world, &process, &names, &well).await;
                if round > 0 {
                    if hangs { &mut with } else { &mut without }.push(tail);
                }
            }
        }
        let (with, without) = (median(with), median(without));
        println!("slow-agency ratio={:.2} with={with:.2}ms without={without:.2}ms", with / without);
        if with / without <= MOST {
            break;
        }
        assert!(look < LOOKS, "{with:.2} ms with, {without:.2} ms without the one that hangs");
    }
    process.end().await;
}

/// The 99th percentile, in milliseconds, from before a push is stored until its agency has it, of all agencies but the
/// first.
async fn others_tail(world: &World, process: &world::Process, names: &[String], well: &Sink) -> f64 {
    let before = well.got().len();
    let mut began: HashMap<String, Instant> = HashMap::new();
    for _ in 0..PUSHES {
        let batch: Vec<(&str, _)> = names.iter().map(|name| (name.as_str(), Red)).collect();
        let at = Instant::now();
        let ids = world.arrive(process, &batch).await;
        began.extend(ids.iter().skip(1).map(|id: &Uuid| (id.to_string(), at)));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    until("the others have all", async || well.got().len() - before >= began.len()).await;
    let mut took: Vec<f64> = well.got()[before..]
        .iter()
        .filter_map(|got| began.get(&got.id).map(|at| got.at.duration_since(*at).as_secs_f64() * 1_000.0))
        .collect();
    took.sort_by(f64::total_cmp);
    took[took.len() * 99 / 100]
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
