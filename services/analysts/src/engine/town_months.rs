//! The table of counts by month and town: what is told of areas that are not the caller's own, as
//! [`fengqiao_statistics::domain::disclosure`] allows it. It is the only one that reads more than the own area, and it
//! gives nothing but whole cells.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{
            ArrayRef, BooleanBuilder, Date32Array, Date32Builder, Int32Builder, Int64Array, RecordBatch,
            StringViewBuilder, cast::AsArray as _,
        },
        compute::cast,
        datatypes::{DataType, Date32Type, Int64Type, SchemaRef},
    },
    catalog::{TableProvider, streaming::StreamingTable},
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext, context::SessionContext},
    physical_plan::{stream::RecordBatchStreamAdapter, streaming::PartitionStream},
};
use fengqiao_statistics::domain::disclosure::{Cell, Dice, Sight, Split};
use futures::{StreamExt as _, stream};
use jiff::{Timestamp, civil::Date};

use super::tables::Named;
use crate::{catalogue::Catalogue, error::AnalystsError, segments::month_of};

/// What is counted of a table: the measures, each with which rows of it, and by what it can be split.
struct Counted {
    table: &'static str,
    measures: &'static [(&'static str, &'static str)],
    splits: &'static [(Split, &'static str)],
}

const COUNTED: [Counted; 5] = [
    Counted {
        table: "reports",
        measures: &[("reports", "true"), ("repeat_reports", "repeat")],
        splits: &[
            (Split::Category, "category"),
            (Split::Level, "level"),
            (Split::Source, "source"),
            (Split::Agency, "agency"),
        ],
    },
    Counted {
        table: "cases",
        measures: &[("cases", "true"), ("settled_cases", "settled_at IS NOT NULL")],
        splits: &[
            (Split::Category, "category"),
            (Split::Level, "level"),
            (Split::Source, "source"),
            (Split::Agency, "agency"),
        ],
    },
    Counted {
        table: "pushes",
        measures: &[
            ("pushes", "true"),
            ("signed_pushes", "signed_at IS NOT NULL"),
            ("answered_pushes", "answered_at IS NOT NULL"),
        ],
        splits: &[
            (Split::Category, "category"),
            (Split::Level, "level"),
            (Split::Source, "source"),
            (Split::Agency, "agency"),
            (Split::Kind, "form"),
        ],
    },
    Counted {
        table: "duties",
        measures: &[("duties", "true"), ("met_duties", "met_at IS NOT NULL")],
        splits: &[
            (Split::Category, "category"),
            (Split::Level, "level"),
            (Split::Source, "source"),
            (Split::Agency, "agency"),
            (Split::Kind, "kind"),
        ],
    },
    Counted {
        table: "activities",
        measures: &[("activities", "true")],
        splits: &[(Split::Source, "source"), (Split::Agency, "agency"), (Split::Kind, "kind")],
    },
];

/// How the table is made for a caller.
pub struct Plan {
    /// All facts of the county.
    pub facts: Vec<Named>,
    /// The county's code.
    pub county: String,
    /// What the caller sees exactly.
    pub sight: Sight,
    /// What the rest is rounded with.
    pub dice: Dice,
    /// The moment of the query.
    pub now: Timestamp,
}

impl Plan {
    /// The table.
    ///
    /// # Errors
    /// [`AnalystsError`]
    pub fn table(
        self,
        catalogue: &Catalogue,
        context: SessionContext,
    ) -> std::result::Result<Arc<dyn TableProvider>, AnalystsError> {
        for (name, table) in &self.facts {
            context.register_table(name, Arc::clone(table))?;
        }
        let schema = catalogue.table("town_months")?.schema();
        let this_month = month_of(self.now)?;
        let made = Made { plan: Arc::new(self), schema: Arc::clone(&schema), this_month, context };
        Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(made)])?))
    }
}

struct Made {
    plan: Arc<Plan>,
    schema: SchemaRef,
    this_month: Date,
    context: SessionContext,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TownMonths")
    }
}

