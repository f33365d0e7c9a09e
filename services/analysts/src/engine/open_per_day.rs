//! The table of how many cases stood open at the end of each day: counted when it is asked for, from the spells that the
//! caller sees, and so under the same rule of disclosure as they. Nothing has to run at midnight, and what comes late
//! changes the days that it is about.
//!
//! A spell is open from its first day until the day at whose end it is over: that is one more on the first, one fewer on
//! the second; the sum of what lies before a day is what stands open at its end. So the work grows with the changes and
//! the days that are asked for, not with the cases times the days.

use std::{ops::RangeInclusive, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray as _, Date32Array, Int64Array, RecordBatch, UInt64Array},
        compute::{cast, take},
        datatypes::{Int64Type, SchemaRef},
    },
    catalog::{Session, TableProvider, streaming::StreamingTable},
    common::ScalarValue,
    datasource::TableType,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext, context::SessionContext},
    logical_expr::{Between, BinaryExpr, Expr, Operator, TableProviderFilterPushDown},
    physical_plan::{ExecutionPlan, stream::RecordBatchStreamAdapter, streaming::PartitionStream},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, date},
};

use crate::{catalogue::Catalogue, error::AnalystsError, segments::day_of};

/// The table's name.
pub const NAME: &str = "open_per_day";
/// The table that it is counted from.
pub const SPELLS: &str = "open_spells";
/// By what it is counted, besides the day.
const KEYS: &str = "area_code, source, category, level, agency";
/// A month has no more days than this after its first.
const REST_OF_MONTH: i32 = 30;
/// Rows that are given at a time.
const BATCH: usize = 8 * 1024;
/// From where Arrow counts days.
const EPOCH: Date = date(1970, 1, 1);

/// The table.
pub struct Days {
    schema: SchemaRef,
    /// Knows the spells.
    context: SessionContext,
    now: Timestamp,
    /// Today's number.
    today: i32,
}

impl Days {
    /// Over these spells, as they are known at a moment.
    ///
    /// # Errors
    /// [`AnalystsError`]
    pub fn of(
        spells: &Arc<dyn TableProvider>,
        catalogue: &Catalogue,
        context: SessionContext,
        now: Timestamp,
    ) -> std::result::Result<Self, AnalystsError> {
        context.register_table(SPELLS, Arc::clone(spells))?;
        Ok(Self { schema: catalogue.table(NAME)?.schema(), context, now, today: number(day_of(now)?) })
    }
}

/// A day as Arrow counts them.
fn number(day: Date) -> i32 {
    i32::try_from(day.duration_since(EPOCH).as_hours() / 24).unwrap_or_default()
}

/// The first day of a day's month, and that of the next one.
fn month_of(day: i32) -> (i32, i32) {
    let first = EPOCH.saturating_add(day.days()).first_of_month();
    (number(first), number(first.saturating_add(1.month())))
}

impl std::fmt::Debug for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenPerDay")
    }
}

#[async_trait]
impl TableProvider for Days {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let days = filters.iter().fold(0..=self.today, narrowed);
        let counted = Counted {
            schema: self.schema(),
            context: self.context.clone(),
            query: query(&days, self.today, self.now),
            filters: filters.iter().filter(|one| is_of_keys(one)).cloned().collect(),
        };
        let table = StreamingTable::try_new(self.schema(), vec![Arc::new(counted)])?;
        table.scan(state, projection, &[], limit).await
    }
}

/// The days that a condition leaves.
fn narrowed(days: RangeInclusive<i32>, condition: &Expr) -> RangeInclusive<i32> {
    let (first, last) = days.clone().into_inner();
    // How far behind its name a day of the column may lie.
    let column = |side: &Expr| match side {
        Expr::Column(column) if column.name == "day" => Some(0),
        Expr::Column(column) if column.name == "month" => Some(REST_OF_MONTH),
        _ => None,
    };
    let day = |side: &Expr| match side {
        Expr::Literal(ScalarValue::Date32(day), _) => *day,
        _ => None,
    };
    match condition {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            narrowed(narrowed(days, left), right)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let known = column(left).zip(day(right)).map(|found| (found, Some(*op)));
            let known = known.or_else(|| column(right).zip(day(left)).map(|found| (found, op.swap())));
            match known {
                Some(((rest, day), Some(Operator::Eq))) => first.max(day)..=last.min(day + rest),
                Some(((_, day), Some(Operator::Gt | Operator::GtEq))) => first.max(day)..=last,
                Some(((rest, day), Some(Operator::Lt | Operator::LtEq))) => first..=last.min(day + rest),
                _ => days,
            }
        }
        Expr::Between(Between { expr, negated: false, low, high }) => {
            match (column(expr), day(low), day(high)) {
                (Some(rest), Some(low), Some(high)) => first.max(low)..=last.min(high + rest),
                _ => days,
            }
        }
        _ => days,
    }
}

