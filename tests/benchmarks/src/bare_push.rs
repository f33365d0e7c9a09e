//! The baseline of pushing: a bare loop. It reads a hundred entries of a Redis stream, posts each over one of its
//! keep-alive connections, writes one row for each attempt in batches, and acknowledges. It signs nothing, keeps no order,
//! knows no agency, and tries nothing again.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use redis::{aio::MultiplexedConnection, streams::StreamReadReply};
use sqlx::{Executor as _, PgPool, postgres::PgPoolOptions};
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const GROUP: &str = "bare";
const READ: usize = 100;
const WRITTEN: usize = 500;
/// How long nothing happens between two pushes on an idle system: what follows a push, such as writing down what became of it
/// and what is gathered for some fifty milliseconds, has ended, and the processors sleep.
pub const IDLE_BETWEEN: Duration = Duration::from_millis(130);

/// A bare loop and its queue.
pub struct BarePush {
    pool: PgPool,
    redis: MultiplexedConnection,
    key: String,
}

struct Attempt {
    entry: String,
    id: String,
    status: i32,
}

impl BarePush {
    /// Makes the table of attempts in a database of its own, and an empty queue.
    ///
    /// # Errors
    /// What Postgres or Redis says.
    pub async fn new(database_url: &str, redis_url: &str) -> Result<Self, Failure> {
        let pool = PgPoolOptions::new().max_connections(2).connect(database_url).await?;
        pool.execute(
            "CREATE TABLE IF NOT EXISTS attempt (
                 id text NOT NULL, at timestamptz NOT NULL DEFAULT now(), status integer NOT NULL)",
        )
        .await?;
        let redis = redis::Client::open(redis_url)?.get_multiplexed_async_connection().await?;
        Ok(Self { pool, redis, key: format!("bare-push:{}", uuid::Uuid::now_v7().simple()) })
    }

    /// Fills the queue with so many entries of so many bytes.
    ///
    /// # Errors
    /// What Redis says.
    pub async fn fill(&mut self, count: usize, body: &[u8]) -> Result<(), Failure> {
        let mut redis = self.redis.clone();
        redis::cmd("DEL").arg(&self.key).query_async::<()>(&mut redis).await?;
        redis::cmd("XGROUP")
            .arg(&["CREATE", &self.key, GROUP, "0", "MKSTREAM"])
            .query_async::<()>(&mut redis)
            .await?;
        for chunk in (0..count).collect::<Vec<_>>().chunks(500) {
            let mut pipe = redis::pipe();
            for number in chunk {
                pipe.cmd("XADD").arg(&self.key).arg("*").arg("i").arg(number).arg("p").arg(body).ignore();
            }
            pipe.query_async::<()>(&mut redis).await?;
        }
        sqlx::query("TRUNCATE attempt").execute(&self.pool).await?;
        Ok(())
    }

    /// Pushes all to an address, so many at the same time. Returns when every attempt is written.
    ///
    /// # Errors
    /// What Postgres, Redis or the endpoint says.
    pub async fn run(&self, to: SocketAddr, in_flight: usize, count: usize) -> Result<(), Failure> {
        let (work, queue) = async_channel(in_flight * 2);
        let (done, attempts) = mpsc::channel(4_096);
        let mut senders = JoinSet::new();
        for _ in 0..in_flight {
            senders.spawn(send(to, queue.clone(), done.clone()));
        }
        drop(done);
        let writer = tokio::spawn(write(self.pool.clone(), self.redis.clone(), self.key.clone(), attempts));
        let mut redis = self.redis.clone();
        let mut read = 0;
        while read < count {
            let reply: Option<StreamReadReply> = redis::cmd("XREADGROUP")
                .arg(&["GROUP", GROUP, "one", "COUNT"])
                .arg(READ)
                .arg(&["STREAMS", &self.key, ">"])
                .query_async(&mut redis)
                .await?;
            for entry in reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids) {
                let id: String = entry.get("i").unwrap_or_default();
                let body: Vec<u8> = entry.get("p").unwrap_or_default();
                read += 1;
                work.send((entry.id, id, Bytes::from(body))).await?;
            }
        }
        drop(work);
        while let Some(ended) = senders.join_next().await {
            ended??;
        }
        writer.await?
    }
}

