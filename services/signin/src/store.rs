//! Accounts and sessions in Postgres. All SQL stands in `sql`.

use std::{future::Future, time::Duration};

use ::time::OffsetDateTime;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgPool, Row as _, postgres::PgRow};
use tokio::time::timeout;

use crate::{Account, AccountName, NewAccount, SignInError, waiting::waits};

/// The longest that one statement may take, the wait for a connection included.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);
/// A session ends when nothing was asked for so long.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// A session ends so long after it began: a working day.
pub(crate) const LONGEST: SignedDuration = SignedDuration::from_hours(10);
/// How precisely it is known when a session was last used: not each page writes.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// A wrong password is forgotten so long after the last one.
const FAILURES_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// So many of each are swept at once.
const SWEPT: i64 = 1000;

/// All statements, so that a test can hold them against the real schema.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("add_account", include_str!("sql/add_account.sql")),
    ("account", include_str!("sql/account.sql")),
    ("account_of_subject", include_str!("sql/account_of_subject.sql")),
    ("list_accounts", include_str!("sql/list_accounts.sql")),
    ("open_accounts", include_str!("sql/open_accounts.sql")),
    ("set_password", include_str!("sql/set_password.sql")),
    ("set_lock", include_str!("sql/set_lock.sql")),
    ("count_try", include_str!("sql/count_try.sql")),
    ("retry_at", include_str!("sql/retry_at.sql")),
    ("forgive", include_str!("sql/forgive.sql")),
    ("begin_session", include_str!("sql/begin_session.sql")),
    ("session", include_str!("sql/session.sql")),
    ("seen", include_str!("sql/seen.sql")),
    ("end_session", include_str!("sql/end_session.sql")),
    ("sweep", include_str!("sql/sweep.sql")),
];

/// An account with what only the door sees of it.
pub(crate) struct Kept {
    pub account: Account,
    pub hash: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: PgPool,
}

