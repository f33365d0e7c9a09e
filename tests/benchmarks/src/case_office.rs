//! A routing office on a database of its own, filled with cases by `COPY`: what the service itself would have
//! stored, made by its own domain.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use fengqiao_county::Counties;
use fengqiao_messaging::{Outbox, Topic};
use fengqiao_proto::types::v1::{Matter, PartyRole, Source};
use fengqiao_routing::{
    MIGRATIONS,
    clock_worker::ClockWorker,
    commands::Commands,
    counties::{RoutingCounties, RoutingCounty},
    domain::{
        case::LevelReason,
        duty::Duty,
        happening::{Arrival, Opening},
        history::Occasion,
        history_seals::EntrySeal,
        level::{Grade, Level},
        transition::{Change, open},
    },
    grpc::RoutingFace,
    store::docket_text,
    watchers::Watchers,
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::{ServiceName, planning, time::Clock};
use fengqiao_stack::{StackPlan, test_database::TestDatabase};
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use sqlx::{
    Executor as _, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What can go wrong while an office is filled.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Rows of one `COPY`.
const BATCH: u64 = 10_000;

/// An office and its clock.
pub struct CaseOffice {
    /// Connections as the service has them.
    pub pool: PgPool,
    /// The counties.
    pub counties: Arc<RoutingCounties>,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// Fires the clocks.
    pub clocks: ClockWorker,
    /// Serves cases and lists of work.
    pub face: RoutingFace,
    moment: Arc<AtomicI64>,
    _database: TestDatabase,
}

impl CaseOffice {
    /// Opens an empty office of the sample county.
    ///
    /// # Errors
    /// Where the database or the county's folder cannot be used.
    pub async fn open() -> Result<Self, Failure> {
        let database = TestDatabase::create().await?;
        let options: PgConnectOptions = database.url().parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect_with(
                options.options([("search_path", "routing")]).options(planning(ServiceName::Routing)),
            )
            .await?;
        pool.execute("CREATE SCHEMA routing").await?;
        for migrations in [&fengqiao_messaging::MIGRATIONS, &MIGRATIONS] {
            let migrator = Migrator {
                migrations: migrations.migrations.clone(),
                ignore_missing: true,
                ..Migrator::DEFAULT
            };
            migrator.run(&pool).await?;
        }
        let folder = StackPlan::sample_county();
        let counties = Counties::load(&[folder]).map_err(|e| e.to_string())?;
        let counties = Arc::new(RoutingCounties::load(&counties, begin()).map_err(|e| e.to_string())?);
        let keyring = Arc::new(Keyring::from_toml(&Keyring::generate())?);
        let moment = Arc::new(AtomicI64::new(begin().as_microsecond()));
        let told = Arc::clone(&moment);
        let clock = Clock::moved_by(move || {
            Timestamp::from_microsecond(told.load(Ordering::SeqCst)).unwrap_or_else(|_| begin())
        });
        let (outbox, watchers) = (Outbox::new(Topic::Routing), Watchers::default());
        let commands = Commands {
            pool: pool.clone(),
            keyring: Arc::clone(&keyring),
            outbox: outbox.clone(),
            watchers: watchers.clone(),
            clock: clock.clone(),
        };
        let face = RoutingFace {
            pool: pool.clone(),
            counties: Arc::clone(&counties),
            keyring: Arc::clone(&keyring),
            commands,
            watchers: watchers.clone(),
            stop: CancellationToken::new(),
        };
        let clocks = ClockWorker {
            pool: pool.clone(),
            counties: Arc::clone(&counties),
            keyring: Arc::clone(&keyring),
            outbox,
            watchers,
            clock,
        };
        Ok(Self { pool, counties, keyring, clocks, face, moment, _database: database })
    }

    /// The county.
    ///
    /// # Errors
    /// Where there is none.
    pub fn place(&self) -> Result<&Arc<RoutingCounty>, Failure> {
        self.counties.iter().next().ok_or_else(|| "no county".into())
    }

    /// Sets the clock.
    pub fn set_clock(&self, at: Timestamp) {
        self.moment.store(at.as_microsecond(), Ordering::SeqCst);
    }

    /// Adds so many orange cases, opened one every `apart`, each with so many history entries.
    ///
    /// # Errors
    /// What Postgres says.
    pub async fn fill(&self, cases: u64, apart: SignedDuration, entries: usize) -> Result<(), Failure> {
        let place = self.place()?;
        let rulebook = place.rulebook();
        let day = place.county.day(begin());
        let responsible = rulebook.directory.responsible(AREA, "property", "HOTLINE_12345", day);
        let matter =
            Matter { title: "漏水".into(), narrative: "楼上漏水。".repeat(30), ..Matter::default() };
        let matter = self.keyring.seal(&matter.encode_to_vec(), place.county.code.as_bytes());
        let mut connection = self.pool.acquire().await?;
        let mut rows = Rows::new(&place.county.code, &self.keyring, entries);
        for number in 0..cases {
            let number_seconds = i64::try_from(number)? * apart.as_secs();
            let at = begin().checked_add(SignedDuration::from_secs(number_seconds))?;
            let occasion =
                Occasion { actor: "hotline".into(), capacity: "source".into(), ..Occasion::of_system(at) };
            let opening = opening(number, at, &matter);
            let change = open(opening, &occasion, rulebook.setting(&place.county, &responsible));
            rows.add(&change)?;
            if (number + 1) % BATCH == 0 || number + 1 == cases {
                rows.copy(&mut connection).await?;
            }
        }
        connection.execute("ANALYZE").await?;
        Ok(())
    }
}

const AREA: &str = "421181105202";

/// When the clock of an office begins.
#[must_use]
pub fn begin() -> Timestamp {
    Timestamp::from_second(1_767_229_200).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The id of the case with this number.
#[must_use]
pub fn case_id(number: u64) -> Uuid {
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

fn opening(number: u64, at: Timestamp, matter: &[u8]) -> Opening {
    Opening {
        id: case_id(number),
        number: format!("20260101-{number:07}"),
        cluster_id: case_id(number),
        area_code: AREA.to_owned(),
        category: "property".to_owned(),
        first_receiver: "hotline".to_owned(),
        opened_at: at,
        follows: None,
        arrival: Arrival {
            seat: None,
            source: Source::Hotline12345,
            revision: 1,
            grade: Grade {
                level: Level::Orange,
                reason: LevelReason {
                    rule: "repeat_three".to_owned(),
                    rule_set: "1".to_owned(),
                    text: "三十日内三次以上反映".to_owned(),
                    facts: [("reports_30d".to_owned(), "3".to_owned())].into(),
                    words: None,
                },
                tags: Vec::new(),
                troubled: Vec::new(),
            },
            repeat: false,
            drill: false,
            press: None,
            ticket: None,
            people: vec![PartyRole::Reporter.into(), PartyRole::Respondent.into()],
            sealed_matter: matter.to_vec(),
        },
    }
}

/// Rows for `COPY`, table by table.
struct Rows<'a> {
    county: &'a str,
    keyring: &'a Keyring,
    entries: usize,
    cases: String,
    history: String,
    duties: String,
}

impl<'a> Rows<'a> {
    const fn new(county: &'a str, keyring: &'a Keyring, entries: usize) -> Self {
        Self { county, keyring, entries, cases: String::new(), history: String::new(), duties: String::new() }
    }

    fn add(&mut self, change: &Change) -> Result<(), Failure> {
        let (case, county) = (&change.case, self.county);
        let mut seal = Vec::new();
        let mut last = 0;
        for round in 0..self.entries.max(change.entries.len()) {
            let entry = &change.entries[round % change.entries.len()];
            last = i64::try_from(round)? + 1;
            seal = EntrySeal {
                county,
                case_id: case.id,
                sequence: last,
                at: entry.at,
                kind: entry.kind.code(),
                actor: &entry.actor,
                capacity: &entry.capacity,
                text: &entry.text,
                sealed_remark: None,
                trace_id: "",
                batch: 0,
            }
            .over(&seal, self.keyring);
            writeln!(
                self.history,
                "{county}\t{}\t{last}\t{}\t{}\t{}\t{}\t{}\t\\N\t\t\\\\x{}",
                case.id,
                entry.at,
                entry.kind.code(),
                entry.actor,
                entry.capacity,
                entry.text,
                hex(&seal)
            )?;
        }
        let reason = serde_json::json!({
            "rule": case.level_reason.rule, "rule_set": case.level_reason.rule_set,
            "text": case.level_reason.text, "facts": case.level_reason.facts,
        });
        writeln!(
            self.cases,
            "{county}\t{}\t{}\t{}\t{}\t{}\t{reason}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t1\t{last}\t\\\\x{}\t\\\\x{}\t\\\\x{}",
            case.id,
            case.number,
            case.cluster_id,
            case.state.code(),
            case.level.code(),
            case.area_code,
            case.category,
            i32::from(case.first_source),
            case.first_receiver,
            case.lead_agency,
            case.version,
            case.opened_at,
            hex(&case.sealed_matter),
            hex(&docket_text(case, county, &seal, self.keyring)?),
            hex(&seal)
        )?;
        for duty in &change.duties {
            self.duty(case.id, duty)?;
        }
        Ok(())
    }

    fn duty(&mut self, case_id: Uuid, duty: &Duty) -> Result<(), Failure> {
        let next_at = duty.next_at.map_or_else(|| "\\N".to_owned(), |at| at.to_string());
        writeln!(
            self.duties,
            "{}\t{case_id}\t{}\t{}\t{}\t{}\t{}\t{}\t{next_at}\t{}\tf\tf",
            self.county,
            duty.no,
            duty.kind.code(),
            duty.holder.agency,
            duty.about,
            duty.started_at,
            duty.due_at,
            duty.stage.code()
        )?;
        Ok(())
    }

    async fn copy(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        for (statement, rows) in [
            (
                "COPY case_file (county, id, number, cluster_id, state, level, level_reason, area_code, category, \
                 first_source, first_receiver, lead_agency, version, opened_at, report_count, history_count, \
                 sealed_matter, sealed_docket, history_seal) FROM STDIN",
                std::mem::take(&mut self.cases),
            ),
            (
                "COPY case_history (county, case_id, sequence, at, kind, actor, capacity, text, sealed_remark, \
                 trace_id, seal) FROM STDIN",
                std::mem::take(&mut self.history),
            ),
            (
                "COPY duty (county, subject_id, no, kind, agency, about, started_at, due_at, next_at, stage, paused, \
                 met) FROM STDIN",
                std::mem::take(&mut self.duties),
            ),
        ] {
            let mut copy = connection.copy_in_raw(statement).await?;
            copy.send(rows.into_bytes()).await?;
            copy.finish().await?;
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
