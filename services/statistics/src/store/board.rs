//! What the county board counts: whole days from what is added up already (migration 0011), what is open now from the facts.

use std::{collections::BTreeMap, time::Duration};

use fengqiao_proto::types::v1::Level;
use fengqiao_serving::time::to_sql;
use jiff::{Timestamp, civil::Date};
use sqlx::{PgPool, Row as _, postgres::PgRow};
use tokio::time::timeout;

use super::snapshot::{Allowance, Snapshot};
use crate::{
    domain::board::{OpenGroup, Period, Picture, Piece, Rates, Span, Windows, pieces},
    error::StatisticsError,
};

/// The longest that a page of the board may count, a wait for a connection included.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts for the board.
#[derive(Debug, Clone)]
pub struct BoardCounts {
    pool: PgPool,
}

/// Cases of a town.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OfTown<K> {
    /// The town.
    pub town: String,
    /// Its levels or categories.
    pub key: K,
    /// Cases that were opened.
    pub opened: i64,
    /// Those of them that are settled.
    pub settled: i64,
}

impl BoardCounts {
    /// On this database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// When the last of what is known was received, and up to when all topics were applied.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn freshness(
        &self,
        county: &str,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), StatisticsError> {
        in_time(async {
            let mut snapshot = Snapshot::take(&self.pool, county, Allowance::Answer).await?;
            snapshot.end().await?;
            Ok((snapshot.known_at, snapshot.as_of))
        })
        .await
    }

    /// All numbers of the board at one moment.
    ///
    /// # Errors
    /// [`StatisticsError::Preparing`] while facts are not added up yet; [`StatisticsError::Database`],
    /// [`StatisticsError::TooSlow`].
    pub async fn picture(
        &self,
        county: &str,
        windows: Windows,
        now: Timestamp,
    ) -> Result<Picture, StatisticsError> {
        in_time(async {
            let mut at = self.moment(county).await?;
            let tomorrow = windows.tomorrow();
            let trend = pieces(windows.days_from, tomorrow);
            let days = at.periods(Span::Day, windows.days_from, tomorrow, "").await?;
            let months = at.periods(Span::Month, windows.months_from, tomorrow, "").await?;
            let mut towns = BTreeMap::<String, Period>::new();
            for one in at.town_levels(&trend).await? {
                let town = towns.entry(one.town).or_default();
                town.opened += one.opened;
                town.settled += one.settled;
            }
            at.town_reports(&trend, &mut towns).await?;
            let agencies = at.agencies(&pieces(windows.rates_from, windows.today)).await?;
            let open = at.open(now).await?;
            at.snapshot.end().await?;
            Ok(Picture {
                counted_at: now,
                as_of: at.snapshot.as_of,
                known_at: at.snapshot.known_at,
                windows,
                open,
                days,
                months,
                towns,
                agencies,
            })
        })
        .await
    }

    /// Cases by day or month, from a day on and before another, of a town or, where it is empty, of all.
    ///
    /// # Errors
    /// As [`Self::picture`].
    pub async fn periods(
        &self,
        county: &str,
        span: Span,
        (from, before): (Date, Date),
        town: &str,
    ) -> Result<BTreeMap<Date, Period>, StatisticsError> {
        in_time(async {
            let mut at = self.moment(county).await?;
            let periods = at.periods(span, from, before, town).await?;
            at.snapshot.end().await?;
            Ok(periods)
        })
        .await
    }

    /// Cases by town and level, from a day on and before another.
    ///
    /// # Errors
    /// As [`Self::picture`].
    pub async fn town_levels(
        &self,
        county: &str,
        (from, before): (Date, Date),
    ) -> Result<Vec<OfTown<Level>>, StatisticsError> {
        in_time(async {
            let mut at = self.moment(county).await?;
            let counted = at.town_levels(&pieces(from, before)).await?;
            at.snapshot.end().await?;
            Ok(counted)
        })
        .await
    }

    /// Cases by town and category, from a day on and before another, of a town or, where it is empty, of all.
    ///
    /// # Errors
    /// As [`Self::picture`].
    pub async fn town_categories(
        &self,
        county: &str,
        (from, before): (Date, Date),
        town: &str,
    ) -> Result<Vec<OfTown<String>>, StatisticsError> {
        in_time(async {
            let mut at = self.moment(county).await?;
            let window = pieces(from, before);
            let query = at.pieced(include_str!("sql/board/town_categories.sql"), &window);
            let rows = query.bind(town).fetch_all(at.snapshot.connection()?).await.map_err(counting)?;
            at.snapshot.end().await?;
            rows.iter()
                .map(|row| of_town(row, row.try_get("category")?))
                .collect::<Result<_, _>>()
                .map_err(counting)
        })
        .await
    }

    /// A moment of a county whose facts are added up.
    pub(super) async fn moment(&self, county: &str) -> Result<Moment, StatisticsError> {
        let mut snapshot = Snapshot::take(&self.pool, county, Allowance::Answer).await?;
        let zone: Option<String> = sqlx::query_scalar(include_str!("sql/board/rolled_in.sql"))
            .bind(county)
            .fetch_optional(snapshot.connection()?)
            .await
            .map_err(counting)?;
        if zone.is_none() {
            snapshot.end().await?;
            return Err(StatisticsError::Preparing);
        }
        Ok(Moment { snapshot, county: county.to_owned() })
    }
}

