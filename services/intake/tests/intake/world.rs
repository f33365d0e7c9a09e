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
    config::CommitSettings,
    grpc::{ActivityFace, IntakeFace, RecordFace},
    routing_events::RoutingEvents,
    store,
};
use fengqiao_messaging::{Applied, Apply as _, Envelope, Outbox, Step, Topic};
use fengqiao_proto::{
    intake::v1::{
        Report, ReportAccepted, SubmitReportRequest, SubmitReportResponse,
        intake_service_client::IntakeServiceClient,
    },
    types::v1::{Party, PartyRole, Source},
};
use fengqiao_sealing::Keyring;
use fengqiao_stack::{StackPlan, test_database::TestDatabase};
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

pub const COUNTY: &str = "421181";
/// The header by which the test says who calls: a source's short name, or `officer`.
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

    /// Starts a process of intake and gives its address.
    pub async fn process(&mut self, settings: CommitSettings) -> String {
        let (intake, work) = Intake::new(
            &self.pool,
            &Outbox::new(Topic::Intake),
            &self.counties,
            Arc::clone(&self.keyring),
            &settings,
            &self.stop,
        );
        let intake = Arc::new(intake);
        let (records, folding) = Records::new(Arc::clone(&intake), &self.counties);
        let (activities, taking) =
            Activities::new(Arc::clone(&intake), &Outbox::new(Topic::Intake), &self.counties);
        for working in work.into_iter().chain(folding).chain(taking) {
            self.tasks.spawn(working);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Server::builder()
            .layer(tower::layer::layer_fn(AsCaller))
            .add_service(IntakeFace::new(intake))
            .add_service(RecordFace::new(Arc::new(records)))
            .add_service(ActivityFace::new(Arc::new(activities)))
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), self.stop.clone().cancelled_owned());
        self.tasks.spawn(async move { server.await.unwrap() });
        address
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

/// A request of this caller.
pub fn by<T>(caller: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(CALLER, caller.parse().unwrap());
    request
}

pub async fn submit(client: &mut Client, report: Report) -> Result<SubmitReportResponse, Status> {
    let request = SubmitReportRequest { report: Some(report) };
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
                id_number: String::new(),
            },
            Party { role: PartyRole::Respondent.into(), name: "李某".into(), ..Default::default() },
        ],
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

/// What intake has sent.
pub async fn events(world: &World) -> Vec<ReportAccepted> {
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT position, payload FROM outbox_event ORDER BY position")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    assert!(rows.iter().enumerate().all(|(index, row)| row.0 == index as i64 + 1), "positions are dense");
    rows.iter().map(|row| ReportAccepted::decode(row.1.as_slice()).unwrap()).collect()
}
