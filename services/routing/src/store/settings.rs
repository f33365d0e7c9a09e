//! The settings of counties: which version of each kind holds, and every text that ever held.

use fengqiao_messaging::{Event, append};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::{bounded, rows};
use crate::{
    error::RoutingError,
    settings::{Files, SettingKind, SettingVersions},
};

/// The files that hold of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldSetting {
    /// The kind.
    pub kind: SettingKind,
    /// Its version.
    pub version: i32,
    /// The files.
    pub files: Files,
}

/// A version of a setting, without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSetting {
    /// The kind.
    pub kind: SettingKind,
    /// The version; 0 where it only ever held from the county's folder.
    pub version: i32,
    /// Names it by what it says.
    pub digest: String,
    /// How the cases that used it name it.
    pub name: String,
    /// When it was made to hold, or first seen in the folder.
    pub at: Timestamp,
    /// By whom; empty for one of the folder.
    pub by: String,
    /// In which capacity; empty for one of the folder.
    pub capacity: String,
    /// Why; empty for one of the folder.
    pub words: String,
}

/// A text to be kept.
#[derive(Debug, Clone, Copy)]
pub struct KeptText<'a> {
    /// The kind.
    pub kind: SettingKind,
    /// Names it by what it says.
    pub digest: &'a str,
    /// How the cases that use it name it.
    pub name: &'a str,
    /// The files.
    pub files: &'a Files,
    /// When.
    pub at: Timestamp,
}

/// A new version of a setting.
#[derive(Debug, Clone)]
pub struct NewSetting<'a> {
    /// The text.
    pub text: KeptText<'a>,
    /// The versions that it was checked with.
    pub before: SettingVersions,
    /// The versions with it.
    pub after: SettingVersions,
    /// By whom.
    pub by: &'a str,
    /// In which capacity.
    pub capacity: &'a str,
    /// Why.
    pub words: &'a str,
    /// Makes it repeatable.
    pub request_id: &'a str,
    /// What the other services hear of it.
    pub event: Option<Event>,
}

/// How a setting is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingName {
    /// By its version.
    Version(i32),
    /// By what it says.
    Digest(String),
    /// As the cases that used it name it.
    Name(String),
}

/// Which version of each kind holds in each county; none for a county that never changed any.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn setting_heads(
    pool: &PgPool,
    counties: &[String],
) -> Result<Vec<(String, SettingVersions)>, RoutingError> {
    let operation = "ask which settings hold";
    let statement = sqlx::query(include_str!("sql/setting_heads.sql")).bind(counties).fetch_all(pool);
    let read = |row: &PgRow| {
        let mut versions = [0; 4];
        for (version, kind) in versions.iter_mut().zip(SettingKind::ALL) {
            *version = row.try_get(kind.word())?;
        }
        Ok((row.try_get("county")?, SettingVersions::of(versions)))
    };
    rows::read_all(operation, &bounded(operation, statement).await?, read)
}

/// The files that hold of each kind in a county, but for those of its folder; all of one moment.
///
/// # Errors
/// [`RoutingError::Database`], [`RoutingError::TimedOut`], or that a text does not open.
pub async fn newest_settings(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
) -> Result<Vec<HeldSetting>, RoutingError> {
    let operation = "read the settings that hold";
    let statement = sqlx::query(include_str!("sql/newest_settings.sql")).bind(county).fetch_all(pool);
    let sealed = rows::read_all(operation, &bounded(operation, statement).await?, |row| {
        Ok((kind_of(row, "kind")?, row.try_get("version")?, row.try_get::<Vec<u8>, _>("sealed_files")?))
    })?;
    sealed
        .into_iter()
        .map(|(kind, version, sealed)| {
            Ok(HeldSetting { kind, version, files: open_files(&sealed, county, kind, keyring)? })
        })
        .collect()
}

