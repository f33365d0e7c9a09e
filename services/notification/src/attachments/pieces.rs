//! Where sealed pieces lie.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt as _, RetryConfig, aws::AmazonS3Builder, path::Path,
};
use uuid::Uuid;

use crate::{domain::attachment::FilePlace, error::NotificationError, store::Store};

/// What one request to the object store may take, and all tries of it together.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);
const RETRIES: usize = 3;
/// A file has at most so many pieces, whatever a county allows; see [`crate::settings`].
const MOST_PIECES: u32 = 4096;

/// An S3-compatible store for files, in place of Postgres.
#[derive(Debug, Clone, Default, Args)]
pub struct ObjectPlace {
    /// The bucket that new files are kept in. Without one they are kept in Postgres.
    #[arg(long, env = "FENGQIAO_FILES_BUCKET")]
    pub files_bucket: Option<String>,
    /// The address of the S3-compatible store.
    #[arg(long, env = "FENGQIAO_FILES_ENDPOINT", requires = "files_bucket")]
    pub files_endpoint: Option<String>,
    /// Its region, where it has regions.
    #[arg(long, env = "FENGQIAO_FILES_REGION", default_value = "us-east-1")]
    pub files_region: String,
    /// A file with the access key and its secret, one a line. Without it the usual `AWS_…` variables hold.
    #[arg(long, env = "FENGQIAO_FILES_KEYS", requires = "files_bucket")]
    pub files_keys: Option<PathBuf>,
}

/// Why the object store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Its keys cannot be read.
    #[error("{path} does not hold an access key and its secret, one a line")]
    Keys {
        /// The file.
        path: String,
    },
    /// Its settings do not fit together.
    #[error(transparent)]
    Settings(#[from] object_store::Error),
}

/// The sealed pieces of files.
#[derive(Clone)]
pub struct Pieces {
    store: Store,
    objects: Option<Arc<dyn ObjectStore>>,
}

impl Pieces {
    /// Pieces in Postgres, or, of new files, in the object store where there is one.
    ///
    /// # Errors
    /// Where the object store's settings are not usable.
    pub fn new(store: Store, place: &ObjectPlace) -> Result<Self, PlaceError> {
        let objects = place.files_bucket.as_ref().map(|bucket| -> Result<_, PlaceError> {
            let endpoint = place.files_endpoint.as_deref();
            let plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
            let mut builder = AmazonS3Builder::from_env()
                .with_bucket_name(bucket)
                .with_region(&place.files_region)
                .with_client_options(
                    ClientOptions::new().with_timeout(REQUEST_TIMEOUT).with_allow_http(plain),
                )
                .with_retry(RetryConfig {
                    max_retries: RETRIES,
                    retry_timeout: RETRY_TIMEOUT,
                    ..RetryConfig::default()
                });
            if let Some(endpoint) = endpoint {
                builder = builder.with_endpoint(endpoint);
            }
            if let Some(file) = &place.files_keys {
                let (key, secret) = keys(file)?;
                builder = builder.with_access_key_id(key).with_secret_access_key(secret);
            }
            Ok(Arc::new(builder.build()?) as Arc<dyn ObjectStore>)
        });
        Ok(Self { store, objects: objects.transpose()? })
    }

    /// Where new pieces go.
    #[must_use]
    pub const fn place(&self) -> FilePlace {
        if self.objects.is_some() { FilePlace::Objects } else { FilePlace::Database }
    }

    pub(super) async fn put(
        &self,
        county: &str,
        body: Uuid,
        number: u32,
        piece: Vec<u8>,
    ) -> Result<(), NotificationError> {
        match &self.objects {
            Some(objects) => objects
                .put(&path(county, body, number), piece.into())
                .await
                .map(drop)
                .map_err(fault("keep a piece")),
            None => self.store.put_piece(county, body, number, &piece).await,
        }
    }

    pub(super) async fn get(
        &self,
        place: FilePlace,
        county: &str,
        body: Uuid,
        number: u32,
    ) -> Result<Vec<u8>, NotificationError> {
        match place {
            FilePlace::Database => self.store.piece(county, body, number).await,
            FilePlace::Objects => {
                let found = self.objects()?.get(&path(county, body, number)).await;
                let bytes = found.map_err(fault("read a piece"))?.bytes().await;
                Ok(bytes.map_err(fault("read a piece"))?.to_vec())
            }
        }
    }

    /// Removes all pieces of a body.
    pub(super) async fn drop_all(
        &self,
        place: FilePlace,
        county: &str,
        body: Uuid,
    ) -> Result<(), NotificationError> {
        if place == FilePlace::Database {
            return self.store.drop_pieces(county, body).await;
        }
        let objects = self.objects()?;
        // Pieces are numbered without a gap: the first that is not there is behind the last. An S3 store says nothing of
        // an object that was not there when it is removed, so one is asked for first.
        for number in 0..MOST_PIECES {
            let at = path(county, body, number);
            match objects.head(&at).await {
                Err(object_store::Error::NotFound { .. }) => break,
                Err(error) => return Err(fault("look for a piece")(error)),
                Ok(_) => objects.delete(&at).await.map_err(fault("remove a piece"))?,
            }
        }
        Ok(())
    }

    fn objects(&self) -> Result<&Arc<dyn ObjectStore>, NotificationError> {
        self.objects.as_ref().ok_or(NotificationError::NoObjectStore)
    }
}

fn keys(file: &std::path::Path) -> Result<(String, String), PlaceError> {
    let wrong = || PlaceError::Keys { path: file.display().to_string() };
    let text = std::fs::read_to_string(file).map_err(|_| wrong())?;
    let (key, secret) = text.trim().split_once('\n').ok_or_else(wrong)?;
    Ok((key.trim().to_owned(), secret.trim().to_owned()))
}

fn path(county: &str, body: Uuid, number: u32) -> Path {
    Path::from(format!("{county}/{body}/{number:05}"))
}

fn fault(operation: &'static str) -> impl FnOnce(object_store::Error) -> NotificationError {
    move |source| NotificationError::Objects { operation, source: Box::new(source) }
}
