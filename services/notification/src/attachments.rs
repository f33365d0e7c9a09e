//! Files that agencies hand in: taken piece by piece, known by their content, sealed, given out again.
//!
//! Of a file only one piece is in memory. It is refused as soon as its size or its kind is known to be wrong. Its pieces
//! lie in Postgres or in an object store; which, is the installation's choice and stands with each file, so that the
//! choice can change.

mod pieces;
mod room;

use std::{sync::Arc, time::Duration};

use fengqiao_proto::notification::v1::Attachment;
use fengqiao_sealing::{DataKey, Keyring};
use fengqiao_serving::time::to_proto;
use futures::{Stream, stream};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;
use uuid::Uuid;

pub use self::pieces::{ObjectPlace, Pieces, PlaceError};
use self::room::{Place, Room};
use crate::{
    answering::Answerer,
    domain::attachment::{MOST_NAME, PIECE_BYTES, media_type},
    error::NotificationError,
    store::{KeptAttachment, NewAttachment, Store},
};

/// Of so many bytes it is known what they are.
const HEAD_BYTES: usize = 8 * 1024;
/// A body that is being handed in for so long belongs to nobody any more. Much longer than one may take.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// The longest that handing in one file may take.
pub const LONGEST_UPLOAD: Duration = Duration::from_secs(600);
const SWEEP_EVERY: Duration = Duration::from_secs(300);
const SWEPT: i64 = 100;

/// The files of all pushes.
#[derive(Clone)]
pub struct Attachments {
    store: Store,
    pieces: Pieces,
    keyring: Arc<Keyring>,
    room: Room,
}

/// What is said of a file before its content comes.
#[derive(Debug, Clone)]
pub struct Coming {
    /// The push that it belongs to.
    pub push_id: Uuid,
    /// Its name.
    pub name: String,
    /// How large it is; none where that is not known before its end.
    pub size: Option<u64>,
    /// The largest that the county takes, in bytes.
    pub most: u64,
}

impl Attachments {
    /// Files beside these pushes.
    #[must_use]
    pub fn new(store: Store, pieces: Pieces, keyring: Arc<Keyring>) -> Self {
        Self { store, pieces, keyring, room: Room::default() }
    }

    /// Begins to take a file.
    ///
    /// # Errors
    /// [`NotificationError::Invalid`], [`NotificationError::FileTooLarge`], [`NotificationError::NoSuchPush`],
    /// [`NotificationError::TooManyFiles`], [`NotificationError::FilesBusy`].
    pub async fn begin(&self, who: &Answerer, coming: Coming) -> Result<Upload, NotificationError> {
        let has_name = (1..=MOST_NAME).contains(&coming.name.chars().count());
        if !has_name || coming.name.contains(char::is_control) {
            return Err(NotificationError::wrong("begin.name", "1 to 200 characters of one line"));
        }
        if coming.size == Some(0) {
            return Err(NotificationError::wrong("begin.size", "must be above 0"));
        }
        if coming.size.is_some_and(|size| size > coming.most) {
            return Err(NotificationError::FileTooLarge { most: coming.most });
        }
        let room = self.room.place(&who.county, &who.agency).await?;
        let body = Uuid::now_v7();
        let place = self.pieces.place();
        let at = fengqiao_serving::time::now();
        self.store.begin_upload(&who.county, coming.push_id, &who.agency, body, place, at).await?;
        Ok(Upload {
            files: self.clone(),
            county: who.county.clone(),
            actor: who.actor.clone(),
            coming,
            body,
            key: DataKey::generate(),
            hash: Sha256::new(),
            size: 0,
            pieces: 0,
            held: Vec::new(),
            media_type: None,
            _room: room,
        })
    }

    /// The files of a push, the oldest first; of an agency only where the push is its own.
    ///
    /// # Errors
    /// Of the database, or where a name does not open.
    pub async fn list(
        &self,
        county: &str,
        push_id: Uuid,
        agency: Option<&str>,
    ) -> Result<Vec<Attachment>, NotificationError> {
        let kept = self.store.attachments(county, push_id, agency, None).await?;
        kept.iter().map(|one| self.shown(county, push_id, one)).collect()
    }

    /// A file and its content, piece by piece.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchFile`], or of the database. The stream ends with an error where a piece cannot be had.
    pub async fn read(
        &self,
        county: &str,
        push_id: Uuid,
        agency: Option<&str>,
        attachment_id: Uuid,
    ) -> Result<
        (Attachment, impl Stream<Item = Result<Vec<u8>, NotificationError>> + Send + use<>),
        NotificationError,
    > {
        let found = self.store.attachments(county, push_id, agency, Some(attachment_id)).await?;
        let kept = found.into_iter().next().ok_or(NotificationError::NoSuchFile)?;
        let key = DataKey::open(&kept.sealed_key, &self.keyring, county.as_bytes())?;
        let shown = self.shown(county, push_id, &kept)?;
        let pieces = self.pieces.clone();
        let county = county.to_owned();
        let content = stream::try_unfold((0, key), move |(number, key)| {
            let (pieces, county, kept) = (pieces.clone(), county.clone(), kept.clone());
            async move {
                if number == kept.pieces {
                    return Ok(None);
                }
                let sealed = pieces.get(kept.place, &county, kept.body, number).await?;
                let piece = key.open_piece(number, number + 1 == kept.pieces, &sealed)?;
                Ok(Some((piece, (number + 1, key))))
            }
        });
        Ok((shown, content))
    }

