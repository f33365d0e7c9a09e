//! What was raised, what is quiet, what is muted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fengqiao_messaging::{Event, Outbox, append};
use fengqiao_proto::statistics::v1::AlertVerdict;
use fengqiao_serving::time::{date_from_sql, date_to_sql, from_sql, to_sql};
use jiff::{Timestamp, civil::Date};
use sqlx::{FromRow, PgPool, Row as _, postgres::PgRow};
use time::OffsetDateTime;
use tokio::time::timeout;
use uuid::Uuid;

use super::{daily_work::Held, exclusions::Decision};
use crate::{
    domain::{
        days::Days,
        watching::{limit::Counted, rules::Move},
    },
    error::StatisticsError,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// A figure that moved further than chance explains.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its id.
    pub alert_id: Uuid,
    /// The rule's id.
    pub rule: String,
    /// The rule's name.
    pub rule_name: String,
    /// The indicator's id.
    pub indicator: String,
    /// The version of its definition.
    pub definition_version: i32,
    /// What of it moved.
    pub moves: Move,
    /// The series; empty for the county as a whole.
    pub series: String,
    /// Its name, for people.
    pub series_name: String,
    /// The days of the window.
    pub days: Days,
    /// What was observed; out of 0 for a plain count.
    pub observed: Counted,
    /// How many were to be expected.
    pub expected: f64,
    /// So many or more are raised.
    pub limit: u64,
    /// What there was in the past; out of 0 for a plain count.
    pub past: Counted,
    /// How many windows the past has.
    pub past_windows: usize,
    /// By how much the past scatters more than chance.
    pub scatter: f64,
    /// The chance of as many though nothing changed.
    pub chance: f64,
    /// All that in one sentence.
    pub reason: String,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// What someone found who looked at it.
    pub seen: Option<Seen>,
}

/// What someone found who looked at an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whether there was something.
    pub verdict: AlertVerdict,
    /// In words.
    pub note: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// That a series is not to be raised for a while.
#[derive(Debug, Clone, FromRow)]
pub struct Mute {
    /// The rule's id.
    pub rule: String,
    /// The series; empty for the whole rule.
    pub series: String,
    until: OffsetDateTime,
    /// Why.
    pub reason: String,
    /// Who.
    pub muted_by: String,
    muted_at: OffsetDateTime,
}

impl Mute {
    /// Until when.
    pub fn until(&self) -> Timestamp {
        from_sql(self.until)
    }

    /// Since when.
    pub fn muted_at(&self) -> Timestamp {
        from_sql(self.muted_at)
    }
}

/// Which series are not to be raised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quiet {
    raised: BTreeMap<(String, String), Date>,
    muted: BTreeSet<(String, String)>,
}

impl Quiet {
    /// Whether a series is muted, or was raised in the days before one.
    pub fn is_quiet(&self, rule: &str, series: &str, day: Date, quiet_days: i32) -> bool {
        let named = |series: &str| (rule.to_owned(), series.to_owned());
        let raised = self.raised.get(&named(series)).and_then(|raised| raised.until(day).ok());
        raised.is_some_and(|since| since.get_days() <= quiet_days)
            || self.muted.contains(&named(series))
            || self.muted.contains(&named(""))
    }
}

/// The alerts of a database.
#[derive(Debug, Clone)]
pub struct Alerts {
    pool: PgPool,
    outbox: Outbox,
}

impl Alerts {
    /// In this database, sent by this outbox.
    pub const fn new(pool: PgPool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }

