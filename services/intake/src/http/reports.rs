//! One report: handing in, and reading.

use axum::{
    extract::{Path, RawQuery, Request, State},
    http::{Extensions, HeaderMap},
};
use fengqiao_proto::intake::v1::{GetReportRequest, Report};
use fengqiao_serving::json_edge::{Problem, Reply, is_of_type};
use tonic::Status;

use super::{Edge, REPORT_BYTES, reading::read};
use crate::{domain::validation::Violation, error::IntakeError};

/// `POST /v1/reports`
pub(super) async fn submit(State(edge): State<Edge>, request: Request) -> Result<Reply, Reply> {
    submitted(edge, request).await.map_err(Problem::reply)
}

async fn submitted(edge: Edge, request: Request) -> Result<Reply, Problem> {
    let (head, body) = request.into_parts();
    let headers = &head.headers;
    let who = edge.caller("IntakeService/SubmitReport", headers, &head.extensions)?;
    if !is_of_type(headers, "application/json") {
        return Err(Problem::wrong_content_type("application/json"));
    }
    let (body, room) = edge.whole(headers, body, REPORT_BYTES).await?;
    let (answers, key) = (edge.answers.clone(), edge.answers.key(headers, &who, "SubmitReport", &body)?);
    answers
        .once(key, async move {
            let _room = room;
            let report = match serde_json::from_slice(&body) {
                Ok(value) => read::<Report>(value),
                Err(error) => return Problem::not_json(&error).reply(),
            };
            let taken = match report {
                Ok(report) => edge.intake.submit(&who, Some(report)).await,
                Err(error) => Err(error),
            };
            match taken {
                Ok(taken) => Reply::message(&taken),
                Err(error) => Problem::from(Status::from(error)).reply(),
            }
        })
        .await
}

/// `GET /v1/reports/{report_id}`
pub(super) async fn by_id(
    State(edge): State<Edge>,
    Path(report_id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Reply, Reply> {
    let asked = Query::read(query.as_deref(), &["county", "purpose"]).map(|query| {
        let (county, purpose) = (query.text("county"), query.text("purpose"));
        GetReportRequest { county, report_id, purpose, ..GetReportRequest::default() }
    });
    answered(&edge, &headers, &extensions, asked).await
}

/// `GET /v1/reports?source=…&ref=…`
pub(super) async fn by_reference(
    State(edge): State<Edge>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Reply, Reply> {
    let asked = Query::read(query.as_deref(), &["source", "ref", "county", "purpose"]).and_then(|query| {
        let (source, source_ref) = (query.source()?, query.text("ref"));
        if source == 0 || source_ref.is_empty() {
            return Err(wrong(if source == 0 { "source" } else { "ref" }, "must be given"));
        }
        let (county, purpose) = (query.text("county"), query.text("purpose"));
        Ok(GetReportRequest { county, source, source_ref, purpose, ..GetReportRequest::default() })
    });
    answered(&edge, &headers, &extensions, asked).await
}

async fn answered(
    edge: &Edge,
    headers: &HeaderMap,
    extensions: &Extensions,
    asked: Result<GetReportRequest, Problem>,
) -> Result<Reply, Reply> {
    let answered = match asked {
        Ok(asked) => get(edge, headers, extensions, asked).await,
        Err(problem) => Err(problem),
    };
    answered.map_err(Problem::reply)
}

async fn get(
    edge: &Edge,
    headers: &HeaderMap,
    extensions: &Extensions,
    asked: GetReportRequest,
) -> Result<Reply, Problem> {
    let who = edge.caller("IntakeService/GetReport", headers, extensions)?;
    let found = edge.intake.get_report(&who, asked).await.map_err(Status::from)?;
    Ok(Reply::message(&found.report.unwrap_or_default()))
}

/// The parameters of a page.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads them; one that the page does not know is refused, so that a misspelt one is not silently lost.
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let unknown = |name: &String| !known.contains(&name.as_str());
        let wrong: Vec<Violation> = pairs
            .iter()
            .map(|(name, _)| name)
            .filter(|name| unknown(name))
            .take(20)
            .map(|name| {
                Violation::new(name.chars().take(64).collect::<String>(), "is not a parameter of this page")
            })
            .collect();
        if wrong.is_empty() { Ok(Self(pairs)) } else { Err(Status::from(IntakeError::Invalid(wrong)).into()) }
    }

    /// A parameter's text; empty where it is not given.
    pub(super) fn text(&self, name: &str) -> String {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone()).unwrap_or_default()
    }

    /// A whole number; 0 where it is not given.
    pub(super) fn number(&self, name: &str) -> Result<i32, Problem> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(0);
        }
        text.parse().map_err(|_| wrong(name, "must be a whole number"))
    }

    /// The parameter `source`: a source's name, with or without its prefix, in any case; 0 where it is not given.
    pub(super) fn source(&self) -> Result<i32, Problem> {
        use fengqiao_proto::types::v1::Source;
        let name = self.text("source").to_ascii_uppercase();
        if name.is_empty() {
            return Ok(0);
        }
        let full = format!("SOURCE_{}", name.trim_start_matches("SOURCE_"));
        let known = Source::from_str_name(&full).filter(|source| *source != Source::Unspecified);
        known.map(i32::from).ok_or_else(|| wrong("source", "must be one of the known sources"))
    }
}

fn wrong(field: &str, right: &str) -> Problem {
    Status::from(IntakeError::invalid(field, right)).into()
}
