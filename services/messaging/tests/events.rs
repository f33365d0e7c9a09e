//! Events on a real Postgres and a real Redis: every event is applied once and in order, whatever Redis
//! loses and however many processes work at it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    str::FromStr as _,
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fengqiao_messaging::{
    Applied, Apply, ApplyError, Envelope, Event, HealthReport, InStepStatement, InTurn, InTurnStatement,
    Keys, MIGRATIONS, Outbox, Receiver, RedisServer, Relay, STATEMENTS, Step, Topic, Trimmer, Turn, append,
    hold_turn,
};
use fengqiao_stack::test_database::TestDatabase;
use redis::aio::MultiplexedConnection;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, SqlSafeStr as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

const COUNTY: &str = "421181";
const KIND: &str = "fengqiao.intake.v1.ReportAccepted";

/// A sender, and the two services that receive intake's events, each with a schema of its own.
struct World {
    database: TestDatabase,
    sender: PgPool,
    client: redis::Client,
    keys: Keys,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    outbox: Outbox,
}

/// Writes down what it is given; refuses an event whose payload is `poison`; the database refuses one that is
/// `indigestible`.
struct WritesDown;

#[async_trait]
impl Apply for WritesDown {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        let Some(mut tx) = step.begin(conn).await? else { return Ok(Applied::Overtaken) };
        if let Some(event) = batch.iter().find(|event| event.payload == b"poison") {
            return Err(ApplyError::Refuse { position: event.position, reason: "poison".into() });
        }
        if batch.iter().any(|event| event.payload == b"indigestible") {
            sqlx::query("SELECT 1 / 0").execute(&mut *tx).await?;
        }
        sqlx::query("INSERT INTO applied (position) SELECT * FROM UNNEST($1::bigint[])")
            .bind(positions(batch))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Applied::Done)
    }
}

/// Writes down everything but what it cannot take for now.
struct Mended {
    not_yet: &'static [u8],
}

#[async_trait]
impl Apply for Mended {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        if batch.iter().any(|event| event.payload == self.not_yet) {
            return Err(ApplyError::Retry("not now".into()));
        }
        let Some(mut tx) = step.begin(conn).await? else { return Ok(Applied::Overtaken) };
        sqlx::query("INSERT INTO applied (position) SELECT * FROM UNNEST($1::bigint[])")
            .bind(positions(batch))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Applied::Done)
    }
}

/// Writes down everything in one statement that takes the step.
struct InOneStatement;

#[async_trait]
impl Apply for InOneStatement {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        static WRITE: LazyLock<InStepStatement> = LazyLock::new(|| {
            InStepStatement::new(
                "own AS (INSERT INTO applied (position) SELECT UNNEST($6::bigint[]) FROM go) SELECT FROM go",
            )
        });
        let taken = step.query(&WRITE).bind(positions(batch)).fetch_optional(conn).await?;
        Ok(if taken.is_some() { Applied::Done } else { Applied::Overtaken })
    }
}

/// Writes down everything in the county's turn: the first time without holding it.
struct InItsTurn;

#[async_trait]
impl Apply for InItsTurn {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        static WRITE: LazyLock<InTurnStatement> = LazyLock::new(|| {
            InTurnStatement::new(
                "own AS (INSERT INTO applied (position) SELECT UNNEST($10::bigint[]) FROM go) SELECT position FROM go",
            )
        });
        for holding in [false, true] {
            let mut tx = conn.begin().await?;
            if holding {
                hold_turn(&mut tx, COUNTY).await?;
            }
            let turn: Option<i64> = sqlx::query_scalar("SELECT turn FROM outbox_head WHERE county = $1")
                .bind(COUNTY)
                .fetch_optional(&mut *tx)
                .await?;
            let turn = Turn(turn.unwrap_or_default());
            let in_turn = InTurn { county: COUNTY, turn, step: Some(step), events: &[] };
            let query = in_turn.query(&WRITE).bind(positions(batch));
            if query.fetch_optional(&mut *tx).await?.is_some() {
                tx.commit().await?;
                return Ok(Applied::Done);
            }
        }
        Ok(Applied::Overtaken)
    }
}

/// A part of a service, which goes at its own pace: it writes down nothing and fails as long as it is told to.
struct Aside(Arc<AtomicBool>);