type Work = (String, String, Bytes);
type Queue = std::sync::Arc<tokio::sync::Mutex<mpsc::Receiver<Work>>>;

fn async_channel(size: usize) -> (mpsc::Sender<Work>, Queue) {
    let (sender, receiver) = mpsc::channel(size);
    (sender, std::sync::Arc::new(tokio::sync::Mutex::new(receiver)))
}

/// A keep-alive connection.
///
/// # Errors
/// Where there is none.
pub async fn connect(to: SocketAddr) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let (send, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(send)
}

/// Posts a body. Returns the status.
///
/// # Errors
/// Where there is no answer.
pub async fn post(send: &mut SendRequest<Full<Bytes>>, id: &str, body: Bytes) -> Result<i32, Failure> {
    let request = http::Request::post("/bare")
        .header("host", "127.0.0.1")
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .body(Full::new(body))?;
    send.ready().await?;
    let answer = send.send_request(request).await?;
    let status = answer.status().as_u16();
    answer.into_body().collect().await?;
    Ok(status.into())
}

async fn send(to: SocketAddr, queue: Queue, done: mpsc::Sender<Attempt>) -> Result<(), Failure> {
    let mut connection = connect(to).await?;
    loop {
        let Some((entry, id, body)) = queue.lock().await.recv().await else { return Ok(()) };
        let status = post(&mut connection, &id, body).await?;
        done.send(Attempt { entry, id, status }).await?;
    }
}

async fn write(
    pool: PgPool,
    mut redis: MultiplexedConnection,
    key: String,
    mut attempts: mpsc::Receiver<Attempt>,
) -> Result<(), Failure> {
    let mut batch = Vec::with_capacity(WRITTEN);
    while attempts.recv_many(&mut batch, WRITTEN).await > 0 {
        sqlx::query("INSERT INTO attempt (id, status) SELECT * FROM UNNEST($1::text[], $2::integer[])")
            .bind(batch.iter().map(|one| one.id.as_str()).collect::<Vec<_>>())
            .bind(batch.iter().map(|one| one.status).collect::<Vec<_>>())
            .execute(&pool)
            .await?;
        let mut acknowledge = redis::cmd("XACK");
        acknowledge.arg(&key).arg(GROUP);
        batch.drain(..).for_each(|one| {
            acknowledge.arg(one.entry);
        });
        acknowledge.query_async::<()>(&mut redis).await?;
    }
    Ok(())
}

/// Milliseconds from before an entry is added until the endpoint has it, on an idle system: XADD, a blocking XREAD, POST.
///
/// # Errors
/// What Redis or the endpoint says.
pub async fn idle(
    redis_url: &str,
    sink: &crate::sink::Sink,
    body: &[u8],
    count: usize,
) -> Result<Vec<f64>, Failure> {
    let client = redis::Client::open(redis_url)?;
    let key = format!("bare-idle:{}", uuid::Uuid::now_v7().simple());
    let mut writer = client.get_multiplexed_async_connection().await?;
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(5)));
    let mut reader = client.get_multiplexed_async_connection_with_config(&config).await?;
    let (to, read_key) = (sink.address(), key.clone());
    let reading = tokio::spawn(async move {
        let mut connection = connect(to).await?;
        let mut after = "0".to_owned();
        for _ in 0..count {
            let reply: Option<StreamReadReply> = redis::cmd("XREAD")
                .arg(&["COUNT", "100", "BLOCK", "4000", "STREAMS", &read_key, &after])
                .query_async(&mut reader)
                .await?;
            for entry in reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids) {
                let body: Vec<u8> = entry.get("p").unwrap_or_default();
                post(&mut connection, &entry.id, Bytes::from(body)).await?;
                after = entry.id;
            }
        }
        Ok::<_, Failure>(())
    });
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        tokio::time::sleep(IDLE_BETWEEN).await;
        let began = std::time::Instant::now();
        redis::cmd("XADD").arg(&[&key, "*", "p"]).arg(body).query_async::<()>(&mut writer).await?;
        let came = sink.take(1, Duration::from_secs(5)).await?;
        times.push(came[0].0.duration_since(began).as_secs_f64() * 1_000.0);
    }
    reading.abort();
    Ok(times)
}
