//! Bulletins, kept as they were made.

use std::time::Duration;

use fengqiao_messaging::{Event, Outbox, append};
use fengqiao_proto::statistics::v1::BulletinFormat;
use fengqiao_serving::time::{date_from_sql, date_to_sql, from_sql, to_sql};
use jiff::{Timestamp, civil::Date};
use sqlx::{PgPool, Row as _, postgres::PgRow, types::Json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    bulletins::making::Order,
    domain::{bulletin::page::Told, days::Days},
    error::StatisticsError,
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A bulletin.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulletin {
    /// Its id.
    pub bulletin_id: Uuid,
    /// Its kind.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its days.
    pub days: Days,
    /// The area that it is of; empty for the county.
    pub area_code: String,
    /// The category that it is of; empty for all.
    pub category: String,
    /// What it says in short.
    pub summary: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who asked for it; empty where the calendar did.
    pub made_by: String,
    /// By which request; empty where the calendar did.
    pub request_id: String,
    /// The agencies that got it.
    pub agencies: Vec<String>,
    /// Its paragraphs.
    pub said: Vec<String>,
    /// The figures in its text.
    pub figures: Vec<Told>,
    /// The SHA-256 of its template.
    pub template_sha256: Vec<u8>,
    /// Its files, without their bytes.
    pub files: Vec<BulletinFile>,
}

/// A file of a bulletin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletinFile {
    /// Its form.
    pub format: BulletinFormat,
    /// The SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// How many bytes it has.
    pub length: i64,
    /// Its bytes; empty where they were not asked for.
    pub content: Vec<u8>,
}

/// Which bulletins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which<'a> {
    /// Only this kind, where not empty.
    pub kind: &'a str,
    /// Only those that this agency got.
    pub agency: Option<&'a str>,
    /// Only those behind this one.
    pub after: Option<(Timestamp, Uuid)>,
    /// This one alone.
    pub one: Option<Uuid>,
    /// The one of a request: who asked, and by which.
    pub request: Option<(&'a str, &'a str)>,
    /// The calendar's, of the period with this first day.
    pub first_day: Option<Date>,
}

/// The bulletins of a database.
#[derive(Debug, Clone)]
pub struct Bulletins {
    pool: PgPool,
    outbox: Outbox,
}