/// Stores a new version with its event, unless anything changed since it was checked; false then.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn activate_setting(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    new: &NewSetting<'_>,
) -> Result<bool, RoutingError> {
    let operation = "store a setting";
    let text = new.text;
    let mut query = sqlx::query(include_str!("sql/activate_setting.sql")).bind(county);
    for version in new.after.all().into_iter().chain(new.before.all()) {
        query = query.bind(version);
    }
    let statement = query
        .bind(text.kind.code())
        .bind(text.digest)
        .bind(text.name)
        .bind(seal_files(text.files, county, text.kind, keyring)?)
        .bind(to_sql(text.at))
        .bind(new.after.get(text.kind))
        .bind(new.by)
        .bind(new.capacity)
        .bind(keyring.seal(new.words.as_bytes(), county.as_bytes()))
        .bind(new.request_id);
    let mut tx = bounded(operation, pool.begin()).await?;
    if bounded(operation, statement.fetch_optional(&mut *tx)).await?.is_none() {
        return Ok(false);
    }
    // Last, since the county's other senders wait from here on.
    append(&mut tx, county, new.event.as_slice()).await?;
    bounded(operation, tx.commit()).await?;
    Ok(true)
}

/// Keeps a text that holds from the county's folder.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn keep_setting_text(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    text: &KeptText<'_>,
) -> Result<(), RoutingError> {
    let statement = sqlx::query(include_str!("sql/keep_setting_text.sql"))
        .bind(county)
        .bind(text.kind.code())
        .bind(text.digest)
        .bind(text.name)
        .bind(seal_files(text.files, county, text.kind, keyring)?)
        .bind(to_sql(text.at))
        .execute(pool);
    bounded("keep a folder's text", statement).await.map(|_| ())
}

/// The digests of the texts of a kind that cases know by a name.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn named_setting_digests(
    pool: &PgPool,
    county: &str,
    kind: SettingKind,
    name: &str,
) -> Result<Vec<String>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/named_setting_digests.sql"))
        .bind(county)
        .bind(kind.code())
        .bind(name)
        .fetch_all(pool);
    bounded("look for the name of a setting", statement).await
}

/// The version that a request id of someone made.
///
/// # Errors
/// [`RoutingError::Database`], [`RoutingError::TimedOut`], or that the words do not open.
pub async fn setting_by_request(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    by: &str,
    request_id: &str,
) -> Result<Option<StoredSetting>, RoutingError> {
    let operation = "look for a setting's request";
    let statement = sqlx::query(include_str!("sql/setting_by_request.sql"))
        .bind(county)
        .bind(by)
        .bind(request_id)
        .fetch_optional(pool);
    let found = bounded(operation, statement).await?;
    found.map(|row| stored(operation, &row, county, keyring)).transpose()
}

/// A page of versions after one, kind by kind, the newest first.
///
/// # Errors
/// [`RoutingError::Database`], [`RoutingError::TimedOut`], or that words do not open.
pub async fn list_settings(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    kind: Option<SettingKind>,
    after: Option<(SettingKind, i32)>,
    limit: i64,
) -> Result<Vec<StoredSetting>, RoutingError> {
    let operation = "list settings";
    let statement = sqlx::query(include_str!("sql/list_settings.sql"))
        .bind(county)
        .bind(kind.map(SettingKind::code))
        .bind(after.map(|(kind, _)| kind.code()))
        .bind(after.map(|(_, version)| version))
        .bind(limit)
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    found.iter().map(|row| stored(operation, row, county, keyring)).collect()
}

