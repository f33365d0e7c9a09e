//! One push on an idle system: from before it is added to the stream until the sink sees it. Ours: the event of routing is
//! added, notification reads it, stores the push durably, opens, signs and posts it. Against a bare XADD, XREAD, POST.

use std::time::{Duration, Instant};

use fengqiao_benchmarks::{bare_push, figure, push_ground::PushGround, sink::Sink};
use fengqiao_proto::types::v1::Level;
use prost::Message as _;
use uuid::Uuid;

const ROUNDS: usize = 5;
const PUSHES: usize = 400;
const KIND: &str = "fengqiao.routing.v1.PushRequested";

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let sink = Sink::start(Duration::ZERO).await?;
    let ground = PushGround::start(1, 4, &sink).await?;
    let redis_url = ground.redis_url()?;
    let mut redis = redis::Client::open(redis_url.as_str())?.get_multiplexed_async_connection().await?;
    let stream = format!("fq:{{{}}}:events:routing", ground.county);
    let (mut ours, mut bare, mut position) = (Vec::new(), Vec::new(), 0);
    for round in 0..=ROUNDS {
        let mut times = Vec::with_capacity(PUSHES);
        for _ in 0..PUSHES {
            tokio::time::sleep(Duration::from_millis(3)).await;
            let asked = ground.request(&ground.agencies[0], Level::Red, Uuid::now_v7()).encode_to_vec();
            position += 1;
            let began = Instant::now();
            redis::cmd("XADD")
                .arg(&[&stream, &format!("{position}-0"), "k", KIND, "p"])
                .arg(asked)
                .arg(&["t", ""])
                .query_async::<()>(&mut redis)
                .await?;
            let came = sink.take(1, Duration::from_secs(10)).await?;
            times.push(came[0].0.duration_since(began).as_secs_f64() * 1_000.0);
        }
        let other = bare_push::idle(&redis_url, &sink, &[b'x'; 1_024], PUSHES).await?;
        // The first round warms up.
        if round > 0 {
            ours.push(figure::median(times));
            bare.push(figure::median(other));
        }
    }
    ground.stack.stop().await;
    figure::print_rounds("bare, median", &bare, "ms");
    figure::print_rounds("ours, median", &ours, "ms");
    figure::print_less_is_better("idle-push", figure::median(ours), figure::median(bare), "ms");
    Ok(())
}
