//! A routing office on a database of its own: events go in by hand, what comes out is read from the
//! outbox.

#![allow(dead_code, reason = "each test uses its part")]

pub mod desk;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_messaging::{Applied, Apply, ApplyError, Envelope, Outbox, Step, Topic};
use fengqiao_proto::{
    intake::v1::{Linkage, ReportAccepted},
    notification::v1::{PushOwed, PushReceipt, ReceiptKind},
    routing::v1::{
        Case, CaseChanged, GetCaseRequest, PushRequested, routing_service_server::RoutingService as _,
    },
    types::v1::{Matter, Party, PartyRole, Source},
};
use fengqiao_routing::{
    CASE_CHANGED, MIGRATIONS, PUSH_REQUESTED,
    clock_worker::ClockWorker,
    commands::{Command, Commands},
    counties::RoutingCounties,
    domain::{acts::Act, case_number::CaseName, history::Occasion},
    grpc::RoutingFace,
    intake_events::IntakeEvents,
    receipt_events::ReceiptEvents,
    settings::{Settings, SettingsWatch},
    watchers::Watchers,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{Clock, now, to_proto};
use fengqiao_stack::test_database::TestDatabase;
use jiff::Timestamp;
use prost::Message;
use sqlx::{
    Executor as _, PgPool, Row as _,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};
use uuid::Uuid;

pub const COUNTY: &str = "421181";
pub const COMMUNITY: &str = "421181105202";

pub struct Office {
    pub pool: PgPool,
    pub face: RoutingFace,
    pub clocks: ClockWorker,
    pub counties: Arc<RoutingCounties>,
    /// What time it is, in microseconds since 1970; 0 is the system's.
    moment: Arc<AtomicI64>,
    place: &'static str,
    pub keyring: Arc<Keyring>,
    /// The file that the keys come from.
    pub keys: tempfile::NamedTempFile,
    pub stop: CancellationToken,
    intake: IntakeEvents,
    receipts: ReceiptEvents,
    _database: TestDatabase,
}

struct Process {
    face: RoutingFace,
    clocks: ClockWorker,
    counties: Arc<RoutingCounties>,
    intake: IntakeEvents,
    receipts: ReceiptEvents,
}

impl Process {
    fn start(
        place: &str,
        pool: &PgPool,
        keyring: &Arc<Keyring>,
        stop: &CancellationToken,
        clock: &Clock,
    ) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county").join(place);
        let counties = Arc::new(RoutingCounties::load(&Counties::load(&[folder]).unwrap(), now()).unwrap());
        let (keyring, outbox, watchers) =
            (Arc::clone(keyring), Outbox::new(Topic::Routing), Watchers::default());
        let commands = Commands {
            pool: pool.clone(),
            keyring: Arc::clone(&keyring),
            outbox: outbox.clone(),
            watchers: watchers.clone(),
            clock: clock.clone(),
        };
        let face = RoutingFace {
            pool: pool.clone(),
            counties: Arc::clone(&counties),
            keyring: Arc::clone(&keyring),
            commands,
            watchers: watchers.clone(),
            stop: stop.clone(),
        };
        let settings = Settings { pool: pool.clone(), keyring: Arc::clone(&keyring), clock: clock.clone() };
        let intake = IntakeEvents {
            counties: Arc::clone(&counties),
            keyring: Arc::clone(&keyring),
            outbox: outbox.clone(),
            watchers: watchers.clone(),
            clock: clock.clone(),
            settings: SettingsWatch { settings, counties: Arc::clone(&counties) },
        };
        let clocks = ClockWorker {
            pool: pool.clone(),
            counties: Arc::clone(&counties),
            keyring: Arc::clone(&keyring),
            outbox: outbox.clone(),
            watchers: watchers.clone(),
            clock: clock.clone(),
        };
        Self {
            face,
            intake,
            clocks,
            counties: Arc::clone(&counties),
            receipts: ReceiptEvents { counties, keyring, outbox, watchers },
        }
    }
}

impl Office {
    /// A case is over: nobody acts on it any more.
    pub async fn reject(&self, case: &str) {
        let command = Command {
            actor: Occasion::of_system(self.now()),
            visible_to: None,
            case: CaseName::parse(case).unwrap(),
            request_id: Uuid::now_v7().to_string(),
            etag: String::new(),
            act: Act::Reject { words: "依法另行处理".into() },
        };
        self.face.commands.run(self.counties.get(COUNTY).unwrap(), command).await.unwrap();
    }

