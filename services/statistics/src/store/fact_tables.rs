//! The tables of facts: each is written and measured in the same way.

use super::fact_rows::{ActivityRow, CaseRow, DutyRow, FactRow as _, PushRow, ReportRow};

/// How a table of facts is written.
#[derive(Debug, Clone, Copy)]
pub struct FactTable {
    /// The name of its statements.
    pub name: &'static str,
    /// The columns of the rows that are written, in their order.
    pub columns: &'static [&'static str],
    /// Takes out rows that are to be written and say something else, while nobody else writes here. $1 the rows, of the
    /// table's own type.
    pub clear: &'static str,
    /// Writes rows; those that are there already stay. $1 the rows, of the table's own type.
    pub put: &'static str,
    /// How many rows a generation has, and a sum over all their bytes. $1 county, $2 generation.
    pub fingerprint: &'static str,
    /// Takes out rows of generations that are neither of two. $1 county, $2, $3 generations, $4 at most so many.
    pub drop_old: &'static str,
}

/// A table by its name and columns.
macro_rules! fact_table {
    ($table:literal, $columns:expr) => {
        FactTable {
            name: $table,
            columns: &$columns,
            clear: concat!(
                "DELETE FROM ", $table, " WHERE ctid = ANY (ARRAY(SELECT known.place ",
                "FROM UNNEST($1::", $table, "[]) AS new ",
                // One by one, whatever the planner believes of the table.
                "CROSS JOIN LATERAL (SELECT held.ctid AS place, held AS row FROM ", $table, " AS held ",
                "WHERE held.county = new.county AND held.generation = new.generation AND held.id = new.id ",
                "AND held.part = new.part AND held.seq = new.seq LIMIT 1) AS known ",
                "WHERE known.row IS DISTINCT FROM new))"
            ),
            put: concat!(
                "INSERT INTO ", $table, " SELECT * FROM UNNEST($1::", $table, "[]) ON CONFLICT DO NOTHING"
            ),
            fingerprint: concat!(
                "SELECT count(*), coalesce(sum(hashtextextended((to_jsonb(fact) - 'generation')::text, 0)::numeric), 0)::text ",
                "FROM ", $table, " AS fact WHERE county = $1 AND generation = $2::int4"
            ),
            drop_old: concat!(
                "DELETE FROM ", $table, " WHERE ctid = ANY (ARRAY(SELECT ctid FROM ", $table,
                " WHERE county = $1 AND generation <> $2::int4 AND generation <> $3::int4 LIMIT $4::int8))"
            ),
        }
    };
}
pub(super) use fact_table;

/// All tables of facts.
pub const ALL: [FactTable; 5] =
    [ReportRow::TABLE, CaseRow::TABLE, PushRow::TABLE, DutyRow::TABLE, ActivityRow::TABLE];
