//! A notification service without its gRPC server, on a database of the test's own.

#![allow(dead_code)]

pub mod sink;

use std::{
    collections::HashMap,
    path::Path,
    str::FromStr as _,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use fengqiao_county::Counties;
use fengqiao_messaging::{Applied, Apply as _, Envelope, Keys, Outbox, RedisServer, Step, Topic};
use fengqiao_notification::{
    MIGRATIONS,
    delivery::{Arrivals, Delivery, Keeper, Kept, Settling, StreamSession, sweep_forever},
    domain::retry::RetrySchedule,
    endpoints::Endpoints,
    error::NotificationError,
    events::PUSH_REQUESTED,
    forms::{Forms, press},
    people::{People, PeopleEvents},
    queue::{Bells, QueueKeys, Queues, Seated, listen},
    settings::DeliverySettings,
    store::{Act, Answer, ResumePlace, Store},
};
use fengqiao_paper::{FONT_FOLDER, Press};
use fengqiao_proto::{
    notification::v1::{
        CannotReason, FeedbackOutcome, Push, PushReceipt, PushesDelivered, ReceiptKind, ReturnReason,
    },
    routing::v1::PushRequested,
    types::v1::{FormKind, Level, Matter, PushSubject},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{now, to_proto};
use fengqiao_stack::test_database::TestDatabase;
use futures::{StreamExt as _, channel::mpsc as acknowledgements};
use prost::{Message as _, Name as _};
use sqlx::{
    Executor as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub const COUNTY: &str = "421181";
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What all processes share.
pub struct World {
    pub database: TestDatabase,
    pub pool: PgPool,
    pub keyring: Arc<Keyring>,
    /// The file that the keys come from.
    pub keys: tempfile::NamedTempFile,
    pub settings: DeliverySettings,
    /// How persons are told; nobody is where a test does not say it.
    pub people: People,
    position: std::sync::atomic::AtomicI64,
}

/// One process of the service.
pub struct Process {
    pub delivery: Arc<Delivery>,
    pub arrivals: Arrivals,
    pub persons: PeopleEvents,
    pub forms: Arc<Forms>,
    pub stop: CancellationToken,
    tasks: TaskTracker,
}

/// An agency on a stream.
pub struct Agency {
    acknowledge: acknowledgements::UnboundedSender<Result<Uuid, NotificationError>>,
    pushes: mpsc::Receiver<Push>,
    session: JoinHandle<Result<(), NotificationError>>,
}

/// Retries that a test can wait for.
pub fn quick() -> DeliverySettings {
    DeliverySettings {
        lease: Duration::from_millis(600),
        request_timeout: Duration::from_millis(400),
        requests_at_once: 4,
        owner_lease: Duration::from_millis(1_200),
        retry: RetrySchedule {
            first: Duration::from_millis(50),
            factor: 2.0,
            longest: Duration::from_millis(500),
            jitter: 0.2,
            tries: 3,
        },
    }
}

/// What an officer of an agency does now.
pub fn answer(push_id: Uuid, agency: &str, act: Act) -> Answer {
    Answer {
        county: COUNTY.into(),
        push_id,
        agency: agency.into(),
        actor: "li".into(),
        capacity: "officer".into(),
        act,
        at: now(),
        recorded: None,
    }
}

impl World {
    pub async fn new(settings: DeliverySettings) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let pool = connect(&database).await;
        pool.execute("CREATE SCHEMA notification").await.unwrap();
        for migrations in [&fengqiao_messaging::MIGRATIONS, &MIGRATIONS] {
            let migrator = sqlx::migrate::Migrator {
                migrations: migrations.migrations.clone(),
                ignore_missing: true,
                ..sqlx::migrate::Migrator::DEFAULT
            };
            migrator.run(&pool).await.unwrap();
        }
        let keys = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(keys.path(), Keyring::generate()).unwrap();
        let keyring = Arc::new(Keyring::load(keys.path()).unwrap());
        Self { database, pool, keyring, keys, settings, people: People::default(), position: 0.into() }
    }

    /// Starts a process.
    pub async fn process(&self) -> Process {
        self.process_on(self.pool.clone()).await
    }

    /// Connections of one's own, for a process in a runtime of its own.
    pub async fn connect(&self) -> PgPool {
        connect(&self.database).await
    }

    /// Starts a process on these connections.
    pub async fn process_on(&self, pool: PgPool) -> Process {
        self.process_with(pool, Endpoints::default()).await
    }

    /// Starts a process that has read a file of endpoints.
    pub async fn process_with(&self, pool: PgPool, endpoints: Endpoints) -> Process {
        self.process_at(self.database.redis_url(), pool, endpoints).await
    }

    /// Starts a process whose Redis is away.
    pub async fn process_without_redis(&self) -> Process {
        self.process_at("redis://127.0.0.1:1", self.pool.clone(), Endpoints::default()).await
    }

    async fn process_at(&self, redis: &str, pool: PgPool, endpoints: Endpoints) -> Process {
        let server = RedisServer::from_str(redis).unwrap();
        let keys = QueueKeys::new(Keys::new(self.database.redis_prefix()));
        let queues = Queues::new(server.shared().unwrap(), keys.clone());
        let store = Store::new(pool, Outbox::new(Topic::Notification));
        let counties = vec![COUNTY.to_owned()];
        let (settling, settlers) = Settling::new(&counties, &store, &queues);
        let delivery = Arc::new(Delivery {
            store,
            queues,
            bells: Bells::default(),
            kept: Kept::default(),
            endpoints,
            settling,
            keyring: Arc::clone(&self.keyring),
            settings: HashMap::from([(COUNTY.to_owned(), self.settings.clone())]),
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for settler in settlers {
            tasks.spawn(settler.run(stop.clone()));
        }
        tasks.spawn(listen(server, keys, counties.clone(), delivery.bells.clone(), stop.clone()));
        tasks.spawn(sweep_forever(Arc::clone(&delivery), counties, stop.clone()));
        let forms = Arc::new(self.forms(&delivery.store));
        forms.keep_templates().await.unwrap();
        Process {
            arrivals: Arrivals::new(Arc::clone(&delivery), Arc::clone(&forms)),
            persons: PeopleEvents::new(self.people.clone(), Arc::clone(&self.keyring)),
            delivery,
            forms,
            stop,
            tasks,
        }
    }

    /// The sample county's forms.
    fn forms(&self, store: &Store) -> Forms {
        static COUNTIES: LazyLock<Counties> = LazyLock::new(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
            Counties::load(&[folder]).unwrap()
        });
        static PRESS: LazyLock<Option<Arc<Press>>> = LazyLock::new(|| press(Path::new(FONT_FOLDER)));
        Forms::load(&COUNTIES, Arc::clone(&self.keyring), store.clone(), PRESS.clone()).unwrap()
    }

    /// What routing would ask for.
    pub fn request(&self, agency: &str, level: Level) -> (Uuid, Envelope) {
        self.request_with(agency, level, &[])
    }

    /// What routing would ask for, to be returned for these reasons only with evidence.
    pub fn request_with(
        &self,
        agency: &str,
        level: Level,
        evidence_for: &[ReturnReason],
    ) -> (Uuid, Envelope) {
        let push_id = Uuid::now_v7();
        let matter =
            Matter { title: "邻里漏水".into(), narrative: "楼上漏水".into(), ..Default::default() };
        let asked = PushRequested {
            push_id: push_id.to_string(),
            case_id: Uuid::now_v7().to_string(),
            case_number: "20261124-0001".into(),
            agency: agency.into(),
            form: FormKind::ReportForm.into(),
            level: level.into(),
            area_code: "421181105".into(),
            area_name: "阎家河镇".into(),
            category: "neighbourhood".into(),
            requested_at: Some(to_proto(now())),
            reason: "规则".into(),
            evidence_for: evidence_for.iter().map(|reason| *reason as i32).collect(),
            sealed_matter: self.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes()),
            ..Default::default()
        };
        let envelope = Envelope {
            county: COUNTY.into(),
            topic: Topic::Routing,
            position: 1 + self.position.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            kind: PUSH_REQUESTED.into(),
            payload: asked.encode_to_vec(),
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        };
        (push_id, envelope)
    }

    /// What routing would ask for, of this case.
    pub fn request_of(&self, agency: &str, level: Level, case_id: Uuid) -> (Uuid, Envelope) {
        let (push_id, envelope) = self.request(agency, level);
        let asked = PushRequested::decode(envelope.payload.as_slice()).unwrap();
        let asked = PushRequested { case_id: case_id.to_string(), ..asked };
        (push_id, Envelope { payload: asked.encode_to_vec(), ..envelope })
    }

    /// What routing would ask for of a duty besides cases.
    pub fn reminder(&self, agency: &str) -> (Uuid, Envelope) {
        let (push_id, envelope) = self.request(agency, Level::Yellow);
        let asked = PushRequested {
            subject: PushSubject::Duty.into(),
            form: FormKind::ReminderLetter.into(),
            case_number: String::new(),
            category: String::new(),
            sealed_matter: Vec::new(),
            ..PushRequested::decode(envelope.payload.as_slice()).unwrap()
        };
        (push_id, Envelope { payload: asked.encode_to_vec(), ..envelope })
    }

    /// Lets pushes arrive at a process, in one batch.
    pub async fn arrive(&self, process: &Process, wanted: &[(&str, Level)]) -> Vec<Uuid> {
        let (ids, batch): (Vec<_>, Vec<_>) =
            wanted.iter().map(|(agency, level)| self.request(agency, *level)).unzip();
        self.apply(process, &batch).await;
        ids
    }

    pub async fn apply(&self, process: &Process, batch: &[Envelope]) {
        let mut conn = self.pool.acquire().await.unwrap();
        let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Routing).await.unwrap();
        assert_eq!(process.arrivals.apply(&mut conn, &step, batch).await.unwrap(), Applied::Done);
        assert_eq!(process.persons.apply(&mut conn, &step, batch).await.unwrap(), Applied::Done);
    }

    /// As if the process had died between the commit and the queue.
    pub async fn apply_without_queueing(&self, process: &Process, batch: &[Envelope]) {
        let mut conn = self.pool.acquire().await.unwrap();
        let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Routing).await.unwrap();
        assert!(process.arrivals.store(&mut conn, &step, batch).await.unwrap().is_some());
    }

    /// All receipts sent so far, in order; each delivery that was told with others as one of its own.
    pub async fn receipts(&self) -> Vec<PushReceipt> {
        let events: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT kind, payload FROM outbox_event ORDER BY position")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let mut receipts = Vec::new();
        for (kind, payload) in events {
            if kind == PushesDelivered::full_name() {
                let told = PushesDelivered::decode(payload.as_slice()).unwrap();
                receipts.extend(told.pushes.into_iter().map(|push| PushReceipt {
                    push_id: push.push_id,
                    case_id: push.case_id,
                    agency: push.agency,
                    at: push.at,
                    subject: push.subject,
                    kind: ReceiptKind::Delivered.into(),
                    actor: "system".into(),
                    ..PushReceipt::default()
                }));
            } else if kind == PushReceipt::full_name() {
                receipts.push(PushReceipt::decode(payload.as_slice()).unwrap());
            }
        }
        receipts
    }

    /// How many pushes are in this delivery state.
    pub async fn in_state(&self, delivery: i16) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM push_now WHERE delivery = $1")
            .bind(delivery)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Removes everything of this test from Redis, as FLUSHALL would.
    pub async fn empty_redis(&self) {
        let client = redis::Client::open(self.database.redis_url()).unwrap();
        let mut redis = client.get_multiplexed_async_connection().await.unwrap();
        let keys: Vec<String> = redis::cmd("KEYS")
            .arg(format!("{}:*", self.database.redis_prefix()))
            .query_async(&mut redis)
            .await
            .unwrap();
        if !keys.is_empty() {
            redis::cmd("DEL").arg(keys).query_async::<()>(&mut redis).await.unwrap();
        }
    }
}

