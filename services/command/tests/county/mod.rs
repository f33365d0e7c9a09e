//! A county whose services answer by a script, and its `stack.json`.

#![allow(dead_code, reason = "each test uses its part")]

use std::{fs, net::SocketAddr, path::Path, pin::Pin};

use fengqiao_proto::{
    intake::v1::{
        Evidence, GetReportRequest, GetReportResponse, LinkReason, Linkage, ListReportsRequest,
        ListReportsResponse, SubmitReportRequest, SubmitReportResponse, SubmitReportsRequest,
        SubmitReportsResponse,
        intake_service_server::{IntakeService, IntakeServiceServer},
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
    _runtime: Option<Runtime>,
}

impl County {
    pub fn start() -> Self {
        let mut routes = Routes::builder();
        routes.add_service(IntakeServiceServer::new(Script)).add_service(RoutingServiceServer::new(Script));
        Self::of(routes.routes())
    }

    /// With these instead of its services.
    pub fn of(routes: Routes) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(Server::builder().add_routes(routes).serve_with_incoming(TcpIncoming::from(listener)));
        Self { folder: described(address), _runtime: Some(runtime) }
    }

    pub fn stopped() -> Self {
        // Nothing listens on a port that was just given and given back.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Self { folder: described(listener.local_addr().unwrap()), _runtime: None }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn described(address: SocketAddr) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join(".local");
    fs::create_dir(&local).unwrap();
    for name in ["officer", "operator", "source-hotline"] {
        fs::write(local.join(format!("{name}.token")), name).unwrap();
    }
    let url = format!("http://{address}");
    let description = serde_json::json!({
        "county": "421181",
        "services": {"intake": url, "routing": url, "notification": url},
        "tokens": {"officer": "officer.token", "operator": "operator.token", "source-hotline": "source-hotline.token"},
    });
    fs::write(local.join("stack.json"), description.to_string()).unwrap();
    folder
}

struct Script;

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
            known: false,
            linkage: Some(Linkage { repeat: true, reasons: vec![reason], ..Default::default() }),
        }))
    }

    async fn submit_reports(
        &self,
        _: Request<Streaming<SubmitReportsRequest>>,
    ) -> Result<Response<Self::SubmitReportsStream>, Status> {
        not_in_the_script()
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