/// How many stood open over these days, by runs: from a day on and before the next one, as many. Every name and number in
/// it is our own.
fn query(days: &RangeInclusive<i32>, today: i32, now: Timestamp) -> String {
    let (first, last, now) = (days.start(), days.end(), now.as_microsecond());
    // Of today counts what is so now; what is said of later does not hold yet.
    format!(
        "WITH known AS (
            SELECT {KEYS}, greatest(CAST(day AS BIGINT), {first}) AS since,
                least(coalesce(CASE WHEN CAST(open_until AS BIGINT) > {now} THEN {today} + 1 ELSE CAST(until_day AS BIGINT) END,
                    {today} + 1), {last} + 1) AS until,
                coalesce(CASE WHEN CAST(handle_due_at AS BIGINT) > {now} THEN {today} + 1 ELSE CAST(due_day AS BIGINT) END,
                    {today} + 1) AS due
            FROM (SELECT {KEYS}, open_from, open_until, handle_due_at, CAST(day AS INT) AS day,
                CAST(until_day AS INT) AS until_day, CAST(due_day AS INT) AS due_day FROM {SPELLS}) AS spell
            WHERE CAST(open_from AS BIGINT) <= {now} AND day <= {last} AND (until_day IS NULL OR until_day >= {first})
        ), changed AS (
            SELECT {KEYS}, since AS day, 1 AS opened, 0 AS late FROM known WHERE since < until
            UNION ALL
            SELECT {KEYS}, greatest(since, due) AS day, 0 AS opened, 1 AS late FROM known WHERE since < until AND due < until
            UNION ALL
            SELECT {KEYS}, until AS day, -1 AS opened, CASE WHEN due < until THEN -1 ELSE 0 END AS late
            FROM known WHERE since < until
        ), added AS (
            SELECT {KEYS}, day, sum(opened) AS opened, sum(late) AS late FROM changed GROUP BY {KEYS}, day
        ), standing AS (
            SELECT {KEYS}, day, sum(opened) OVER so_far AS open_cases, sum(late) OVER so_far AS late_cases,
                lead(day) OVER so_far AS next
            FROM added WINDOW so_far AS (PARTITION BY {KEYS} ORDER BY day)
        )
        SELECT {KEYS}, left(area_code, 9) AS town_code, open_cases, late_cases, day, next
        FROM standing WHERE open_cases > 0"
    )
}

struct Counted {
    schema: SchemaRef,
    context: SessionContext,
    query: String,
    /// What is asked of an area or an agency is counted of its spells only.
    filters: Vec<Expr>,
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenPerDay")
    }
}

/// Whether a condition is about nothing but the keys.
fn is_of_keys(condition: &Expr) -> bool {
    let mut columns = condition.column_refs().into_iter();
    columns.all(|column| column.name == "town_code" || KEYS.split(", ").any(|key| key == column.name))
}

impl PartitionStream for Counted {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (context, query, filters) = (self.context.clone(), self.query.clone(), self.filters.clone());
        let schema = Arc::clone(&self.schema);
        let runs = stream::once(async move {
            let runs = context.sql(&query).await?;
            let runs = filters.into_iter().try_fold(runs, |runs, filter| runs.filter(filter))?;
            runs.execute_stream().await
        });
        let days = runs.try_flatten().map_ok(move |runs| stream::iter(Told::of(runs, Arc::clone(&schema))));
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), days.try_flatten().boxed()))
    }
}

/// The days of runs, a bounded number of them at a time.
struct Told {
    runs: RecordBatch,
    schema: SchemaRef,
    /// The run that is told, and its days that are told already.
    run: usize,
    told: i64,
}

impl Told {
    const fn of(runs: RecordBatch, schema: SchemaRef) -> Self {
        Self { runs, schema, run: 0, told: 0 }
    }