impl PartitionStream for Made {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let whole = (Split::Whole, "''");
        let counts = COUNTED.iter().flat_map(move |counted| {
            [whole].into_iter().chain(counted.splits.iter().copied()).map(move |split| (counted, split))
        });
        let (plan, context) = (Arc::clone(&self.plan), self.context.clone());
        let (schema, this_month) = (Arc::clone(&self.schema), self.this_month);
        let parts = stream::iter(counts).then(move |(counted, (split, column))| {
            let (plan, context, schema) = (Arc::clone(&plan), context.clone(), Arc::clone(&schema));
            async move {
                let counts: Vec<_> = counted
                    .measures
                    .iter()
                    .map(|(name, rows)| format!("count(*) FILTER (WHERE {rows}) AS {name}"))
                    .collect();
                // Every name in it is our own.
                let query = format!(
                    "SELECT month, town_code, coalesce({column}, '') AS value, {} FROM {} GROUP BY 1, 2, 3",
                    counts.join(", "),
                    counted.table
                );
                let cells = context.sql(&query).await?.collect().await?;
                told(&plan, counted, split, &cells, this_month, schema)
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), parts.boxed()))
    }
}

/// What is told of counted cells.
fn told(
    plan: &Plan,
    counted: &Counted,
    split: Split,
    cells: &[RecordBatch],
    this_month: Date,
    schema: SchemaRef,
) -> Result<RecordBatch> {
    let (mut months, mut numbers, mut exact) =
        (Date32Builder::new(), Int32Builder::new(), BooleanBuilder::new());
    let [mut towns, mut splits, mut values, mut measures] =
        [(); 4].map(|()| StringViewBuilder::new().with_deduplicate_strings());
    for batch in cells {
        let month: &Date32Array =
            column(batch, 0)?.as_primitive_opt::<Date32Type>().ok_or_else(other_kind)?;
        let town = cast(column(batch, 1)?, &DataType::Utf8View)?;
        let value = cast(column(batch, 2)?, &DataType::Utf8View)?;
        let (town, value) = (town.as_string_view(), value.as_string_view());
        for (place, (measure, _)) in counted.measures.iter().enumerate() {
            let counts: &Int64Array =
                column(batch, 3 + place)?.as_primitive_opt::<Int64Type>().ok_or_else(other_kind)?;
            for row in 0..batch.num_rows() {
                let Some(day) = Date32Type::to_naive_date_opt(month.value(row)) else { continue };
                let name = day.format("%Y-%m").to_string();
                let cell = Cell {
                    county: &plan.county,
                    month: &name,
                    town: town.value(row),
                    split,
                    value: value.value(row),
                };
                let own = plan.sight.holds(cell.town);
                // A month that goes on would show one after the other how its counts grow.
                let is_over = name < this_month.strftime("%Y-%m").to_string();
                let count = match counts.value(row) {
                    count if own => count,
                    _ if !is_over => 0,
                    count => plan.dice.shown(cell, count),
                };
                // That a cell is there would say that it is not empty.
                if count == 0 {
                    continue;
                }
                months.append_value(month.value(row));
                towns.append_value(cell.town);
                splits.append_value(split.word());
                values.append_value(cell.value);
                measures.append_value(measure);
                numbers.append_value(i32::try_from(count).unwrap_or(i32::MAX));
                exact.append_value(own);
            }
        }
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(months.finish()),
        Arc::new(towns.finish()),
        Arc::new(splits.finish()),
        Arc::new(values.finish()),
        Arc::new(measures.finish()),
        Arc::new(numbers.finish()),
        Arc::new(exact.finish()),
    ];
    Ok(RecordBatch::try_new(schema, columns)?)
}

fn column(batch: &RecordBatch, place: usize) -> Result<&ArrayRef> {
    batch.columns().get(place).ok_or_else(other_kind)
}

fn other_kind() -> DataFusionError {
    DataFusionError::Internal("a count has other columns".into())
}
