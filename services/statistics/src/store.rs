//! The store: the only place with SQL.

mod board;
mod bulletins;
mod counting;
mod daily_work;
mod dice;
mod exclusions;
mod fact_rows;
mod fact_tables;
mod facts;
mod kept_events;
mod open_cases;
mod query_text;
mod rebuilding;
mod rolling_up;
mod snapshot;
mod watching;

pub use board::{BoardCounts, OfTown};
pub use bulletins::{Bulletin, BulletinFile, Bulletins, Which};
pub use counting::{Asked, Counted, Figures, OpenAnswer};
pub use daily_work::{Held, Work, done_through, hold};
pub use dice::dice;
pub use exclusions::{Decision, Exclusion, Exclusions};
pub use fact_tables::{ALL as FACT_TABLES, FactTable};
pub use facts::save;
pub use open_cases::{AfterCase, OpenCase, WhichOpen};
pub use rebuilding::{Fingerprint, Rebuilding, Rebuilt, waiting_counties};
pub use rolling_up::{ROLLED_AT_A_TIME, roll_up};
pub use watching::{Alert, Alerts, Mute, Quiet, Seen};

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
    ("hold_daily_work", include_str!("store/sql/hold_daily_work.sql")),
    ("end_day", include_str!("store/sql/end_day.sql")),
    ("done_through", include_str!("store/sql/done_through.sql")),
    ("quiet_series", include_str!("store/sql/quiet_series.sql")),
    ("raise_alerts", include_str!("store/sql/raise_alerts.sql")),
    ("alerts", include_str!("store/sql/alerts.sql")),
    ("acknowledge_alert", include_str!("store/sql/acknowledge_alert.sql")),
    ("alert_is_known", include_str!("store/sql/alert_is_known.sql")),
    ("mute_watch", include_str!("store/sql/mute_watch.sql")),
    ("unmute_watch", include_str!("store/sql/unmute_watch.sql")),
    ("mutes", include_str!("store/sql/mutes.sql")),
    ("keep_bulletin", include_str!("store/sql/keep_bulletin.sql")),
    ("keep_bulletin_files", include_str!("store/sql/keep_bulletin_files.sql")),
    ("bulletins", include_str!("store/sql/bulletins.sql")),
    ("has_reports_before", include_str!("store/sql/has_reports_before.sql")),
    ("newest_bulletin", include_str!("store/sql/newest_bulletin.sql")),
    ("bulletin_file", include_str!("store/sql/bulletin_file.sql")),
    ("board_agencies", include_str!("store/sql/board/agencies.sql")),
    ("board_open", include_str!("store/sql/board/open.sql")),
    ("board_open_cases", include_str!("store/sql/board/open_cases.sql")),
    ("board_open_of_agency", include_str!("store/sql/board/open_of_agency.sql")),
    ("board_periods", include_str!("store/sql/board/periods.sql")),
    ("board_report_periods", include_str!("store/sql/board/report_periods.sql")),
    ("board_roll_up_step", include_str!("store/sql/board/roll_up_step.sql")),
    ("board_rolled_in", include_str!("store/sql/board/rolled_in.sql")),
    ("board_town_categories", include_str!("store/sql/board/town_categories.sql")),
    ("board_town_levels", include_str!("store/sql/board/town_levels.sql")),
    ("board_town_reports", include_str!("store/sql/board/town_reports.sql")),
    ("disclosure_key", include_str!("store/sql/disclosure_key.sql")),
    ("put_disclosure_key", include_str!("store/sql/put_disclosure_key.sql")),
];

/// The migrations of the service's own tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