#[async_trait]
impl Apply for Aside {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        _: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(ApplyError::Retry("not now".into()));
        }
        Ok(step.take_alone(conn).await?)
    }

    fn part(&self) -> Option<&'static str> {
        Some("aside")
    }
}

/// Writes down what it is given, and when it was given the first, after events have gathered.
#[derive(Default)]
struct Gathers(OnceLock<Instant>);

const GATHERED: Duration = Duration::from_millis(500);

#[async_trait]
impl Apply for Gathers {
    async fn apply(
        &self,
        conn: &mut PgConnection,
        step: &Step,
        batch: &[Envelope],
    ) -> Result<Applied, ApplyError> {
        self.0.get_or_init(Instant::now);
        WritesDown.apply(conn, step, batch).await
    }

    fn gathers_for(&self) -> Duration {
        GATHERED
    }
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let sender = schema(&database, "sender").await;
        let client = redis::Client::open(database.redis_url()).unwrap();
        let keys = Keys::new(database.redis_prefix());
        Self {
            sender,
            client,
            keys,
            stop: CancellationToken::new(),
            tasks: JoinSet::new(),
            outbox: Outbox::new(Topic::Intake),
            database,
        }
    }

    fn server(&self) -> RedisServer {
        self.database.redis_url().parse().unwrap()
    }

    async fn redis(&self) -> MultiplexedConnection {
        self.client.get_multiplexed_async_connection().await.unwrap()
    }

    fn relay(&mut self) {
        let relay = Relay::new(
            self.sender.clone(),
            self.server(),
            self.keys.clone(),
            self.outbox.clone(),
            vec![COUNTY.into()],
            quiet(),
        );
        self.tasks.spawn(relay.run(self.stop.clone()));
    }

    fn receive(&mut self, service: &'static str, pool: &PgPool) -> CancellationToken {
        self.receive_by(service, pool, Arc::new(WritesDown))
    }

    /// Receives until the token is cancelled that it returns, or the world ends.
    fn receive_by(
        &mut self,
        service: &'static str,
        pool: &PgPool,
        apply: Arc<dyn Apply>,
    ) -> CancellationToken {
        let receiver = Receiver {
            service,
            topic: Topic::Intake,
            county: COUNTY.into(),
            pool: pool.clone(),
            server: self.server(),
            keys: self.keys.clone(),
            apply,
            health: quiet(),
        };
        let stop = self.stop.child_token();
        self.tasks.spawn(receiver.run(stop.clone()));
        stop
    }

    async fn trim(&mut self) {
        let redis = self.server().shared().unwrap();
        let trimmer =
            Trimmer::new(self.sender.clone(), redis, self.keys.clone(), Topic::Intake, vec![COUNTY.into()]);
        self.tasks.spawn(trimmer.run(self.stop.clone()));
    }

    async fn send(&self, payloads: &[&str]) {
        let mut tx = self.sender.begin().await.unwrap();
        let events: Vec<Event> =
            payloads.iter().map(|p| Event { kind: KIND, payload: (*p).into(), trace: None }).collect();
        let first = append(&mut tx, COUNTY, &events).await.unwrap();
        tx.commit().await.unwrap();
        self.outbox.sent(COUNTY, first, events);
    }

    /// Whether the receiver has looked since [`World::forget_look`]: after its first look it says how far it is.
    async fn has_looked(&self, service: &str) -> bool {
        let key = self.keys.acknowledged(COUNTY, Topic::Intake);
        redis::cmd("HEXISTS").arg(key).arg(service).query_async(&mut self.redis().await).await.unwrap()
    }

    async fn forget_look(&self, service: &str) {
        let key = self.keys.acknowledged(COUNTY, Topic::Intake);
        let _: i64 =
            redis::cmd("HDEL").arg(key).arg(service).query_async(&mut self.redis().await).await.unwrap();
    }

    /// Ends all that works at it; others may begin.
    async fn halt(&mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.stop = CancellationToken::new();
    }

    async fn end(mut self) {
        self.halt().await;
        self.sender.close().await;
        drop(self.database);
    }
}

fn quiet() -> HealthReport {
    Arc::new(|_, _| {})
}