    /// What is quiet: raised since a day, or muted now.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn quiet(&self, county: &str, since: Date, now: Timestamp) -> Result<Quiet, StatisticsError> {
        let rows = in_time(
            "reading what is quiet",
            sqlx::query_as::<_, (String, String, Option<time::Date>, bool)>(include_str!(
                "sql/quiet_series.sql"
            ))
            .bind(county)
            .bind(date_to_sql(since))
            .bind(to_sql(now))
            .fetch_all(&self.pool),
        )
        .await?;
        let mut quiet = Quiet::default();
        for (rule, series, day, muted) in rows {
            if muted {
                quiet.muted.insert((rule, series));
            } else if let Some(day) = day.and_then(date_from_sql) {
                quiet.raised.insert((rule, series), day);
            }
        }
        Ok(quiet)
    }

    /// Keeps what was raised on a day, sends it, and ends the day, all or nothing. False where another process has done
    /// the day: then nothing is written.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn raise(
        &self,
        held: &Held,
        county: &str,
        day: Date,
        alerts: &[Alert],
        event: impl Fn(&Alert) -> Event,
        now: Timestamp,
    ) -> Result<bool, StatisticsError> {
        const OPERATION: &str = "raising alerts";
        let raising = async {
            let database = || StatisticsError::database(OPERATION);
            let mut tx = self.pool.begin().await.map_err(database())?;
            if !held.end_day(&mut tx, day).await? {
                return Ok::<_, StatisticsError>(None);
            }
            let new: Vec<Uuid> = if alerts.is_empty() {
                Vec::new()
            } else {
                insert(county, day, alerts, now).fetch_all(&mut *tx).await.map_err(database())?
            };
            let events: Vec<Event> =
                alerts.iter().filter(|alert| new.contains(&alert.alert_id)).map(event).collect();
            let first = append(&mut tx, county, &events).await.map_err(StatisticsError::messaging)?;
            tx.commit().await.map_err(database())?;
            Ok(Some((first, events)))
        };
        let raised = timeout(PATIENCE, raising).await.map_err(|_| StatisticsError::TooSlow)??;
        let Some((first, events)) = raised else { return Ok(false) };
        self.outbox.sent(county, first, events);
        Ok(true)
    }

    /// Alerts, the newest first; of one rule, where it is not empty.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn list(
        &self,
        county: &str,
        rule: &str,
        unseen: bool,
        after: Option<(Timestamp, Uuid)>,
        most: i64,
    ) -> Result<Vec<Alert>, StatisticsError> {
        let rows = in_time(
            "listing alerts",
            sqlx::query(include_str!("sql/alerts.sql"))
                .bind(county)
                .bind(rule)
                .bind(unseen)
                .bind(after.map(|(at, _)| to_sql(at)))
                .bind(after.map(|(_, id)| id))
                .bind(most)
                .fetch_all(&self.pool),
        )
        .await?;
        let alerts: Result<Vec<Alert>, sqlx::Error> = rows.iter().map(read).collect();
        alerts.map_err(StatisticsError::database("reading alerts"))
    }

    /// Keeps what someone found who looked at an alert; none where someone has looked already.
    ///
    /// # Errors
    /// [`StatisticsError::NoSuchAlert`], [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn acknowledge(
        &self,
        county: &str,
        alert_id: Uuid,
        verdict: AlertVerdict,
        decision: Decision<'_>,
    ) -> Result<Option<Alert>, StatisticsError> {
        const OPERATION: &str = "acknowledging an alert";
        let kept = in_time(
            OPERATION,
            sqlx::query(include_str!("sql/acknowledge_alert.sql"))
                .bind(county)
                .bind(alert_id)
                .bind(i16::try_from(i32::from(verdict)).unwrap_or_default())
                .bind(decision.reason)
                .bind(decision.by)
                .bind(to_sql(decision.at))
                .fetch_optional(&self.pool),
        )
        .await?;
        if let Some(row) = kept {
            return read(&row).map(Some).map_err(StatisticsError::database(OPERATION));
        }
        let known: bool = in_time(
            OPERATION,
            sqlx::query_scalar(include_str!("sql/alert_is_known.sql"))
                .bind(county)
                .bind(alert_id)
                .fetch_one(&self.pool),
        )
        .await?;
        if known { Ok(None) } else { Err(StatisticsError::NoSuchAlert) }
    }

    /// Mutes a series of a rule, or the whole rule, until a time; with none lets it speak again.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn mute(
        &self,
        county: &str,
        rule: &str,
        series: &str,
        until: Option<Timestamp>,
        decision: Decision<'_>,
    ) -> Result<(), StatisticsError> {
        let (sql, until) = match until {
            Some(until) => (include_str!("sql/mute_watch.sql"), Some(to_sql(until))),
            None => (include_str!("sql/unmute_watch.sql"), None),
        };
        let mut query = sqlx::query(sql).bind(county).bind(rule).bind(series);
        if let Some(until) = until {
            query = query.bind(until);
        }
        let query = query.bind(decision.reason).bind(decision.by).bind(to_sql(decision.at));
        in_time("muting", query.execute(&self.pool)).await.map(|_| ())
    }

    /// What is muted now.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn mutes(&self, county: &str, now: Timestamp) -> Result<Vec<Mute>, StatisticsError> {
        in_time(
            "reading what is muted",
            sqlx::query_as(include_str!("sql/mutes.sql"))
                .bind(county)
                .bind(to_sql(now))
                .fetch_all(&self.pool),
        )
        .await
    }
}

