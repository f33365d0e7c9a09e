//! Tables: of facts, from segments and the tail; and those that are made.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch, StringViewArray, cast::AsArray as _},
        datatypes::{DataType, Int64Type},
    },
    catalog::{TableProvider, view::ViewTable},
    dataframe::DataFrame,
    datasource::{
        MemTable,
        file_format::parquet::ParquetFormat,
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    error::{DataFusionError, Result},
    execution::context::SessionContext,
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
    prelude::col,
};
use fengqiao_county::AreaTree;
use fengqiao_statistics::domain::{area::significant, disclosure::TOWN_DIGITS};

use crate::{
    catalogue::{Catalogue, Table},
    error::AnalystsError,
    tail::not_in,
    warehouse::Facts,
};

/// A table under its name.
pub type Named = (String, Arc<dyn TableProvider>);

/// The tables of each county's facts, by their folder, as long as those are the newest: to describe them takes as long as
/// many a query.
#[derive(Default)]
pub struct Described(Mutex<HashMap<PathBuf, OfFacts>>);

/// Facts, and their tables.
type OfFacts = (Arc<Facts>, Vec<Named>);

impl Described {
    /// The tables of facts.
    ///
    /// # Errors
    /// [`AnalystsError`]
    pub fn of_facts(
        &self,
        facts: &Arc<Facts>,
        catalogue: &Catalogue,
        context: &SessionContext,
    ) -> std::result::Result<Vec<Named>, AnalystsError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, tables)) = known.get(&facts.folder)
            && Arc::ptr_eq(of, facts)
        {
            return Ok(tables.clone());
        }
        let tables = of_facts(facts, catalogue, context)?;
        known.insert(facts.folder.clone(), (Arc::clone(facts), tables.clone()));
        Ok(tables)
    }
}

fn of_facts(
    facts: &Facts,
    catalogue: &Catalogue,
    context: &SessionContext,
) -> std::result::Result<Vec<Named>, AnalystsError> {
    let named = |(name, tail): (&&'static str, _)| {
        let table = catalogue.table(name)?;
        Ok((table.name.clone(), of_table(facts, table, tail, context)?))
    };
    facts.tails.iter().map(named).collect()
}

/// One of them: the months that nothing has changed in, those that something has without it, and what has changed.
fn of_table(
    facts: &Facts,
    table: &Table,
    tail: &crate::tail::Tail,
    context: &SessionContext,
) -> std::result::Result<Arc<dyn TableProvider>, AnalystsError> {
    let files = facts.manifest.tables.get(&table.name);
    let mut whole = Vec::new();
    let mut parts: Vec<DataFrame> = Vec::new();
    for (month, file) in files.into_iter().flatten() {
        let path = ListingTableUrl::parse(facts.folder.join(file).display().to_string())?;
        match tail.hidden.get(month) {
            None => whole.push(path),
            Some(hidden) => {
                let key = table.columns.first().map(|column| column.name.as_str()).unwrap_or_default();
                let stays = ScalarUDF::new_from_impl(NotIn::new(Arc::clone(hidden)));
                let segment = context.read_table(segments(vec![path], table, context)?)?;
                parts.push(segment.filter(stays.call(vec![col(key)]))?);
            }
        }
    }
    if !whole.is_empty() {
        parts.push(context.read_table(segments(whole, table, context)?)?);
    }
    let rows = MemTable::try_new(table.schema(), vec![tail.rows.clone()])?;
    // A table without anything is one, too.
    if !tail.rows.is_empty() || parts.is_empty() {
        parts.push(context.read_table(Arc::new(rows))?);
    }
    let mut parts = parts.into_iter();
    let first = parts.next().ok_or_else(|| AnalystsError::Catalogue(table.name.clone()))?;
    let all = parts.try_fold(first, DataFrame::union)?;
    Ok(Arc::new(ViewTable::new(all.into_unoptimized_plan(), None)))
}

fn segments(
    paths: Vec<ListingTableUrl>,
    table: &Table,
    context: &SessionContext,
) -> Result<Arc<dyn TableProvider>> {
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(paths)
        .with_listing_options(options)
        .with_schema(table.schema());
    // A file never changes under its name: what its footer says is kept for all queries.
    let known = context.runtime_env().cache_manager.get_file_statistic_cache();
    Ok(Arc::new(ListingTable::try_new(config)?.with_cache(known)))
}

/// The table of the columns.
///
/// # Errors
/// [`AnalystsError`]
pub fn columns(catalogue: &Catalogue) -> std::result::Result<Arc<dyn TableProvider>, AnalystsError> {
    made(catalogue.columns()?)
}

/// The table of the areas that hold.
///
/// # Errors
/// [`AnalystsError`]
pub fn areas(
    tree: Option<&AreaTree>,
    catalogue: &Catalogue,
) -> std::result::Result<Arc<dyn TableProvider>, AnalystsError> {
    let mut rows: [Vec<String>; 4] = Default::default();
    for area in tree.into_iter().flat_map(AreaTree::iter) {
        let code = significant(&area.code);
        let town = code.get(..TOWN_DIGITS).unwrap_or_default();
        let level = format!("{:?}", area.level).to_uppercase();
        let told = [code.to_owned(), town.to_owned(), level, area.name.clone()];
        rows.iter_mut().zip(told).for_each(|(all, one)| all.push(one));
    }
    let arrays = rows.map(|texts| Arc::new(StringViewArray::from_iter_values(texts)) as ArrayRef);
    made(RecordBatch::try_new(catalogue.table("areas")?.schema(), arrays.to_vec())?)
}

fn made(batch: RecordBatch) -> std::result::Result<Arc<dyn TableProvider>, AnalystsError> {
    Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
}

/// Whether a key is none of some. The set is the function's own: as a list in the query it would be planned, again and
/// again, key by key.
#[derive(Debug)]
struct NotIn {
    things: Arc<HashSet<i64>>,
    signature: Signature,
}

impl NotIn {
    fn new(things: Arc<HashSet<i64>>) -> Self {
        Self { things, signature: Signature::exact(vec![DataType::Int64], Volatility::Immutable) }
    }
}

impl PartialEq for NotIn {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.things, &other.things)
    }
}

impl Eq for NotIn {}

impl Hash for NotIn {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.things).hash(state);
    }
}

impl ScalarUDFImpl for NotIn {
    fn name(&self) -> &'static str {
        "is_unchanged"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let keys = args.args.first().map(|keys| keys.to_array(args.number_rows)).transpose()?;
        let keys = keys.as_ref().and_then(|keys| keys.as_primitive_opt::<Int64Type>());
        let keys = keys.ok_or_else(|| DataFusionError::Internal("a key is a number".into()))?;
        Ok(ColumnarValue::Array(Arc::new(not_in(keys, &self.things))))
    }
}
