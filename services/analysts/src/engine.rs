//! The query engine: which tables a caller has, and running what it asks within its limits.

mod limits;
mod open_per_day;
mod own_area;
mod shape;
mod tables;
mod town_months;

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{RecordBatch, RecordBatchOptions},
        datatypes::SchemaRef,
    },
    catalog::MemoryCatalogProviderList,
    dataframe::DataFrame,
    execution::{
        SendableRecordBatchStream, SessionState,
        context::{SQLOptions, SessionContext},
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::GreedyMemoryPool,
        runtime_env::RuntimeEnvBuilder,
        session_state::SessionStateBuilder,
    },
    logical_expr::LogicalPlan,
    physical_plan::stream::RecordBatchStreamAdapter,
    prelude::SessionConfig,
};
use fengqiao_access::Principal;
use fengqiao_county::Counties;
use fengqiao_serving::time::Clock;
use fengqiao_statistics::domain::disclosure::Sight;
use futures::StreamExt as _;
use tokio::runtime::Handle;

use self::limits::PauseInJoins;
pub use self::limits::{Place, Places, Within};
use crate::{catalogue::Catalogue, config::Limits, error::AnalystsError, warehouse::Warehouse};

/// The name under which tools see the tables: `fengqiao.facts.reports`.
pub const CATALOG: &str = "fengqiao";
/// The schema in it.
pub const SCHEMA: &str = "facts";
/// The longest query, in bytes.
pub const LONGEST_QUERY: usize = 64 * 1024;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The name, for counting its queries.
    pub name: String,
    /// Its county.
    pub county: String,
    /// What it sees exactly.
    pub sight: Sight,
}

impl Caller {
    /// A principal.
    pub fn of(who: &Principal) -> Self {
        Self { name: who.name.clone(), county: who.county.clone(), sight: Sight::of(who.area.as_deref()) }
    }
}

/// Answers queries.
pub struct Engine {
    /// The facts.
    pub warehouse: Warehouse,
    /// What the tables hold.
    pub catalogue: Arc<Catalogue>,
    /// Places for queries.
    pub places: Places,
    /// What a query may take.
    pub limits: Limits,
    counties: Arc<Counties>,
    clock: Clock,
    /// Where queries run.
    threads: Handle,
    /// All functions and rules, which take longer to set up than a short query takes, and what is known of files. Knows no
    /// table.
    understanding: SessionState,
    tables: tables::Described,
}