type Inserting<'q> = sqlx::query::QueryScalar<'q, sqlx::Postgres, Uuid, sqlx::postgres::PgArguments>;

fn insert<'q>(county: &'q str, day: Date, alerts: &'q [Alert], now: Timestamp) -> Inserting<'q> {
    let all = || alerts.iter();
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    sqlx::query_scalar(include_str!("sql/raise_alerts.sql"))
        .bind(county)
        .bind(date_to_sql(day))
        .bind(to_sql(now))
        .bind(all().map(|one| one.alert_id).collect::<Vec<_>>())
        .bind(all().map(|one| one.rule.as_str()).collect::<Vec<_>>())
        .bind(all().map(|one| one.rule_name.as_str()).collect::<Vec<_>>())
        .bind(all().map(|one| one.indicator.as_str()).collect::<Vec<_>>())
        .bind(all().map(|one| one.definition_version).collect::<Vec<_>>())
        .bind(
            all()
                .map(|one| i16::try_from(i32::from(one.moves.told())).unwrap_or_default())
                .collect::<Vec<_>>(),
        )
        .bind(all().map(|one| one.series.as_str()).collect::<Vec<_>>())
        .bind(all().map(|one| one.series_name.as_str()).collect::<Vec<_>>())
        .bind(all().map(|one| date_to_sql(one.days.first)).collect::<Vec<_>>())
        .bind(all().map(|one| date_to_sql(one.days.last)).collect::<Vec<_>>())
        .bind(all().map(|one| number(one.observed.events)).collect::<Vec<_>>())
        .bind(all().map(|one| number(one.observed.room)).collect::<Vec<_>>())
        .bind(all().map(|one| one.expected).collect::<Vec<_>>())
        .bind(all().map(|one| number(one.limit)).collect::<Vec<_>>())
        .bind(all().map(|one| number(one.past.events)).collect::<Vec<_>>())
        .bind(all().map(|one| number(one.past.room)).collect::<Vec<_>>())
        .bind(all().map(|one| i32::try_from(one.past_windows).unwrap_or(i32::MAX)).collect::<Vec<_>>())
        .bind(all().map(|one| one.scatter).collect::<Vec<_>>())
        .bind(all().map(|one| one.chance).collect::<Vec<_>>())
        .bind(all().map(|one| one.reason.as_str()).collect::<Vec<_>>())
}

fn read(row: &PgRow) -> Result<Alert, sqlx::Error> {
    let unreadable = |column: &str| sqlx::Error::ColumnNotFound(column.to_owned());
    let day = |column: &str| date_from_sql(row.try_get(column)?).ok_or_else(|| unreadable(column));
    let number = |column: &str| {
        Ok::<_, sqlx::Error>(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
    };
    let moves = i32::from(row.try_get::<i16, _>("move")?);
    let verdict: Option<i16> = row.try_get("verdict")?;
    let seen = match verdict {
        Some(verdict) => Some(Seen {
            verdict: AlertVerdict::try_from(i32::from(verdict)).map_err(|_| unreadable("verdict"))?,
            note: row.try_get("note")?,
            by: row.try_get("acknowledged_by")?,
            at: from_sql(row.try_get("acknowledged_at")?),
        }),
        None => None,
    };
    Ok(Alert {
        alert_id: row.try_get("alert_id")?,
        rule: row.try_get("rule")?,
        rule_name: row.try_get("rule_name")?,
        indicator: row.try_get("indicator")?,
        definition_version: row.try_get("definition_version")?,
        moves: moves.try_into().ok().and_then(Move::of).ok_or_else(|| unreadable("move"))?,
        series: row.try_get("series")?,
        series_name: row.try_get("series_name")?,
        days: Days { first: day("first_day")?, last: day("last_day")? },
        observed: Counted { events: number("observed")?, room: number("observed_of")? },
        expected: row.try_get("expected")?,
        limit: number("reach")?,
        past: Counted { events: number("past")?, room: number("past_of")? },
        past_windows: usize::try_from(row.try_get::<i32, _>("past_windows")?).unwrap_or_default(),
        scatter: row.try_get("scatter")?,
        chance: row.try_get("chance")?,
        reason: row.try_get("reason")?,
        raised_at: from_sql(row.try_get("raised_at")?),
        seen,
    })
}

async fn in_time<T>(
    operation: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StatisticsError> {
    let done = timeout(PATIENCE, work).await.map_err(|_| StatisticsError::TooSlow)?;
    done.map_err(StatisticsError::database(operation))
}