    /// The office of Macheng, by the system's clock.
    pub async fn open() -> Self {
        Self::of("macheng").await
    }

    /// The office of a county of `deploy/county`.
    pub async fn of(place: &'static str) -> Self {
        let moment = Arc::new(AtomicI64::new(0));
        let database = TestDatabase::create().await.unwrap();
        let options: PgConnectOptions = database.url().parse().unwrap();
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect_with(options.options([("search_path", "routing")]))
            .await
            .unwrap();
        pool.execute("CREATE SCHEMA routing").await.unwrap();
        for migrations in [&fengqiao_messaging::MIGRATIONS, &MIGRATIONS] {
            let migrator = Migrator {
                migrations: migrations.migrations.clone(),
                ignore_missing: true,
                ..Migrator::DEFAULT
            };
            migrator.run(&pool).await.unwrap();
        }
        let keys = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(keys.path(), Keyring::generate()).unwrap();
        let keyring = Arc::new(Keyring::load(keys.path()).unwrap());
        let stop = CancellationToken::new();
        let Process { face, clocks, counties, intake, receipts } =
            Process::start(place, &pool, &keyring, &stop, &clock_of(&moment));
        Self {
            pool,
            face,
            clocks,
            counties,
            moment,
            place,
            keyring,
            keys,
            stop,
            intake,
            receipts,
            _database: database,
        }
    }

    /// Sets the clock.
    pub fn set_clock(&self, at: Timestamp) {
        self.moment.store(at.as_microsecond(), Ordering::SeqCst);
    }

    /// Moves the clock, and lets it say what it has to say.
    pub async fn pass_until(&self, at: Timestamp) -> u64 {
        self.set_clock(at);
        self.fire().await
    }

    /// Lets the clocks say what they have to say now.
    pub async fn fire(&self) -> u64 {
        let place = self.counties.iter().next().unwrap();
        self.clocks.fire_all(place, &self.stop).await.unwrap()
    }

    /// What time it is here.
    pub fn now(&self) -> Timestamp {
        clock_of(&self.moment).now()
    }

    /// The county's code.
    pub fn county(&self) -> String {
        self.counties.iter().next().unwrap().county.code.clone()
    }

    /// The face of another process on the same database.
    pub fn another_face(&self) -> RoutingFace {
        Process::start(self.place, &self.pool, &self.keyring, &self.stop, &clock_of(&self.moment)).face
    }

    /// The clocks of another process on the same database.
    pub fn another_clock(&self) -> ClockWorker {
        Process::start(self.place, &self.pool, &self.keyring, &self.stop, &clock_of(&self.moment)).clocks
    }

    /// What another process on the same database does with intake's events.
    pub fn another_intake(&self) -> IntakeEvents {
        Process::start(self.place, &self.pool, &self.keyring, &self.stop, &clock_of(&self.moment)).intake
    }

    /// Fires what is due, while another process does the same; how much the two of them fired.
    pub async fn fire_beside(&self, other: &ClockWorker) -> u64 {
        let place = self.counties.iter().next().unwrap();
        let (one, two) =
            tokio::join!(self.clocks.fire_all(place, &self.stop), other.fire_all(place, &self.stop));
        one.unwrap() + two.unwrap()
    }

