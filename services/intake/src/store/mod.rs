//! Intake's tables: the only place with SQL.

mod batch;
mod clusters;
mod joins;
mod known;
mod link_decisions;
mod reading;
mod rows;

pub use batch::{DecidedBatch, begin_alone, begin_in_turn, commit, connect};
pub use clusters::apply_cluster_news;
pub use joins::{join_two, move_reports};
pub use known::known_and_seen;
pub use link_decisions::{
    LinkAct, LinkDecision, NewDecision, StoredLink, Undone, add_decision, cluster_exists, clusters_of,
    decision_by_id, decision_by_request, links, list_decisions, no_more_apart, set_apart, undo_decision,
};
pub use reading::{ListFilter, StoredReport, list, report_by_id, report_by_ref};

/// The migrations of intake's own tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// All SQL of intake, so that a test can hold it against the real schema.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("known_and_seen", include_str!("sql/known_and_seen.sql")),
    ("revise", include_str!("sql/revise.sql")),
    ("report_by_id", include_str!("sql/report_by_id.sql")),
    ("report_by_ref", include_str!("sql/report_by_ref.sql")),
    ("list", include_str!("sql/list.sql")),
    ("cluster_over", include_str!("sql/cluster_over.sql")),
    ("cluster_open", include_str!("sql/cluster_open.sql")),
    ("join_person", include_str!("sql/join_person.sql")),
    ("join_household", include_str!("sql/join_household.sql")),
    ("join_case", include_str!("sql/join_case.sql")),
    ("join_apart", include_str!("sql/join_apart.sql")),
];

/// Statements that begin with messaging's [`IN_TURN`](fengqiao_messaging::IN_TURN).
pub const STATEMENTS_IN_TURN: &[(&str, &str)] = &[("insert", include_str!("sql/insert.sql"))];

/// Why the store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database said no, or nothing.
    #[error("the database did not {operation}")]
    Database {
        /// What was tried.
        operation: &'static str,
        /// What it said; shared by all who waited for the same batch.
        #[source]
        source: std::sync::Arc<sqlx::Error>,
    },
    /// The database did not answer in time.
    #[error("the database did not {operation} in time")]
    TooSlow {
        /// What was tried.
        operation: &'static str,
    },
    /// The outbox did not take the events.
    #[error("the events were not written")]
    Events(#[source] std::sync::Arc<fengqiao_messaging::MessagingError>),
    /// A row does not have the form that intake writes.
    #[error("a stored report is malformed: {0}")]
    Malformed(&'static str),
}

impl StoreError {
    fn database(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { operation, source: std::sync::Arc::new(source) }
    }

    fn cause(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::Events(error) => match error.as_ref() {
                fengqiao_messaging::MessagingError::Database { source, .. } => Some(source),
                _ => None,
            },
            Self::TooSlow { .. } | Self::Malformed(_) => None,
        }
    }

    /// Whether it is the data's fault: the same data would fail again, other data would not.
    #[must_use]
    pub fn is_of_the_data(&self) -> bool {
        match self.cause() {
            // Class 22: data exception; 23: integrity constraint; 54: program limit exceeded.
            Some(sqlx::Error::Database(error)) => is_of_class(error.as_ref(), &["22", "23", "54"]),
            Some(sqlx::Error::Encode(_)) => true,
            _ => false,
        }
    }

    /// Whether the connection is at an end: another one may work.
    #[must_use]
    pub fn is_of_the_connection(&self) -> bool {
        match self.cause() {
            Some(
                sqlx::Error::Io(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::BeginFailed,
            ) => true,
            // Class 08: connection; 57P: the server went down under it.
            Some(sqlx::Error::Database(error)) => is_of_class(error.as_ref(), &["08", "57P"]),
            _ => false,
        }
    }
}

fn is_of_class(error: &dyn sqlx::error::DatabaseError, classes: &[&str]) -> bool {
    error.code().is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
}