/// A setting and its files.
///
/// # Errors
/// [`RoutingError::Database`], [`RoutingError::TimedOut`], or that a text does not open.
pub async fn find_setting(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    kind: SettingKind,
    name: &SettingName,
) -> Result<Option<(StoredSetting, Files)>, RoutingError> {
    let operation = "read a setting";
    let (version, digest, named) = match name {
        SettingName::Version(version) => (Some(*version), None, None),
        SettingName::Digest(digest) => (None, Some(digest), None),
        SettingName::Name(name) => (None, None, Some(name)),
    };
    let statement = sqlx::query(include_str!("sql/get_setting.sql"))
        .bind(county)
        .bind(kind.code())
        .bind(version)
        .bind(digest)
        .bind(named)
        .fetch_optional(pool);
    let Some(row) = bounded(operation, statement).await? else { return Ok(None) };
    let read = |row: &PgRow| -> Result<_, sqlx::Error> {
        let activated = row.try_get::<Option<i32>, _>("version")?.is_some();
        Ok((activated, row.try_get::<Vec<u8>, _>("sealed_files")?))
    };
    let (activated, sealed) = read(&row).map_err(|source| RoutingError::Database { operation, source })?;
    let files = open_files(&sealed, county, kind, keyring)?;
    if activated {
        return Ok(Some((stored(operation, &row, county, keyring)?, files)));
    }
    let of_folder = |row: &PgRow| -> Result<_, sqlx::Error> {
        Ok(StoredSetting {
            kind,
            version: 0,
            digest: row.try_get("text_digest")?,
            name: row.try_get("name")?,
            at: rows::moment(row, "kept_at")?,
            by: String::new(),
            capacity: String::new(),
            words: String::new(),
        })
    };
    let setting = of_folder(&row).map_err(|source| RoutingError::Database { operation, source })?;
    Ok(Some((setting, files)))
}

fn stored(
    operation: &'static str,
    row: &PgRow,
    county: &str,
    keyring: &Keyring,
) -> Result<StoredSetting, RoutingError> {
    let read = || -> Result<_, sqlx::Error> {
        let setting = StoredSetting {
            kind: kind_of(row, "kind")?,
            version: row.try_get("version")?,
            digest: row.try_get("digest")?,
            name: row.try_get("name")?,
            at: rows::moment(row, "activated_at")?,
            by: row.try_get("activated_by")?,
            capacity: row.try_get("capacity")?,
            words: String::new(),
        };
        Ok((setting, row.try_get::<Vec<u8>, _>("sealed_words")?))
    };
    let (setting, sealed) = read().map_err(|source| RoutingError::Database { operation, source })?;
    let words = keyring.open(&sealed, county.as_bytes())?;
    let words = String::from_utf8(words).map_err(|_| RoutingError::Malformed("the words of a setting"))?;
    Ok(StoredSetting { words, ..setting })
}

fn kind_of(row: &PgRow, column: &str) -> Result<SettingKind, sqlx::Error> {
    SettingKind::from_code(row.try_get(column)?).ok_or_else(|| rows::unreadable(column))
}

/// What the files are sealed for: their county and their kind.
fn binding(county: &str, kind: SettingKind) -> Vec<u8> {
    format!("{county} {}", kind.word()).into_bytes()
}

/// What the files of a kind are sealed for, by the kind's number as text; nothing where there is no such kind.
pub(super) fn binding_of(county: &str, code: &str) -> Vec<u8> {
    code.parse().ok().and_then(SettingKind::from_code).map_or_else(Vec::new, |kind| binding(county, kind))
}

fn seal_files(
    files: &Files,
    county: &str,
    kind: SettingKind,
    keyring: &Keyring,
) -> Result<Vec<u8>, RoutingError> {
    let plain = serde_json::to_vec(files).map_err(|_| RoutingError::Malformed("the files of a setting"))?;
    Ok(keyring.seal(&plain, &binding(county, kind)))
}

fn open_files(
    sealed: &[u8],
    county: &str,
    kind: SettingKind,
    keyring: &Keyring,
) -> Result<Files, RoutingError> {
    let plain = keyring.open(sealed, &binding(county, kind))?;
    serde_json::from_slice(&plain).map_err(|_| RoutingError::Malformed("the files of a setting"))
}