async fn schema(database: &TestDatabase, name: &str) -> PgPool {
    let options = PgConnectOptions::from_str(database.url()).unwrap().options([("search_path", name)]);
    let pool = PgPoolOptions::new().max_connections(6).connect_with(options).await.unwrap();
    pool.execute(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).await.unwrap();
    MIGRATIONS.run(&pool).await.unwrap();
    // No primary key: an event that is applied twice must show.
    pool.execute("CREATE TABLE applied (position bigint, arrival bigserial)").await.unwrap();
    pool
}

async fn applied(pool: &PgPool) -> Vec<i64> {
    sqlx::query_scalar("SELECT position FROM applied ORDER BY arrival").fetch_all(pool).await.unwrap()
}

/// What is parked: the positions and the reasons.
async fn parked(pool: &PgPool) -> Vec<(i64, String)> {
    let all = sqlx::query_as("SELECT position, reason FROM receiver_parked ORDER BY position");
    all.fetch_all(pool).await.unwrap()
}

fn positions(batch: &[Envelope]) -> Vec<i64> {
    batch.iter().map(|event| event.position).collect()
}

/// Waits until so many events are applied, then checks that they are 1, 2, 3 … each once.
async fn expect_exactly(pool: &PgPool, count: i64) {
    let until = Instant::now() + Duration::from_secs(20);
    while (applied(pool).await.len() as i64) < count && Instant::now() < until {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(applied(pool).await, (1..=count).collect::<Vec<_>>());
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < until, "not in time: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let world = World::new().await;
    for (name, sql) in STATEMENTS {
        world
            .sender
            .prepare(AssertSqlSafe((*sql).to_owned()).into_sql_str())
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let in_turn = InTurnStatement::new("own AS (SELECT 1) SELECT position FROM go").into_texts();
    for text in in_turn {
        world.sender.prepare(AssertSqlSafe(text).into_sql_str()).await.unwrap();
    }
    world.end().await;
}

#[tokio::test]
async fn events_are_applied_once_and_in_order_by_several_processes() {
    let mut world = World::new().await;
    let (routing, statistics) =
        (schema(&world.database, "routing").await, schema(&world.database, "statistics").await);
    for _ in 0..2 {
        world.relay();
        world.receive("routing", &routing);
    }
    world.receive("statistics", &statistics);
    let mut senders = JoinSet::new();
    for _ in 0..8 {
        let (pool, outbox) = (world.sender.clone(), world.outbox.clone());
        senders.spawn(async move {
            for _ in 0..50 {
                let mut tx = pool.begin().await.unwrap();
                let events = vec![Event { kind: KIND, payload: b"x".to_vec(), trace: None }; 3];
                let first = append(&mut tx, COUNTY, &events).await.unwrap();
                tx.commit().await.unwrap();
                // Half of them are as if another process had sent them.
                if first % 2 == 0 {
                    outbox.sent(COUNTY, first, events);
                }
            }
        });
    }
    while senders.join_next().await.is_some() {}
    expect_exactly(&routing, 1200).await;
    expect_exactly(&statistics, 1200).await;
    world.end().await;
}

/// What its relay tells of its health after its first round is a moment in which it does nothing else.
#[tokio::test]
async fn a_county_s_backlog_keeps_no_other_county_waiting() {
    let mut world = World::new().await;
    let counties = [COUNTY, "421182"];
    for (county, count) in counties.into_iter().zip([4_000, 1]) {
        let mut tx = world.sender.begin().await.unwrap();
        let events = vec![Event { kind: KIND, payload: b"x".to_vec(), trace: None }; count];
        append(&mut tx, county, &events).await.unwrap();
        tx.commit().await.unwrap();
    }
    let after_a_round = Arc::new(OnceLock::new());
    let lengths = {
        let (client, keys) = (world.client.clone(), world.keys.clone());
        move || {
            let mut redis = client.get_connection().unwrap();
            counties.map(|county| {
                let key = keys.events(county, Topic::Intake);
                redis::cmd("XLEN").arg(key).query::<usize>(&mut redis).unwrap()
            })
        }
    };
    let health: HealthReport = {
        let (lengths, after_a_round) = (lengths.clone(), Arc::clone(&after_a_round));
        Arc::new(move |_, well| {
            if well {
                after_a_round.get_or_init(&lengths);
            }
        })
    };
    let relay = Relay::new(
        world.sender.clone(),
        world.server(),
        world.keys.clone(),
        world.outbox.clone(),
        counties.map(Into::into).into(),
        health,
    );
    world.tasks.spawn(relay.run(world.stop.clone()));
    until("all is published", async || lengths() == [4_000, 1]).await;
    let [many, one] = *after_a_round.get().unwrap();
    assert!(many <= 1_000, "{many} went before the other county's turn");
    assert_eq!(one, 1);
    world.end().await;
}

#[tokio::test]
async fn an_abandoned_transaction_leaves_no_gap() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    world.relay();
    world.receive("routing", &routing);
    world.send(&["a"]).await;
    let mut tx = world.sender.begin().await.unwrap();
    append(&mut tx, COUNTY, &[Event { kind: KIND, payload: b"gone".to_vec(), trace: None }]).await.unwrap();
    tx.rollback().await.unwrap();
    world.send(&["b"]).await;
    expect_exactly(&routing, 2).await;
    world.end().await;
}

#[tokio::test]
async fn a_wiped_redis_and_one_that_lost_its_last_second_heal_alone() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    let key = world.keys.events(COUNTY, Topic::Intake);
    let mut redis = world.redis().await;
    world.relay();
    world.receive("routing", &routing);
    world.trim().await;
    world.send(&["a", "b", "c"]).await;
    expect_exactly(&routing, 3).await;
    // Wiped, also what receivers had acknowledged.
    for each in [key.clone(), world.keys.acknowledged(COUNTY, Topic::Intake)] {
        let _: i64 = redis::cmd("DEL").arg(each).query_async(&mut redis).await.unwrap();
    }
    world.send(&["d", "e", "f"]).await;
    expect_exactly(&routing, 6).await;
    // Back to where it was two events ago.
    let _: i64 = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
    for position in 1..=4 {
        let _: String = redis::cmd("XADD")
            .arg(&key)
            .arg(format!("{position}-0"))
            .arg("k")
            .arg(KIND)
            .arg("p")
            .arg("x")
            .arg("t")
            .arg("")
            .query_async(&mut redis)
            .await
            .unwrap_or_default();
    }
    world.send(&["g"]).await;
    expect_exactly(&routing, 7).await;
    world.end().await;
}