impl Store {
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// False where name or subject are taken.
    pub async fn add(
        &self,
        county: &str,
        new: &NewAccount,
        post: &str,
        hash: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, SignInError> {
        const OPERATION: &str = "make an account";
        let query = sqlx::query(include_str!("sql/add_account.sql"))
            .bind(county)
            .bind(new.name.as_str())
            .bind(&new.person)
            .bind(post)
            .bind(&new.agency)
            .bind(hash)
            .bind(&new.subject)
            .bind(to_sql(now));
        Ok(within(OPERATION, query.fetch_optional(&self.pool)).await?.is_some())
    }

    pub async fn account(&self, county: &str, name: &AccountName) -> Result<Option<Kept>, SignInError> {
        const OPERATION: &str = "read an account";
        let query = sqlx::query(include_str!("sql/account.sql")).bind(county).bind(name.as_str());
        kept(OPERATION, within(OPERATION, query.fetch_optional(&self.pool)).await?)
    }

    pub async fn account_of_subject(&self, county: &str, subject: &str) -> Result<Option<Kept>, SignInError> {
        const OPERATION: &str = "read an account by its subject";
        let query = sqlx::query(include_str!("sql/account_of_subject.sql")).bind(county).bind(subject);
        kept(OPERATION, within(OPERATION, query.fetch_optional(&self.pool)).await?)
    }

    pub async fn list(
        &self,
        county: &str,
        after: &str,
        agency: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Account>, SignInError> {
        const OPERATION: &str = "list accounts";
        let query = sqlx::query(include_str!("sql/list_accounts.sql"))
            .bind(county)
            .bind(after)
            .bind(agency)
            .bind(limit);
        let rows = within(OPERATION, query.fetch_all(&self.pool)).await?;
        rows.iter().map(account).collect::<Result<_, _>>().map_err(SignInError::database(OPERATION))
    }

    /// An agency's accounts that are not locked.
    pub async fn open_of(&self, county: &str, agency: &str) -> Result<Vec<Account>, SignInError> {
        const OPERATION: &str = "list an agency's accounts";
        let query = sqlx::query(include_str!("sql/open_accounts.sql")).bind(county).bind(agency);
        let rows = within(OPERATION, query.fetch_all(&self.pool)).await?;
        rows.iter().map(account).collect::<Result<_, _>>().map_err(SignInError::database(OPERATION))
    }

    /// Sets a password's hash; the session with this digest goes on. False where there is no such account.
    pub async fn set_password(
        &self,
        county: &str,
        name: &AccountName,
        hash: &str,
        must_change: bool,
        but_session: Option<&[u8]>,
    ) -> Result<bool, SignInError> {
        const OPERATION: &str = "set a password";
        let query = sqlx::query(include_str!("sql/set_password.sql"))
            .bind(county)
            .bind(name.as_str())
            .bind(hash)
            .bind(must_change)
            .bind(but_session);
        Ok(within(OPERATION, query.fetch_optional(&self.pool)).await?.is_some())
    }

    /// False where there is no such account.
    pub async fn set_lock(
        &self,
        county: &str,
        name: &AccountName,
        since: Option<Timestamp>,
    ) -> Result<bool, SignInError> {
        const OPERATION: &str = "lock an account";
        let query = sqlx::query(include_str!("sql/set_lock.sql"))
            .bind(county)
            .bind(name.as_str())
            .bind(since.map(to_sql));
        Ok(within(OPERATION, query.fetch_optional(&self.pool)).await?.is_some())
    }

    /// Counts a try that is now looked at.
    ///
    /// # Errors
    /// [`SignInError::Waiting`] where it is too early for one.
    pub async fn count_try(&self, county: &str, name: &str, now: Timestamp) -> Result<(), SignInError> {
        const OPERATION: &str = "count a try";
        let query = sqlx::query(include_str!("sql/count_try.sql"))
            .bind(county)
            .bind(name)
            .bind(to_sql(now))
            .bind(waits())
            .bind(to_sql(now - FAILURES_KEPT));
        if within(OPERATION, query.fetch_optional(&self.pool)).await?.is_some() {
            return Ok(());
        }
        let query =
            sqlx::query_scalar::<_, OffsetDateTime>(include_str!("sql/retry_at.sql")).bind(county).bind(name);
        let until = within(OPERATION, query.fetch_optional(&self.pool)).await?;
        Err(SignInError::Waiting(until.map_or(now, from_sql)))
    }

    /// The tries that were counted are forgotten.
    pub async fn forgive(&self, county: &str, name: &str) -> Result<(), SignInError> {
        const OPERATION: &str = "forget tries";
        let query = sqlx::query(include_str!("sql/forgive.sql")).bind(county).bind(name);
        within(OPERATION, query.execute(&self.pool)).await.map(drop)
    }

    pub async fn begin_session(
        &self,
        county: &str,
        name: &str,
        digest: &[u8],
        now: Timestamp,
    ) -> Result<(), SignInError> {
        const OPERATION: &str = "begin a session";
        let query = sqlx::query(include_str!("sql/begin_session.sql"))
            .bind(county)
            .bind(digest)
            .bind(name)
            .bind(to_sql(now));
        within(OPERATION, query.execute(&self.pool)).await.map(drop)
    }

    /// The account of a session that goes on, which is prolonged by it.
    pub async fn session(
        &self,
        county: &str,
        digest: &[u8],
        now: Timestamp,
    ) -> Result<Option<Account>, SignInError> {
        const OPERATION: &str = "read a session";
        let query = sqlx::query(include_str!("sql/session.sql"))
            .bind(county)
            .bind(digest)
            .bind(to_sql(now - IDLE))
            .bind(to_sql(now - LONGEST));
        let Some(row) = within(OPERATION, query.fetch_optional(&self.pool)).await? else { return Ok(None) };
        let account = account(&row).map_err(SignInError::database(OPERATION))?;
        let seen: OffsetDateTime = row.try_get("seen_at").map_err(SignInError::database(OPERATION))?;
        if now.duration_since(from_sql(seen)) > SEEN_EVERY {
            let query = sqlx::query(include_str!("sql/seen.sql")).bind(county).bind(digest).bind(to_sql(now));
            within(OPERATION, query.execute(&self.pool)).await?;
        }
        Ok(Some(account))
    }

    pub async fn end_session(&self, county: &str, digest: &[u8]) -> Result<(), SignInError> {
        const OPERATION: &str = "end a session";
        let query = sqlx::query(include_str!("sql/end_session.sql")).bind(county).bind(digest);
        within(OPERATION, query.execute(&self.pool)).await.map(drop)
    }

    pub async fn sweep(&self, county: &str, now: Timestamp) -> Result<(), SignInError> {
        const OPERATION: &str = "sweep sessions";
        let query = sqlx::query(include_str!("sql/sweep.sql"))
            .bind(county)
            .bind(to_sql(now - IDLE))
            .bind(to_sql(now - LONGEST))
            .bind(to_sql(now - FAILURES_KEPT))
            .bind(SWEPT);
        within(OPERATION, query.execute(&self.pool)).await.map(drop)
    }
}

async fn within<T>(
    operation: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, SignInError> {
    match timeout(STATEMENT_TIMEOUT, work).await {
        Ok(done) => done.map_err(SignInError::database(operation)),
        Err(_) => Err(SignInError::Late(operation)),
    }
}

fn kept(operation: &'static str, row: Option<PgRow>) -> Result<Option<Kept>, SignInError> {
    row.map(|row| Ok(Kept { account: account(&row)?, hash: row.try_get("password")? }))
        .transpose()
        .map_err(SignInError::database(operation))
}

fn account(row: &PgRow) -> Result<Account, sqlx::Error> {
    let has_password = row.try_get::<Option<String>, _>("password")?.is_some();
    Ok(Account {
        name: row.try_get("name")?,
        person: row.try_get("person")?,
        post: row.try_get("post")?,
        agency: row.try_get("agency")?,
        has_password,
        // Whom the provider lets in has none to change.
        must_change: has_password && row.try_get("must_change")?,
        subject: row.try_get("subject")?,
        locked_at: row.try_get::<Option<OffsetDateTime>, _>("locked_at")?.map(from_sql),
        created_at: row.try_get::<OffsetDateTime, _>("created_at").map(from_sql)?,
    })
}
