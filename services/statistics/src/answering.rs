//! Answering questions: checked, counted in turn, and made into rows. Every face asks here.

use std::{sync::Arc, time::Duration};

use fengqiao_proto::statistics::v1::{
    Comparison, Dimension, IndicatorRow, QueryIndicatorsRequest, QueryIndicatorsResponse, RowKind,
    StreamIndicatorsResponse,
};
use fengqiao_serving::{paging, time::to_proto};
use jiff::{Timestamp, tz::TimeZone};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{
    counties::{CountedCounties, CountedCounty},
    domain::{
        comparison::{Compared, compared},
        disclosure::Sight,
        figure::{self, Figure, Figures as GroupFigures},
        outside::Cells,
        question::Question,
    },
    error::StatisticsError,
    store::{Asked, Counted, Figures, OpenAnswer},
};

/// Questions that are counted at once; the rest of the connections stays for the receivers.
const AT_ONCE: usize = 6;
/// How long a question waits for its turn.
const TURN: Duration = Duration::from_secs(2);
/// Rows in one part of a long answer.
const ROWS_IN_A_PART: usize = 500;

/// Answers questions.
#[derive(Debug)]
pub struct Answers {
    figures: Figures,
    counties: CountedCounties,
    turns: Arc<Semaphore>,
}

/// Where a page begins.
#[derive(Debug, Serialize, Deserialize)]
struct Page {
    /// What was known when the first page was answered, in microseconds; none where nothing was.
    known_at: Option<i64>,
    /// The moment that the first page counted for, in microseconds.
    now: i64,
    /// How many rows there were before.
    after: usize,
    /// A sum over the question, so that a token is of no use with another.
    of: String,
}

/// A long answer in parts. Whoever drops it ends the counting.
pub struct Parts {
    answers: Arc<Answers>,
    county: String,
    question: Question,
    open: OpenAnswer,
    is_first: bool,
    _turn: OwnedSemaphorePermit,
}

impl Answers {
    /// Over this store, for these counties.
    pub fn new(figures: Figures, counties: CountedCounties) -> Self {
        Self { figures, counties, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// A county that is counted here.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownCounty`]
    pub fn county(&self, code: &str) -> Result<CountedCounty<'_>, StatisticsError> {
        self.counties.get(code)
    }

    /// What counts.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Waits for a turn to count.
    ///
    /// # Errors
    /// [`StatisticsError::Busy`]
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, StatisticsError> {
        let turn = timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(StatisticsError::Busy)
    }

    /// Answers a question at a moment, exactly.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn answer(
        &self,
        code: &str,
        asked: &QueryIndicatorsRequest,
        now: Timestamp,
    ) -> Result<QueryIndicatorsResponse, StatisticsError> {
        self.answer_within(code, asked, now, &Sight::County).await
    }

