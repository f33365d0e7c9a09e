//! The tail: what has changed since the segments were written, in memory.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use datafusion::arrow::{
    array::{BooleanArray, Int64Array, RecordBatch, cast::AsArray as _},
    compute::filter_record_batch,
    datatypes::Int64Type,
};
use jiff::civil::Date;

use crate::error::AnalystsError;

/// What has changed of one table. The first column of each batch is the key of the thing.
#[derive(Debug, Clone, Default)]
pub struct Tail {
    /// The rows that hold instead.
    pub rows: Vec<RecordBatch>,
    /// The things that have changed, by the months whose segments may hold older rows of them.
    pub hidden: BTreeMap<Date, Arc<HashSet<i64>>>,
}

impl Tail {
    /// Takes in that things have changed: in which months they are or were, and their rows now.
    ///
    /// # Errors
    /// [`AnalystsError::Query`], which does not happen.
    pub fn take_in(
        &mut self,
        changed: &HashSet<i64>,
        months: &[(i64, Date)],
        now: RecordBatch,
    ) -> Result<(), AnalystsError> {
        let left = self.rows.iter().map(|batch| without(batch, changed));
        let mut rows = left.collect::<Result<Vec<_>, _>>()?;
        rows.push(now);
        rows.retain(|batch| batch.num_rows() > 0);
        self.rows = rows;
        for (key, month) in months {
            Arc::make_mut(self.hidden.entry(*month).or_default()).insert(*key);
        }
        Ok(())
    }

    /// How much it holds, in rows of both kinds.
    pub fn size(&self) -> usize {
        let hidden: usize = self.hidden.values().map(|keys| keys.len()).sum();
        hidden + self.rows.iter().map(RecordBatch::num_rows).sum::<usize>()
    }
}

/// A batch without the rows of some things.
fn without(batch: &RecordBatch, things: &HashSet<i64>) -> Result<RecordBatch, AnalystsError> {
    let stays = match batch.columns().first().and_then(|keys| keys.as_primitive_opt::<Int64Type>()) {
        Some(keys) => not_in(keys, things),
        None => return Ok(batch.clone()),
    };
    Ok(filter_record_batch(batch, &stays)?)
}

/// Which keys are none of these.
pub fn not_in(keys: &Int64Array, things: &HashSet<i64>) -> BooleanArray {
    keys.iter().map(|key| Some(key.is_none_or(|key| !things.contains(&key)))).collect()
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::ArrayRef,
        datatypes::{DataType, Field, Schema},
    };

    use super::*;

    fn batch(keys: &[i64]) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("key", DataType::Int64, true)]);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Int64Array::from(keys.to_vec())) as ArrayRef])
            .unwrap()
    }

    #[test]
    fn a_thing_that_changes_twice_is_there_once() {
        let month: Date = "2026-11-01".parse().unwrap();
        let mut tail = Tail::default();
        tail.take_in(&[1, 2].into(), &[(1, month), (2, month)], batch(&[1, 2])).unwrap();
        tail.take_in(&[2, 3].into(), &[(2, month), (3, month)], batch(&[2, 3])).unwrap();
        // One that is gone from the table has no rows any more.
        tail.take_in(&[1].into(), &[(1, month)], batch(&[])).unwrap();
        let keys: Vec<i64> = tail
            .rows
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
            .collect();
        assert_eq!(keys, [2, 3]);
        assert_eq!(tail.hidden[&month].len(), 3);
        assert_eq!(tail.size(), 5);
    }
}
