//! Files of pushes: what they are, and their sealed pieces where these lie in Postgres.

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Store, rows};
use crate::{
    domain::attachment::{FilePlace, MOST_OF_PUSH},
    error::NotificationError,
};

/// What is kept of a file that was handed in whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttachment {
    /// The county.
    pub county: String,
    /// The push.
    pub push_id: Uuid,
    /// The id, where the push does not have the file yet.
    pub attachment_id: Uuid,
    /// The keyed hash of its content.
    pub content: [u8; 32],
    /// In bytes.
    pub size: u64,
    /// Found by its content.
    pub media_type: &'static str,
    /// Under which its pieces lie.
    pub body: Uuid,
    /// How many.
    pub pieces: u32,
    /// Where they lie.
    pub place: FilePlace,
    /// The key that they are sealed with, sealed.
    pub sealed_key: Vec<u8>,
    /// Its name, sealed.
    pub sealed_name: Vec<u8>,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
}

/// A file of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAttachment {
    /// The id.
    pub attachment_id: Uuid,
    /// Found by its content.
    pub media_type: String,
    /// In bytes.
    pub size: i64,
    /// Its name, sealed.
    pub sealed_name: Vec<u8>,
    /// When it was handed in.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
    /// Under which its pieces lie.
    pub body: Uuid,
    /// How many.
    pub pieces: u32,
    /// Where they lie.
    pub place: FilePlace,
    /// The key that they are sealed with, sealed.
    pub sealed_key: Vec<u8>,
}

impl Store {
    /// Notes that a body is being handed in.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`] where it is not this agency's, [`NotificationError::TooManyFiles`].
    pub async fn begin_upload(
        &self,
        county: &str,
        push_id: Uuid,
        agency: &str,
        body: Uuid,
        place: FilePlace,
        at: Timestamp,
    ) -> Result<(), NotificationError> {
        const OPERATION: &str = "begin to take a file";
        let query = sqlx::query_scalar::<_, bool>(include_str!("sql/attachment/begin.sql"))
            .bind(county)
            .bind(push_id)
            .bind(agency)
            .bind(body)
            .bind(to_sql(at))
            .bind(place as i16)
            .bind(MOST_OF_PUSH);
        let found = Self::within(OPERATION, async {
            query.fetch_optional(&self.pool).await.map_err(NotificationError::database(OPERATION))
        });
        match found.await? {
            None => Err(NotificationError::NoSuchPush),
            Some(false) => Err(NotificationError::TooManyFiles),
            Some(true) => Ok(()),
        }
    }