/// Whether the receiver has said since [`say_nothing_yet`] that it has everything.
async fn has_said(pool: &PgPool) -> bool {
    sqlx::query_scalar("SELECT caught_up_at > 'epoch' FROM receiver_position").fetch_one(pool).await.unwrap()
}

async fn say_nothing_yet(pool: &PgPool) {
    let sql = "INSERT INTO receiver_position (county, topic, position, caught_up_at)
        VALUES ($1, 'intake', 0, 'epoch') ON CONFLICT (county, topic) DO UPDATE SET caught_up_at = 'epoch'";
    sqlx::query(sql).bind(COUNTY).execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_receiver_has_everything_of_a_county_that_never_had_an_event() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    say_nothing_yet(&routing).await;
    world.receive("routing", &routing);
    until("it says so", async || has_said(&routing).await).await;
    world.end().await;
}

#[tokio::test]
async fn a_receiver_does_not_say_that_it_has_everything_while_the_stream_is_lost() {
    let mut world = World::new().await;
    let (routing, statistics) =
        (schema(&world.database, "routing").await, schema(&world.database, "statistics").await);
    let key = world.keys.events(COUNTY, Topic::Intake);
    let mut redis = world.redis().await;
    world.relay();
    world.trim().await;
    world.receive("routing", &routing);
    world.receive("statistics", &statistics);
    world.send(&["a", "b", "c"]).await;
    expect_exactly(&routing, 3).await;
    until("the sender knows that all have it", async || {
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox_receiver WHERE position = 3")
            .fetch_one(&world.sender)
            .await
            .unwrap();
        kept == 2
    })
    .await;
    // Redis is emptied while the sender is away.
    world.halt().await;
    let _: i64 = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
    say_nothing_yet(&routing).await;
    world.forget_look("routing").await;
    world.receive("routing", &routing);
    until("it has looked while nothing comes", async || world.has_looked("routing").await).await;
    assert!(!has_said(&routing).await);
    // Nothing was missing, and only the sender knows it.
    world.relay();
    until("it says so", async || has_said(&routing).await).await;
    let length: i64 = redis::cmd("XLEN").arg(&key).query_async(&mut redis).await.unwrap();
    assert_eq!(length, 0, "nothing is published again");
    world.send(&["d"]).await;
    expect_exactly(&routing, 4).await;
    // Its end is lost.
    world.halt().await;
    let _: i64 = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
    let _: String = redis::cmd("XADD")
        .arg(&key)
        .arg(&["3-0", "k", KIND, "p", "x", "t", ""])
        .query_async(&mut redis)
        .await
        .unwrap();
    say_nothing_yet(&routing).await;
    world.forget_look("routing").await;
    world.receive("routing", &routing);
    until("it has looked at what is left", async || world.has_looked("routing").await).await;
    assert!(!has_said(&routing).await);
    world.relay();
    until("it says so", async || has_said(&routing).await).await;
    expect_exactly(&routing, 4).await;
    world.end().await;
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_is_parked_and_holds_nobody_up() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    world.send(&["a", "poison", "b", "poison"]).await;
    world.relay();
    world.receive("routing", &routing);
    until("two events are parked", async || {
        let parked: Vec<i64> = sqlx::query_scalar("SELECT position FROM receiver_parked ORDER BY 1")
            .fetch_all(&routing)
            .await
            .unwrap();
        parked == [2, 4]
    })
    .await;
    assert_eq!(applied(&routing).await, [1, 3]);
    world.end().await;
}

