//! Counting facts: a statement for each pass of a question, all at one moment.

use std::{collections::VecDeque, time::Duration};

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Row as _, postgres::PgArguments, query::Query};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    query_text::{self, Text},
    snapshot::{Allowance, Snapshot},
};
use crate::{
    domain::{
        definition::Definition,
        disclosure::Dice,
        figure::{Group, most_groups},
        language::Condition,
        plan::{Pass, passes},
        question::Question,
    },
    error::StatisticsError,
};

/// The longest that all counts of one question may take together, a wait for a connection included.
const PATIENCE: Duration = Duration::from_secs(15);
/// So many groups of a pass are fetched at a time.
const FETCHED: usize = 1_000;

/// What a question was answered with.
#[derive(Debug)]
pub struct Counted {
    /// The groups of each pass.
    pub groups: Vec<(Pass, Vec<Group>)>,
    /// Those of the same without groups, where a total was asked for.
    pub total: Vec<(Pass, Vec<Group>)>,
    /// Those of the window that is compared with.
    pub base: Vec<(Pass, Vec<Group>)>,
    /// The total of the window that is compared with.
    pub base_total: Vec<(Pass, Vec<Group>)>,
    /// Up to when it knows: all topics were applied by then, and the question asked for nothing later; none where one was
    /// never received.
    pub as_of: Option<Timestamp>,
    /// The moment at which exactly this was known; none where nothing was received yet.
    pub known_at: Option<Timestamp>,
}

/// What to count.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The county.
    pub county: &'a str,
    /// The question.
    pub question: &'a Question,
    /// The same for the window that is compared with.
    pub base: Option<&'a Question>,
    /// The moment for which is counted.
    pub now: Timestamp,
    /// Whether cases that were taken out of an indicator are left out.
    pub fair: bool,
}

/// Counts facts.
#[derive(Debug, Clone)]
pub struct Figures {
    pool: PgPool,
}

impl Figures {
    /// On this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Counts what a question asks for. All counts and the as-of are of one moment. Whoever drops the future ends the
    /// statement.
    ///
    /// # Errors
    /// [`StatisticsError::TooSlow`], [`StatisticsError::Question`] where the database does not know the time zone,
    /// [`StatisticsError::Preparing`], [`StatisticsError::Database`].
    pub async fn count(&self, asked: Asked<'_>) -> Result<Counted, StatisticsError> {
        in_time(async {
            let mut snapshot = Snapshot::take(&self.pool, asked.county, Allowance::Answer).await?;
            let groups = count(&mut snapshot, asked, asked.question).await?;
            let total = total(&mut snapshot, asked, asked.question).await?;
            let (mut base, mut base_total) = (Vec::new(), Vec::new());
            if let Some(question) = asked.base {
                base = count(&mut snapshot, asked, question).await?;
                base_total = self::total(&mut snapshot, asked, question).await?;
            }
            snapshot.end().await?;
            Ok(Counted {
                groups,
                total,
                base,
                base_total,
                as_of: asked.question.knows(snapshot.as_of),
                known_at: snapshot.known_at,
            })
        })
        .await
    }

    /// The dice of a county.
    ///
    /// # Errors
    /// [`StatisticsError::Database`]
    pub async fn dice(&self, county: &str) -> Result<Dice, StatisticsError> {
        in_time(super::dice(&self.pool, county)).await
    }

    /// Opens a long answer.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub async fn open(&self, asked: Asked<'_>) -> Result<OpenAnswer, StatisticsError> {
        in_time(async {
            let mut snapshot = Snapshot::take(&self.pool, asked.county, Allowance::Stream).await?;
            let text = Text { question: asked.question, fair: asked.fair };
            let mut waiting = Vec::new();
            for (number, pass) in passes(asked.question).into_iter().enumerate() {
                let counting = query_text::counting(text, &pass);
                let declared = format!("DECLARE pass_{number} NO SCROLL CURSOR FOR {counting}");
                let statement = bound(
                    AssertSqlSafe(declared),
                    asked,
                    asked.question,
                    snapshot.generation,
                    i64::MAX,
                    None,
                );
                statement.execute(snapshot.connection()?).await.map_err(StatisticsError::counting)?;
                let fetch = format!("FETCH {FETCHED} FROM pass_{number}");
                waiting.push(Waiting { pass, fetch, groups: VecDeque::new(), is_over: false });
            }
            let as_of = asked.question.knows(snapshot.as_of);
            Ok(OpenAnswer { snapshot, waiting, as_of })
        })
        .await
    }

    /// The next cases behind a side of a figure, by their ids: at most so many.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub async fn cases(
        &self,
        asked: Asked<'_>,
        definition: &Definition,
        side: &Condition,
        after: Uuid,
        most: i64,
    ) -> Result<Vec<Uuid>, StatisticsError> {
        in_time(async {
            let mut snapshot = Snapshot::take(&self.pool, asked.county, Allowance::Answer).await?;
            let text = Text { question: asked.question, fair: asked.fair };
            let statement = AssertSqlSafe(query_text::cases(text, definition, side));
            let query = bound(statement, asked, asked.question, snapshot.generation, most, Some(after));
            let rows = query.fetch_all(snapshot.connection()?).await.map_err(StatisticsError::counting)?;
            snapshot.end().await?;
            let ids: Result<Vec<Uuid>, sqlx::Error> = rows.iter().map(|row| row.try_get(0)).collect();
            ids.map_err(StatisticsError::database("reading cases"))
        })
        .await
    }

    /// Up to when all topics of a county were applied.
    ///
    /// # Errors
    /// [`StatisticsError::Database`], [`StatisticsError::TooSlow`].
    pub async fn as_of(&self, county: &str) -> Result<Option<Timestamp>, StatisticsError> {
        in_time(async {
            let mut snapshot = Snapshot::take(&self.pool, county, Allowance::Answer).await?;
            snapshot.end().await?;
            Ok(snapshot.as_of)
        })
        .await
    }
}