    /// Keeps a sealed piece.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn put_piece(
        &self,
        county: &str,
        body: Uuid,
        number: u32,
        piece: &[u8],
    ) -> Result<(), NotificationError> {
        const OPERATION: &str = "keep a piece of a file";
        let query = sqlx::query(include_str!("sql/attachment/put_piece.sql"))
            .bind(county)
            .bind(body)
            .bind(as_sql(number))
            .bind(piece);
        Self::within(OPERATION, async {
            query.execute(&self.pool).await.map_err(NotificationError::database(OPERATION)).map(drop)
        })
        .await
    }

    /// A sealed piece.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; also where it is not there.
    pub async fn piece(&self, county: &str, body: Uuid, number: u32) -> Result<Vec<u8>, NotificationError> {
        const OPERATION: &str = "read a piece of a file";
        let query = sqlx::query_scalar(include_str!("sql/attachment/get_piece.sql"))
            .bind(county)
            .bind(body)
            .bind(as_sql(number));
        Self::within(OPERATION, async {
            query.fetch_one(&self.pool).await.map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Keeps a file that was handed in whole. Says under which id the push has it, and whether its body is wanted: the
    /// same content may be here already.
    ///
    /// # Errors
    /// [`NotificationError`] of the database; then nothing is kept.
    pub async fn keep_attachment(&self, new: &NewAttachment) -> Result<(Uuid, bool), NotificationError> {
        const OPERATION: &str = "keep a file";
        Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let mut tx = self.pool.begin().await.map_err(database())?;
            let body: Uuid = sqlx::query_scalar(include_str!("sql/attachment/keep_content.sql"))
                .bind(&new.county)
                .bind(new.content)
                .bind(i64::try_from(new.size).unwrap_or(i64::MAX))
                .bind(new.media_type)
                .bind(new.body)
                .bind(as_sql(new.pieces))
                .bind(new.place as i16)
                .bind(&new.sealed_key)
                .fetch_one(&mut *tx)
                .await
                .map_err(database())?;
            let id = sqlx::query_scalar(include_str!("sql/attachment/keep.sql"))
                .bind(&new.county)
                .bind(new.push_id)
                .bind(new.attachment_id)
                .bind(new.content)
                .bind(&new.sealed_name)
                .bind(to_sql(new.at))
                .bind(&new.actor)
                .fetch_one(&mut *tx)
                .await
                .map_err(database())?;
            tx.commit().await.map_err(database())?;
            Ok((id, body == new.body))
        })
        .await
    }

    /// Removes the pieces of a body that lie here.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn drop_pieces(&self, county: &str, body: Uuid) -> Result<(), NotificationError> {
        self.of_body("remove a body", include_str!("sql/attachment/drop_pieces.sql"), county, body).await
    }

    /// The body is no longer being handed in: it belongs to a content, or is gone.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn end_upload(&self, county: &str, body: Uuid) -> Result<(), NotificationError> {
        self.of_body("end taking a file", include_str!("sql/attachment/end_upload.sql"), county, body).await
    }

    async fn of_body(
        &self,
        operation: &'static str,
        statement: &'static str,
        county: &str,
        body: Uuid,
    ) -> Result<(), NotificationError> {
        Self::within(operation, async {
            let done = sqlx::query(statement).bind(county).bind(body).execute(&self.pool).await;
            done.map_err(NotificationError::database(operation)).map(drop)
        })
        .await
    }

    /// The files of a push, the oldest first; only of this agency, and only one, where given.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn attachments(
        &self,
        county: &str,
        push_id: Uuid,
        agency: Option<&str>,
        attachment_id: Option<Uuid>,
    ) -> Result<Vec<KeptAttachment>, NotificationError> {
        const OPERATION: &str = "list files";
        let query = sqlx::query(include_str!("sql/attachment/list.sql"))
            .bind(county)
            .bind(push_id)
            .bind(agency)
            .bind(attachment_id)
            .bind(MOST_OF_PUSH);
        Self::within(OPERATION, async {
            let rows = query.fetch_all(&self.pool).await.map_err(NotificationError::database(OPERATION))?;
            rows.iter().map(kept).collect::<Result<_, _>>().map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// Bodies whose hand-in began before a time, and whether a content has them: of a process that died.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn abandoned_uploads(
        &self,
        county: &str,
        before: Timestamp,
        at_most: i64,
    ) -> Result<Vec<(Uuid, FilePlace, bool)>, NotificationError> {
        const OPERATION: &str = "look for files that nobody hands in any more";
        Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let rows = sqlx::query(include_str!("sql/attachment/abandoned.sql"))
                .bind(county)
                .bind(to_sql(before))
                .bind(at_most)
                .fetch_all(&self.pool)
                .await
                .map_err(database())?;
            let mut found = Vec::with_capacity(rows.len());
            for row in &rows {
                let body: Uuid = row.try_get("body").map_err(database())?;
                let is_kept = sqlx::query_scalar(include_str!("sql/attachment/has_body.sql"))
                    .bind(county)
                    .bind(body)
                    .fetch_one(&self.pool)
                    .await
                    .map_err(database())?;
                found.push((body, place(row).map_err(database())?, is_kept));
            }
            Ok(found)
        })
        .await
    }
}

fn kept(row: &PgRow) -> Result<KeptAttachment, sqlx::Error> {
    Ok(KeptAttachment {
        attachment_id: row.try_get("attachment_id")?,
        media_type: row.try_get("media_type")?,
        size: row.try_get("size")?,
        sealed_name: row.try_get("sealed_name")?,
        at: rows::time(row, "at")?,
        actor: row.try_get("actor")?,
        body: row.try_get("body")?,
        pieces: u32::try_from(row.try_get::<i32, _>("pieces")?).unwrap_or_default(),
        place: place(row)?,
        sealed_key: row.try_get("sealed_key")?,
    })
}

fn place(row: &PgRow) -> Result<FilePlace, sqlx::Error> {
    rows::known(row, "place", FilePlace::try_from)
}

/// Pieces are few: a file is bounded.
fn as_sql(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
