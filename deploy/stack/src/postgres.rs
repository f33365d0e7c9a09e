//! A private Postgres: its own data, its own port, ended with us.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    StackError,
    account::Account,
    ports::free_port,
    private_file::write_private,
    process::{KeptProcess, ProcessPlan, Running},
};

/// Names a Postgres that is to be used instead of a private one.
pub const DATABASE_URL: &str = "FENGQIAO_DATABASE_URL";

const USER: &str = "fengqiao";
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A Postgres server: a private one, or the one that the environment names.
pub struct PrivatePostgres {
    url: String,
    process: Option<KeptProcess>,
}

impl PrivatePostgres {
    /// Starts a private Postgres whose data lies in `folder`, or takes the server that
    /// `FENGQIAO_DATABASE_URL` names. Data that is there already is kept.
    ///
    /// # Errors
    /// Where Postgres is not installed, cannot make its data, or does not come up.
    pub async fn start(folder: &Path) -> Result<Self, StackError> {
        if let Ok(url) = std::env::var(DATABASE_URL)
            && !url.is_empty()
        {
            return Ok(Self { url, process: None });
        }
        Self::start_private(folder).await
    }

    /// Starts a private Postgres whatever the environment says.
    ///
    /// # Errors
    /// As [`PrivatePostgres::start`].
    pub async fn start_private(folder: &Path) -> Result<Self, StackError> {
        std::fs::create_dir_all(folder).map_err(StackError::file(folder))?;
        let binaries = Binaries::newest()?;
        let account = Account::for_postgres()?;
        let home = account.folder_below(folder, &format!("postgres-{}", binaries.major))?;
        let cluster = Cluster { binaries, account, password: password(folder)?, home };
        cluster.make()?;
        let log = folder.join("logs").join("postgres.log");
        let mut refused = None;
        // The port may be taken between our look and the server's start.
        for _ in 0..3 {
            let server = cluster.serve(free_port()?, &log)?;
            match server.ready().await {
                Ok(()) => {
                    server.make_database(USER).await?;
                    return Ok(server);
                }
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| StackError::Invalid("Postgres did not start".into())))
    }

    /// The URL of the stack's database, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of another database of the same server.
    pub fn url_of(&self, database: &str) -> String {
        url_of(&self.url, database)
    }

    /// The server's process, where it is a private one.
    pub fn process(&self) -> Option<&KeptProcess> {
        self.process.as_ref()
    }

    /// Makes a database if it is missing.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub async fn make_database(&self, name: &str) -> Result<(), StackError> {
        let mut connection = PgConnection::connect(&self.url_of("postgres")).await?;
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        if !there {
            let statement = format!("CREATE DATABASE \"{}\"", name.replace('"', ""));
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
        }
        connection.close().await?;
        Ok(())
    }

    /// Waits until the server answers.
    ///
    /// # Errors
    /// Where it does not within a minute, or dies for good.
    pub async fn ready(&self) -> Result<(), StackError> {
        let deadline = Instant::now() + READY_WITHIN;
        let admin = self.url_of("postgres");
        loop {
            let answer = tokio::time::timeout(Duration::from_secs(2), PgConnection::connect(&admin));
            if let Ok(Ok(connection)) = answer.await {
                connection.close().await?;
                return Ok(());
            }
            if let Some(process) = &self.process {
                // The first start fails for good only where it fails again and again.
                if matches!(*process.running().borrow(), Running::GivenUp(_))
                    || process.deaths_in_a_row() > 12
                {
                    return Err(process.ended("does not start"));
                }
                if Instant::now() > deadline {
                    return Err(process.ended("did not answer within a minute"));
                }
            } else if Instant::now() > deadline {
                return Err(StackError::Invalid(format!("no answer from the {DATABASE_URL} server")));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Restarts the server as an administrator would, and waits until it answers.
    ///
    /// # Errors
    /// Where it does not come up, or is not ours.
    pub async fn restart(&self) -> Result<(), StackError> {
        let process = self.ours()?;
        process.stop().await;
        process.start_again();
        self.ready().await
    }

    /// `kill -9` of the server's first process; it is started again at once. Waits until it answers.
    ///
    /// # Errors
    /// Where it does not come up, or is not ours.
    pub async fn kill(&self) -> Result<(), StackError> {
        self.ours()?.signal(Signal::SIGKILL);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.ready().await
    }

    /// Ends a private server cleanly.
    pub async fn stop(&self) {
        if let Some(process) = &self.process {
            process.stop().await;
        }
    }

    fn ours(&self) -> Result<&KeptProcess, StackError> {
        self.process
            .as_ref()
            .ok_or_else(|| StackError::Invalid(format!("the server of {DATABASE_URL} is not ours to end")))
    }
}

/// The programs of one Postgres version.
#[derive(Clone)]
struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    fn newest() -> Result<Self, StackError> {
        let mut found: Vec<Self> = std::fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let major = entry.file_name().to_str()?.parse().ok()?;
                let folder = entry.path().join("bin");
                let whole = folder.join("postgres").exists() && folder.join("initdb").exists();
                whole.then_some(Self { folder, major })
            })
            .collect();
        found.sort_by_key(|binaries| binaries.major);
        found.pop().ok_or(StackError::NotInstalled { program: "postgres", package: "postgresql" })
    }
}

/// The data of a private server and how it is served.
#[derive(Clone)]
struct Cluster {
    binaries: Binaries,
    account: Account,
    password: String,
    home: PathBuf,
}

