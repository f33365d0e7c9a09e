//! Intake on a real Postgres, called over gRPC by principals of the test's choice.

use std::{
    path::Path,
    str::FromStr as _,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_intake::{
    Activities, Intake, Records,
    background::Backgrounds,
    clue_keys::Clue,
    config::CommitSettings,
    county_weights::CountyWeights,
    domain::phone::Phone,
    grpc::{ActivityFace, BackgroundFace, IntakeFace, LinkageFace, RecordFace, WeightsFace},
    learning::Learning,
    routing_events::RoutingEvents,
    store,
};
use fengqiao_messaging::{Applied, Apply as _, Envelope, Outbox, Step, Topic};
use fengqiao_proto::{
    intake::v1::{
        Report, ReportAccepted, SubmitReportRequest, SubmitReportResponse,
        background_service_server::BackgroundServiceServer, intake_service_client::IntakeServiceClient,
        weights_service_server::WeightsServiceServer,
    },
    routing::v1::CaseChanged,
    types::v1::{CaseState, Matter, Party, PartyRole, Source},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::{
    ServiceName, planning,
    time::{Clock, to_proto},
};
use fengqiao_stack::{StackPlan, test_database::TestDatabase};
use jiff::Timestamp;
use prost::{Message, Name};

use sqlx::{
    Executor as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::{
    Request, Status,
    transport::{Channel, Server, server::TcpIncoming},
};
use tower::Service;
use uuid::Uuid;

pub const COUNTY: &str = "421181";
/// The header by which the test says who calls: a source's short name, `officer`, or an officer's own name.
const CALLER: &str = "x-caller";

/// One database with any number of intake processes on it.
pub struct World {
    pub pool: PgPool,
    pub keyring: Arc<Keyring>,
    pub counties: Arc<Counties>,
    pub stop: CancellationToken,
    tasks: JoinSet<()>,
    _database: TestDatabase,
}

impl World {
    pub async fn new() -> Self {
        Self::of(&StackPlan::sample_county()).await
    }

    /// With a county's folder.
    pub async fn of(county: &Path) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let options =
            PgConnectOptions::from_str(database.url()).unwrap().options([("search_path", "intake")]);
        // Statements are planned as in the running service.
        let options = options.options(planning(ServiceName::Intake));
        let pool = PgPoolOptions::new()
            .max_connections(12)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(2))
            .connect_with(options)
            .await
            .unwrap();
        pool.execute("CREATE SCHEMA intake").await.unwrap();
        for migrations in [&fengqiao_messaging::MIGRATIONS, &fengqiao_areas::MIGRATIONS, &store::MIGRATIONS] {
            let mut migrator = sqlx::migrate::Migrator::DEFAULT;
            migrator.migrations = migrations.migrations.clone();
            migrator.ignore_missing = true;
            migrator.run(&pool).await.unwrap();
        }
        Self {
            pool,
            keyring: Arc::new(Keyring::from_toml(&Keyring::generate()).unwrap()),
            counties: Arc::new(Counties::load(&[county.to_owned()]).unwrap()),
            stop: CancellationToken::new(),
            tasks: JoinSet::new(),
            _database: database,
        }
    }

    /// Intake itself, as one more process would have it.
    pub fn intake(&mut self, settings: &CommitSettings) -> Arc<Intake> {
        let (intake, work) = Intake::new(
            &self.pool,
            &Outbox::new(Topic::Intake),
            &self.counties,
            &CountyWeights::load(&self.counties).unwrap(),
            Arc::clone(&self.keyring),
            settings,
            &self.stop,
        );
        for committing in work {
            self.tasks.spawn(committing);
        }
        Arc::new(intake)
    }

    /// Starts a process of intake and gives its address.
    pub async fn process(&mut self, settings: CommitSettings) -> String {
        let intake = self.intake(&settings);
        self.serve(&intake).await
    }

    /// What takes activities beside an intake.
    pub fn activities(&mut self, intake: &Arc<Intake>) -> Arc<Activities> {
        let outbox = Outbox::new(Topic::Intake);
        let (activities, taking) = Activities::new(Arc::clone(intake), &outbox, &self.counties);
        for working in taking {
            self.tasks.spawn(working);
        }
        Arc::new(activities)
    }

    /// Serves an intake and gives its address.
    pub async fn serve(&mut self, intake: &Arc<Intake>) -> String {
        let intake = Arc::clone(intake);
        let activities = self.activities(&intake);
        let (records, folding) = Records::new(Arc::clone(&intake), Arc::clone(&activities), &self.counties);
        for working in folding {
            self.tasks.spawn(working);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Server::builder()
            .layer(tower::layer::layer_fn(AsCaller))
            .add_service(IntakeFace::new(Arc::clone(&intake)))
            .add_service(LinkageFace::new(Arc::clone(&intake), Outbox::new(Topic::Intake)).into_server())
            .add_service(WeightsServiceServer::new(WeightsFace::new(
                intake,
                Learning::new(self.pool.clone(), CountyWeights::load(&self.counties).unwrap()),
            )))
            .add_service(BackgroundServiceServer::new(BackgroundFace::new(Arc::new(Backgrounds::new(
                self.pool.clone(),
                Arc::clone(&self.counties),
                Arc::clone(&self.keyring),
                Clock::system(),
            )))))
            .add_service(RecordFace::new(Arc::new(records)))
            .add_service(ActivityFace::new(activities))
            .serve_with_incoming_shutdown(
                TcpIncoming::from(listener).with_nodelay(Some(true)),
                self.stop.clone().cancelled_owned(),
            );
        self.tasks.spawn(async move { server.await.unwrap() });
        address
    }

    /// Fills the tables with reports, of which thousands, spread over all, are of the telephone 13800000001.
    pub async fn fill(&self, from: i64, to: i64) {
        let county = self.counties.get(COUNTY).unwrap();
        let clue = Clue::of_phone(&Phone::read("13800000001").unwrap(), county, &self.keyring);
        let (key, traits) = (clue.keys[0], clue.traits[0].encode());
        let traits: String = traits.iter().map(|byte| format!("{byte:02x}")).collect();
        let sealed = self
            .keyring
            .seal(&Matter { title: "x".into(), ..Matter::default() }.encode_to_vec(), COUNTY.as_bytes());
        let every = (to - from) / 5_000;
        for statement in [
            "INSERT INTO report (county, report_id, source, source_ref, revision, fingerprint, occurred_at, accepted_at,
                 area_code, category, source_category, cluster_id, submitted_by, sealed_matter)
             SELECT '421181', ('0' || lpad(to_hex(n), 31, '0'))::uuid, 1, n::text, 1, '', now(), now(), '421181', 'other', '',
                 ('1' || lpad(to_hex(n), 31, '0'))::uuid, '', $4
             FROM generate_series($1, $2 - 1) AS n WHERE $3 <> 0 AND $5 <> 0",
            "INSERT INTO report_link
             SELECT '421181', ('0' || lpad(to_hex(n), 31, '0'))::uuid, 1, now() - make_interval(secs => $2 - n),
                 ('2' || lpad(CASE WHEN n % $3 = 0 THEN 'fffffff' ELSE to_hex(n) END, 31, '0'))::uuid,
                 ('3' || lpad(CASE WHEN n % $3 = 0 THEN 'fffffff' ELSE to_hex(n) END, 31, '0'))::uuid,
                 ('1' || lpad(to_hex(n), 31, '0'))::uuid, decode('TRAITS', 'hex')
             FROM generate_series($1, $2 - 1) AS n WHERE length($4) > 0 AND $5 <> 0",
            "INSERT INTO link_key
             SELECT '421181', CASE WHEN n % $3 = 0 THEN $5 ELSE n END, ('0' || lpad(to_hex(n), 31, '0'))::uuid
             FROM generate_series($1, $2 - 1) AS n WHERE length($4) > 0",
            "INSERT INTO case_of_cluster
             SELECT '421181', ('1' || lpad(to_hex(n), 31, '0'))::uuid, ('4' || lpad(to_hex(n), 31, '0'))::uuid, now()
             FROM generate_series($1, $2 - 1) AS n WHERE $3 <> 0 AND length($4) > 0 AND $5 <> 0",
            "INSERT INTO told_case
             SELECT '421181', ('4' || lpad(to_hex(n), 31, '0'))::uuid, 1, n::text, 1, FALSE, now(), NULL
             FROM generate_series($1, $2 - 1) AS n WHERE $3 <> 0 AND length($4) > 0 AND $5 <> 0",
        ] {
            let statement = statement.replace("TRAITS", &traits);
            sqlx::query(sqlx::AssertSqlSafe(statement))
                .bind(from)
                .bind(to)
                .bind(every)
                .bind(&sealed)
                .bind(key)
                .execute(&self.pool)
                .await
                .unwrap();
        }
        // As Postgres does by itself after a while.
        self.pool.execute("VACUUM ANALYZE").await.unwrap();
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    pub async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.pool.close().await;
    }
}

/// Puts a principal where the gate would.
#[derive(Clone)]
struct AsCaller<S>(S);

impl<S, B> Service<http::Request<B>> for AsCaller<S>
where
    S: Service<http::Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<B>) -> S::Future {
        let name = request.headers().get(CALLER).map(|name| name.to_str().unwrap().to_owned());
        let principal = match name.as_deref() {
            None | Some("officer") => Principal::new("officer-1", COUNTY, "officer", None),
            Some(officer) if officer.starts_with("officer-") => {
                Principal::new(officer, COUNTY, "officer", None)
            }
            Some(source) => Principal::new(source, COUNTY, "source", Some(source)),
        };
        request.extensions_mut().insert(Arc::new(principal.unwrap()));
        self.0.call(request)
    }
}

