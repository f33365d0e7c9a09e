//! Where sealed values lie, so that they are sealed anew when the keys change. A new column has its line here; a test
//! holds this against the schema.

use fengqiao_serving::resealing::SealedColumn;
use uuid::Uuid;

use super::{rows, settings};
use crate::domain::history_seals::{docket_binding, head_binding};

const ID: &[(&str, &str)] = &[("id", "uuid")];

/// The columns of sealed values.
pub const SEALED_COLUMNS: &[SealedColumn] = &[
    SealedColumn::of_county("case_file", "sealed_matter", ID),
    SealedColumn::of_county("case_file", "sealed_level_words", ID),
    SealedColumn {
        table: "case_file",
        column: "sealed_docket",
        key: ID,
        beside: Some("history_seal"),
        bound: Some(|county, key, last_seal| docket_binding(county, id(key), last_seal)),
    },
    SealedColumn::of_county("case_report", "sealed_matter", &[("report_id", "uuid")]),
    // Each entry's seal is made over the sealed words, and the table takes no changes: whoever proves a history proves
    // these very bytes.
    SealedColumn {
        table: "case_history",
        column: "sealed_remark",
        key: &[("case_id", "uuid"), ("sequence", "bigint")],
        beside: None,
        bound: None,
    },
    SealedColumn {
        table: "history_head",
        column: "sealed",
        key: &[],
        beside: None,
        bound: Some(|county, _, _| head_binding(county)),
    },
    SealedColumn {
        table: "setting_text",
        column: "sealed_files",
        key: &[("kind", "smallint"), ("digest", "text")],
        beside: None,
        bound: Some(|county, key, _| settings::binding_of(county, key.first().map_or("", String::as_str))),
    },
    SealedColumn::of_county(
        "county_setting",
        "sealed_words",
        &[("kind", "smallint"), ("version", "integer")],
    ),
    of_row("standing_duty", "sealed_subject"),
    of_row("standing_duty", "sealed_words"),
    of_row("family_signal", "sealed_words"),
    of_row("reward", "sealed_person"),
    of_row("reward", "sealed_words"),
    of_row("meeting", "sealed_minutes"),
];

/// A column whose values are bound to their county and their row.
const fn of_row(table: &'static str, column: &'static str) -> SealedColumn {
    SealedColumn {
        table,
        column,
        key: ID,
        beside: None,
        bound: Some(|county, key, _| rows::binding(county, id(key))),
    }
}

/// The id that a row's key is; the nil one, to which nothing is bound, for what is none.
fn id(key: &[String]) -> Uuid {
    key.first().and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_default()
}