impl Process {
    /// An agency opens a stream.
    pub fn open(&self, agency: &str, window: usize) -> Agency {
        self.open_after(agency, window, None)
    }

    /// An agency opens a stream and wants again what it has had since a place.
    pub fn open_after(&self, agency: &str, window: usize, place: Option<ResumePlace>) -> Agency {
        let seated = Seated::new(window);
        let reachable = self.delivery.bells.serve(COUNTY, agency, 16, Some(seated.seat())).unwrap();
        let session =
            StreamSession::new(Arc::clone(&self.delivery), COUNTY.into(), agency.into(), reachable, seated)
                .resumed_after(place);
        let (acknowledge, acknowledged) = acknowledgements::unbounded();
        let (sender, pushes) = mpsc::channel(4);
        let session = tokio::spawn(session.run(acknowledged.boxed(), sender, self.stop.clone()));
        Agency { acknowledge, pushes, session }
    }

    /// An agency has a webhook.
    pub fn webhook(&self, folder: &Path, agency: &str, url: &str) {
        self.webhooks(folder, &[(agency.to_owned(), url.to_owned())]);
    }

    /// Agencies have webhooks, and this process knows them.
    pub fn webhooks(&self, folder: &Path, agencies: &[(String, String)]) {
        let endpoints = endpoints(folder, agencies);
        // Fails only where one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let poster = fengqiao_webhook::Poster::new().unwrap();
        let keeper = Keeper::new(Arc::clone(&self.delivery), endpoints.iter().cloned().collect(), poster);
        self.tasks.spawn(keeper.run(self.stop.clone()));
    }