#[tokio::test]
async fn what_is_parked_is_tried_again_when_a_receiver_begins() {
    const DATA: &str = "the database refuses its data";
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    world.send(&["a", "poison", "b", "indigestible"]).await;
    world.relay();
    let stop = world.receive("routing", &routing);
    let refused = [(2, "poison".to_owned()), (4, DATA.to_owned())];
    until("two events are parked", async || parked(&routing).await == refused).await;
    stop.cancel();

    // Refused again: it says why anew, and has been parked as long as before.
    let long_ago = "UPDATE receiver_parked SET reason = 'before', parked_at = now() - interval '3 days'";
    routing.execute(long_ago).await.unwrap();
    let stop = world.receive("routing", &routing);
    until("both are refused again", async || parked(&routing).await == refused).await;
    let old: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM receiver_parked WHERE parked_at < now() - interval '2 days'",
    )
    .fetch_one(&routing)
    .await
    .unwrap();
    assert_eq!(old, 2);
    stop.cancel();

    // One can be applied now; the other fails of something else, which says nothing of the event.
    let stop = world.receive_by("routing", &routing, Arc::new(Mended { not_yet: b"poison" }));
    until("one is taken out", async || parked(&routing).await == refused[..1]).await;
    stop.cancel();
    let stop = world.receive_by("routing", &routing, Arc::new(Mended { not_yet: b"" }));
    until("nothing is parked", async || parked(&routing).await.is_empty()).await;
    stop.cancel();

    // It goes on where it stood, and no later begin knows of them.
    world.receive_by("routing", &routing, Arc::new(Mended { not_yet: b"" }));
    world.send(&["c"]).await;
    until("what is new is applied", async || applied(&routing).await == [1, 3, 4, 2, 5]).await;
    world.end().await;
}

#[tokio::test]
async fn what_is_parked_is_applied_once_however_many_begin() {
    const MANY: usize = 40;
    let ways: [fn() -> Arc<dyn Apply>; 3] =
        [|| Arc::new(Mended { not_yet: b"" }), || Arc::new(InOneStatement), || Arc::new(InItsTurn)];
    for way in ways {
        let mut world = World::new().await;
        let routing = schema(&world.database, "routing").await;
        world.send(&["poison"; MANY]).await;
        world.relay();
        let stop = world.receive("routing", &routing);
        until("all are parked", async || parked(&routing).await.len() == MANY).await;
        stop.cancel();
        for _ in 0..2 {
            world.receive_by("routing", &routing, way());
        }
        until("nothing is parked", async || parked(&routing).await.is_empty()).await;
        world.send(&["a"]).await;
        until("what is new is applied", async || applied(&routing).await.contains(&(MANY as i64 + 1))).await;
        let mut all = applied(&routing).await;
        all.sort_unstable();
        assert_eq!(all, (1..=MANY as i64 + 1).collect::<Vec<_>>());
        let position: i64 =
            sqlx::query_scalar("SELECT position FROM receiver_position").fetch_one(&routing).await.unwrap();
        assert_eq!(position, MANY as i64 + 1);
        world.end().await;
    }
}

