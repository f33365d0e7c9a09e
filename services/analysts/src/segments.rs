//! Segments: the facts of a county on the local disk, a Parquet file for each table and month.
//!
//! A month is the right size: figures are asked for by months, most changes hit the last one or two, and a county's month
//! packs into a file that is read in a few milliseconds and written anew in a second. Rows stand in the order of area,
//! category and time, so that what is counted by is packed in runs. A manifest names the files that hold and up to when
//! they know; it is replaced at once, after its files are safe on the disk. All of it can be lost: it is made anew from
//! the facts in Postgres.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use fengqiao_statistics::domain::disclosure::Dice;
use futures::TryStreamExt as _;
use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};
use serde::{Deserialize, Serialize};

use crate::{
    catalogue::{Table, ZONE},
    error::AnalystsError,
    rows::Rows,
    store::{FactTable, Moment},
};

/// Rows that are packed together.
const ROW_GROUP: usize = 256 * 1024;
/// Rows that are held before they are packed.
const BATCH: usize = 16 * 1024;
/// Files that no manifest names any more are kept so long: a query may still read them.
const KEPT: Duration = Duration::from_secs(900);

/// Which files hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The generation of facts that they are of.
    pub generation: i32,
    /// Up to when they know, in microseconds since 1970.
    pub known_at: i64,
    /// The files of each table by the first day of their month, below the county's folder.
    pub tables: BTreeMap<String, BTreeMap<Date, String>>,
}

impl Manifest {
    /// Reads the one of a folder; none where there is none, where it is damaged, or where one of its files is gone.
    pub fn read(folder: &Path) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(&fs::read(folder.join("manifest.json")).ok()?).ok()?;
        let is_whole = manifest.files().all(|file| folder.join(file).is_file());
        is_whole.then_some(manifest)
    }

    /// The files.
    pub fn files(&self) -> impl Iterator<Item = &String> {
        self.tables.values().flat_map(BTreeMap::values)
    }

    /// Replaces the one of a folder, and removes what nobody reads any more.
    ///
    /// # Errors
    /// [`AnalystsError::File`]
    pub fn write(&self, folder: &Path) -> Result<(), AnalystsError> {
        let (path, new) = (folder.join("manifest.json"), folder.join("manifest.new"));
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| AnalystsError::Catalogue(error.to_string()))?;
        fs::write(&new, text).map_err(AnalystsError::file(&new))?;
        fs::File::open(&new).and_then(|file| file.sync_all()).map_err(AnalystsError::file(&new))?;
        fs::rename(&new, &path).map_err(AnalystsError::file(&path))?;
        self.sweep(folder);
        Ok(())
    }

    fn sweep(&self, folder: &Path) {
        let named: Vec<PathBuf> = self.files().map(|file| folder.join(file)).collect();
        let is_old = |path: &Path| {
            let age =
                fs::metadata(path).and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
            age.is_some_and(|age| age > KEPT)
        };
        let tables = fs::read_dir(folder).into_iter().flatten().flatten();
        for file in tables.flat_map(|table| fs::read_dir(table.path()).into_iter().flatten().flatten()) {
            let path = file.path();
            if !named.contains(&path) && is_old(&path) {
                // What cannot be removed now is removed later.
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// The first day of the month of a time, in the county's own time.
///
/// # Errors
/// [`AnalystsError::Catalogue`] where the zone is not known to this build.
pub fn month_of(at: Timestamp) -> Result<Date, AnalystsError> {
    Ok(day_of(at)?.first_of_month())
}

/// The day of a time, in the county's own time.
///
/// # Errors
/// As [`month_of`].
pub fn day_of(at: Timestamp) -> Result<Date, AnalystsError> {
    Ok(zone()?.to_datetime(at).date())
}

/// The month after.
pub fn month_after(month: Date) -> Date {
    month.saturating_add(1.month())
}

fn zone() -> Result<TimeZone, AnalystsError> {
    TimeZone::get(ZONE).map_err(|error| AnalystsError::Catalogue(error.to_string()))
}

/// Writes the facts of a table and a month. Gives the file below the county's folder; none where there are no facts.
///
/// # Errors
/// [`AnalystsError`]
pub async fn write_month(
    moment: &mut Moment,
    (facts, table): (FactTable, &Table),
    month: Date,
    folder: &Path,
    dice: &Dice,
) -> Result<Option<String>, AnalystsError> {
    let begin = |date: Date| -> Result<Timestamp, AnalystsError> {
        let begun = zone()?.to_timestamp(date.at(0, 0, 0, 0));
        begun.map_err(|error| AnalystsError::Catalogue(error.to_string()))
    };
    let name = format!(
        "{}/{}-{:02}-g{}-{}.parquet",
        facts.name,
        month.year(),
        month.month(),
        moment.generation,
        moment.known_at.as_microsecond()
    );
    let path = folder.join(&name);
    let file_error = AnalystsError::file(&path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(&file_error)?;
    }
    let (from, before) = (begin(month)?, begin(month_after(month))?);
    let mut found = std::pin::pin!(moment.segment(facts, from, before));
    let mut rows = Rows::of(table, dice);
    let mut writer: Option<ArrowWriter<fs::File>> = None;
    loop {
        let row = found.try_next().await?;
        if let Some(row) = &row {
            rows.add(row)?;
        }
        if rows.len() == BATCH || (row.is_none() && rows.len() > 0) {
            let writer = match &mut writer {
                Some(writer) => writer,
                None => {
                    let file = fs::File::create(&path).map_err(&file_error)?;
                    writer.insert(ArrowWriter::try_new(file, table.schema(), Some(properties()))?)
                }
            };
            let batch = rows.take()?;
            // Packing is work for a processor, not for the threads that answer.
            tokio::task::block_in_place(|| writer.write(&batch))?;
        }
        if row.is_none() {
            break;
        }
    }
    let Some(writer) = writer else { return Ok(None) };
    let file = tokio::task::block_in_place(|| writer.into_inner())?;
    file.sync_all().map_err(&file_error)?;
    Ok(Some(name))
}

/// How rows are packed.
pub fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .build()
}
