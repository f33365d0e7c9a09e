//! A bulletin for whoever was given its link: people of agencies, who have an account at their desk and none here.
//!
//! The link holds the SHA-256 of the PDF. Nobody can know that who has not been given the link or the file itself, and it
//! says which bytes are behind it, for ever.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use fengqiao_pages::{Language, refusal};
use fengqiao_proto::statistics::v1::BulletinFormat;
use uuid::Uuid;

use super::{SITE, refused};
use crate::store::Bulletins;

/// The pattern of the address.
const PATH: &str = "/bulletins/{county}/{bulletin_id}/{sha256}";

/// Where a bulletin's PDF is shown, at a board's address as people type it.
pub fn link(board: &str, county: &str, bulletin_id: Uuid, sha256: &[u8]) -> String {
    format!("{}/bulletins/{county}/{bulletin_id}/{}", board.trim_end_matches('/'), hexadecimal(sha256))
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The page, which needs nothing of the board besides.
pub fn router<S: Clone + Send + Sync + 'static>(bulletins: Bulletins) -> Router<S> {
    Router::new().route(PATH, get(give)).with_state(bulletins)
}

/// `GET /bulletins/{county}/{bulletin_id}/{sha256}`
async fn give(
    State(bulletins): State<Bulletins>,
    Path((county, bulletin_id, sha256)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let language = Language::of(&headers);
    let Ok(bulletin_id) = Uuid::try_parse(&bulletin_id) else { return refusal::not_found(&SITE, language) };
    let found = match bulletins.file(&county, bulletin_id, BulletinFormat::Pdf, None).await {
        Ok(found) => found,
        Err(error) => return refused(language, &error),
    };
    // A wrong one and none at all are answered alike.
    let Some(file) = found.filter(|file| hexadecimal(&file.sha256) == sha256) else {
        return refusal::not_found(&SITE, language);
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/pdf")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"bulletin.pdf\"")),
        // The link is for who was given it: no other site is told.
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, file.content).into_response()
}
