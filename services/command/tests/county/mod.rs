//! A county whose services answer by a script, and its `stack.json`.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    collections::HashSet,
    fs,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex},
};

use fengqiao_proto::{
    intake::v1::{
        Evidence, Foreseen, GetReportRequest, GetReportResponse, LinkReason, Linkage, ListReportsRequest,
        ListReportsResponse, SubmitReportRequest, SubmitReportResponse, SubmitReportsRequest,
        SubmitReportsResponse,
        intake_service_server::{IntakeService, IntakeServiceServer},
        submit_reports_response::Outcome,
    },
    routing::v1::{
        ActOnCaseRequest, ActOnCaseResponse, AssignCaseRequest, AssignCaseResponse, CloseCaseRequest,
        CloseCaseResponse, CommentCaseRequest, CommentCaseResponse, GetCaseRequest, GetCaseResponse,
        HistoryEntry, ListAgenciesRequest, ListAgenciesResponse, ListCaseHistoryRequest,
        ListCaseHistoryResponse, ListCasesRequest, ListCasesResponse, MergeCasesRequest, MergeCasesResponse,
        RelevelCaseRequest, RelevelCaseResponse, ResolveCaseRequest, ResolveCaseResponse, SplitCaseRequest,
        SplitCaseResponse, UndoMergeRequest, UndoMergeResponse, WatchCaseRequest, WatchCaseResponse,
        routing_service_server::{RoutingService, RoutingServiceServer},
    },
    types::v1::{FieldViolation, Refusal},
};
use futures::{Stream, stream};
use tokio::{net::TcpListener, runtime::Runtime};
use tonic::{
    Code, Request, Response, Status, Streaming,
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_types::{ErrorDetails, StatusExt as _};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A folder with `.local/stack.json`, and perhaps the services that it names.
pub struct County {
    folder: tempfile::TempDir,
    taken: Taken,
    _runtime: Option<Runtime>,
}

impl County {
    pub fn start() -> Self {
        let taken = Taken::default();
        let mut routes = Routes::builder();
        routes
            .add_service(IntakeServiceServer::new(Script(taken.clone())))
            .add_service(RoutingServiceServer::new(Script(taken.clone())));
        Self { taken, ..Self::of(routes.routes()) }
    }

    /// With these instead of its services.
    pub fn of(routes: Routes) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(Server::builder().add_routes(routes).serve_with_incoming(TcpIncoming::from(listener)));
        Self { folder: described(address), taken: Taken::default(), _runtime: Some(runtime) }
    }

    pub fn stopped() -> Self {
        // Nothing listens on a port that was just given and given back.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = described(listener.local_addr().unwrap());
        Self { folder, taken: Taken::default(), _runtime: None }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The numbers of the reports that were taken by a stream, in their order.
    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

fn described(address: SocketAddr) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join(".local");
    fs::create_dir(&local).unwrap();
    for name in ["officer", "operator", "analyst", "source-hotline"] {
        fs::write(local.join(format!("{name}.token")), name).unwrap();
    }
    fs::create_dir(local.join("agencies")).unwrap();
    fs::write(local.join("agencies/police.token"), "police").unwrap();
    let url = format!("http://{address}");
    let description = serde_json::json!({
        "county": "421181",
        "services": {"intake": url, "routing": url, "notification": url, "statistics": url,
                     "analysts": url},
        "tokens": {
            "officer": "officer.token", "operator": "operator.token", "analyst": "analyst.token",
            "source-hotline": "source-hotline.token",
            "agencies_dir": "agencies",
        },
    });
    fs::write(local.join("stack.json"), description.to_string()).unwrap();
    folder
}

/// The numbers of what a stream brought.
type Taken = Arc<Mutex<Vec<String>>>;

struct Script(Taken);

fn not_in_the_script<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not in the script"))
}

#[tonic::async_trait]
impl IntakeService for Script {
    type SubmitReportsStream = Answers<SubmitReportsResponse>;

    /// Refuses what is titled `bad`; else says who called.
    async fn submit_report(
        &self,
        request: Request<SubmitReportRequest>,
    ) -> Result<Response<SubmitReportResponse>, Status> {
        let token = request.metadata().get("authorization").unwrap().to_str().unwrap().to_owned();
        if request.into_inner().report.unwrap().title == "bad" {
            let details = ErrorDetails::with_bad_request_violation("areaCode", "is needed");
            return Err(Status::with_error_details(Code::InvalidArgument, "1 field is wrong", details));
        }
        let reason = LinkReason { evidence: Evidence::Phone as i32, ..Default::default() };
        Ok(Response::new(SubmitReportResponse {
            report_id: token.replace("Bearer", "by"),
            revision: 1,
            linkage: Some(Linkage { repeat: true, reasons: vec![reason], ..Default::default() }),
            ..Default::default()
        }))
    }

