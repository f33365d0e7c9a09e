//! The facts of a county as they are now: segments on the disk and the tail in memory, kept fresh from Postgres.
//!
//! Postgres says which things have changed since a moment. Their rows are read anew into the tail, and the rows that the
//! segments still hold of them are hidden, in the months in which they are or were. When the tail has grown, the months
//! that it touches are written anew, all at one moment, and it is empty again.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use fengqiao_statistics::{domain::disclosure::Dice, store::dice};
use jiff::{Timestamp, civil::Date};
use sqlx::PgPool;
use tokio::{
    sync::{Mutex, MutexGuard, OnceCell},
    time::{Instant, timeout},
};
use uuid::Uuid;

use crate::{
    catalogue::Catalogue,
    error::AnalystsError,
    rows::Rows,
    segments::{Manifest, month_after, month_of, write_month},
    store::{FactTable, Moment, TABLES},
    tail::Tail,
};

/// Nobody looks for changes sooner after the last look: answers are so fresh.
const FRESH_FOR: Duration = Duration::from_millis(1_000);
/// A query waits so long for someone else's look; then it takes what is there: segments may be being written.
const TURN: Duration = Duration::from_millis(300);
/// A query's own look may take so long.
const PATIENCE: Duration = Duration::from_secs(3);
/// A tail of so many rows is written into the segments.
const LARGE_TAIL: usize = 40_000;
/// One of so many changed things at once is not gathered: all is written anew.
const MOST_CHANGED: usize = 200_000;
/// A tail that has anything is written after so long in any case.
const OLD_TAIL: Duration = Duration::from_secs(600);

/// What is known of a county's facts at a moment.
#[derive(Debug)]
pub struct Facts {
    /// The folder of the county's segments.
    pub folder: PathBuf,
    /// Which segments hold.
    pub manifest: Manifest,
    /// What has changed since, by table.
    pub tails: BTreeMap<&'static str, Tail>,
    /// Up to when all is known.
    pub known_at: Timestamp,
    /// When it was looked for changes last.
    looked: Instant,
    /// When the segments were written last.
    written: Instant,
}

/// The facts of a county.
pub struct County {
    code: String,
    folder: PathBuf,
    pool: PgPool,
    catalogue: Arc<Catalogue>,
    facts: RwLock<Option<Arc<Facts>>>,
    looking: Mutex<()>,
    /// They never change.
    dice: OnceCell<Dice>,
}

/// The facts of all counties.
pub struct Warehouse {
    counties: HashMap<String, County>,
}

impl Warehouse {
    /// Of these counties, in this folder.
    pub fn new(
        pool: &PgPool,
        codes: &[String],
        folder: &std::path::Path,
        catalogue: &Arc<Catalogue>,
    ) -> Self {
        let county = |code: &String| {
            let county = County {
                code: code.clone(),
                folder: folder.join(code),
                pool: pool.clone(),
                catalogue: Arc::clone(catalogue),
                facts: RwLock::default(),
                looking: Mutex::default(),
                dice: OnceCell::new(),
            };
            (code.clone(), county)
        };
        Self { counties: codes.iter().map(county).collect() }
    }

    /// The facts of a county.
    ///
    /// # Errors
    /// [`AnalystsError::UnknownCounty`]
    pub fn county(&self, code: &str) -> Result<&County, AnalystsError> {
        self.counties.get(code).ok_or(AnalystsError::UnknownCounty)
    }

    /// All of them.
    pub fn counties(&self) -> impl Iterator<Item = &County> {
        self.counties.values()
    }
}

/// What has changed: the things of each table.
type Changed = BTreeMap<&'static str, Vec<Uuid>>;

impl County {
    /// Its code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The dice that stand for its ids.
    ///
    /// # Errors
    /// [`AnalystsError::Statistics`]
    pub async fn dice(&self) -> Result<Dice, AnalystsError> {
        Ok(self.dice.get_or_try_init(|| dice(&self.pool, &self.code)).await?.clone())
    }

