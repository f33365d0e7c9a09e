//! One stack for all tests of a program: its servers are shared with the other programs, its database and
//! its Redis prefix are its own.

use std::{future::Future, sync::OnceLock, time::Duration};

use fengqiao_proto::{
    intake::v1::{Report, SubmitReportRequest, SubmitReportResponse},
    routing::v1::{Case, GetCaseRequest, ListCasesRequest},
};
use fengqiao_stack::{Stack, StackPlan, clients::Connections, test_database::TestDatabase};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::waiting::{USUAL, until};

/// The caller that tests submit as.
pub const HOTLINE: &str = "source-hotline_12345";

/// A stack, its database and its folder.
pub struct County {
    /// The running stack.
    pub stack: Stack,
    /// Its database, read by tests to see what no service shows.
    pub pool: PgPool,
    /// The test database that it works in.
    pub database: TestDatabase,
    folder: TempDir,
}

impl County {
    /// Starts a stack in a database of its own. `change` may add webhooks and variables.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start(change: impl FnOnce(&mut StackPlan)) -> Self {
        let database = TestDatabase::create().await.expect("a test database");
        let folder = tempfile::tempdir().expect("a folder");
        let mut plan = StackPlan::new(folder.path().join("stack"), StackPlan::sample_county());
        plan.servers = Some((database.url().to_owned(), database.redis_url().to_owned()));
        plan.redis_prefix = database.redis_prefix().to_owned();
        change(&mut plan);
        let stack = Stack::start(plan, |_| {}).await.expect("a stack");
        let pool = PgPool::connect(database.url()).await.expect("the stack's database");
        Self { stack, pool, database, folder }
    }

    /// Calls to its services.
    ///
    /// # Panics
    /// Where the stack's certificates cannot be read.
    #[must_use]
    pub fn calls(&self) -> Connections {
        self.stack.connections().expect("connections")
    }

    /// An HTTP client that believes the stack's authority.
    ///
    /// # Panics
    /// Where the authority's certificate cannot be read.
    pub fn https(&self) -> reqwest::ClientBuilder {
        let ca = std::fs::read(self.stack.description().ca).expect("the authority's certificate");
        let ca = reqwest::Certificate::from_pem(&ca).expect("a certificate");
        reqwest::Client::builder().no_proxy().tls_certs_only([ca])
    }

    /// The folder with its logs and secrets.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Submits a report as the hotline.
    ///
    /// # Panics
    /// Where it is refused.
    pub async fn submit(&self, report: &Report) -> SubmitReportResponse {
        let mut intake = self.calls().intake(HOTLINE).expect("a token");
        let request = SubmitReportRequest { report: Some(report.clone()), ..Default::default() };
        intake.submit_report(request).await.expect("an acknowledgement").into_inner()
    }

    /// The case that a report ended up in, once routing has it.
    pub async fn case_of(&self, report_id: &str) -> Case {
        let id: uuid::Uuid = until("the report's case", USUAL, async || {
            sqlx::query_scalar("SELECT case_id FROM routing.case_report WHERE report_id = $1::uuid")
                .bind(report_id)
                .fetch_optional(&self.pool)
                .await
                .expect("routing's tables")
        })
        .await;
        self.case(&id.to_string()).await
    }

    /// A case as an officer sees it.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn case(&self, case: &str) -> Case {
        let mut routing = self.calls().routing("officer").expect("a token");
        let purpose = "核对".to_owned();
        let request = GetCaseRequest { case: case.to_owned(), purpose, ..Default::default() };
        routing.get_case(request).await.expect("a case").into_inner().case.expect("a case")
    }

    /// Submits a report and waits for its case.
    pub async fn open(&self, report: &Report) -> Case {
        let accepted = self.submit(report).await;
        self.case_of(&accepted.report_id).await
    }

    /// Waits until a case is as it is wanted.
    pub async fn until_case(&self, case: &str, what: &str, wanted: impl Fn(&Case) -> bool) -> Case {
        until(what, USUAL, async || Some(self.case(case).await).filter(&wanted)).await
    }

    /// The first page of cases that match.
    ///
    /// # Panics
    /// Where routing refuses.
    pub async fn cases(&self, request: ListCasesRequest) -> Vec<Case> {
        let mut routing = self.calls().routing("officer").expect("a token");
        routing.list_cases(request).await.expect("cases").into_inner().cases
    }
}

static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
static COUNTY: OnceCell<County> = OnceCell::const_new();

/// Runs a test on the program's one runtime: connections of a shared stack must not end with the test
/// that made them.
///
/// # Panics
/// Where the test does, or does not end within three minutes.
pub fn run<F: Future<Output = ()>>(test: impl FnOnce(&'static County) -> F) {
    let runtime = RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().expect("a runtime"));
    runtime.block_on(async {
        let county = COUNTY.get_or_init(|| County::start(|_| {})).await;
        tokio::time::timeout(Duration::from_secs(180), test(county)).await.expect("the test ends");
    });
}