impl Engine {
    /// Over these facts; queries run on these threads.
    ///
    /// # Errors
    /// [`AnalystsError::Query`] where the engine cannot be set up.
    pub fn new(
        warehouse: Warehouse,
        catalogue: Arc<Catalogue>,
        counties: Arc<Counties>,
        limits: Limits,
        clock: Clock,
        threads: Handle,
    ) -> Result<Self, AnalystsError> {
        // What does not fit into a query's memory is refused, and not written to a disk that fills.
        let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new().with_disk_manager_builder(no_disk).build_arc()?;
        let places = Places::new(limits.queries, limits.queries_each);
        let understanding = SessionStateBuilder::new()
            .with_config(config())
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(PauseInJoins))
            .build();
        let tables = tables::Described::default();
        Ok(Self { warehouse, catalogue, places, limits, counties, clock, threads, understanding, tables })
    }

    /// A session of a caller's own, over the facts as they are now.
    ///
    /// # Errors
    /// [`AnalystsError`]
    pub async fn session(&self, caller: &Caller) -> Result<SessionContext, AnalystsError> {
        let county = self.warehouse.county(&caller.county)?;
        let facts = county.fresh().await?;
        let context = self.context()?;
        let all = self.tables.of_facts(&facts, &self.catalogue, &context)?;
        let areas = self.counties.get(&caller.county).map(|county| county.areas.now());
        let town_months = town_months::Plan {
            facts: all.clone(),
            county: caller.county.clone(),
            sight: caller.sight.clone(),
            dice: county.dice().await?,
            now: self.clock.now(),
        };
        for (name, table) in all {
            let table = match &caller.sight {
                Sight::County => table,
                Sight::Area(own) => own_area::only(table, own, &self.context()?)?,
            };
            if name == open_per_day::SPELLS {
                let days =
                    open_per_day::Days::of(&table, &self.catalogue, self.context()?, self.clock.now())?;
                context.register_table(open_per_day::NAME, Arc::new(days))?;
            }
            context.register_table(name, table)?;
        }
        context.register_table("town_months", town_months.table(&self.catalogue, self.context()?)?)?;
        context.register_table("areas", tables::areas(areas.as_deref(), &self.catalogue)?)?;
        context.register_table("columns", tables::columns(&self.catalogue)?)?;
        Ok(context)
    }

    fn context(&self) -> Result<SessionContext, AnalystsError> {
        let pool = Arc::new(GreedyMemoryPool::new(self.limits.query_bytes()));
        // What is known of files is known to all queries; memory is each one's own.
        let shared = self.understanding.runtime_env();
        let runtime = RuntimeEnvBuilder::from_runtime_env(shared).with_memory_pool(pool).build_arc()?;
        // Tables are each session's own: a caller must not find another's.
        let state = SessionStateBuilder::new_from_existing(self.understanding.clone())
            .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
            .with_config(config())
            .with_runtime_env(runtime)
            .build();
        Ok(SessionContext::new_with_state(state))
    }

    /// What a query would answer with. No file is looked at for that.
    ///
    /// # Errors
    /// [`AnalystsError`]
    pub async fn schema(&self, caller: &Caller, query: &str) -> Result<SchemaRef, AnalystsError> {
        let context = self.session(caller).await?;
        let plan = plan(&context, query).await?;
        told(&context.state(), &plan)
    }

    /// Runs a query. Whoever drops the answer ends it.
    ///
    /// # Errors
    /// [`AnalystsError`]
    pub async fn run(&self, caller: &Caller, query: &str) -> Result<Within, AnalystsError> {
        let place = self.places.take(&caller.name)?;
        let stream = self.stream(caller, query).await?;
        Ok(Within::run(stream, self.limits, place, &self.threads))
    }

    /// The rows of a query, bounded by its memory only.
    ///
    /// # Errors
    /// [`AnalystsError`]
    pub async fn stream(
        &self,
        caller: &Caller,
        query: &str,
    ) -> Result<SendableRecordBatchStream, AnalystsError> {
        let context = self.session(caller).await?;
        let plan = plan(&context, query).await?;
        let state = context.state();
        // Drivers compare what comes with what was told; a plan may know better of a column that it is never empty.
        let schema = told(&state, &plan)?;
        let rows = DataFrame::new(state, plan).execute_stream().await?;
        let as_told = {
            let schema = Arc::clone(&schema);
            move |batch: RecordBatch| {
                let count = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let columns = batch.columns().to_vec();
                Ok(RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &count)?)
            }
        };
        let rows = rows.map(move |batch| batch.and_then(&as_told));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

/// The columns of a plan's answer.
fn told(state: &SessionState, plan: &LogicalPlan) -> Result<SchemaRef, AnalystsError> {
    let plan = state.analyzer().execute_and_check(plan.clone(), state.config_options(), |_, _| {})?;
    Ok(Arc::clone(plan.schema().inner()))
}

/// How sessions are set up.
fn config() -> SessionConfig {
    let mut config =
        SessionConfig::new().with_default_catalog_and_schema(CATALOG, SCHEMA).with_information_schema(true);
    // Drivers of older tools do not know views of texts.
    config.options_mut().optimizer.expand_views_at_output = true;
    // What a condition leaves out is not unpacked in the other columns. No condition of a caller gets behind the wall of the
    // own area.
    config.options_mut().execution.parquet.pushdown_filters = true;
    config.options_mut().execution.parquet.reorder_filters = true;
    config.options_mut().execution.time_zone = Some(crate::catalogue::ZONE.to_owned());
    config
}

/// The plan of a query; only of one that selects.
async fn plan(context: &SessionContext, query: &str) -> Result<LogicalPlan, AnalystsError> {
    if query.len() > LONGEST_QUERY {
        return Err(AnalystsError::wrong("query", format!("at most {LONGEST_QUERY} bytes")));
    }
    if !shape::is_safe(query) {
        return Err(AnalystsError::wrong("query", "fewer operators, joins and unions in one query"));
    }
    let plan = context.state().create_logical_plan(query).await?;
    let selects = !matches!(
        plan,
        // How a query is run tells of rows that its answer hides.
        LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::DescribeTable(_)
            | LogicalPlan::Ddl(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::Statement(_)
    );
    if !selects {
        return Err(AnalystsError::wrong("query", "one SELECT"));
    }
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)?;
    Ok(plan)
}