    /// Ends in order.
    pub async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        timeout(Duration::from_secs(10), self.tasks.wait()).await.unwrap();
    }
}

impl Agency {
    /// The next push.
    pub async fn next(&mut self) -> Push {
        timeout(Duration::from_secs(10), self.pushes.recv()).await.expect("no push in time").unwrap()
    }

    /// That nothing comes for so long.
    pub async fn nothing_for(&mut self, wait: Duration) {
        if let Ok(Some(push)) = timeout(wait, self.pushes.recv()).await {
            panic!("{} came", push.push_id);
        }
    }

    pub fn acknowledge(&self, push: &Push) {
        self.acknowledge.unbounded_send(Ok(Uuid::parse_str(&push.push_id).unwrap())).unwrap();
    }

    /// The agency goes away.
    pub async fn close(self) {
        drop(self.acknowledge);
        self.session.await.unwrap().unwrap();
    }
}

async fn connect(database: &TestDatabase) -> PgPool {
    let options =
        PgConnectOptions::from_str(database.url()).unwrap().options([("search_path", "notification")]);
    PgPoolOptions::new().max_connections(12).connect_with(options).await.unwrap()
}

/// The file of endpoints of these agencies, read.
pub fn endpoints(folder: &Path, agencies: &[(String, String)]) -> Endpoints {
    std::fs::write(folder.join("secret"), SECRET).unwrap();
    let file = folder.join(format!("{}.toml", Uuid::now_v7()));
    let entry = |(agency, url): &(String, String)| {
        format!(
            "[[endpoint]]\nagency = '{agency}'\nurl = '{url}'\nsecret_file = 'secret'\nallow_private = true\n"
        )
    };
    std::fs::write(&file, agencies.iter().map(entry).collect::<String>()).unwrap();
    let mut endpoints = Endpoints::default();
    endpoints.add(&file, Some(COUNTY)).unwrap();
    endpoints
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < end, "not in time: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// An agency says how far it is.
pub fn feedback(request_id: &str, outcome: FeedbackOutcome) -> Act {
    Act::Feedback {
        request_id: request_id.into(),
        outcome,
        cannot_reason: CannotReason::Unspecified,
        substantive: true,
        attachments: Vec::new(),
        sealed_text: b"sealed".to_vec(),
    }
}

/// An agency gives a push back.
pub fn give_back() -> Act {
    Act::Return { reason: ReturnReason::NotOurDuty, sealed_text: Vec::new(), sealed_evidence: Vec::new() }
}