/// A long answer: what each pass has counted, in the order of the groups, a bounded number of them at a time.
pub struct OpenAnswer {
    snapshot: Snapshot,
    waiting: Vec<Waiting>,
    /// As in [`Counted`].
    pub as_of: Option<Timestamp>,
}

struct Waiting {
    pass: Pass,
    fetch: String,
    groups: VecDeque<Group>,
    is_over: bool,
}

impl OpenAnswer {
    /// The next group that any pass has counted, from all passes that have it; none at the end.
    ///
    /// # Errors
    /// As [`Figures::count`].
    pub async fn next(&mut self) -> Result<Option<Vec<(Pass, Group)>>, StatisticsError> {
        for waiting in &mut self.waiting {
            if waiting.groups.is_empty() && !waiting.is_over {
                let fetched = in_time(async {
                    let fetch = sqlx::query(AssertSqlSafe(waiting.fetch.clone()));
                    fetch.fetch_all(self.snapshot.connection()?).await.map_err(StatisticsError::counting)
                })
                .await?;
                waiting.is_over = fetched.len() < FETCHED;
                waiting.groups = read(&fetched)?.into();
            }
        }
        let first = self.waiting.iter().filter_map(|waiting| waiting.groups.front());
        let Some(next) = first.map(|group| group.dimensions.clone()).min() else {
            self.snapshot.end().await?;
            return Ok(None);
        };
        let mut parts = Vec::new();
        for waiting in &mut self.waiting {
            if waiting.groups.front().is_some_and(|group| group.dimensions == next) {
                parts.extend(waiting.groups.pop_front().map(|group| (waiting.pass.clone(), group)));
            }
        }
        Ok(Some(parts))
    }
}

async fn total(
    snapshot: &mut Snapshot,
    asked: Asked<'_>,
    question: &Question,
) -> Result<Vec<(Pass, Vec<Group>)>, StatisticsError> {
    if !question.total {
        return Ok(Vec::new());
    }
    count(snapshot, asked, &question.total()).await
}

async fn count(
    snapshot: &mut Snapshot,
    asked: Asked<'_>,
    question: &Question,
) -> Result<Vec<(Pass, Vec<Group>)>, StatisticsError> {
    let text = Text { question, fair: asked.fair };
    // One more than an answer holds, so that too many are noticed.
    let limit = i64::try_from(most_groups(question)).unwrap_or(i64::MAX).saturating_add(1);
    let mut counted = Vec::new();
    for pass in passes(question) {
        let statement = AssertSqlSafe(query_text::counting(text, &pass));
        let query = bound(statement, asked, question, snapshot.generation, limit, None);
        let rows = query.fetch_all(snapshot.connection()?).await.map_err(StatisticsError::counting)?;
        counted.push((pass, read(&rows)?));
    }
    Ok(counted)
}

/// Binds what [`query_text`] names. Not kept prepared: each question is another text.
fn bound<'q>(
    statement: AssertSqlSafe<String>,
    asked: Asked<'q>,
    question: &Question,
    generation: i32,
    limit: i64,
    after: Option<Uuid>,
) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(statement)
        .persistent(false)
        .bind(asked.county)
        .bind(generation)
        .bind(to_sql(question.window.from))
        .bind(to_sql(question.window.before))
        .bind(to_sql(question.happened_by.unwrap_or(asked.now)))
        .bind(question.time_zone.clone())
        .bind(question.area_prefix.clone())
        .bind(question.agencies.clone())
        .bind(question.sources.clone())
        .bind(question.levels.clone())
        .bind(question.categories.clone())
        .bind(question.known_at.map(to_sql))
        .bind(limit)
        .bind(after)
}

fn read(rows: &[sqlx::postgres::PgRow]) -> Result<Vec<Group>, StatisticsError> {
    rows.iter()
        .map(|row| {
            Ok(Group {
                dimensions: row.try_get("dimensions")?,
                counts: row.try_get("counts")?,
                quantiles: row.try_get("quantiles")?,
            })
        })
        .collect::<Result<_, sqlx::Error>>()
        .map_err(StatisticsError::database("reading counts"))
}

async fn in_time<T>(work: impl Future<Output = Result<T, StatisticsError>>) -> Result<T, StatisticsError> {
    timeout(PATIENCE, work).await.map_err(|_| StatisticsError::TooSlow)?
}
