//! The baseline of the flow: what three commits and two stream hops cost by themselves, with the same
//! clients.

use std::time::{Duration, Instant};

use redis::{AsyncConnectionConfig, aio::MultiplexedConnection, streams::StreamReadReply};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{sync::mpsc, time::MissedTickBehavior};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const BODY: usize = 1024;
const WAIT: Duration = Duration::from_secs(2);

/// Milliseconds from the begin of the first commit to the end of the third, for each message.
///
/// # Errors
/// What Postgres or Redis says, or where messages do not arrive.
pub async fn way(
    url: &str,
    redis_url: &str,
    per_second: u64,
    seconds: u64,
) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let pool = PgPoolOptions::new().max_connections(8).connect(url).await?;
    let client = redis::Client::open(redis_url)?;
    let run = uuid::Uuid::now_v7().simple().to_string();
    let (first, second) = (format!("bare:{run}:1"), format!("bare:{run}:2"));
    let (done_send, mut done) = mpsc::unbounded_channel();
    let began = Instant::now();
    let hop = tokio::spawn(hop(
        pool.clone(),
        connect(&client).await?,
        connect(&client).await?,
        first.clone(),
        second.clone(),
    ));
    let last = tokio::spawn(end(pool.clone(), connect(&client).await?, second.clone(), began, done_send));
    let writer = connect(&client).await?;
    let mut tick = tokio::time::interval(Duration::from_nanos(1_000_000_000 / per_second));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let count = per_second * seconds;
    for _ in 0..count {
        tick.tick().await;
        let (pool, mut redis, key) = (pool.clone(), writer.clone(), first.clone());
        let sent = began.elapsed().as_micros() as u64;
        tokio::spawn(async move {
            commit(&pool).await?;
            add(&mut redis, &key, sent).await
        });
    }
    let mut ways = Vec::new();
    while (ways.len() as u64) < count {
        match tokio::time::timeout(Duration::from_secs(10), done.recv()).await {
            Ok(Some(way)) => ways.push(way),
            _ => return Err(format!("{} of {count} bare messages came", ways.len()).into()),
        }
    }
    hop.abort();
    last.abort();
    Ok(ways)
}

async fn hop(
    pool: PgPool,
    mut reader: MultiplexedConnection,
    mut writer: MultiplexedConnection,
    from: String,
    to: String,
) -> Result<(), Failure> {
    let mut after = "0".to_owned();
    loop {
        for sent in read(&mut reader, &from, &mut after).await? {
            commit(&pool).await?;
            add(&mut writer, &to, sent).await?;
        }
    }
}

async fn end(
    pool: PgPool,
    mut reader: MultiplexedConnection,
    from: String,
    began: Instant,
    done: mpsc::UnboundedSender<f64>,
) -> Result<(), Failure> {
    let mut after = "0".to_owned();
    loop {
        for sent in read(&mut reader, &from, &mut after).await? {
            commit(&pool).await?;
            let way = began.elapsed().as_micros() as u64 - sent;
            done.send(way as f64 / 1000.0)?;
        }
    }
}

async fn commit(pool: &PgPool) -> Result<(), Failure> {
    sqlx::query("INSERT INTO single (body) VALUES ($1)").bind(vec![7_u8; BODY]).execute(pool).await?;
    Ok(())
}

async fn add(redis: &mut MultiplexedConnection, key: &str, sent: u64) -> Result<(), Failure> {
    let body = vec![7_u8; BODY];
    let _: String =
        redis::cmd("XADD").arg(key).arg("*").arg("s").arg(sent).arg("p").arg(body).query_async(redis).await?;
    Ok(())
}

async fn read(redis: &mut MultiplexedConnection, key: &str, after: &mut String) -> Result<Vec<u64>, Failure> {
    let reply: Option<StreamReadReply> = redis::cmd("XREAD")
        .arg("COUNT")
        .arg(100)
        .arg("BLOCK")
        .arg(1000)
        .arg("STREAMS")
        .arg(key)
        .arg(after.as_str())
        .query_async(redis)
        .await?;
    let entries: Vec<_> = reply.into_iter().flat_map(|r| r.keys).flat_map(|k| k.ids).collect();
    if let Some(entry) = entries.last() {
        after.clone_from(&entry.id);
    }
    Ok(entries.iter().filter_map(|entry| entry.get("s")).collect())
}

async fn connect(client: &redis::Client) -> Result<MultiplexedConnection, redis::RedisError> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(WAIT));
    client.get_multiplexed_async_connection_with_config(&config).await
}