impl Cluster {
    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Makes the data once. It is made aside and then named, so that a half-made one never counts.
    fn make(&self) -> Result<(), StackError> {
        let data = self.data();
        if data.join("PG_VERSION").exists() {
            return Ok(());
        }
        let aside = self.home.join("data.new");
        for half in [&aside, &data] {
            if half.exists() {
                std::fs::remove_dir_all(half).map_err(StackError::file(half))?;
            }
        }
        let given = self.home.join("password");
        write_private(&given, &self.password)?;
        if let Account::Other { uid, gid } = self.account {
            std::os::unix::fs::chown(&given, Some(uid), Some(gid)).map_err(StackError::file(&given))?;
        }
        let made = self
            .account
            .command(&self.binaries.folder.join("initdb"), &self.home, Signal::SIGKILL)
            .arg("--pgdata")
            .arg(&aside)
            .arg("--pwfile")
            .arg(&given)
            .args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8"])
            // In UTF-8 both order alike; but only by C itself are keys compared without asking the C library.
            .args(["--locale", "C.UTF-8", "--lc-collate", "C", "--no-sync", "--no-instructions"])
            .output()
            .map_err(|source| StackError::Spawn { name: "initdb".into(), source })?;
        let _ = std::fs::remove_file(&given);
        if !made.status.success() {
            return Err(StackError::Invalid(format!(
                "initdb failed: {}",
                String::from_utf8_lossy(&made.stderr)
            )));
        }
        std::fs::rename(&aside, &data).map_err(StackError::file(&data))
    }

    fn serve(&self, port: u16, log: &Path) -> Result<PrivatePostgres, StackError> {
        let cluster = self.clone();
        let process = KeptProcess::start(ProcessPlan {
            name: "Postgres".into(),
            launch: Box::new(move || {
                cluster.heal()?;
                let program = cluster.binaries.folder.join("postgres");
                // Interrupt is Postgres' word for a fast, clean shutdown.
                let mut command = cluster.account.command(&program, &cluster.home, Signal::SIGINT);
                command.arg("-D").arg(cluster.data()).arg("-p").arg(port.to_string());
                command.arg("-c").arg(format!("shared_buffers={}MB", shared_buffers_mib(memory_mib())));
                for setting in SETTINGS {
                    command.arg("-c").arg(setting);
                }
                Ok(command)
            }),
            log: log.to_path_buf(),
            stop_signal: Signal::SIGINT,
            grace: Duration::from_secs(20),
        })?;
        let url = format!("postgres://{USER}:{}@127.0.0.1:{port}/{USER}", self.password);
        Ok(PrivatePostgres { url, process: Some(process) })
    }

    /// Removes the lock of a server that is gone, and ends one of an earlier run that still shuts down.
    ///
    /// Postgres itself takes any living process with the number in its lock for a rival, also one that
    /// got the number after the rival's death.
    fn heal(&self) -> std::io::Result<()> {
        let lock = self.data().join("postmaster.pid");
        let Some(pid) = std::fs::read_to_string(&lock)
            .ok()
            .and_then(|text| text.lines().next()?.trim().parse::<i32>().ok())
        else {
            return Ok(());
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.is_our_server(pid) {
            let signal = if Instant::now() > deadline { Signal::SIGQUIT } else { Signal::SIGINT };
            let _ = kill(Pid::from_raw(pid), signal);
            if Instant::now() > deadline + Duration::from_secs(10) {
                return Err(std::io::Error::other(format!("process {pid} holds the data")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        match std::fs::remove_file(&lock) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn is_our_server(&self, pid: i32) -> bool {
        let data = self.data();
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
            let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
            words.iter().any(|word| word.ends_with(b"postgres"))
                && words.iter().any(|word| *word == data.as_os_str().as_encoded_bytes())
        })
    }
}

/// Durable as in production; sized for one machine's tests and demonstrations.
const SETTINGS: [&str; 9] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    // A page's first change after a checkpoint goes into the log whole, and every report changes a dozen places of an
    // index by its keyed hashes: so there are few checkpoints, and pages are packed.
    "max_wal_size=8GB",
    "wal_compression=on",
    "fsync=on",
    "synchronous_commit=on",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// A quarter of the machine's memory, as Postgres' manual advises, within what is sensible for a demonstration. It is
/// taken only as it is used.
fn shared_buffers_mib(memory_mib: u64) -> u64 {
    (memory_mib / 4).clamp(128, 4_096)
}

/// The machine's memory; a small machine's where the system does not say.
fn memory_mib() -> u64 {
    const SMALL: u64 = 1_024;
    let said = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = said.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    total.and_then(|kib| kib.parse::<u64>().ok()).map_or(SMALL, |kib| kib / 1_024)
}

/// The server's password: made once, kept beside its data, never shown.
fn password(folder: &Path) -> Result<String, StackError> {
    let path = folder.join("database-password");
    if let Ok(kept) = std::fs::read_to_string(&path)
        && !kept.trim().is_empty()
    {
        return Ok(kept.trim().to_owned());
    }
    let made: String = rand::random::<[u8; 24]>().iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&path, &made)?;
    Ok(made)
}

/// The same server's URL for another database.
pub(crate) fn url_of(url: &str, database: &str) -> String {
    let (address, options) = url.split_once('?').map_or((url, None), |(a, o)| (a, Some(o)));
    let start = address.find("://").map_or(0, |at| at + 3);
    let server = address[start..].find('/').map_or(address, |at| &address[..start + at]);
    options.map_or_else(|| format!("{server}/{database}"), |options| format!("{server}/{database}?{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_a_url_changes() {
        assert_eq!(url_of("postgres://a:b@h:1/x", "y"), "postgres://a:b@h:1/y");
        assert_eq!(url_of("postgres://h/x?sslmode=disable", "y"), "postgres://h/y?sslmode=disable");
        assert_eq!(url_of("postgres://h", "y"), "postgres://h/y");
    }
}
