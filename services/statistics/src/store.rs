//! The store: the only place with SQL.

mod facts;
mod figures;

pub use facts::save;
pub use figures::Figures;

/// All SQL of this crate, so that a test can hold it against the real schema.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("put_reports", include_str!("store/sql/put_reports.sql")),
    ("put_report_cases", include_str!("store/sql/put_report_cases.sql")),
    ("put_cases", include_str!("store/sql/put_cases.sql")),
    ("put_pushes", include_str!("store/sql/put_pushes.sql")),
    ("put_receipts", include_str!("store/sql/put_receipts.sql")),
    ("put_activities", include_str!("store/sql/put_activities.sql")),
    ("count_reports", include_str!("store/sql/count_reports.sql")),
    ("count_cases", include_str!("store/sql/count_cases.sql")),
    ("count_pushes", include_str!("store/sql/count_pushes.sql")),
    ("count_activities", include_str!("store/sql/count_activities.sql")),
    ("as_of", include_str!("store/sql/as_of.sql")),
];

/// The migrations of the service's own tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
