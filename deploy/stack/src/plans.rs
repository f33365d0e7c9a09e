//! How Postgres would run a service's statements on tables that are still empty.
//!
//! The services keep a plan for as long as a connection lives, and a new county's first plans are made before there is a row.
//! Without a row all indexes look alike to the planner: one that leads to the county and filters for the id is as good as the
//! key. Until the tables have statistics it walks through the whole county for each id.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, Row as _, postgres::PgRow};

/// The column that most rows of a table share.
const COUNTY: &str = "county";

/// The columns of the indexes.
struct Indexes(Vec<Index>);

struct Index {
    table: String,
    name: String,
    columns: Vec<String>,
    /// It holds only some rows of its table.
    partial: bool,
}

impl Indexes {
    /// Those of the current schema.
    async fn read(conn: &mut PgConnection) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT t.relname::text, i.indexrelid::regclass::text, array_agg(a.attname::text ORDER BY k.place),
                 i.indpred IS NOT NULL
             FROM pg_index AS i
             JOIN pg_class AS t ON t.oid = i.indrelid AND t.relnamespace = current_schema()::regnamespace
             CROSS JOIN UNNEST(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number
             -- What comes behind an expression is not asked for.
             WHERE NOT EXISTS (
                 SELECT FROM UNNEST(i.indkey::smallint[]) WITH ORDINALITY AS before (number, place)
                 WHERE before.number = 0 AND before.place < k.place
             )
             GROUP BY t.relname, i.indexrelid, i.indpred IS NOT NULL",
        )
        .fetch_all(conn)
        .await?;
        let index = |row: &PgRow| -> Result<Index, sqlx::Error> {
            Ok(Index {
                table: row.try_get(0)?,
                name: row.try_get(1)?,
                columns: row.try_get(2)?,
                partial: row.try_get(3)?,
            })
        };
        rows.iter().map(index).collect::<Result<_, _>>().map(Self)
    }

    /// Of an index the first columns, as far as they are known.
    fn led<'a>(&'a self, table: &str, name: &str, known: &BTreeSet<String>) -> &'a [String] {
        let index = self.0.iter().find(|index| index.table == table && index.name == name);
        index.map_or(&[], |index| index.begins(known))
    }

    /// Whether one of a table begins with more of these columns than the county.
    fn lead_further(&self, table: &str, known: &BTreeSet<String>) -> bool {
        let mut whole = self.0.iter().filter(|index| index.table == table && !index.partial);
        whole.any(|index| index.begins(known).iter().any(|column| column != COUNTY))
    }
}

impl Index {
    fn begins(&self, known: &BTreeSet<String>) -> &[String] {
        let length = self.columns.iter().take_while(|column| known.contains(*column)).count();
        &self.columns[..length]
    }
}

/// Where the plans of these statements, made now and kept for whatever parameters, look at more rows than another index would
/// have led to; each with the name of its statement. They are made with these settings, which the connection keeps. What a join
/// chooses from the rows of a county is not looked at: where a list is asked for, that may be the better way.
///
/// # Errors
/// What Postgres says, such as of a statement that does not fit the schema.
pub async fn detours(
    conn: &mut PgConnection,
    settings: &[(&str, &str)],
    statements: impl IntoIterator<Item = (&str, String)>,
) -> Result<Vec<String>, sqlx::Error> {
    for (setting, value) in settings {
        run(conn, format!("SET {setting} = {value}")).await?;
    }
    let indexes = Indexes::read(conn).await?;
    let mut found = Vec::new();
    for (name, statement) in statements {
        run(conn, format!("PREPARE looked_at AS {statement}")).await?;
        let parameters: i32 = sqlx::query_scalar(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'looked_at'",
        )
        .fetch_one(&mut *conn)
        .await?;
        let given = match parameters {
            0 => String::new(),
            many => format!("({})", vec!["NULL"; many as usize].join(", ")),
        };
        let plan = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) EXECUTE looked_at {given}")));
        let plan: Value = plan.fetch_one(&mut *conn).await?.try_get(0)?;
        run(conn, "DEALLOCATE looked_at".to_owned()).await?;
        let mut of_this = Vec::new();
        walk(&plan, &indexes, &mut of_this);
        found.extend(of_this.into_iter().map(|detour| format!("{name}: {detour}")));
    }
    Ok(found)
}

async fn run(conn: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(conn).await.map(drop)
}

fn walk(plan: &Value, indexes: &Indexes, found: &mut Vec<String>) {
    match plan {
        Value::Array(parts) => parts.iter().for_each(|part| walk(part, indexes, found)),
        Value::Object(node) => {
            let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
            let table = text("Relation Name");
            if text("Node Type").contains("Scan") && !table.is_empty() {
                let by_index = equal_columns(text("Index Cond"), text("Alias"));
                let led = indexes.led(table, text("Index Name"), &by_index);
                let mut known = equal_columns(text("Filter"), text("Alias"));
                known.extend(by_index);
                if led.iter().all(|column| column == COUNTY) && indexes.lead_further(table, &known) {
                    found.push(format!(
                        "{table} by {} {}, then filtered by {}",
                        text("Index Name"),
                        text("Index Cond"),
                        text("Filter"),
                    ));
                }
            }
            node.values().for_each(|part| walk(part, indexes, found));
        }
        _ => {}
    }
}

/// The columns of a relation that a condition says are equal to something. One of several that it may be (OR) does not count.
fn equal_columns(condition: &str, alias: &str) -> BTreeSet<String> {
    parts(condition).into_iter().filter_map(|part| equal_column(part, alias)).collect()
}

/// What a condition asks for all together: several stand in brackets together, each in its own.
fn parts(condition: &str) -> Vec<&str> {
    const AND: &str = " AND ";
    let (mut parts, mut from, mut open) = (Vec::new(), 0, 0_usize);
    for (at, sign) in condition.char_indices() {
        match sign {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ if open == 1 && condition[at..].starts_with(AND) => {
                parts.push(&condition[from..at]);
                from = at + AND.len();
            }
            _ => {}
        }
    }
    parts.push(&condition[from..]);
    parts
}

fn equal_column(part: &str, alias: &str) -> Option<String> {
    if part.contains(" OR ") || part.contains("SubPlan") {
        return None;
    }
    let (left, right) = part.split_once(" = ")?;
    [left, right].into_iter().find_map(|side| {
        let name = side.trim_matches(['(', ')']);
        let name = name.strip_suffix("::text").unwrap_or(name).trim_matches(['(', ')']);
        let own = match name.split_once('.') {
            Some((of, column)) => (of == alias).then_some(column)?,
            None => name,
        };
        let is_name = own.starts_with(|first: char| first.is_ascii_lowercase())
            && own.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| own.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_condition_makes_equal_is_read_on_both_sides() {
        let columns = |condition: &str| equal_columns(condition, "d").into_iter().collect::<Vec<_>>();
        assert_eq!(columns("(county = $1)"), ["county"]);
        assert_eq!(columns("((county = $1) AND (push_id = given.push_id))"), ["county", "push_id"]);
        assert_eq!(
            columns("((d.county = $1) AND ($8 = d.push_id) AND (d.level < $2))"),
            ["county", "push_id"]
        );
        assert_eq!(columns("((id = ANY ($2)) AND ((county)::text = ($1)::text))"), ["county", "id"]);
        assert!(columns("((county = $1) OR ((kind = 1) AND (push_id = $2)))").is_empty());
    }
}
