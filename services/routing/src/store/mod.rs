//! The SQL of routing, and nothing but it knows the tables.

mod answers;
mod auditing;
mod batches;
mod calendar_sweeps;
mod changes;
mod mergers;
mod reading;
mod readings;
mod recent_cases;
mod rows;
mod settings;
mod turn;
mod work;

use std::{future::Future, time::Duration};

pub use answers::{Answer, forget_answers};
pub use auditing::{AuditedPage, Auditing, history_head};
pub use batches::{
    CommandCase, CommandName, DueCases, ToldPushes, load_due_cases, load_for_commands, load_for_receipts,
    load_for_reports, next_firing,
};
pub use calendar_sweeps::{
    Claim, SweptCases, advance_calendar_sweep, begin_calendar_sweep, claim_calendar_sweep, load_swept_cases,
};
pub use changes::{Changes, ReceiptMarks, RequestedPush, docket_text};
pub use mergers::{
    Merger, MovableReport, Move, another_live_case, answered_case, find_merger, last_number, reports_to_move,
};
pub use reading::{CaseFilter, CaseRest, ListPlace, case_rest, find_case, list_cases, list_history};
pub use readings::{NewReading, Reading, list_readings, record_reading};
pub use recent_cases::{NewestReport, RecentCase, recent_cases};
pub use rows::{StoredEntry, StoredPush, StoredReport};
pub use settings::{
    HeldSetting, KeptText, NewSetting, SettingName, StoredSetting, activate_setting, find_setting,
    keep_setting_text, list_settings, named_setting_digests, newest_settings, setting_by_request,
    setting_heads,
};
pub use turn::{Attempt, CountyTurn, HOLDING};
pub use work::{
    StoredWork, StoredWorkCounts, WorkCase, WorkFilter, WorkPart, WorkPlace, list_work, work_counts,
};

use crate::error::RoutingError;

/// No statement of routing takes this long on a healthy database.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// All SQL of this crate, so that a test can hold it against the real schema.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("audit_cases", include_str!("sql/audit_cases.sql")),
    ("audit_entries", include_str!("sql/audit_entries.sql")),
    ("audit_missing_numbers", include_str!("sql/audit_missing_numbers.sql")),
    ("audit_readings", include_str!("sql/audit_readings.sql")),
    ("count_unsealed", include_str!("sql/count_unsealed.sql")),
    ("last_reading", include_str!("sql/last_reading.sql")),
    ("list_readings", include_str!("sql/list_readings.sql")),
    ("record_reading", include_str!("sql/record_reading.sql")),
    ("forget_answers", include_str!("sql/forget_answers.sql")),
    ("get_case", include_str!("sql/get_case.sql")),
    ("list_cases", include_str!("sql/list_cases.sql")),
    ("list_history", include_str!("sql/list_history.sql")),
    ("list_pushes", include_str!("sql/list_pushes.sql")),
    ("list_reports", include_str!("sql/list_reports.sql")),
    ("list_work", include_str!("sql/list_work.sql")),
    ("due_cases", include_str!("sql/due_cases.sql")),
    ("load_for_commands", include_str!("sql/load_for_commands.sql")),
    ("load_for_receipts", include_str!("sql/load_for_receipts.sql")),
    ("next_firing", include_str!("sql/next_firing.sql")),
    ("load_for_reports", include_str!("sql/load_for_reports.sql")),
    ("work_counts", include_str!("sql/work_counts.sql")),
    ("another_live_case", include_str!("sql/another_live_case.sql")),
    ("answered_case", include_str!("sql/answered_case.sql")),
    ("find_merger", include_str!("sql/find_merger.sql")),
    ("last_number", include_str!("sql/last_number.sql")),
    ("merge_case", include_str!("sql/merge_case.sql")),
    ("reports_to_move", include_str!("sql/reports_to_move.sql")),
    ("split_reports", include_str!("sql/split_reports.sql")),
    ("undo_merger", include_str!("sql/undo_merger.sql")),
    ("activate_setting", include_str!("sql/activate_setting.sql")),
    ("advance_calendar_sweep", include_str!("sql/advance_calendar_sweep.sql")),
    ("begin_calendar_sweep", include_str!("sql/begin_calendar_sweep.sql")),
    ("calendar_sweep_cases", include_str!("sql/calendar_sweep_cases.sql")),
    ("claim_calendar_sweep", include_str!("sql/claim_calendar_sweep.sql")),
    ("get_setting", include_str!("sql/get_setting.sql")),
    ("keep_setting_text", include_str!("sql/keep_setting_text.sql")),
    ("list_settings", include_str!("sql/list_settings.sql")),
    ("named_setting_digests", include_str!("sql/named_setting_digests.sql")),
    ("newest_settings", include_str!("sql/newest_settings.sql")),
    ("recent_cases", include_str!("sql/recent_cases.sql")),
    ("setting_by_request", include_str!("sql/setting_by_request.sql")),
    ("setting_heads", include_str!("sql/setting_heads.sql")),
];

/// Statements that begin with messaging's [`IN_TURN`](fengqiao_messaging::IN_TURN).
pub const STATEMENTS_IN_TURN: &[(&str, &str)] = &[("write_changes", include_str!("sql/write_changes.sql"))];

/// Runs a statement with an end, and says what was tried where it fails.
pub(crate) async fn bounded<T>(
    operation: &'static str,
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, RoutingError> {
    match tokio::time::timeout(STATEMENT_TIMEOUT, statement).await {
        Ok(answer) => answer.map_err(|source| RoutingError::Database { operation, source }),
        Err(_) => Err(RoutingError::TimedOut { operation }),
    }
}
