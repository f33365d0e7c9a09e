//! What a query may take: a place among the others, time, rows.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef},
    common::tree_node::{Transformed, TreeNode as _},
    config::ConfigOptions,
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{ExecutionPlan, coop::CooperativeExec},
};
use futures::{FutureExt as _, Stream, StreamExt as _};
use tokio::{
    runtime::Handle,
    sync::mpsc,
    task::AbortHandle,
    time::{Instant, Sleep},
};

use crate::{config::Limits, error::AnalystsError};

/// Places for queries: so many in all, and for each caller.
#[derive(Debug, Clone)]
pub struct Places {
    all: usize,
    each: usize,
    /// Who has how many; who has none is not in it.
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    of: String,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

impl Places {
    /// So many in all, and for each caller.
    pub fn new(all: usize, each: usize) -> Self {
        Self { all, each, taken: Arc::default() }
    }

    /// Takes one.
    ///
    /// # Errors
    /// [`AnalystsError::Busy`] where there is none.
    pub fn take(&self, caller: &str) -> Result<Place, AnalystsError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.all {
            return Err(AnalystsError::Busy("too many queries at once"));
        }
        if taken.get(caller).is_some_and(|own| *own >= self.each) {
            return Err(AnalystsError::Busy("too many queries of one caller at once"));
        }
        *taken.entry(caller.to_owned()).or_default() += 1;
        Ok(Place { of: caller.to_owned(), taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.of) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

/// The rows of a query, within its limits.
///
/// The query runs on threads of its own. One that does not come to a pause is not waited for any longer than it may take;
/// its place is free again when it has really ended.
pub struct Within {
    schema: SchemaRef,
    rows: mpsc::Receiver<Result<RecordBatch, DataFusionError>>,
    over: Pin<Box<Sleep>>,
    limits: Limits,
    count: u64,
    has_ended: bool,
    running: AbortHandle,
}

impl Within {
    /// Runs a stream on these threads within its limits, from now on.
    pub fn run(
        mut stream: SendableRecordBatchStream,
        limits: Limits,
        place: Place,
        threads: &Handle,
    ) -> Self {
        let schema = stream.schema();
        let (found, rows) = mpsc::channel(2);
        let running = threads.spawn(async move {
            let _place = place;
            while let Some(batch) = stream.next().await {
                if found.send(batch).await.is_err() {
                    return;
                }
            }
        });
        Self {
            schema,
            rows,
            over: Box::pin(tokio::time::sleep_until(Instant::now() + limits.query_time())),
            limits,
            count: 0,
            has_ended: false,
            running: running.abort_handle(),
        }
    }

    /// What the rows are.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Stream for Within {
    type Item = Result<RecordBatch, AnalystsError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let next = if self.over.poll_unpin(context).is_ready() {
            Some(Err(AnalystsError::TooSlow(self.limits.query_seconds)))
        } else {
            ready!(self.rows.poll_recv(context)).map(|batch| batch.map_err(AnalystsError::from))
        };
        let most = self.limits.result_rows;
        let next = next.map(|batch| {
            let batch = batch?;
            self.count += batch.num_rows() as u64;
            if self.count > most { Err(AnalystsError::TooManyRows(most)) } else { Ok(batch) }
        });
        self.has_ended = !matches!(next, Some(Ok(_)));
        if self.has_ended {
            self.running.abort();
        }
        Poll::Ready(next)
    }
}

/// Lets what combines several inputs pause now and then: a join may give for minutes without asking its inputs, which
/// are what pauses by itself.
#[derive(Debug)]
pub struct PauseInJoins;

impl PhysicalOptimizerRule for PauseInJoins {
    fn name(&self) -> &'static str {
        "pause_in_joins"
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let paused = plan.transform_up(|node| {
            if node.children().len() < 2 {
                return Ok(Transformed::no(node));
            }
            Ok(Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>))
        })?;
        Ok(paused.data)
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let places = Places::new(3, 2);
        let one = places.take("one").unwrap();
        let _two = places.take("one").unwrap();
        assert!(matches!(places.take("one"), Err(AnalystsError::Busy(_))), "two each");
        let _three = places.take("another").unwrap();
        assert!(matches!(places.take("third"), Err(AnalystsError::Busy(_))), "three in all");
        drop(one);
        places.take("one").unwrap();
    }
}