    async fn submit_reports(
        &self,
        request: Request<Streaming<SubmitReportsRequest>>,
    ) -> Result<Response<Self::SubmitReportsStream>, Status> {
        Ok(Response::new(Box::pin(stream::unfold(
            (request.into_inner(), Arc::clone(&self.0)),
            |(mut messages, taken)| async {
                let message = messages.message().await.ok()??;
                Some((answer(message, &taken), (messages, taken)))
            },
        ))))
    }

    async fn get_report(&self, _: Request<GetReportRequest>) -> Result<Response<GetReportResponse>, Status> {
        not_in_the_script()
    }

    async fn list_reports(
        &self,
        _: Request<ListReportsRequest>,
    ) -> Result<Response<ListReportsResponse>, Status> {
        not_in_the_script()
    }
}

/// Refuses what is titled `bad`; at its first coming also what is titled `full`, and breaks off at `break`.
fn answer(message: SubmitReportsRequest, taken: &Taken) -> Result<SubmitReportsResponse, Status> {
    static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let report = message.report.unwrap();
    let at_first = |title| {
        let mut seen = SEEN.lock().unwrap();
        report.title == title && seen.get_or_insert_default().insert(report.source_ref.clone())
    };
    if at_first("break") {
        return Err(Status::unavailable("killed"));
    }
    let outcome = if report.title == "bad" {
        let violation = FieldViolation { field: "areaCode".into(), description: "is needed".into() };
        Outcome::Refused(Refusal { code: 3, violations: vec![violation], ..Default::default() })
    } else if at_first("full") {
        Outcome::Refused(Refusal { code: 8, retry_after_ms: 20, ..Default::default() })
    } else if message.validate_only {
        let known = taken.lock().unwrap().contains(&report.source_ref);
        let foreseen = if known { Foreseen::Known } else { Foreseen::New };
        let source_ref = report.source_ref;
        Outcome::Accepted(SubmitReportResponse {
            foreseen: foreseen.into(),
            source_ref,
            ..Default::default()
        })
    } else {
        let mut taken = taken.lock().unwrap();
        let known = taken.contains(&report.source_ref);
        if !known {
            taken.push(report.source_ref);
        }
        Outcome::Accepted(SubmitReportResponse { revision: 1, known, ..Default::default() })
    };
    Ok(SubmitReportsResponse { mark: message.mark, outcome: Some(outcome) })
}

/// Answers all calls as not in the script.
macro_rules! unscripted {
    ($($method:ident: $request:ty => $response:ty,)*) => {
        #[tonic::async_trait]
        impl RoutingService for Script {
            type WatchCaseStream = Answers<WatchCaseResponse>;

            /// The stream breaks after two entries, and again after the third; then the case is gone.
            async fn watch_case(
                &self,
                request: Request<WatchCaseRequest>,
            ) -> Result<Response<Self::WatchCaseStream>, Status> {
                let entry = |sequence| {
                    let entry = HistoryEntry { sequence, ..Default::default() };
                    Ok(WatchCaseResponse { entry: Some(entry) })
                };
                let entries = match request.into_inner().after_sequence {
                    0 => vec![entry(1), entry(2), Err(Status::unavailable("killed"))],
                    // One that was seen comes again, and the server stops in order.
                    2 => vec![entry(2), entry(3)],
                    _ => return Err(Status::not_found("no such case")),
                };
                Ok(Response::new(Box::pin(stream::iter(entries))))
            }

            $(async fn $method(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                not_in_the_script()
            })*
        }
    };
}

unscripted! {
    get_case: GetCaseRequest => GetCaseResponse,
    list_cases: ListCasesRequest => ListCasesResponse,
    list_case_history: ListCaseHistoryRequest => ListCaseHistoryResponse,
    relevel_case: RelevelCaseRequest => RelevelCaseResponse,
    assign_case: AssignCaseRequest => AssignCaseResponse,
    resolve_case: ResolveCaseRequest => ResolveCaseResponse,
    close_case: CloseCaseRequest => CloseCaseResponse,
    comment_case: CommentCaseRequest => CommentCaseResponse,
    merge_cases: MergeCasesRequest => MergeCasesResponse,
    undo_merge: UndoMergeRequest => UndoMergeResponse,
    split_case: SplitCaseRequest => SplitCaseResponse,
    act_on_case: ActOnCaseRequest => ActOnCaseResponse,
    list_agencies: ListAgenciesRequest => ListAgenciesResponse,
}
