//! Removing who and what of cases whose term is over.

use fengqiao_proto::{notification::v1::FormContent, types::v1::Matter};
use fengqiao_sealing::Keyring;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Store;
use crate::error::NotificationError;

/// Removes what is kept of who and what cases were about, but for what [persons](super::people::expire_people) were told.
/// What is counted stays, and so do numbers, receipts and times. Doing it again changes nothing.
///
/// # Errors
/// [`NotificationError`] of the database.
pub async fn expire_cases(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    cases: &[Uuid],
) -> Result<(), NotificationError> {
    const OPERATION: &str = "remove what cases were about";
    let nothing = |plain: &[u8]| keyring.seal(plain, county.as_bytes());
    let query = sqlx::query(include_str!("sql/expire_cases.sql"))
        .bind(county)
        .bind(cases)
        .bind(nothing(&Matter::default().encode_to_vec()))
        .bind(nothing(b""))
        .bind(nothing(&FormContent::default().encode_to_vec()));
    Store::within(OPERATION, async {
        query.execute(conn).await.map_err(NotificationError::database(OPERATION)).map(drop)
    })
    .await
}
