//! Intake's tables: the only place with SQL.

mod activities;
mod background;
mod batch;
mod changes;
mod clusters;
mod following;
mod held;
mod idempotent_answers;
mod joins;
mod known;
mod learning;
mod link_decisions;
mod police;
mod reading;
mod readings;
mod rehashing;
mod retention;
mod rows;
mod sealed;
mod told_cases;
mod unmapped;

use std::sync::LazyLock;

pub use activities::{KeptActivity, StoredActivities, StoredActivity, write_activities};
pub use background::{
    ByKey, SealedLine, Whose, count_household, lines_of, maker_of, names_of, to_look, walk, walk_keys,
};
pub use batch::{DecidedBatch, Written, begin_alone, begin_in_turn, commit, connect};
pub use changes::{
    FeedOf, StoredChange, changes_after, forget_changes, hold_webhook, last_change, webhook_position,
    webhook_took,
};
pub use clusters::apply_cluster_news;
pub use following::follow_cases;
pub use held::{HeldReport, held_activity, held_police_record, held_report};
pub use idempotent_answers::{
    Begun, KeptAnswer, RequestKey, begin_answer, drop_answer, forget_answers, keep_answer,
};
pub use joins::{join_two, move_reports, repeated_calls};
pub use known::{Turns, known};
pub use learning::{before_newest, linked_after};
pub use link_decisions::{
    LinkAct, LinkDecision, NewDecision, StoredLink, Undone, add_decision, cluster_exists, clusters_of,
    confirmed_since, decision_by_id, decision_by_request, join_of, links, list_decisions, no_more_apart,
    no_more_apart_by, revive_apart, set_apart, undo_decision,
};
pub use police::{
    KeptRecord, RecordOfCall, hold_police_records, keep_police_records, police_records_of_calls,
    release_police_records,
};
pub use reading::{ListFilter, StoredReport, list, report_by_id, report_by_ref};
pub use readings::{COUNTED_FOR, Kept, Reading, keep_reading, list_readings};
pub use rehashing::{
    HashedRow, LookupState, OldPage, OldRow, Rehashed, add_hashes, keep_lookup_state, lookup_state,
    replace_hashes, rows_to_rehash,
};
pub use retention::{Part, Step, remove_activities_past_term, remove_past_term, remove_unmapped_words};
pub use sealed::SEALED_COLUMNS;
pub use told_cases::{Standing, cases_of, standing_of, tell_cases};
pub use unmapped::{UnmappedCount, add_unmapped, list_unmapped};

/// The migrations of intake's own tables.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// All SQL of intake, so that a test can hold it against the real schema.
pub static STATEMENTS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let own = [REPORTS, LINKS, PRIVACY, CHANGES, RECORDS, retention::REMOVALS];
    own.into_iter().flatten().copied().collect()
});

/// The statements about reports and about the clusters that take them.
const REPORTS: &[(&str, &str)] = &[
    ("found", include_str!("sql/found.sql")),
    ("earlier", include_str!("sql/earlier.sql")),
    ("revise", include_str!("sql/revise.sql")),
    ("report_by_id", include_str!("sql/report_by_id.sql")),
    ("report_by_ref", include_str!("sql/report_by_ref.sql")),
    ("held_report", include_str!("sql/held_report.sql")),
    ("list", include_str!("sql/list.sql")),
    ("cluster_over", include_str!("sql/cluster_over.sql")),
    ("cluster_open", include_str!("sql/cluster_open.sql")),
];

/// The statements about where reports belong, and about what is decided of it.
const LINKS: &[(&str, &str)] = &[
    ("join_person", include_str!("sql/join_person.sql")),
    ("join_household", include_str!("sql/join_household.sql")),
    ("join_case", include_str!("sql/join_case.sql")),
    ("repeated_calls", include_str!("sql/repeated_calls.sql")),
    ("join_apart", include_str!("sql/join_apart.sql")),
    ("move_person", include_str!("sql/move_person.sql")),
    ("move_household", include_str!("sql/move_household.sql")),
    ("move_case", include_str!("sql/move_case.sql")),
    ("add_decision", include_str!("sql/add_decision.sql")),
    ("decision_by_id", include_str!("sql/decision_by_id.sql")),
    ("decision_by_request", include_str!("sql/decision_by_request.sql")),
    ("list_decisions", include_str!("sql/list_decisions.sql")),
    ("undo_decision", include_str!("sql/undo_decision.sql")),
    ("set_apart", include_str!("sql/set_apart.sql")),
    ("no_more_apart", include_str!("sql/no_more_apart.sql")),
    ("no_more_apart_by", include_str!("sql/no_more_apart_by.sql")),
    ("revive_apart", include_str!("sql/revive_apart.sql")),
    ("join_of", include_str!("sql/join_of.sql")),
    ("confirmed_since", include_str!("sql/confirmed_since.sql")),
    ("clusters_of", include_str!("sql/clusters_of.sql")),
    ("cluster_exists", include_str!("sql/cluster_exists.sql")),
    ("links", include_str!("sql/links.sql")),
    ("before_newest", include_str!("sql/before_newest.sql")),
    ("linked_after", include_str!("sql/linked_after.sql")),
];