    /// A report of intake, told in an event.
    pub fn report(&self, cluster: Uuid, narrative: &str) -> ReportAccepted {
        let matter = Matter {
            title: "漏水".into(),
            narrative: narrative.into(),
            address: "某路1号".into(),
            parties: vec![Party {
                role: PartyRole::Reporter.into(),
                name: "王女士".into(),
                phone: "13900000000".into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let report_id = Uuid::now_v7();
        ReportAccepted {
            report_id: report_id.to_string(),
            revision: 1,
            source: Source::Hotline12345.into(),
            source_ref: format!("GD-{report_id}"),
            area_code: COMMUNITY.into(),
            category: "property".into(),
            occurred_at: Some(to_proto(now())),
            accepted_at: Some(to_proto(now())),
            linkage: Some(Linkage { cluster_id: cluster.to_string(), ..Default::default() }),
            received_by: "hotline".into(),
            sealed_matter: self.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes()),
            ..Default::default()
        }
    }

    /// A report that founds its cluster, as intake tells the first of a dispute.
    pub fn first_report(&self) -> ReportAccepted {
        let mut report = self.report(Uuid::nil(), "漏水");
        report.linkage = Some(Linkage { cluster_id: report.report_id.clone(), ..Default::default() });
        report
    }

    pub fn reseal(&self, report: &mut ReportAccepted, narrative: &str) {
        let matter = Matter { title: "更正".into(), narrative: narrative.into(), ..Default::default() };
        report.sealed_matter = self.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes());
    }

    /// Applies reports as one batch.
    pub async fn take(&self, reports: &[ReportAccepted]) -> Result<(), ApplyError> {
        self.tell(reports).await
    }

    /// Applies events of intake as one batch.
    pub async fn tell<M: Message + prost::Name>(&self, events: &[M]) -> Result<(), ApplyError> {
        self.tell_process(&self.intake, events).await
    }

    /// Applies events of intake as one batch, by one process of several.
    pub async fn tell_process<M: Message + prost::Name>(
        &self,
        process: &IntakeEvents,
        events: &[M],
    ) -> Result<(), ApplyError> {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        self.apply(process, &self.envelopes(Topic::Intake, Some(trace), events)).await
    }

    /// Applies events of notification as one batch.
    pub async fn hear<M: Message + prost::Name>(&self, events: &[M]) -> Result<(), ApplyError> {
        self.apply(&self.receipts, &self.envelopes(Topic::Notification, None, events)).await
    }

    /// Applies events of notification as one batch: that forms are owed, and then what became of pushes.
    pub async fn hear_both(&self, owed: &[PushOwed], receipts: &[PushReceipt]) -> Result<(), ApplyError> {
        let mut batch = self.envelopes(Topic::Notification, None, owed);
        batch.extend(self.envelopes(Topic::Notification, None, receipts));
        self.apply(&self.receipts, &batch).await
    }

    fn envelopes<M: Message + prost::Name>(
        &self,
        topic: Topic,
        trace: Option<&str>,
        events: &[M],
    ) -> Vec<Envelope> {
        let envelope = |(event, position): (&M, i64)| Envelope {
            county: self.county(),
            topic,
            position,
            kind: M::full_name(),
            payload: event.encode_to_vec(),
            trace: trace.map(str::to_owned),
        };
        events.iter().zip(1..).map(envelope).collect()
    }

    pub async fn apply(&self, apply: &dyn Apply, batch: &[Envelope]) -> Result<(), ApplyError> {
        let mut conn = self.pool.acquire().await.unwrap();
        let step = Step::on_the_spot(&mut conn, &self.county(), batch[0].topic).await.unwrap();
        assert_eq!(apply.apply(&mut conn, &step, batch).await?, Applied::Done);
        Ok(())
    }

    pub fn receipt(push: &PushRequested, kind: ReceiptKind) -> PushReceipt {
        PushReceipt {
            push_id: push.push_id.clone(),
            case_id: push.case_id.clone(),
            agency: push.agency.clone(),
            kind: kind.into(),
            at: Some(to_proto(now())),
            actor: format!("clerk of {}", push.agency),
            ..Default::default()
        }
    }

    pub async fn events<M: Message + Default>(&self, kind: &str) -> Vec<M> {
        sqlx::query("SELECT payload FROM outbox_event WHERE county = $1 AND kind = $2 ORDER BY position")
            .bind(self.county())
            .bind(kind)
            .fetch_all(&self.pool)
            .await
            .unwrap()
            .iter()
            .map(|row| M::decode(row.get::<Vec<u8>, _>("payload").as_slice()).unwrap())
            .collect()
    }

    pub async fn changes(&self) -> Vec<CaseChanged> {
        self.events(CASE_CHANGED).await
    }

    pub async fn pushes(&self) -> Vec<PushRequested> {
        self.events(PUSH_REQUESTED).await
    }

    pub async fn case(&self, case: &str) -> Result<Case, Status> {
        let request = asked(
            &officer(),
            GetCaseRequest { case: case.into(), purpose: "核对".into(), ..Default::default() },
        );
        Ok(self.face.get_case(request).await?.into_inner().case.unwrap())
    }
}

fn clock_of(moment: &Arc<AtomicI64>) -> Clock {
    let moment = Arc::clone(moment);
    Clock::moved_by(move || match moment.load(Ordering::SeqCst) {
        0 => now(),
        micros => Timestamp::from_microsecond(micros).unwrap(),
    })
}

pub fn officer() -> Principal {
    Principal::new("officer-li", COUNTY, "officer", None).unwrap()
}

pub fn agency(code: &str) -> Principal {
    Principal::new(&format!("clerk of {code}"), COUNTY, "agency", Some(code)).unwrap()
}

/// A request of someone, as the gate lets it through.
pub fn asked<T>(who: &Principal, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(Arc::new(who.clone()));
    request
}