#[tokio::test]
async fn a_part_of_a_service_holds_nobody_up_and_goes_on_where_it_stood() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    let position = async || {
        sqlx::query_scalar::<_, i64>("SELECT position FROM receiver_position WHERE topic = 'intake aside'")
            .fetch_optional(&routing)
            .await
            .unwrap()
    };
    let failing = Arc::new(AtomicBool::new(true));
    world.relay();
    world.receive("routing", &routing);
    world.receive_by("routing", &routing, Arc::new(Aside(Arc::clone(&failing))));
    world.send(&["a", "b", "c"]).await;
    expect_exactly(&routing, 3).await;
    until("the part has begun", async || position().await == Some(0)).await;
    failing.store(false, Ordering::Relaxed);
    until("the part has all", async || position().await == Some(3)).await;
    assert_eq!(applied(&routing).await, [1, 2, 3]);
    world.end().await;
}

#[tokio::test]
async fn who_gathers_applies_nothing_before_and_loses_nothing_where_the_stream_is_lost_meanwhile() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    let (key, mut redis) = (world.keys.events(COUNTY, Topic::Intake), world.redis().await);
    let gathers = Arc::new(Gathers::default());
    world.relay();
    world.receive_by("routing", &routing, Arc::<Gathers>::clone(&gathers));
    until("the receiver has looked", async || world.has_looked("routing").await).await;
    let sent = Instant::now();
    world.send(&["a", "b", "c"]).await;
    expect_exactly(&routing, 3).await;
    assert!(gathers.0.get().is_some_and(|given| given.duration_since(sent) >= GATHERED));
    // It has read that something is there, and finds nothing when it looks again.
    world.send(&["d"]).await;
    until("it is in the stream", async || {
        redis::cmd("XLEN").arg(&key).query_async::<i64>(&mut redis).await.unwrap() == 4
    })
    .await;
    let _: i64 = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
    world.send(&["e", "f"]).await;
    expect_exactly(&routing, 6).await;
    world.end().await;
}

#[tokio::test]
async fn an_event_that_the_database_refuses_costs_no_neighbour() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    world.send(&["a", "b", "indigestible", "c", "d", "e"]).await;
    world.relay();
    world.receive("routing", &routing);
    until("all others are applied", async || applied(&routing).await == [1, 2, 4, 5, 6]).await;
    let parked: Vec<(i64, String)> =
        sqlx::query_as("SELECT position, reason FROM receiver_parked").fetch_all(&routing).await.unwrap();
    assert_eq!(parked, [(3, "the database refuses its data".to_owned())]);
    world.end().await;
}

#[tokio::test]
async fn what_a_receiver_still_needs_is_never_trimmed() {
    let mut world = World::new().await;
    let (routing, statistics) =
        (schema(&world.database, "routing").await, schema(&world.database, "statistics").await);
    let key = world.keys.events(COUNTY, Topic::Intake);
    let mut redis = world.redis().await;
    world.relay();
    world.trim().await;
    world.receive("routing", &routing);
    world.send(&["a", "b", "c"]).await;
    expect_exactly(&routing, 3).await;
    // The trimmer has seen what routing has; statistics has not come yet.
    until("routing's acknowledgement is kept", async || {
        let kept: Option<i64> =
            sqlx::query_scalar("SELECT position FROM outbox_receiver WHERE receiver = 'routing'")
                .fetch_optional(&world.sender)
                .await
                .unwrap();
        kept == Some(3)
    })
    .await;
    let length: i64 = redis::cmd("XLEN").arg(&key).query_async(&mut redis).await.unwrap();
    assert_eq!(length, 3);
    world.receive("statistics", &statistics);
    expect_exactly(&statistics, 3).await;
    until("the stream is trimmed", async || {
        let length: i64 = redis::cmd("XLEN").arg(&key).query_async(&mut redis).await.unwrap();
        length == 0
    })
    .await;
    // A receiver that was restored from yesterday's backup gets everything again.
    sqlx::query("UPDATE receiver_position SET position = 0").execute(&statistics).await.unwrap();
    sqlx::query("TRUNCATE applied").execute(&statistics).await.unwrap();
    world.send(&["d"]).await;
    expect_exactly(&statistics, 4).await;
    expect_exactly(&routing, 4).await;
    world.end().await;
}

