//! The statements that show cases. Each ends with the one text that says who may see what.

/// One case.
pub(super) const GET_CASE: &str = concat!(include_str!("sql/get_case.sql"), include_str!("sql/seen.sql"));

/// A page of cases.
pub(super) const LIST_CASES: &str = concat!(
    include_str!("sql/list_cases.sql"),
    include_str!("sql/seen.sql"),
    include_str!("sql/list_cases_order.sql"),
);

/// A page of what someone received first.
pub(super) const LIST_RECEIVED_CASES: &str = concat!(
    include_str!("sql/list_received_cases.sql"),
    include_str!("sql/seen.sql"),
    include_str!("sql/list_cases_order.sql"),
);

/// The cases of commands.
pub(super) const LOAD_FOR_COMMANDS: &str = concat!(
    include_str!("sql/load_for_commands.sql"),
    include_str!("sql/seen.sql"),
    ") AS seen ON true\nORDER BY command.ordinal",
);