/// The statements about people who were here before, about who read what, and about what goes after its term.
const PRIVACY: &[(&str, &str)] = &[
    ("told/cases_of", include_str!("sql/told/cases_of.sql")),
    ("told/standing_of", include_str!("sql/told/standing_of.sql")),
    ("told/tell_cases", include_str!("sql/told/tell_cases.sql")),
    ("told/tell_clusters", include_str!("sql/told/tell_clusters.sql")),
    ("told/tell_moved", include_str!("sql/told/tell_moved.sql")),
    ("background/count_household", include_str!("sql/background/count_household.sql")),
    ("background/keep_reading", include_str!("sql/background/keep_reading.sql")),
    ("background/lines_of", include_str!("sql/background/lines_of.sql")),
    ("background/list_readings", include_str!("sql/background/list_readings.sql")),
    ("background/maker_of", include_str!("sql/background/maker_of.sql")),
    ("background/names_of", include_str!("sql/background/names_of.sql")),
    ("background/one_reader_at_a_time", include_str!("sql/background/one_reader_at_a_time.sql")),
    ("background/walk_household", include_str!("sql/background/walk_household.sql")),
    ("background/walk_keys", include_str!("sql/background/walk_keys.sql")),
    ("background/walk_person", include_str!("sql/background/walk_person.sql")),
    ("rehashing/add", include_str!("sql/rehashing/add.sql")),
    ("rehashing/keep_state", include_str!("sql/rehashing/keep_state.sql")),
    ("rehashing/page", include_str!("sql/rehashing/page.sql")),
    ("rehashing/replace", include_str!("sql/rehashing/replace.sql")),
    ("rehashing/state", include_str!("sql/rehashing/state.sql")),
    ("retention/advance", include_str!("sql/retention/advance.sql")),
    ("retention/begin", include_str!("sql/retention/begin.sql")),
    ("retention/keep", include_str!("sql/retention/keep.sql")),
    ("retention/next", include_str!("sql/retention/next.sql")),
    ("retention/next_kept", include_str!("sql/retention/next_kept.sql")),
    ("retention/remove_activities", include_str!("sql/retention/remove_activities.sql")),
    ("retention/remove_unmapped_words", include_str!("sql/retention/remove_unmapped_words.sql")),
    ("retention/remove_keys", include_str!("sql/retention/remove_keys.sql")),
    ("retention/remove_matter", include_str!("sql/retention/remove_matter.sql")),
    ("retention/traits_of", include_str!("sql/retention/traits_of.sql")),
    ("retention/turn", include_str!("sql/retention/turn.sql")),
];

/// The statements about what became of reports, about its webhooks, and about answers that are kept.
const CHANGES: &[(&str, &str)] = &[
    ("followed_cases", include_str!("sql/followed_cases.sql")),
    ("brought_reports", include_str!("sql/brought_reports.sql")),
    ("reports_of_cases", include_str!("sql/reports_of_cases.sql")),
    ("reports_of_clusters", include_str!("sql/reports_of_clusters.sql")),
    ("keep_followed", include_str!("sql/keep_followed.sql")),
    ("place_reports", include_str!("sql/place_reports.sql")),
    ("take_positions", include_str!("sql/take_positions.sql")),
    ("insert_changes", include_str!("sql/insert_changes.sql")),
    ("changes_after", include_str!("sql/changes_after.sql")),
    ("last_change", include_str!("sql/last_change.sql")),
    ("forget_changes", include_str!("sql/forget_changes.sql")),
    ("webhook_position", include_str!("sql/webhook_position.sql")),
    ("hold_webhook", include_str!("sql/hold_webhook.sql")),
    ("begin_answer", include_str!("sql/begin_answer.sql")),
    ("kept_answer", include_str!("sql/kept_answer.sql")),
    ("keep_answer", include_str!("sql/keep_answer.sql")),
    ("drop_answer", include_str!("sql/drop_answer.sql")),
    ("forget_answers", include_str!("sql/forget_answers.sql")),
    ("webhook_took", include_str!("sql/webhook_took.sql")),
];

/// The statements about the police's records, activities, and what mappings do not know.
const RECORDS: &[(&str, &str)] = &[
    ("keep_police_records", include_str!("sql/keep_police_records.sql")),
    ("police_records_of_calls", include_str!("sql/police_records_of_calls.sql")),
    ("lock_police_records", include_str!("sql/lock_police_records.sql")),
    ("unlock_police_records", include_str!("sql/unlock_police_records.sql")),
    ("put_activities", include_str!("sql/put_activities.sql")),
    ("known_activities", include_str!("sql/known_activities.sql")),
    ("add_unmapped", include_str!("sql/add_unmapped.sql")),
    ("list_unmapped", include_str!("sql/list_unmapped.sql")),
    ("held_activity", include_str!("sql/held_activity.sql")),
    ("held_police_record", include_str!("sql/held_police_record.sql")),
];

/// How statements in the county's turn go on ([`InTurnStatement`](fengqiao_messaging::InTurnStatement)).
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
