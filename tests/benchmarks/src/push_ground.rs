//! Where pushing is measured: the stack's notification with webhooks that end at a sink, and nothing else running.

use std::time::Duration;

use fengqiao_proto::{
    routing::v1::PushRequested,
    types::v1::{FormKind, Level, Matter},
};
use fengqiao_sealing::Keyring;
use fengqiao_stack::{Stack, StackError, StackPlan, services::Service};
use jiff::Timestamp;
use prost::Message as _;
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use crate::sink::Sink;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a push carries: with it, the body that is posted has about 1 KB.
pub const NARRATIVE_BYTES: usize = 500;

/// A stack of which only notification runs.
pub struct PushGround {
    /// The stack.
    pub stack: Stack,
    /// Notification's database.
    pub pool: PgPool,
    /// The county's code.
    pub county: String,
    /// The agencies that have webhooks.
    pub agencies: Vec<String>,
    keyring: Keyring,
    _folder: tempfile::TempDir,
}

impl PushGround {
    /// Starts it: so many agencies, so many requests at once to each.
    ///
    /// # Errors
    /// Where a part does not start.
    pub async fn start(agencies: usize, at_once: usize, sink: &Sink) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let settings = folder.path().join("notification.toml");
        std::fs::write(&settings, format!("[delivery]\nrequests_at_once = {at_once}\n"))?;
        let mut plan = StackPlan::new(folder.path().join("stack"), StackPlan::sample_county());
        let agencies: Vec<String> = (0..agencies).map(|n| format!("agency-{n}")).collect();
        plan.webhooks = agencies.iter().map(|agency| (agency.clone(), sink.url(agency))).collect();
        plan.environment.push(("FENGQIAO_NOTIFICATION_FILE".to_owned(), settings.display().to_string()));
        let stack = Stack::start(plan, |part| eprintln!("starting {part}")).await?;
        for service in [Service::Intake, Service::Routing, Service::Statistics] {
            stack.service(service).stop().await;
        }
        let postgres = stack.postgres().ok_or_else(|| StackError::Invalid("no Postgres".into()))?;
        let pool = PgPool::connect(postgres.url()).await?;
        let keyring = Keyring::load(&stack.secrets.sealing_keys())?;
        let county = stack.county.code.clone();
        Ok(Self { stack, pool, county, agencies, keyring, _folder: folder })
    }

    /// The URL of the stack's Redis.
    ///
    /// # Errors
    /// Where it has none of its own.
    pub fn redis_url(&self) -> Result<String, Failure> {
        Ok(self.stack.redis().ok_or("the stack started no Redis")?.url().to_owned())
    }

    /// A push of a case, as routing would ask for it.
    #[must_use]
    pub fn request(&self, agency: &str, level: Level, case_id: Uuid) -> PushRequested {
        let narrative = "楼上漏水，多次协商未果。".chars().cycle().take(NARRATIVE_BYTES / 3).collect();
        let matter = Matter { title: "邻里漏水".into(), narrative, ..Matter::default() };
        let now = Timestamp::now();
        PushRequested {
            push_id: Uuid::now_v7().to_string(),
            case_id: case_id.to_string(),
            case_number: "20261127-0001".into(),
            agency: agency.to_owned(),
            form: FormKind::ReportForm.into(),
            level: level.into(),
            area_code: self.county.clone(),
            area_name: "阎家河镇".into(),
            category: "neighbourhood".into(),
            requested_at: Some(prost_types::Timestamp {
                seconds: now.as_second(),
                nanos: now.subsec_nanosecond(),
            }),
            reason: "规则".into(),
            sealed_matter: self.keyring.seal(&matter.encode_to_vec(), self.county.as_bytes()),
            ..PushRequested::default()
        }
    }

    /// Stops notification and lets so many pushes wait: two of each case, red, orange and yellow mixed. Returns their ids in
    /// the order in which they were asked for, each with its level and case.
    ///
    /// # Errors
    /// What Postgres says.
    pub async fn fill(&self, count: usize) -> Result<Vec<(String, Level, Uuid)>, Failure> {
        self.stack.service(Service::Notification).stop().await;
        self.pool
            .execute("TRUNCATE notification.push, notification.push_delivery, notification.delivery_attempt")
            .await?;
        let mut asked = Vec::with_capacity(count);
        let mut cases = Vec::new();
        for number in 0..count {
            let pair = number / 2;
            // The two of a case are a whole round of agencies apart.
            if number % 2 == 0 {
                cases.push(Uuid::now_v7());
            }
            let level = match pair % 20 {
                0 => Level::Red,
                1..4 => Level::Orange,
                _ => Level::Yellow,
            };
            asked.push(self.request(&self.agencies[pair % self.agencies.len()], level, cases[pair]));
        }
        for chunk in asked.chunks(1_000) {
            let column = |get: fn(&PushRequested) -> &str| chunk.iter().map(get).collect::<Vec<_>>();
            sqlx::query(
                "WITH asked AS (
                     SELECT push_id::uuid, case_id::uuid, agency, level, sealed, now() + n * interval '1 microsecond' AS at
                     FROM UNNEST($2::text[], $3::text[], $4::text[], $5::smallint[], $6::bytea[])
                         WITH ORDINALITY AS asked (push_id, case_id, agency, level, sealed, n)
                 ), on_way AS (
                     INSERT INTO notification.push_delivery (
                         county, push_id, agency, subject, case_id, level, requested_at, queue_at)
                     SELECT $1, push_id, agency, 1, case_id, level, at, now() FROM asked
                 )
                 INSERT INTO notification.push (county, push_id, case_id, case_number, agency, form, level, area_code,
                     area_name, category, reason, requested_at, sealed_matter)
                 SELECT $1, push_id, case_id, '20261127-0001', agency, 1, level, $1, '阎家河镇', 'neighbourhood',
                     '规则', at, sealed
                 FROM asked",
            )
            .bind(&self.county)
            .bind(column(|p| &p.push_id))
            .bind(column(|p| &p.case_id))
            .bind(column(|p| &p.agency))
            .bind(chunk.iter().map(|p| p.level as i16).collect::<Vec<_>>())
            .bind(chunk.iter().map(|p| p.sealed_matter.clone()).collect::<Vec<_>>())
            .execute(&self.pool)
            .await?;
        }
        self.pool.execute("VACUUM ANALYZE notification.push, notification.push_delivery").await?;
        Ok(asked
            .into_iter()
            .map(|one| {
                let (level, case) = (one.level(), Uuid::parse_str(&one.case_id).unwrap_or_default());
                (one.push_id, level, case)
            })
            .collect())
    }

    /// Starts notification again: what waits goes out.
    pub fn go(&self) {
        self.stack.service(Service::Notification).process().start_again();
    }

    /// Waits until nothing waits any more and returns how many attempts are recorded. What was told of them is taken as
    /// applied by its receivers, which do not run here.
    ///
    /// # Errors
    /// Where it does not come to an end.
    pub async fn finish(&self) -> Result<i64, Failure> {
        for _ in 0..200 {
            let waiting: i64 =
                sqlx::query_scalar("SELECT count(*) FROM notification.push_delivery WHERE delivery = 1")
                    .fetch_one(&self.pool)
                    .await?;
            if waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let recorded =
            sqlx::query_scalar("SELECT count(*) FROM notification.delivery_attempt WHERE delivered")
                .fetch_one(&self.pool)
                .await?;
        let head: i64 =
            sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM notification.outbox_event")
                .fetch_one(&self.pool)
                .await?;
        let mut redis = redis::Client::open(self.redis_url()?)?.get_multiplexed_async_connection().await?;
        redis::cmd("HSET")
            .arg(format!("fq:{{{}}}:acknowledged:notification", self.county))
            .arg(&["routing", &head.to_string(), "statistics", &head.to_string()])
            .query_async::<()>(&mut redis)
            .await?;
        Ok(recorded)
    }
}