pub type Client = IntakeServiceClient<Channel>;

pub async fn client(address: &str) -> Client {
    IntakeServiceClient::new(channel(address).await)
}

pub async fn channel(address: &str) -> Channel {
    Channel::from_shared(address.to_owned()).unwrap().connect().await.unwrap()
}

/// A world with one process, and a client of it.
pub async fn one() -> (World, Client) {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let client = client(&address).await;
    (world, client)
}

/// Waits until the closure says so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while !so().await {
        assert!(tokio::time::Instant::now() < end, "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A request of this caller.
pub fn by<T>(caller: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(CALLER, caller.parse().unwrap());
    request
}

pub async fn submit(client: &mut Client, report: Report) -> Result<SubmitReportResponse, Status> {
    let request = SubmitReportRequest { report: Some(report), ..Default::default() };
    client.submit_report(request).await.map(tonic::Response::into_inner)
}

/// A report of a caller at a house, both told apart by their numbers.
pub fn report(reference: &str, caller: u32, house: u32) -> Report {
    Report {
        source: Source::Hotline12345.into(),
        source_ref: reference.into(),
        occurred_at: Some(fengqiao_serving::time::to_proto(fengqiao_serving::time::now())),
        area_code: "421181105204".into(),
        address: format!("5组{house}号"),
        title: "邻里纠纷".into(),
        narrative: "楼上漏水，多次协商不成".into(),
        category: "邻里".into(),
        parties: vec![
            Party {
                role: PartyRole::Reporter.into(),
                name: "王女士".into(),
                phone: format!("138{caller:08}"),
                ..Party::default()
            },
            Party { role: PartyRole::Respondent.into(), name: "李某".into(), ..Default::default() },
        ],
        ..Default::default()
    }
}

/// A change of a case in a state, as routing tells it; closed ones are over since then.
pub fn case_changed(
    case: u128,
    number: &str,
    cluster: &str,
    state: CaseState,
    over: Option<Timestamp>,
) -> CaseChanged {
    CaseChanged {
        case_id: Uuid::from_u128(case).to_string(),
        version: 1,
        number: number.to_owned(),
        cluster_id: cluster.to_owned(),
        state: state.into(),
        opened_at: Some(to_proto(fengqiao_serving::time::now())),
        closed_at: over.map(to_proto),
        ..Default::default()
    }
}

/// Tells intake something of routing.
pub async fn tell<M: Message + Name>(world: &World, told: &M) {
    let envelope = Envelope {
        county: COUNTY.into(),
        topic: Topic::Routing,
        position: 1,
        kind: M::full_name(),
        payload: told.encode_to_vec(),
        trace: None,
    };
    let mut conn = world.pool.acquire().await.unwrap();
    let step = Step::on_the_spot(&mut conn, COUNTY, Topic::Routing).await.unwrap();
    assert_eq!(RoutingEvents.apply(&mut conn, &step, &[envelope]).await.unwrap(), Applied::Done);
}

/// What intake has sent of reports.
pub async fn events(world: &World) -> Vec<ReportAccepted> {
    sent(world).await
}

/// What intake has sent of one kind.
pub async fn sent<M: Message + Name + Default>(world: &World) -> Vec<M> {
    let rows: Vec<(i64, String, Vec<u8>)> =
        sqlx::query_as("SELECT position, kind, payload FROM outbox_event ORDER BY position")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    assert!(rows.iter().enumerate().all(|(index, row)| row.0 == index as i64 + 1), "positions are dense");
    let of_kind = rows.iter().filter(|row| row.1 == M::full_name());
    of_kind.map(|row| M::decode(row.2.as_slice()).unwrap()).collect()
}