impl Bulletins {
    /// In this database, sent by this outbox.
    pub const fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }

    /// Keeps a bulletin with its files and sends its event, all or nothing. False where it is kept already.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn keep(
        &self,
        county: &str,
        bulletin: &Bulletin,
        files: &[BulletinFile],
        event: Option<Event>,
    ) -> Result<bool, StatisticsError> {
        let keeping = async {
            let database = || StatisticsError::database("keeping a bulletin");
            let mut tx = self.pool.begin().await.map_err(database())?;
            let new: Option<Uuid> = sqlx::query_scalar(include_str!("sql/keep_bulletin.sql"))
                .bind(county)
                .bind(bulletin.bulletin_id)
                .bind(&bulletin.kind)
                .bind(&bulletin.title)
                .bind(date_to_sql(bulletin.days.first))
                .bind(date_to_sql(bulletin.days.last))
                .bind(&bulletin.area_code)
                .bind(&bulletin.category)
                .bind(&bulletin.summary)
                .bind(to_sql(bulletin.made_at))
                .bind(&bulletin.made_by)
                .bind(&bulletin.request_id)
                .bind(&bulletin.agencies)
                .bind(&bulletin.said)
                .bind(Json(&bulletin.figures))
                .bind(&bulletin.template_sha256)
                .fetch_optional(&mut *tx)
                .await
                .map_err(database())?;
            if new.is_none() {
                return Ok::<_, StatisticsError>(None);
            }
            sqlx::query(include_str!("sql/keep_bulletin_files.sql"))
                .bind(county)
                .bind(bulletin.bulletin_id)
                .bind(files.iter().map(|file| format_to_sql(file.format)).collect::<Vec<_>>())
                .bind(files.iter().map(|file| file.sha256.as_slice()).collect::<Vec<_>>())
                .bind(files.iter().map(|file| file.content.as_slice()).collect::<Vec<_>>())
                .execute(&mut *tx)
                .await
                .map_err(database())?;
            let events: Vec<Event> = event.into_iter().collect();
            let first = append(&mut tx, county, &events).await.map_err(StatisticsError::messaging)?;
            tx.commit().await.map_err(database())?;
            Ok(Some((first, events)))
        };
        let kept = timeout(PATIENCE, keeping).await.map_err(|_| StatisticsError::TooSlow)??;
        let Some((first, events)) = kept else { return Ok(false) };
        self.outbox.sent(county, first, events);
        Ok(true)
    }

    /// The bulletin of an order, where it is kept already.
    ///
    /// # Errors
    /// [`StatisticsError::RequestUsed`] where the request made another one; else as [`Self::list`].
    pub async fn same(&self, county: &str, order: &Order<'_>) -> Result<Option<Bulletin>, StatisticsError> {
        let (kind, days) = (order.template.kind.as_str(), order.scope.days);
        let which = if order.by.is_empty() {
            Which { kind, first_day: Some(days.first), ..Which::default() }
        } else {
            Which { request: Some((order.by, order.request_id)), ..Which::default() }
        };
        let known = self.list(county, &which, 1).await?.pop();
        let only = &order.scope.only;
        let is_it = |known: &Bulletin| {
            (known.kind.as_str(), known.days) == (kind, days)
                && (&known.area_code, &known.category) == (&only.area, &only.category)
        };
        match known {
            Some(known) if !is_it(&known) => Err(StatisticsError::RequestUsed),
            known => Ok(known),
        }
    }

    /// The first day of the newest period whose bulletin the calendar has made.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn newest_of_calendar(
        &self,
        county: &str,
        kind: &str,
    ) -> Result<Option<Date>, StatisticsError> {
        let newest = sqlx::query_scalar::<_, Option<time::Date>>(include_str!("sql/newest_bulletin.sql"))
            .bind(county)
            .bind(kind)
            .fetch_one(&self.pool);
        let newest = timeout(PATIENCE, newest).await.map_err(|_| StatisticsError::TooSlow)?;
        Ok(newest.map_err(StatisticsError::database("finding the newest bulletin"))?.and_then(date_from_sql))
    }

    /// Whether a report of the county was accepted before a time: a county that begins has nothing to say of before.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn has_reports_before(&self, county: &str, time: Timestamp) -> Result<bool, StatisticsError> {
        let found = sqlx::query_scalar(include_str!("sql/has_reports_before.sql"))
            .bind(county)
            .bind(to_sql(time))
            .fetch_one(&self.pool);
        let found = timeout(PATIENCE, found).await.map_err(|_| StatisticsError::TooSlow)?;
        found.map_err(StatisticsError::database("looking for reports"))
    }

    /// Bulletins, the newest first.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn list(
        &self,
        county: &str,
        which: &Which<'_>,
        most: i64,
    ) -> Result<Vec<Bulletin>, StatisticsError> {
        let found = sqlx::query(include_str!("sql/bulletins.sql"))
            .bind(county)
            .bind(which.kind)
            .bind(which.agency)
            .bind(which.after.map(|(at, _)| to_sql(at)))
            .bind(which.after.map(|(_, id)| id))
            .bind(most)
            .bind(which.one)
            .bind(which.request.map(|(by, _)| by))
            .bind(which.request.map(|(_, request)| request))
            .bind(which.first_day.map(date_to_sql))
            .fetch_all(&self.pool);
        let found = timeout(PATIENCE, found).await.map_err(|_| StatisticsError::TooSlow)?;
        let found = found.map_err(StatisticsError::database("listing bulletins"))?;
        let bulletins: Result<Vec<Bulletin>, sqlx::Error> = found.iter().map(read).collect();
        bulletins.map_err(StatisticsError::database("reading bulletins"))
    }

    /// A file of a bulletin; none where there is none, or where it is not the agency's.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn file(
        &self,
        county: &str,
        bulletin_id: Uuid,
        format: BulletinFormat,
        agency: Option<&str>,
    ) -> Result<Option<BulletinFile>, StatisticsError> {
        let found = sqlx::query_as::<_, (Vec<u8>, Vec<u8>)>(include_str!("sql/bulletin_file.sql"))
            .bind(county)
            .bind(bulletin_id)
            .bind(format_to_sql(format))
            .bind(agency)
            .fetch_optional(&self.pool);
        let found = timeout(PATIENCE, found).await.map_err(|_| StatisticsError::TooSlow)?;
        let found = found.map_err(StatisticsError::database("reading a bulletin's file"))?;
        Ok(found.map(|(sha256, content)| {
            let length = i64::try_from(content.len()).unwrap_or(i64::MAX);
            BulletinFile { format, sha256, length, content }
        }))
    }
}

fn format_to_sql(format: BulletinFormat) -> i16 {
    i16::try_from(i32::from(format)).unwrap_or_default()
}

fn read(row: &PgRow) -> Result<Bulletin, sqlx::Error> {
    let unreadable = |column: &str| sqlx::Error::ColumnNotFound(column.to_owned());
    let day = |column: &str| date_from_sql(row.try_get(column)?).ok_or_else(|| unreadable(column));
    let formats: Vec<i16> = row.try_get("formats")?;
    let (sums, lengths): (Vec<Vec<u8>>, Vec<i64>) = (row.try_get("sums")?, row.try_get("lengths")?);
    let mut files = Vec::new();
    for ((format, sha256), length) in formats.into_iter().zip(sums).zip(lengths) {
        let format = BulletinFormat::try_from(i32::from(format)).map_err(|_| unreadable("format"))?;
        files.push(BulletinFile { format, sha256, length, content: Vec::new() });
    }
    let Json(figures): Json<Vec<Told>> = row.try_get("figures")?;
    Ok(Bulletin {
        bulletin_id: row.try_get("bulletin_id")?,
        kind: row.try_get("kind")?,
        title: row.try_get("title")?,
        days: Days { first: day("first_day")?, last: day("last_day")? },
        area_code: row.try_get("area_code")?,
        category: row.try_get("category")?,
        summary: row.try_get("summary")?,
        made_at: from_sql(row.try_get("made_at")?),
        made_by: row.try_get("made_by")?,
        request_id: row.try_get("request_id")?,
        agencies: row.try_get("agencies")?,
        said: row.try_get("said")?,
        figures,
        template_sha256: row.try_get("template_sha256")?,
        files,
    })
}