/// The entry's form is stored: `tests/samples/formats`.
#[tokio::test]
async fn a_stream_entry_of_every_past_version_is_read() {
    let mut world = World::new().await;
    let routing = schema(&world.database, "routing").await;
    let sample = include_str!("../../../tests/samples/formats/stream-entry.json");
    let sample: serde_json::Value = serde_json::from_str(sample).unwrap();
    let mut add = redis::cmd("XADD");
    add.arg(world.keys.events(COUNTY, Topic::Intake)).arg(sample["id"].as_str().unwrap());
    for (name, value) in sample["fields"].as_object().unwrap() {
        add.arg(name).arg(value.as_str().unwrap());
    }
    let _: String = add.query_async(&mut world.redis().await).await.unwrap();
    world.receive("routing", &routing);
    expect_exactly(&routing, 1).await;
    world.end().await;
}

#[tokio::test]
async fn a_change_is_made_in_its_turn_or_not_at_all() {
    let world = World::new().await;
    static WRITE: LazyLock<InTurnStatement> = LazyLock::new(|| {
        InTurnStatement::new(
            "own AS (INSERT INTO applied (position) SELECT $10::bigint FROM go) SELECT position FROM go",
        )
    });
    let events = [Event { kind: KIND, payload: b"x".to_vec(), trace: None }];
    let change = async |turn: i64, value: i64| {
        let in_turn = InTurn { county: COUNTY, turn: Turn(turn), step: None, events: &events };
        let row = in_turn.query(&WRITE).bind(value).fetch_optional(&world.sender).await.unwrap();
        InTurn::first_position(row.as_ref()).unwrap()
    };
    assert_eq!(change(0, 1).await, None, "the county has no turn yet");
    let mut tx = world.sender.begin().await.unwrap();
    hold_turn(&mut tx, COUNTY).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(change(0, 2).await, Some(1));
    assert_eq!(change(0, 3).await, None, "the turn is over");
    assert_eq!(change(1, 4).await, Some(2));
    // Another change of the county, whose end this one waits for.
    let mut tx = world.sender.begin().await.unwrap();
    append(&mut tx, COUNTY, &events).await.unwrap();
    let (late, ()) = tokio::join!(change(2, 5), async {
        sleep(Duration::from_millis(50)).await;
        tx.commit().await.unwrap();
    });
    assert_eq!(late, None);
    assert_eq!(applied(&world.sender).await, [2, 4]);
    let sent: Vec<i64> = sqlx::query_scalar("SELECT position FROM outbox_event ORDER BY position")
        .fetch_all(&world.sender)
        .await
        .unwrap();
    assert_eq!(sent, [1, 2, 3], "positions are dense");
    world.end().await;
}

#[tokio::test]
async fn what_is_applied_is_still_kept_for_a_while() {
    let mut world = World::new().await;
    let (routing, statistics) =
        (schema(&world.database, "routing").await, schema(&world.database, "statistics").await);
    world.relay();
    world.receive("routing", &routing);
    world.receive("statistics", &statistics);
    world.send(&["old", "old", "young"]).await;
    expect_exactly(&statistics, 3).await;
    world
        .sender
        .execute("UPDATE outbox_event SET recorded_at = now() - interval '31 days' WHERE position < 3")
        .await
        .unwrap();
    world.trim().await;
    let kept = async || -> Vec<i64> {
        let all = sqlx::query_scalar("SELECT position FROM outbox_event ORDER BY position");
        all.fetch_all(&world.sender).await.unwrap()
    };
    until("the old ones are gone", async || kept().await == [3]).await;
    // A look begins with writing down what all have: when that is done twice more, a whole look has passed.
    for _ in 0..2 {
        sqlx::query("DELETE FROM outbox_receiver").execute(&world.sender).await.unwrap();
        until("it looks again", async || {
            let told: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox_receiver WHERE position = 3")
                .fetch_one(&world.sender)
                .await
                .unwrap();
            told == 2
        })
        .await;
    }
    assert_eq!(kept().await, [3]);
    world.end().await;
}