    /// The runs and days that are told next.
    fn take(&mut self) -> Result<(Vec<u64>, Vec<i32>)> {
        let column = |name: &str| -> Result<&Int64Array> {
            let column =
                self.runs.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
            column.ok_or_else(|| DataFusionError::Internal(format!("{name} is no number of a day")))
        };
        let (from, before) = (column("day")?, column("next")?);
        let (mut runs, mut days) = (Vec::new(), Vec::new());
        while days.len() < BATCH && self.run < self.runs.num_rows() {
            let day = from.value(self.run) + self.told;
            if day < before.value(self.run) {
                runs.push(self.run as u64);
                days.push(i32::try_from(day).unwrap_or(i32::MAX));
                self.told += 1;
            } else {
                (self.run, self.told) = (self.run + 1, 0);
            }
        }
        Ok((runs, days))
    }

    fn rows(&self, runs: Vec<u64>, days: Vec<i32>) -> Result<RecordBatch> {
        let mut month = (0, 0);
        let months = days.iter().map(|day| {
            if !(month.0..month.1).contains(day) {
                month = month_of(*day);
            }
            month.0
        });
        let (months, runs) = (Date32Array::from_iter_values(months), UInt64Array::from(runs));
        let days = Date32Array::from(days);
        let column = |name: &str| -> Result<ArrayRef> {
            let column = self.runs.column_by_name(name);
            let column = column.ok_or_else(|| DataFusionError::Internal(format!("{name} is not counted")))?;
            Ok(take(column, &runs, None)?)
        };
        let columns = self.schema.fields().iter().map(|field| {
            let values = match field.name().as_str() {
                "month" => Arc::new(months.clone()),
                "day" => Arc::new(days.clone()),
                name => column(name)?,
            };
            Ok(cast(&values, field.data_type())?)
        });
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_>>()?)?)
    }
}

impl Iterator for Told {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.take() {
            Ok((runs, _)) if runs.is_empty() => None,
            Ok((runs, days)) => Some(self.rows(runs, days)),
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::{
        arrow::datatypes::{DataType, Date32Type, Field, Int32Type, Schema},
        logical_expr::{col, lit},
    };

    use super::*;

    fn date(day: i32) -> Expr {
        Expr::Literal(ScalarValue::Date32(Some(day)), None)
    }

    #[test]
    fn only_the_days_that_are_asked_for_are_counted() {
        let of = |condition: Expr| narrowed(0..=1_000, &condition);
        assert_eq!(of(col("day").eq(date(7))), 7..=7);
        assert_eq!(of(col("day").gt_eq(date(7)).and(col("day").lt(date(9)))), 7..=9);
        assert_eq!(of(date(7).gt_eq(col("day"))), 0..=7);
        assert_eq!(of(col("day").between(date(7), date(9))), 7..=9);
        assert_eq!(of(col("month").eq(date(31))), 31..=61);
        assert_eq!(of(col("month").between(date(31), date(59))), 31..=89);
        assert_eq!(of(col("month").lt_eq(date(31))), 0..=61);
        // What else is asked narrows nothing.
        assert_eq!(of(col("day").eq(date(7)).or(col("level").eq(lit("RED")))), 0..=1_000);
        assert_eq!(of(col("day").not_between(date(7), date(9))), 0..=1_000);
        assert!(
            is_of_keys(&col("town_code").eq(lit("421181105"))) && !is_of_keys(&col("open_cases").eq(lit(1)))
        );
    }

    #[test]
    fn long_runs_are_told_piece_by_piece_and_across_months() {
        let numbers = |numbers: Vec<i64>| Arc::new(Int64Array::from(numbers)) as ArrayRef;
        // From 1 January 1970 on 20,000 days, and one day in February.
        let runs = RecordBatch::try_from_iter([
            ("day", numbers(vec![0, 31])),
            ("next", numbers(vec![20_000, 32])),
            ("open_cases", numbers(vec![2, 3])),
        ]);
        let fields =
            [("month", DataType::Date32), ("day", DataType::Date32), ("open_cases", DataType::Int32)];
        let fields = fields.map(|(name, data_type)| Field::new(name, data_type, true));
        let told = Told::of(runs.unwrap(), Arc::new(Schema::new(fields.to_vec())));
        let batches: Vec<RecordBatch> = told.map(Result::unwrap).collect();
        assert!(batches.iter().all(|batch| batch.num_rows() <= BATCH) && batches.len() == 3);
        let at = |row: usize| {
            let (batch, row) = (&batches[row / BATCH], row % BATCH);
            let date = |column: usize| batch.column(column).as_primitive::<Date32Type>().value(row);
            (date(0), date(1), batch.column(2).as_primitive::<Int32Type>().value(row))
        };
        assert_eq!((at(0), at(30), at(31)), ((0, 0, 2), (0, 30, 2), (31, 31, 2)));
        assert_eq!((at(19_999).1, at(20_000)), (19_999, (31, 31, 3)));
    }
}
