//! The tables of facts: each is written and measured in the same way. Rows come as one JSON text, whose fields are the
//! columns.

/// How a table of facts is written.
#[derive(Debug, Clone, Copy)]
pub struct FactTable {
    /// The name of its statements.
    pub name: &'static str,
    /// Takes out rows that are to be written and say something else, while nobody else writes here. $1 the rows.
    pub clear: &'static str,
    /// Writes rows; those that are there already stay. $1 the rows.
    pub put: &'static str,
    /// How many rows a generation has, and a sum over all their bytes. $1 county, $2 generation.
    pub fingerprint: &'static str,
    /// Takes out rows of generations that are neither of two. $1 county, $2, $3 generations, $4 at most so many.
    pub drop_old: &'static str,
}

macro_rules! fact_table {
    ($table:literal) => {
        FactTable {
            name: $table,
            clear: concat!(
                "DELETE FROM ", $table, " WHERE ctid = ANY (ARRAY(SELECT known.place ",
                "FROM jsonb_populate_recordset(NULL::", $table, ", $1::jsonb) AS new ",
                // One by one, whatever the planner believes of the table.
                "CROSS JOIN LATERAL (SELECT held.ctid AS place, held AS row FROM ", $table, " AS held ",
                "WHERE held.county = new.county AND held.generation = new.generation AND held.id = new.id ",
                "AND held.part = new.part AND held.seq = new.seq LIMIT 1) AS known ",
                "WHERE known.row IS DISTINCT FROM new))"
            ),
            put: concat!(
                "INSERT INTO ", $table, " SELECT * FROM jsonb_populate_recordset(NULL::", $table, ", $1::jsonb) ",
                "ON CONFLICT DO NOTHING"
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

/// Reports.
pub const REPORT: FactTable = fact_table!("fact_report");
/// Cases.
pub const CASE: FactTable = fact_table!("fact_case");
/// Pushes.
pub const PUSH: FactTable = fact_table!("fact_push");
/// Duties.
pub const DUTY: FactTable = fact_table!("fact_duty");
/// Activities.
pub const ACTIVITY: FactTable = fact_table!("fact_activity");
/// All of them.
pub const ALL: [FactTable; 5] = [REPORT, CASE, PUSH, DUTY, ACTIVITY];