    /// Answers a question at a moment, to who sees so much exactly.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn answer_within(
        &self,
        code: &str,
        asked: &QueryIndicatorsRequest,
        now: Timestamp,
        sight: &Sight,
    ) -> Result<QueryIndicatorsResponse, StatisticsError> {
        let county = self.counties.get(code)?;
        let mut question = county.check(asked)?;
        let page = page(asked)?;
        let now = page.as_ref().and_then(|page| Timestamp::from_microsecond(page.now).ok()).unwrap_or(now);
        if let Some(page) = &page {
            let known_at = page.known_at.and_then(|at| Timestamp::from_microsecond(at).ok());
            question.known_at = question.known_at.or(known_at);
        }
        let compared = windows(&question, now)?;
        let asked_before = question.window.before;
        let base = compared.map(|compared| {
            question.window = compared.window;
            Question { window: compared.base, ..question.clone() }
        });
        let _turn = self.turn().await?;
        let to_count = Asked { county: code, question: &question, base: base.as_ref(), now, fair: false };
        let counted = if sight.holds(&question.area_prefix) {
            self.figures.count(to_count).await?
        } else {
            self.count_outside(to_count, sight).await?
        };
        let mut rows = rows(&question, base.as_ref(), &counted, county)?;
        let next_page_token = cut(&mut rows, &question, asked, page, &counted, now);
        let (window, base) = (question.window, base.map(|base| base.window));
        Ok(QueryIndicatorsResponse {
            rows,
            from: Some(to_proto(window.from)),
            before: Some(to_proto(asked_before)),
            time_zone: question.time_zone,
            as_of: counted.as_of.map(to_proto),
            next_page_token,
            base_from: base.map(|base| to_proto(base.from)),
            base_before: base.map(|base| to_proto(base.before)),
            counted_before: (window.before < asked_before).then(|| to_proto(window.before)),
        })
    }

    /// Counts what is not all of the caller's own area: see [`crate::domain::disclosure`].
    async fn count_outside(&self, asked: Asked<'_>, sight: &Sight) -> Result<Counted, StatisticsError> {
        let cells_of = |question| Cells::of(question, asked.now).map_err(StatisticsError::Question);
        let cells = cells_of(asked.question)?;
        let base = asked.base.map(cells_of).transpose()?;
        let dice = self.figures.dice(asked.county).await?;
        let of_cells =
            Asked { question: &cells.question, base: base.as_ref().map(|base| &base.question), ..asked };
        let counted = self.figures.count(of_cells).await?;
        let told =
            |cells: &Cells, counted: &[_], to: &Question| cells.told(asked.county, counted, to, sight, &dice);
        let then = |total: bool| {
            let (cells, question) = base.as_ref().zip(asked.base)?;
            let to = if total { question.total() } else { question.clone() };
            Some(told(cells, &counted.base, &to))
        };
        Ok(Counted {
            groups: told(&cells, &counted.groups, asked.question),
            total: told(&cells, &counted.groups, &asked.question.total()),
            base: then(false).unwrap_or_default(),
            base_total: then(true).unwrap_or_default(),
            as_of: counted.as_of,
            known_at: counted.known_at,
        })
    }

    /// Opens a long answer.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn stream(
        self: &Arc<Self>,
        code: &str,
        asked: &QueryIndicatorsRequest,
        now: Timestamp,
    ) -> Result<Parts, StatisticsError> {
        let question = self.counties.get(code)?.check(asked)?;
        if question.top > 0 || question.page_size > 0 || question.comparison != Comparison::Unspecified {
            return Err(StatisticsError::wrong("question", "without top, pageSize and comparison"));
        }
        let turn = self.turn().await?;
        let to_count = Asked { county: code, question: &question, base: None, now, fair: false };
        let open = self.figures.open(to_count).await?;
        let (answers, county) = (Arc::clone(self), code.to_owned());
        Ok(Parts { answers, county, question, open, is_first: true, _turn: turn })
    }
}

impl Parts {
    /// The next part; none at the end. The first one always comes, so that the as-of is told.
    ///
    /// # Errors
    /// [`StatisticsError`]
    pub async fn next(&mut self) -> Result<Option<StreamIndicatorsResponse>, StatisticsError> {
        let county = self.answers.counties.get(&self.county)?;
        let label = |dimension: Dimension, value: &str| county.label(dimension, value);
        let mut rows = Vec::new();
        while rows.len() < ROWS_IN_A_PART {
            let Some(parts) = self.open.next().await? else { break };
            let mut figures = GroupFigures::new();
            for (pass, group) in &parts {
                figure::put(&mut figures, &self.question, pass, group);
            }
            for (values, mut row) in figures {
                figure::people(&self.question, county.place(), &values, &mut row);
                let kind = RowKind::Unspecified;
                rows.extend(figure::rows(&self.question, kind, &values, &row, None, &label));
            }
        }
        if rows.is_empty() && !self.is_first {
            return Ok(None);
        }
        let as_of = self.open.as_of.filter(|_| std::mem::take(&mut self.is_first));
        self.is_first = false;
        Ok(Some(StreamIndicatorsResponse { rows, as_of: as_of.map(to_proto) }))
    }
}

