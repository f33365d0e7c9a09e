//! Where sealed values lie, so that they are sealed anew when the keys change. A new column has its line here; a test
//! holds this against the schema.

use fengqiao_serving::resealing::SealedColumn;

const REPORT: &[(&str, &str)] = &[("report_id", "uuid")];
const REVISION: &[(&str, &str)] = &[("report_id", "uuid"), ("revision", "integer")];
const CHANGE: &[(&str, &str)] = &[("source", "smallint"), ("position", "bigint")];
const RECORD: &[(&str, &str)] = &[("kind", "smallint"), ("number", "text")];
const ACTIVITY: &[(&str, &str)] = &[("activity_id", "uuid")];

/// The columns of sealed values.
pub const SEALED_COLUMNS: &[SealedColumn] = &[
    SealedColumn::of_county("report", "sealed_matter", REPORT),
    SealedColumn::of_county("report", "sealed_details", REPORT),
    SealedColumn::of_county("report_revision", "sealed_matter", REVISION),
    SealedColumn::of_county("report_revision", "sealed_details", REVISION),
    SealedColumn::of_county("report_change", "sealed_words", CHANGE),
    SealedColumn::of_county("police_record", "sealed_form", RECORD),
    SealedColumn::of_county("activity", "sealed_activity", ACTIVITY),
];
