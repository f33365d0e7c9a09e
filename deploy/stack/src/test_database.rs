//! Databases for tests: one pair of servers for a whole run, each test a database of its own.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;

use crate::{
    StackError,
    postgres::{PrivatePostgres, url_of},
    redis_server::PrivateRedis,
};

/// The Postgres that the tests of this run share, where someone has started it already.
pub const TEST_DATABASE_URL: &str = "FENGQIAO_TEST_DATABASE_URL";
/// The Redis that the tests of this run share, where someone has started it already.
pub const TEST_REDIS_URL: &str = "FENGQIAO_TEST_REDIS_URL";

struct Servers {
    database_url: String,
    redis_url: String,
    _own: Option<(PrivatePostgres, PrivateRedis)>,
}

static SERVERS: OnceCell<Servers> = OnceCell::const_new();

/// A database and a Redis prefix of one test's own; both are gone when it is dropped.
pub struct TestDatabase {
    url: String,
    redis_url: String,
    redis_prefix: String,
    name: String,
}

impl TestDatabase {
    /// Makes an empty database. The servers are those of the environment, else they are started on
    /// the first use and end with the test's process.
    ///
    /// # Errors
    /// Where the servers cannot be started or refuse it.
    pub async fn create() -> Result<Self, StackError> {
        let servers = SERVERS.get_or_try_init(Servers::find).await?;
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&url_of(&servers.database_url, "postgres")).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
        connection.close().await?;
        Ok(Self {
            url: url_of(&servers.database_url, &name),
            redis_url: servers.redis_url.clone(),
            redis_prefix: name.clone(),
            name,
        })
    }

    /// The URL of the test's database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of the shared Redis.
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    /// The prefix of all Redis keys of the test.
    pub fn redis_prefix(&self) -> &str {
        &self.redis_prefix
    }

    async fn remove(admin: String, name: String, redis_url: String) -> Result<(), StackError> {
        let mut connection = PgConnection::connect(&admin).await?;
        sqlx::query(AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        let client = redis::Client::open(redis_url)?;
        let mut redis = client.get_multiplexed_async_connection().await?;
        let mut cursor = 0u64;
        loop {
            let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(format!("{name}:*"))
                .arg("COUNT")
                .arg(1_000)
                .query_async(&mut redis)
                .await?;
            if !keys.is_empty() {
                redis::cmd("DEL").arg(keys).query_async::<()>(&mut redis).await?;
            }
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (admin, name) = (url_of(&self.url, "postgres"), self.name.clone());
        let redis_url = self.redis_url.clone();
        // The test's runtime may be ending: a thread and a runtime of our own.
        let ending = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let removal = Self::remove(admin, name, redis_url);
                let _ = tokio::time::timeout(std::time::Duration::from_secs(20), removal).await;
            });
            Some(())
        });
        let _ = ending.join();
    }
}

impl Servers {
    async fn find() -> Result<Self, StackError> {
        let given = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
        if let (Some(database_url), Some(redis_url)) = (given(TEST_DATABASE_URL), given(TEST_REDIS_URL)) {
            return Ok(Self { database_url, redis_url, _own: None });
        }
        let folder = own_folder()?;
        let postgres = PrivatePostgres::start(&folder).await?;
        let redis = PrivateRedis::start(&folder).await?;
        Ok(Self {
            database_url: postgres.url().to_owned(),
            redis_url: redis.url().to_owned(),
            _own: Some((postgres, redis)),
        })
    }
}

/// A folder for servers of this process alone; those of processes that are gone are removed.
///
/// # Errors
/// Where it cannot be made.
pub fn own_folder() -> Result<PathBuf, StackError> {
    let base = std::env::temp_dir().join(format!("fengqiao-tests-{}", nix::unistd::Uid::effective()));
    std::fs::create_dir_all(&base).map_err(StackError::file(&base))?;
    for entry in std::fs::read_dir(&base).map_err(StackError::file(&base))?.flatten() {
        let gone = |pid: &str| !Path::new("/proc").join(pid).exists();
        if entry.file_name().to_str().is_some_and(gone) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    Ok(base.join(std::process::id().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_has_a_database_of_its_own() {
        let (one, two) = (TestDatabase::create().await.unwrap(), TestDatabase::create().await.unwrap());
        assert_ne!(one.url(), two.url());
        let mut connection = PgConnection::connect(one.url()).await.unwrap();
        sqlx::query("CREATE TABLE t (n int)").execute(&mut connection).await.unwrap();
        let name = one.name.clone();
        drop(one);
        let mut admin = PgConnection::connect(&url_of(two.url(), "postgres")).await.unwrap();
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1")
            .bind(name)
            .fetch_one(&mut admin)
            .await
            .unwrap();
        assert_eq!(left, 0);
    }
}