    fn shown(
        &self,
        county: &str,
        push_id: Uuid,
        kept: &KeptAttachment,
    ) -> Result<Attachment, NotificationError> {
        let name = self.keyring.open(&kept.sealed_name, county.as_bytes())?;
        Ok(Attachment {
            attachment_id: kept.attachment_id.to_string(),
            push_id: push_id.to_string(),
            name: String::from_utf8_lossy(&name).into_owned(),
            media_type: kept.media_type.clone(),
            size: kept.size,
            at: Some(to_proto(kept.at)),
            actor: kept.actor.clone(),
        })
    }

    /// Removes what was handed in by half when a process died, until the future is dropped.
    pub async fn sweep_forever(self, counties: Vec<String>) {
        loop {
            for county in &counties {
                if let Err(error) = self.sweep(county, fengqiao_serving::time::now()).await {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(county, error, "files handed in by half are removed later");
                }
            }
            sleep(SWEEP_EVERY).await;
        }
    }

    /// Removes what was handed in by half an hour ago and longer, a bounded number.
    ///
    /// # Errors
    /// Of the database or the object store.
    pub async fn sweep(&self, county: &str, now: Timestamp) -> Result<(), NotificationError> {
        for (body, place, is_kept) in
            self.store.abandoned_uploads(county, now - ABANDONED_AFTER, SWEPT).await?
        {
            if !is_kept {
                self.pieces.drop_all(place, county, body).await?;
            }
            self.store.end_upload(county, body).await?;
        }
        Ok(())
    }
}

/// A file that is being handed in. One that is dropped before its end is swept.
pub struct Upload {
    files: Attachments,
    county: String,
    actor: String,
    coming: Coming,
    body: Uuid,
    key: DataKey,
    hash: Sha256,
    size: u64,
    pieces: u32,
    /// What is not written yet: at most a piece, and what came last.
    held: Vec<u8>,
    media_type: Option<&'static str>,
    _room: Place,
}

impl Upload {
    /// Takes more of the content.
    ///
    /// # Errors
    /// [`NotificationError::FileTooLarge`], [`NotificationError::FileKind`], or of the store. Then call
    /// [`Upload::give_up`].
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), NotificationError> {
        self.size += bytes.len() as u64;
        let most = self.coming.size.unwrap_or(self.coming.most).min(self.coming.most);
        if self.size > most {
            return Err(match self.coming.size {
                Some(_) if self.size <= self.coming.most => {
                    NotificationError::wrong("begin.size", "is less than what came")
                }
                _ => NotificationError::FileTooLarge { most: self.coming.most },
            });
        }
        self.hash.update(bytes);
        while !bytes.is_empty() {
            if self.held.len() == PIECE_BYTES {
                self.put(false).await?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.held.len()));
            self.held.extend_from_slice(now);
            bytes = later;
            if self.held.len() >= HEAD_BYTES {
                self.look()?;
            }
        }
        Ok(())
    }

    /// All has come.
    ///
    /// # Errors
    /// As [`Upload::write`]; also where less came than was said. Nothing is kept then.
    pub async fn finish(mut self, at: Timestamp) -> Result<Attachment, NotificationError> {
        match self.finished(at).await {
            Ok(attachment) => Ok(attachment),
            Err(error) => {
                self.give_up().await;
                Err(error)
            }
        }
    }

    async fn finished(&mut self, at: Timestamp) -> Result<Attachment, NotificationError> {
        if self.coming.size.is_some_and(|said| said != self.size) {
            return Err(NotificationError::wrong("begin.size", "is more than what came"));
        }
        self.look()?;
        let media_type = self.media_type.ok_or(NotificationError::FileKind)?;
        self.put(true).await?;
        let (keyring, county) = (&self.files.keyring, self.county.as_bytes());
        let digest = std::mem::take(&mut self.hash).finalize();
        let new = NewAttachment {
            county: self.county.clone(),
            push_id: self.coming.push_id,
            attachment_id: Uuid::now_v7(),
            content: keyring.stamp(b"attachment", &[county, &digest]),
            size: self.size,
            media_type,
            body: self.body,
            pieces: self.pieces,
            place: self.files.pieces.place(),
            sealed_key: self.key.seal(keyring, county),
            sealed_name: keyring.seal(self.coming.name.as_bytes(), county),
            at,
            actor: self.actor.clone(),
        };
        let (id, is_new) = self.files.store.keep_attachment(&new).await?;
        if !is_new {
            self.files.pieces.drop_all(new.place, &self.county, self.body).await?;
        }
        self.files.store.end_upload(&self.county, self.body).await?;
        metrics::counter!("fengqiao_notification_attachment_bytes_total", "county" => self.county.clone())
            .increment(self.size);
        let kept = self.files.store.attachments(&self.county, new.push_id, None, Some(id)).await?;
        let kept = kept.first().ok_or(NotificationError::NoSuchFile)?;
        self.files.shown(&self.county, new.push_id, kept)
    }

    /// Removes what came so far. Should that fail, it is swept.
    pub async fn give_up(self) {
        let removed = async {
            self.files.pieces.drop_all(self.files.pieces.place(), &self.county, self.body).await?;
            self.files.store.end_upload(&self.county, self.body).await
        };
        if let Err(error) = removed.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a refused file is removed later");
        }
    }

    /// Looks what it is, once enough of it is here.
    fn look(&mut self) -> Result<(), NotificationError> {
        if self.media_type.is_none() {
            self.media_type = Some(media_type(&self.held).ok_or(NotificationError::FileKind)?);
        }
        Ok(())
    }

    async fn put(&mut self, is_last: bool) -> Result<(), NotificationError> {
        let sealed = self.key.seal_piece(self.pieces, is_last, &self.held);
        self.files.pieces.put(&self.county, self.body, self.pieces, sealed).await?;
        self.pieces += 1;
        self.held.clear();
        Ok(())
    }
}
