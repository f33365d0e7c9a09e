//! A table of facts as someone sees it whose own area is a part of the county: only the own rows.
//!
//! It is a wall, and no view: nothing of the caller's query is computed on rows behind it. A condition that fails on some
//! rows (a division by zero, a text that is no number) would else say that such rows are there.

use std::sync::Arc;

use datafusion::{
    arrow::{array::RecordBatch, compute::cast, datatypes::SchemaRef},
    catalog::{TableProvider, streaming::StreamingTable},
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext, context::SessionContext},
    physical_plan::{stream::RecordBatchStreamAdapter, streaming::PartitionStream},
    prelude::{col, lit},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::AnalystsError;

/// Only the rows of an area, by its significant digits.
///
/// # Errors
/// [`AnalystsError::Query`]
pub fn only(
    table: Arc<dyn TableProvider>,
    area: &str,
    context: &SessionContext,
) -> std::result::Result<Arc<dyn TableProvider>, AnalystsError> {
    let wall = OwnRows {
        schema: table.schema(),
        table,
        // Digits only: none of them means anything in a pattern.
        pattern: format!("{area}%"),
        context: context.clone(),
    };
    Ok(Arc::new(StreamingTable::try_new(Arc::clone(&wall.schema), vec![Arc::new(wall)])?))
}

struct OwnRows {
    schema: SchemaRef,
    table: Arc<dyn TableProvider>,
    pattern: String,
    context: SessionContext,
}

impl std::fmt::Debug for OwnRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnRows")
    }
}

impl PartitionStream for OwnRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (context, table) = (self.context.clone(), Arc::clone(&self.table));
        let own = col("area_code").like(lit(self.pattern.clone()));
        let schema = Arc::clone(&self.schema);
        let rows = stream::once(async move {
            let rows = context.read_table(table)?.filter(own)?.execute_stream().await?;
            // Texts come out of a session as tools want them, and go into the next as the table has them.
            let as_table = move |batch: RecordBatch| -> Result<RecordBatch> {
                let columns = batch.columns().iter().zip(schema.fields());
                let columns = columns.map(|(column, field)| cast(column, field.data_type()));
                let columns = columns.collect::<Result<Vec<_>, _>>()?;
                Ok(RecordBatch::try_new(Arc::clone(&schema), columns)?)
            };
            Ok::<_, DataFusionError>(rows.map(move |batch| as_table(batch?)))
        });
        let rows = rows.try_flatten().boxed();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}