fn windows(question: &Question, now: Timestamp) -> Result<Option<Compared>, StatisticsError> {
    if question.comparison == Comparison::Unspecified {
        return Ok(None);
    }
    let zone = TimeZone::get(&question.time_zone).unwrap_or(TimeZone::UTC);
    let moment = question.happened_by.unwrap_or(now);
    compared(question.window, question.comparison, question.spring_festival, &zone, moment)
        .map(Some)
        .map_err(|none| StatisticsError::wrong("comparison", none.to_string()))
}

/// All rows of an answer: groups by their values or the top ones by their size, the rest, the total.
fn rows(
    question: &Question,
    base: Option<&Question>,
    counted: &Counted,
    county: CountedCounty<'_>,
) -> Result<Vec<IndicatorRow>, StatisticsError> {
    let label = |dimension: Dimension, value: &str| county.label(dimension, value);
    let figures = figure::figures(question, &counted.groups, county.place())?;
    let then = base.map(|base| figure::figures(base, &counted.base, county.place())).transpose()?;
    let nothing = vec![Figure::default(); question.indicators.len()];
    let before =
        |values: &Vec<String>| then.as_ref().map(|then| then.get(values).unwrap_or(&nothing).as_slice());
    let (groups, rest) =
        if question.top > 0 { figure::top(question, figures) } else { (figures.into_iter().collect(), None) };
    let mut rows = Vec::new();
    for (values, row) in &groups {
        rows.extend(figure::rows(question, RowKind::Unspecified, values, row, before(values), &label));
    }
    // The rest has no values, and no other window: other groups were the others then.
    if let Some(rest) = rest {
        rows.extend(figure::rows(&question.total(), RowKind::Rest, &[], &rest, None, &label));
    }
    if question.total && !question.group_by.is_empty() {
        let all = question.total();
        let total = figure::figures(&all, &counted.total, county.place())?;
        let before = base
            .map(|base| figure::figures(&base.total(), &counted.base_total, county.place()))
            .transpose()?;
        let none = Vec::new();
        let row = total.get(&none).unwrap_or(&nothing);
        let before = before.as_ref().and_then(|before| before.get(&none)).map(Vec::as_slice);
        rows.extend(figure::rows(&all, RowKind::Total, &[], row, before, &label));
    }
    Ok(rows)
}

fn page(asked: &QueryIndicatorsRequest) -> Result<Option<Page>, StatisticsError> {
    let wrong = || StatisticsError::wrong("pageToken", "a token of a page of the same question");
    let page: Option<Page> = paging::read(&asked.page_token).map_err(|_| wrong())?;
    match page {
        Some(page) if page.of != fingerprint(asked) || asked.page_size <= 0 => Err(wrong()),
        page => Ok(page),
    }
}

/// Cuts the rows to a page; says where the next one begins.
fn cut(
    rows: &mut Vec<IndicatorRow>,
    question: &Question,
    asked: &QueryIndicatorsRequest,
    page: Option<Page>,
    counted: &Counted,
    now: Timestamp,
) -> String {
    if question.page_size == 0 {
        return String::new();
    }
    let after = page.as_ref().map_or(0, |page| page.after).min(rows.len());
    let end = after.saturating_add(question.page_size).min(rows.len());
    let is_last = end == rows.len();
    rows.truncate(end);
    rows.drain(..after);
    if is_last {
        return String::new();
    }
    let known_at = match &page {
        Some(page) => page.known_at,
        None => question.known_at.or(counted.known_at).map(Timestamp::as_microsecond),
    };
    paging::write(&Page { known_at, now: now.as_microsecond(), after: end, of: fingerprint(asked) })
}

fn fingerprint(asked: &QueryIndicatorsRequest) -> String {
    let question = QueryIndicatorsRequest { page_token: String::new(), page_size: 0, ..asked.clone() };
    let digest = Sha256::digest(question.encode_to_vec());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