    /// The facts, no older than a second where Postgres is there; else as they were known last.
    ///
    /// # Errors
    /// [`AnalystsError::Preparing`] while nothing was read yet.
    pub async fn fresh(&self) -> Result<Arc<Facts>, AnalystsError> {
        if let Some(facts) = self.known().filter(|facts| facts.looked.elapsed() < FRESH_FOR) {
            return Ok(facts);
        }
        let Ok(_looking) = timeout(TURN, self.looking.lock()).await else {
            return self.known().ok_or(AnalystsError::Preparing);
        };
        match self.known() {
            // Another one has looked meanwhile.
            Some(facts) if facts.looked.elapsed() < FRESH_FOR => return Ok(facts),
            Some(facts) => match timeout(PATIENCE, self.look(&facts)).await {
                Ok(Ok(Some(newer))) => drop(self.know(newer)),
                // More than a query should wait for: the keeper is told by the same look.
                Ok(Ok(None)) | Err(_) => {}
                Ok(Err(error)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "facts are not looked at");
                }
            },
            None => return Err(AnalystsError::Preparing),
        }
        self.known().ok_or(AnalystsError::Preparing)
    }

    /// Looks for changes, and writes the segments anew where it is time. Nothing where nothing of the county was received.
    ///
    /// # Errors
    /// [`AnalystsError`]; what was there stays.
    pub async fn keep(&self) -> Result<(), AnalystsError> {
        let looking = self.looking.lock().await;
        let Some(facts) = self.known() else {
            return self.begin(&looking).await;
        };
        let newer = self.look(&facts).await?;
        let facts = match newer {
            Some(newer) => self.know(newer),
            None => return self.write_all(&looking).await,
        };
        let size: usize = facts.tails.values().map(Tail::size).sum();
        if size >= LARGE_TAIL || (size > 0 && facts.written.elapsed() >= OLD_TAIL) {
            self.write_changed(&facts, &looking).await?;
        }
        Ok(())
    }

    /// Writes what has changed into the segments, whether it is time or not.
    ///
    /// # Errors
    /// [`AnalystsError`]; what was there stays.
    pub async fn write_tail(&self) -> Result<(), AnalystsError> {
        let looking = self.looking.lock().await;
        match self.known() {
            Some(facts) => self.write_changed(&facts, &looking).await,
            None => self.begin(&looking).await,
        }
    }

    fn known(&self) -> Option<Arc<Facts>> {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn know(&self, facts: Facts) -> Arc<Facts> {
        let facts = Arc::new(facts);
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&facts));
        facts
    }

    /// Takes up what an earlier process wrote, or writes all.
    async fn begin(&self, looking: &MutexGuard<'_, ()>) -> Result<(), AnalystsError> {
        // One of an older version lacks tables.
        let whole = |manifest: &Manifest| TABLES.iter().all(|table| manifest.tables.contains_key(table.name));
        let Some(manifest) = Manifest::read(&self.folder).filter(whole) else {
            return self.write_all(looking).await;
        };
        let Ok(known_at) = Timestamp::from_microsecond(manifest.known_at) else {
            return self.write_all(looking).await;
        };
        let earlier = self.written(manifest, known_at);
        match self.look(&earlier).await? {
            Some(facts) => drop(self.know(facts)),
            None => self.write_all(looking).await?,
        }
        Ok(())
    }

    fn written(&self, manifest: Manifest, known_at: Timestamp) -> Facts {
        let now = Instant::now();
        let tails = TABLES.iter().map(|table| (table.name, Tail::default())).collect();
        Facts { folder: self.folder.clone(), manifest, tails, known_at, looked: now, written: now }
    }

    /// What is known with what has changed since; none where all has to be written anew.
    async fn look(&self, facts: &Facts) -> Result<Option<Facts>, AnalystsError> {
        let looked = Instant::now();
        let Some(mut moment) = Moment::take(&self.pool, &self.code).await? else { return Ok(None) };
        if moment.generation != facts.manifest.generation {
            return Ok(None);
        }
        let mut tails = facts.tails.clone();
        if moment.known_at > facts.known_at {
            let Some(changed) = changed(&mut moment, facts.known_at).await? else { return Ok(None) };
            let dice = self.dice().await?;
            for table in TABLES {
                let Some(ids) = changed.get(table.name).filter(|ids| !ids.is_empty()) else { continue };
                let tail = tails.entry(table.name).or_default();
                self.take_in(&mut moment, table, ids, tail, &dice).await?;
            }
        }
        let known_at = moment.known_at;
        moment.end().await;
        Ok(Some(Facts {
            folder: facts.folder.clone(),
            manifest: facts.manifest.clone(),
            tails,
            known_at,
            looked,
            written: facts.written,
        }))
    }

    async fn take_in(
        &self,
        moment: &mut Moment,
        table: FactTable,
        ids: &[Uuid],
        tail: &mut Tail,
        dice: &Dice,
    ) -> Result<(), AnalystsError> {
        let key = |id: &Uuid| dice.key_of(id.as_bytes());
        let mut months = Vec::new();
        for (id, month) in moment.months_of(table, ids).await? {
            months.push((key(&id), date(month)?));
        }
        let described = self.catalogue.table(table.name)?;
        let mut rows = Rows::of(described, dice);
        for row in moment.rows_of(table, ids).await? {
            rows.add(&row)?;
        }
        let changed: HashSet<i64> = ids.iter().map(key).collect();
        tail.take_in(&changed, &months, rows.take()?)
    }

    /// Writes all segments.
    async fn write_all(&self, looking: &MutexGuard<'_, ()>) -> Result<(), AnalystsError> {
        let Some(mut moment) = Moment::take(&self.pool, &self.code).await? else { return Ok(()) };
        let mut months: BTreeMap<&'static str, BTreeSet<Date>> = BTreeMap::new();
        for table in TABLES {
            let Some((first, last)) = moment.span(table).await? else { continue };
            let last = month_of(last)?;
            let mut month = month_of(first)?;
            let all = months.entry(table.name).or_default();
            while month <= last {
                all.insert(month);
                month = month_after(month);
            }
        }
        self.write(moment, BTreeMap::new(), &months, looking).await
    }

    /// Writes the segments that the tail touches.
    async fn write_changed(&self, facts: &Facts, looking: &MutexGuard<'_, ()>) -> Result<(), AnalystsError> {
        let Some(mut moment) = Moment::take(&self.pool, &self.code).await? else { return Ok(()) };
        if moment.generation != facts.manifest.generation {
            return self.write_all(looking).await;
        }
        let Some(since) = changed(&mut moment, facts.known_at).await? else {
            return self.write_all(looking).await;
        };
        let mut months: BTreeMap<&'static str, BTreeSet<Date>> = BTreeMap::new();
        for table in TABLES {
            let touched = months.entry(table.name).or_default();
            touched.extend(facts.tails.get(table.name).into_iter().flat_map(|tail| tail.hidden.keys()));
            // What has changed since the tail was read is in this moment too.
            if let Some(ids) = since.get(table.name).filter(|ids| !ids.is_empty()) {
                for (_, month) in moment.months_of(table, ids).await? {
                    touched.insert(date(month)?);
                }
            }
        }
        self.write(moment, facts.manifest.tables.clone(), &months, looking).await
    }

    async fn write(
        &self,
        mut moment: Moment,
        mut tables: BTreeMap<String, BTreeMap<Date, String>>,
        months: &BTreeMap<&'static str, BTreeSet<Date>>,
        _looking: &MutexGuard<'_, ()>,
    ) -> Result<(), AnalystsError> {
        let began = Instant::now();
        let dice = self.dice().await?;
        for table in TABLES {
            let described = self.catalogue.table(table.name)?;
            let files = tables.entry(table.name.to_owned()).or_default();
            for month in months.get(table.name).into_iter().flatten() {
                let written =
                    write_month(&mut moment, (table, described), *month, &self.folder, &dice).await?;
                match written {
                    Some(file) => drop(files.insert(*month, file)),
                    None => drop(files.remove(month)),
                }
            }
        }
        let (generation, known_at) = (moment.generation, moment.known_at);
        moment.end().await;
        let manifest = Manifest { generation, known_at: known_at.as_microsecond(), tables };
        manifest.write(&self.folder)?;
        self.know(self.written(manifest, known_at));
        metrics::histogram!("fengqiao_analysts_segments_seconds", "county" => self.code.clone())
            .record(began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// The things of each table that have changed since a time; none where they are too many.
async fn changed(moment: &mut Moment, since: Timestamp) -> Result<Option<Changed>, AnalystsError> {
    let Some(things) = moment.changed(since, MOST_CHANGED).await? else { return Ok(None) };
    let of = |entities: &[i16]| -> Vec<Uuid> {
        things.iter().filter(|(kind, _)| entities.contains(kind)).map(|(_, id)| *id).collect()
    };
    let mut changed: Changed = TABLES.iter().map(|table| (table.name, of(table.entities))).collect();
    // A report says what its case is, and so does what happened to it.
    let cases = changed.get("cases").cloned().unwrap_or_default();
    if !cases.is_empty() {
        let Some(reports) = moment.reports_of(&cases, MOST_CHANGED).await? else { return Ok(None) };
        for table in ["reports", "events"] {
            let own = changed.entry(table).or_default();
            let known: HashSet<Uuid> = own.iter().copied().collect();
            own.extend(reports.iter().filter(|id| !known.contains(id)));
        }
    }
    Ok(Some(changed))
}

fn date(date: time::Date) -> Result<Date, AnalystsError> {
    let month = i8::try_from(u8::from(date.month())).unwrap_or(1);
    let day = i8::try_from(date.day()).unwrap_or(1);
    i16::try_from(date.year())
        .ok()
        .and_then(|year| Date::new(year, month, day).ok())
        .ok_or_else(|| AnalystsError::database("reading a month")(sqlx::Error::RowNotFound))
}