/// A moment of a county's facts.
pub(super) struct Moment {
    pub(super) snapshot: Snapshot,
    county: String,
}

type Asking = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

impl Moment {
    /// A statement over the pieces of a window, bound with them.
    fn pieced(&self, statement: &'static str, window: &[Piece]) -> Asking {
        sqlx::query(statement)
            .bind(self.county.clone())
            .bind(self.snapshot.generation)
            .bind(window.iter().map(|piece| piece.span as i16).collect::<Vec<_>>())
            .bind(window.iter().map(|piece| piece.begins.to_string()).collect::<Vec<_>>())
            .bind(window.iter().map(|piece| piece.sign()).collect::<Vec<_>>())
    }

    async fn over(
        &mut self,
        statement: &'static str,
        window: &[Piece],
    ) -> Result<Vec<PgRow>, StatisticsError> {
        let query = self.pieced(statement, window);
        query.fetch_all(self.snapshot.connection()?).await.map_err(counting)
    }

    async fn periods(
        &mut self,
        span: Span,
        from: Date,
        before: Date,
        town: &str,
    ) -> Result<BTreeMap<Date, Period>, StatisticsError> {
        let mut periods = BTreeMap::<Date, Period>::new();
        let statements =
            [include_str!("sql/board/periods.sql"), include_str!("sql/board/report_periods.sql")];
        for (number, statement) in statements.into_iter().enumerate() {
            let rows = sqlx::query(statement)
                .bind(&self.county)
                .bind(self.snapshot.generation)
                .bind(span as i16)
                .bind(from.to_string())
                .bind(before.to_string())
                .bind(town)
                .fetch_all(self.snapshot.connection()?)
                .await
                .map_err(counting)?;
            for row in &rows {
                let begins: String = row.try_get("begins").map_err(counting)?;
                let begins =
                    begins.parse().map_err(|error| counting(sqlx::Error::Decode(Box::new(error))))?;
                let period = periods.entry(begins).or_default();
                if number == 0 {
                    period.opened = row.try_get("opened").map_err(counting)?;
                    period.settled = row.try_get("settled").map_err(counting)?;
                } else {
                    period.reports = row.try_get("reports").map_err(counting)?;
                    period.repeats = row.try_get("repeats").map_err(counting)?;
                }
            }
        }
        Ok(periods)
    }

    async fn town_levels(&mut self, window: &[Piece]) -> Result<Vec<OfTown<Level>>, StatisticsError> {
        let rows = self.over(include_str!("sql/board/town_levels.sql"), window).await?;
        rows.iter().map(|row| of_town(row, level(row)?)).collect::<Result<_, _>>().map_err(counting)
    }

    async fn town_reports(
        &mut self,
        window: &[Piece],
        towns: &mut BTreeMap<String, Period>,
    ) -> Result<(), StatisticsError> {
        for row in self.over(include_str!("sql/board/town_reports.sql"), window).await? {
            let town = towns.entry(row.try_get("town").map_err(counting)?).or_default();
            town.reports = row.try_get("reports").map_err(counting)?;
            town.repeats = row.try_get("repeats").map_err(counting)?;
        }
        Ok(())
    }

    async fn agencies(&mut self, window: &[Piece]) -> Result<BTreeMap<String, Rates>, StatisticsError> {
        let mut agencies = BTreeMap::<String, Rates>::new();
        for row in self.over(include_str!("sql/board/agencies.sql"), window).await? {
            let rates = agencies.entry(row.try_get("agency").map_err(counting)?).or_default();
            let due: i16 = row.try_get("due").map_err(counting)?;
            let dues = if due == 1 { &mut rates.sign } else { &mut rates.feedback };
            dues.pushes = row.try_get("pushes").map_err(counting)?;
            dues.done = row.try_get("done").map_err(counting)?;
            dues.in_time = row.try_get("in_time").map_err(counting)?;
        }
        Ok(agencies)
    }

    async fn open(&mut self, now: Timestamp) -> Result<Vec<OpenGroup>, StatisticsError> {
        let rows = sqlx::query(include_str!("sql/board/open.sql"))
            .bind(&self.county)
            .bind(self.snapshot.generation)
            .bind(to_sql(now))
            .fetch_all(self.snapshot.connection()?)
            .await
            .map_err(counting)?;
        let read = |row: &PgRow| {
            Ok(OpenGroup {
                town: row.try_get("town")?,
                level: level(row)?,
                cases: row.try_get("cases")?,
                late: row.try_get("late")?,
            })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(counting)
    }
}

fn of_town<K>(row: &PgRow, key: K) -> Result<OfTown<K>, sqlx::Error> {
    Ok(OfTown {
        town: row.try_get("town")?,
        key,
        opened: row.try_get("opened")?,
        settled: row.try_get("settled")?,
    })
}

pub(super) fn level(row: &PgRow) -> Result<Level, sqlx::Error> {
    let number: i16 = row.try_get("level")?;
    Ok(Level::try_from(i32::from(number)).unwrap_or_default())
}

pub(super) fn counting(source: sqlx::Error) -> StatisticsError {
    StatisticsError::counting(source)
}

pub(super) async fn in_time<T>(
    work: impl Future<Output = Result<T, StatisticsError>>,
) -> Result<T, StatisticsError> {
    timeout(PATIENCE, work).await.map_err(|_| StatisticsError::TooSlow)?
}
