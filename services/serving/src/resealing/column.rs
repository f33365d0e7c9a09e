//! A column of sealed values, and the statements that walk it. Its names stand in the code, never in a request.

use sqlx::{AssertSqlSafe, PgConnection, Row as _, postgres::PgRow};

/// What a value is bound to, by its county, the texts of its row's key, and the bytes beside it.
pub type Bound = fn(&str, &[String], &[u8]) -> Vec<u8>;

/// A column of sealed values. The county is a part of its table's key, mostly the first.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The rest of the table's key: names and SQL types, in the order of its index. Empty where a county has one row.
    pub key: &'static [(&'static str, &'static str)],
    /// Another column of bytes that the value is bound to.
    pub beside: Option<&'static str>,
    /// What a value is bound to. None where values must stay as they are, because their sealed form is part of what is
    /// proved.
    pub bound: Option<Bound>,
}

/// Rows of a column, looked at once.
pub(super) struct Page {
    /// Those that another key than the current one sealed.
    pub old: Vec<OldValue>,
    /// The key of the last row; none where no more rows follow.
    pub last: Option<Vec<String>>,
}

/// A value that another key sealed.
pub(super) struct OldValue {
    pub key: Vec<String>,
    pub sealed: Vec<u8>,
    pub beside: Vec<u8>,
}

impl SealedColumn {
    /// A column whose values are bound to their county.
    #[must_use]
    pub const fn of_county(
        table: &'static str,
        column: &'static str,
        key: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { table, column, key, beside: None, bound: Some(to_county) }
    }

    /// The next rows after one. What the current key sealed does not leave the database.
    pub(super) async fn page(
        &self,
        connection: &mut PgConnection,
        county: &str,
        after: Option<&[String]>,
        current: u8,
        at_most: i64,
    ) -> Result<Page, sqlx::Error> {
        let mut query = sqlx::query(AssertSqlSafe(self.page_statement(after.is_some())))
            .bind(county)
            .bind(at_most)
            .bind(i32::from(current));
        for part in after.unwrap_or_default() {
            query = query.bind(part);
        }
        let rows = query.fetch_all(connection).await?;
        let whole = i64::try_from(rows.len()).is_ok_and(|rows| rows == at_most);
        let last =
            rows.last().filter(|_| whole && !self.key.is_empty()).map(|row| self.key_of(row)).transpose()?;
        let old = rows.iter().filter_map(|row| self.old(row).transpose()).collect::<Result<_, _>>()?;
        Ok(Page { old, last })
    }

    /// Puts a value in the place of an old one, unless that has changed meanwhile. Says whether it did.
    pub(super) async fn replace(
        &self,
        connection: &mut PgConnection,
        county: &str,
        old: &OldValue,
        anew: &[u8],
    ) -> Result<bool, sqlx::Error> {
        let mut query =
            sqlx::query(AssertSqlSafe(self.replace_statement())).bind(county).bind(&old.sealed).bind(anew);
        for part in &old.key {
            query = query.bind(part);
        }
        Ok(query.execute(connection).await?.rows_affected() == 1)
    }

    fn page_statement(&self, after: bool) -> String {
        let Self { table, column, .. } = self;
        let names: Vec<&str> = self.key.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let texts: String = self.key.iter().map(|(name, _)| format!("page.{name}::text, ")).collect();
        let from = if after && !names.is_empty() {
            format!(" AND ({names}) > ({})", self.parameters(4))
        } else {
            String::new()
        };
        let (picked, order) = if names.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("{names}, "), format!(" ORDER BY {names}"))
        };
        let beside = self.beside.unwrap_or("NULL::bytea");
        // A value begins with the id of its key.
        format!(
            "SELECT {texts}CASE WHEN octet_length(page.sealed) > 0
                     AND get_byte(substring(page.sealed FROM 1 FOR 1), 0) <> $3 THEN page.sealed END AS sealed,
                 page.beside
             FROM (
                 SELECT {picked}{column} AS sealed, {beside} AS beside FROM {table}
                 WHERE county = $1{from}{order} LIMIT $2
             ) AS page"
        )
    }

    fn replace_statement(&self) -> String {
        let Self { table, column, .. } = self;
        let of_row: String = self
            .key
            .iter()
            .enumerate()
            .map(|(index, (name, kind))| format!(" AND {name} = ${}::text::{kind}", index + 4))
            .collect();
        format!("UPDATE {table} SET {column} = $3 WHERE county = $1{of_row} AND {column} = $2")
    }

    fn parameters(&self, from: usize) -> String {
        let parameters: Vec<String> = self
            .key
            .iter()
            .enumerate()
            .map(|(index, (_, kind))| format!("${}::text::{kind}", from + index))
            .collect();
        parameters.join(", ")
    }

    fn key_of(&self, row: &PgRow) -> Result<Vec<String>, sqlx::Error> {
        (0..self.key.len()).map(|index| row.try_get(index)).collect()
    }

    fn old(&self, row: &PgRow) -> Result<Option<OldValue>, sqlx::Error> {
        let Some(sealed) = row.try_get::<Option<Vec<u8>>, _>("sealed")? else { return Ok(None) };
        let beside: Option<Vec<u8>> = row.try_get("beside")?;
        Ok(Some(OldValue { key: self.key_of(row)?, sealed, beside: beside.unwrap_or_default() }))
    }
}

fn to_county(county: &str, _: &[String], _: &[u8]) -> Vec<u8> {
    county.as_bytes().to_vec()
}
