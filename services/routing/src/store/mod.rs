//! The SQL of routing, and nothing but it knows the tables.

mod alerts;
mod answers;
mod areas;
mod auditing;
mod batches;
mod calendar_sweeps;
mod changes;
mod expiry;
mod form_duties;
mod meetings;
mod merge_suggestions;
mod mergers;
mod reading;
mod readings;
mod recent_cases;
mod repeats;
mod rewards;
mod rows;
mod sealed;
mod seeing;
mod settings;
mod split_suggestions;
mod standing;
mod turn;
mod visits;
mod work;

use std::{future::Future, time::Duration};

pub use alerts::{AlertFilter, AlertPlace, ListedAlert, list_alerts};
pub use answers::{Answer, forget_answers};
pub use areas::{CaseInArea, cases_in_areas};
pub use auditing::{AuditedPage, Auditing, history_head};
pub use batches::{
    CommandCase, CommandName, DueCases, ReportedCases, ToldPushes, load_due_cases, load_for_commands,
    load_for_receipts, load_for_reports, next_firing,
};
pub use calendar_sweeps::{
    Claim, SweptCases, advance_calendar_sweep, begin_calendar_sweep, claim_calendar_sweep, load_swept_cases,
};
pub use changes::{Changes, ReceiptMarks, RequestedPush, SealedChanges, docket_text};
pub use expiry::expire_reports;
pub use form_duties::{form_duties, settled_forms};
pub use meetings::{
    MeetingName, MeetingReport, agenda_candidates, find_meeting, insert_items, insert_meeting, list_items,
    list_meetings, meeting_reports, record_meeting,
};
pub use merge_suggestions::{
    DecisionRange, ListedSuggestion, SuggestedCase, SuggestionFilter, end_of_decisions, keep_cluster_news,
    keep_merge_suggestions, list_suggestions, pairs_to_suggest, settle_suggestions, settled_suggestions,
};
pub use mergers::{
    Merger, MovableReport, Move, another_live_case, answered_case, find_merger, last_number, reports_to_move,
};
pub use reading::{
    CaseFilter, CaseRest, ListPlace, ListedCase, case_rest, find_case, list_cases, list_history,
};
pub use readings::{NewReading, Reading, list_readings, record_reading};
pub use recent_cases::{NewestReport, RecentCase, recent_cases};
pub use repeats::calls_repeated;
pub use rewards::{decide_reward, find_reward, insert_reward, list_rewards, sum_rewards};
pub use rows::{StoredEntry, StoredPush, StoredReport};
pub use sealed::SEALED_COLUMNS;
pub use settings::{
    HeldSetting, KeptText, NewSetting, SettingName, StoredSetting, activate_setting, find_setting,
    keep_setting_text, list_settings, named_setting_digests, newest_settings, setting_by_request,
    setting_heads,
};
pub use split_suggestions::{keep_split_suggestions, mixed_to_suggest};
pub use standing::{
    ActivityName, FamilySignals, NewSignal, Progress, StandingCount, StandingFilter, StandingReading,
    begin_period, count_standing, family_signals, find_standing, insert_signal, insert_standing,
    keep_reading, list_screening, list_standing, list_stays, meeting_duty, record_standing, series_made,
    standing_of_activities, told_by_grids,
};
pub use turn::{Attempt, CountyTurn, HOLDING};
pub use visits::{expire_stays, fulfilled_by, hash_named_stays, keep_visits};
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
    ("get_case", seeing::GET_CASE),
    ("list_cases", seeing::LIST_CASES),
    ("list_received_cases", seeing::LIST_RECEIVED_CASES),
    ("list_history", include_str!("sql/list_history.sql")),
    ("list_pushes", include_str!("sql/list_pushes.sql")),
    ("list_reports", include_str!("sql/list_reports.sql")),
    ("list_alerts", include_str!("sql/list_alerts.sql")),
    ("list_work", work::LIST_WORK),
    ("due_cases", include_str!("sql/due_cases.sql")),
    ("load_for_commands", seeing::LOAD_FOR_COMMANDS),
    ("load_for_receipts", include_str!("sql/load_for_receipts.sql")),
    ("next_firing", include_str!("sql/next_firing.sql")),
    ("load_for_reports", include_str!("sql/load_for_reports.sql")),
    ("insert_standing", include_str!("sql/insert_standing.sql")),
    ("record_standing", include_str!("sql/record_standing.sql")),
    ("calls_repeated", include_str!("sql/calls_repeated.sql")),
    ("expire_reports", include_str!("sql/expire_reports.sql")),
    ("standing_of_activities", include_str!("sql/standing_of_activities.sql")),
    ("get_standing", include_str!("sql/get_standing.sql")),
    ("list_standing", include_str!("sql/list_standing.sql")),
    ("count_standing", include_str!("sql/count_standing.sql")),
    ("keep_visits", include_str!("sql/keep_visits.sql")),
    ("fulfilled_by", include_str!("sql/fulfilled_by.sql")),
    ("named_stays", include_str!("sql/named_stays.sql")),
    ("hash_stays", include_str!("sql/hash_stays.sql")),
    ("expire_stays", include_str!("sql/expire_stays.sql")),
    ("list_stays", include_str!("sql/list_stays.sql")),
    ("told_by_grids", include_str!("sql/told_by_grids.sql")),
    ("form_duties", include_str!("sql/form_duties.sql")),
    ("settled_forms", include_str!("sql/settled_forms.sql")),
    ("begin_period", include_str!("sql/begin_period.sql")),
    ("series_made", include_str!("sql/series_made.sql")),
    ("keep_reading", include_str!("sql/keep_reading.sql")),
    ("meeting_duty", include_str!("sql/meeting_duty.sql")),
    ("insert_signal", include_str!("sql/insert_signal.sql")),
    ("family_signals", include_str!("sql/family_signals.sql")),
    ("list_screening", include_str!("sql/list_screening.sql")),
    ("insert_reward", include_str!("sql/insert_reward.sql")),
    ("decide_reward", include_str!("sql/decide_reward.sql")),
    ("get_reward", include_str!("sql/get_reward.sql")),
    ("list_rewards", include_str!("sql/list_rewards.sql")),
    ("sum_rewards", include_str!("sql/sum_rewards.sql")),
    ("insert_meeting", include_str!("sql/insert_meeting.sql")),
    ("get_meeting", include_str!("sql/get_meeting.sql")),
    ("list_meetings", include_str!("sql/list_meetings.sql")),
    ("record_meeting", include_str!("sql/record_meeting.sql")),
    ("insert_items", include_str!("sql/insert_items.sql")),
    ("count_decisions", include_str!("sql/count_decisions.sql")),
    ("list_items", include_str!("sql/list_items.sql")),
    ("agenda_candidates", include_str!("sql/agenda_candidates.sql")),
    ("meeting_reports", include_str!("sql/meeting_reports.sql")),
    ("work_counts", work::WORK_COUNTS),
    ("another_live_case", include_str!("sql/another_live_case.sql")),
    ("answered_case", include_str!("sql/answered_case.sql")),
    ("find_merger", include_str!("sql/find_merger.sql")),
    ("last_number", include_str!("sql/last_number.sql")),
    ("merge_case", include_str!("sql/merge_case.sql")),
    ("merge_suggestions/keep", include_str!("sql/merge_suggestions/keep.sql")),
    ("merge_suggestions/keep_join", include_str!("sql/merge_suggestions/keep_join.sql")),
    ("merge_suggestions/list", include_str!("sql/merge_suggestions/list.sql")),
    ("merge_suggestions/page_end", include_str!("sql/merge_suggestions/page_end.sql")),
    ("merge_suggestions/part_by_split", include_str!("sql/merge_suggestions/part_by_split.sql")),
    ("merge_suggestions/settle", include_str!("sql/merge_suggestions/settle.sql")),
    ("merge_suggestions/settled", include_str!("sql/merge_suggestions/settled.sql")),
    ("merge_suggestions/take_back_join", include_str!("sql/merge_suggestions/take_back_join.sql")),
    ("merge_suggestions/wanted", include_str!("sql/merge_suggestions/wanted.sql")),
    ("reports_to_move", include_str!("sql/reports_to_move.sql")),
    ("split_reports", include_str!("sql/split_reports.sql")),
    ("split_suggestions/keep", include_str!("sql/split_suggestions/keep.sql")),
    ("split_suggestions/keep_split", include_str!("sql/split_suggestions/keep_split.sql")),
    ("split_suggestions/settled", include_str!("sql/split_suggestions/settled.sql")),
    ("split_suggestions/wanted", include_str!("sql/split_suggestions/wanted.sql")),
    ("undo_merger", include_str!("sql/undo_merger.sql")),
    ("cases_in_areas", include_str!("sql/cases_in_areas.sql")),
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

/// How statements in the county's turn go on ([`InTurnStatement`](fengqiao_messaging::InTurnStatement)).
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
