//! One push on an idle system, against a bare XADD, XREAD, POST: until the sink sees it,
//!
//! * `idle-push`: from when notification begins to queue it, which is the beginning of the transaction that stores it;
//! * `idle-push@event`: from before routing's event of it is added to the stream, so with a hop and reading it more.
//!
//! Ours stores the push and its form durably, opens, signs and posts it; bare keeps nothing.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fengqiao_benchmarks::{bare_push, figure, push_ground::PushGround, sink::Sink};
use fengqiao_proto::types::v1::Level;
use prost::Message as _;
use sqlx::PgPool;
use uuid::Uuid;

const ROUNDS: usize = 5;
const PUSHES: usize = 100;
const KIND: &str = "fengqiao.routing.v1.PushRequested";

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let sink = Sink::start(Duration::ZERO).await?;
    let ground = PushGround::start(1, 4, &sink).await?;
    let redis_url = ground.redis_url()?;
    let mut redis = redis::Client::open(redis_url.as_str())?.get_multiplexed_async_connection().await?;
    let stream = format!("fq:{{{}}}:events:routing", ground.county);
    let (mut ours, mut of_event, mut bare, mut position) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for round in 0..=ROUNDS {
        let (mut since_queued, mut since_event) = (Vec::with_capacity(PUSHES), Vec::with_capacity(PUSHES));
        for _ in 0..PUSHES {
            tokio::time::sleep(bare_push::IDLE_BETWEEN).await;
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
            let came = came[0].0;
            since_event.push(came.duration_since(began).as_secs_f64() * 1_000.0);
            since_queued.push(queued_ago(&ground.pool).await? - came.elapsed().as_secs_f64() * 1_000.0);
        }
        let other = bare_push::idle(&redis_url, &sink, &[b'x'; 1_024], PUSHES).await?;
        // The first round warms up.
        if round > 0 {
            ours.push(figure::median(since_queued));
            of_event.push(figure::median(since_event));
            bare.push(figure::median(other));
        }
    }
    ground.stack.stop().await;
    figure::print_rounds("bare, median", &bare, "ms");
    figure::print_rounds("ours from queued, median", &ours, "ms");
    figure::print_rounds("ours from the event, median", &of_event, "ms");
    let bare = figure::median(bare);
    figure::print_less_is_better("idle-push@event", figure::median(of_event), bare, "ms");
    figure::print_less_is_better("idle-push", figure::median(ours), bare, "ms");
    Ok(())
}

/// How many milliseconds ago the transaction began that queued the last push: a receiver that has applied all says when.
async fn queued_ago(pool: &PgPool) -> Result<f64, Failure> {
    let at: i64 = sqlx::query_scalar(
        "SELECT (extract(epoch FROM caught_up_at) * 1000000)::bigint FROM notification.receiver_position
         WHERE topic = 'routing'",
    )
    .fetch_one(pool)
    .await?;
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1_000.0 - at as f64 / 1_000.0)
}
