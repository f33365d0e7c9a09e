//! The store: the only place with SQL.

mod counting;
mod dice;
mod exclusions;
mod fact_tables;
mod facts;
mod query_text;
mod rebuilding;
mod snapshot;

pub use counting::{Asked, Counted, Figures, OpenAnswer};
pub use dice::dice;
pub use exclusions::{Decision, Exclusion, Exclusions};
pub use fact_tables::{ALL as FACT_TABLES, FactTable};
pub use facts::save;
pub use rebuilding::{Fingerprint, Rebuilding, Rebuilt, waiting_counties};

/// The SQL of this crate that is no question's own, so that a test can hold it against the real schema; that of the
/// tables of facts is in [`FACT_TABLES`].
pub const STATEMENTS: &[(&str, &str)] = &[
    ("put_events", include_str!("store/sql/put_events.sql")),
    ("events_of", include_str!("store/sql/events_of.sql")),
    ("hold_generation", include_str!("store/sql/hold_generation.sql")),
    ("current_generation", include_str!("store/sql/current_generation.sql")),
    ("begin_building", include_str!("store/sql/begin_building.sql")),
    ("things_after", include_str!("store/sql/things_after.sql")),
    ("switch_generation", include_str!("store/sql/switch_generation.sql")),
    ("stop_building", include_str!("store/sql/stop_building.sql")),
    ("waiting_counties", include_str!("store/sql/waiting_counties.sql")),
    ("take_over_reports", include_str!("store/sql/take_over_reports.sql")),
    ("take_over_cases", include_str!("store/sql/take_over_cases.sql")),
    ("take_over_pushes", include_str!("store/sql/take_over_pushes.sql")),
    ("take_over_activities", include_str!("store/sql/take_over_activities.sql")),
    ("exclude", include_str!("store/sql/exclude.sql")),
    ("include", include_str!("store/sql/include.sql")),
    ("exclusions", include_str!("store/sql/exclusions.sql")),
    ("count_exclusions", include_str!("store/sql/count_exclusions.sql")),
    ("case_is_known", include_str!("store/sql/case_is_known.sql")),
    ("as_of", include_str!("store/sql/as_of.sql")),
    ("disclosure_key", include_str!("store/sql/disclosure_key.sql")),
    ("put_disclosure_key", include_str!("store/sql/put_disclosure_key.sql")),
];

/// The migrations of the service's own tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
