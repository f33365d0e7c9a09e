//! Giving out files and forms: to be kept, never to be shown as a page of ours.

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use fengqiao_pages::Instead;
use fengqiao_proto::notification::v1::ReadPart;
use uuid::Uuid;

use super::{
    Desk,
    reading::{By, ask_first},
    refusal,
};
use crate::{domain::attachment::name_for_download, error::NotificationError};

/// Nothing in a file acts in our name, should a browser show it after all.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// `GET /pushes/{push_id}/files/{file_id}`
pub(super) async fn give(
    State(desk): State<Desk>,
    Path((push_id, file_id)): Path<(String, String)>,
    Query(by): Query<By>,
    headers: HeaderMap,
) -> Result<Response, Instead> {
    let visit = desk.entrance.visit(&headers).await?;
    let (Ok(push_id), Ok(file_id)) = (Uuid::parse_str(&push_id), Uuid::parse_str(&file_id)) else {
        return Ok(refusal::not_found(visit.language));
    };
    let (county, agency) = (visit.signed.county.as_str(), visit.signed.account.agency.as_str());
    let found = async {
        let file = desk.answering.files.read(county, push_id, Some(agency), file_id).await?;
        let may = desk.may_give(&visit, push_id, by.way(), ReadPart::Attachment).await?;
        Ok::<_, NotificationError>(may.then_some(file))
    };
    Ok(match found.await {
        Ok(None) => ask_first(push_id),
        Ok(Some((file, content))) => {
            let name = name_for_download(&file.name, &file.media_type);
            (to_keep(&name, &file.media_type, file.size), Body::from_stream(content)).into_response()
        }
        Err(error) => refusal::of(visit.language, "giving out a file", &error),
    })
}

/// `GET /pushes/{push_id}/paper`: the form as it is printed, the same bytes for ever.
pub(super) async fn paper(
    State(desk): State<Desk>,
    Path(push_id): Path<String>,
    Query(by): Query<By>,
    headers: HeaderMap,
) -> Result<Response, Instead> {
    let visit = desk.entrance.visit(&headers).await?;
    let Ok(push_id) = Uuid::parse_str(&push_id) else { return Ok(refusal::not_found(visit.language)) };
    let (county, agency) = (visit.signed.county.as_str(), visit.signed.account.agency.as_str());
    let printed = async {
        let one = desk.delivery.store.desk_push(county, agency, push_id).await?;
        let (form, content) = desk.forms.read(county, push_id).await?;
        let paper = desk.forms.paper(&form, &content).await?;
        let may = desk.may_give(&visit, push_id, by.way(), ReadPart::Paper).await?;
        Ok::<_, NotificationError>(may.then_some((one.push.form_number, paper)))
    };
    Ok(match printed.await {
        Ok(None) => ask_first(push_id),
        Ok(Some((number, paper))) => {
            let name = format!("{number}.pdf");
            (to_keep(&name, "application/pdf", i64::try_from(paper.pdf.len()).unwrap_or(i64::MAX)), paper.pdf)
                .into_response()
        }
        Err(error) => refusal::of(visit.language, "giving out a form", &error),
    })
}

/// The headers of what a browser keeps under a name.
fn to_keep(name: &str, media_type: &str, bytes: i64) -> [(header::HeaderName, HeaderValue); 4] {
    let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let disposition = format!("attachment; filename*=UTF-8''{}", encoded.replace('+', "%20"));
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("attachment"));
    [
        (header::CONTENT_TYPE, value(media_type)),
        (header::CONTENT_DISPOSITION, value(&disposition)),
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
    ]
}
