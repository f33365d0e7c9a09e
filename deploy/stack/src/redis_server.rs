//! A private Redis: its own data, its own port, ended with us.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    StackError,
    ports::free_port,
    process::{KeptProcess, ProcessPlan, Running, with_death_signal},
};

/// Names a Redis that is to be used instead of a private one.
pub const REDIS_URL: &str = "FENGQIAO_REDIS_URL";

const READY_WITHIN: Duration = Duration::from_secs(30);

/// A Redis server: a private one, or the one that the environment names.
pub struct PrivateRedis {
    url: String,
    process: Option<KeptProcess>,
}

impl PrivateRedis {
    /// Starts a private Redis whose data lies in `folder`, or takes the server that
    /// `FENGQIAO_REDIS_URL` names.
    ///
    /// # Errors
    /// Where Redis is not installed or does not come up.
    pub async fn start(folder: &Path) -> Result<Self, StackError> {
        match std::env::var(REDIS_URL) {
            Ok(url) if !url.is_empty() => Ok(Self { url, process: None }),
            _ => Self::start_private(folder).await,
        }
    }

    /// Starts a private Redis whatever the environment says.
    ///
    /// # Errors
    /// As [`PrivateRedis::start`].
    pub async fn start_private(folder: &Path) -> Result<Self, StackError> {
        let program = program()?;
        let data = folder.join("redis");
        std::fs::create_dir_all(&data).map_err(StackError::file(&data))?;
        let log = folder.join("logs").join("redis.log");
        let mut refused = None;
        for _ in 0..3 {
            let server = serve(&program, &data, free_port()?, &log)?;
            match server.ready().await {
                Ok(()) => return Ok(server),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| StackError::Invalid("Redis did not start".into())))
    }

    /// The server's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's process, where it is a private one.
    pub fn process(&self) -> Option<&KeptProcess> {
        self.process.as_ref()
    }

    /// Waits until the server answers.
    ///
    /// # Errors
    /// Where it does not in time, or dies for good.
    pub async fn ready(&self) -> Result<(), StackError> {
        let deadline = Instant::now() + READY_WITHIN;
        let client = redis::Client::open(self.url.as_str())?;
        loop {
            let ask = async {
                let mut connection = client.get_multiplexed_async_connection().await?;
                redis::cmd("PING").query_async::<()>(&mut connection).await
            };
            match tokio::time::timeout(Duration::from_secs(2), ask).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if Instant::now() > deadline => return Err(error.into()),
                _ => {}
            }
            if let Some(process) = &self.process {
                if matches!(*process.running().borrow(), Running::GivenUp(_))
                    || process.deaths_in_a_row() > 12
                {
                    return Err(process.ended("does not start"));
                }
                if Instant::now() > deadline {
                    return Err(process.ended("did not answer in time"));
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Empties it: what `FLUSHALL` does.
    ///
    /// # Errors
    /// Where it does not answer, or is not ours.
    pub async fn flush(&self) -> Result<(), StackError> {
        // Never on a server that someone else has given us.
        self.ours()?;
        let client = redis::Client::open(self.url.as_str())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await?;
        Ok(())
    }

    /// Restarts it as an administrator would, and waits until it answers.
    ///
    /// # Errors
    /// Where it does not come up, or is not ours.
    pub async fn restart(&self) -> Result<(), StackError> {
        let process = self.ours()?;
        process.stop().await;
        process.start_again();
        self.ready().await
    }

    /// `kill -9`; it is started again at once. Waits until it answers.
    ///
    /// # Errors
    /// Where it does not come up, or is not ours.
    pub async fn kill(&self) -> Result<(), StackError> {
        self.ours()?.signal(Signal::SIGKILL);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.ready().await
    }

    /// `kill -9`, and it stays down until [`PrivateRedis::bring_back`].
    ///
    /// # Errors
    /// Where it is not ours.
    pub async fn take_down(&self) -> Result<(), StackError> {
        self.ours()?.take_down().await;
        Ok(())
    }

    /// Starts it again after [`PrivateRedis::take_down`], and waits until it answers.
    ///
    /// # Errors
    /// Where it does not come up, or is not ours.
    pub async fn bring_back(&self) -> Result<(), StackError> {
        self.ours()?.start_again();
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
            .ok_or_else(|| StackError::Invalid(format!("the server of {REDIS_URL} is not ours to end")))
    }
}

pub(crate) fn program() -> Result<PathBuf, StackError> {
    std::env::var_os("PATH")
        .iter()
        .flat_map(std::env::split_paths)
        .chain([PathBuf::from("/usr/bin")])
        .map(|folder| folder.join("redis-server"))
        .find(|path| path.exists())
        .ok_or(StackError::NotInstalled { program: "redis-server", package: "redis-server" })
}

fn serve(program: &Path, data: &Path, port: u16, log: &Path) -> Result<PrivateRedis, StackError> {
    let (program, data) = (program.to_path_buf(), data.to_path_buf());
    let process = KeptProcess::start(ProcessPlan {
        name: "Redis".into(),
        launch: Box::new(move || {
            heal(&data)?;
            let mut command = with_death_signal(&program, Signal::SIGTERM);
            command.args(["--bind", "127.0.0.1", "--port"]).arg(port.to_string());
            command.arg("--dir").arg(&data).arg("--pidfile").arg(data.join("pid"));
            // Of Redis' own durability the promises need nothing; it only shortens the catching up.
            command.args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]);
            // What the streams hold is sealed: it does not get smaller, and trying costs a core now and then.
            command.args(["--rdbcompression", "no", "--auto-aof-rewrite-min-size", "256mb"]);
            // Full means an error to the writer, which keeps and repeats; never a silent removal.
            command.args(["--maxmemory", "1gb", "--maxmemory-policy", "noeviction"]);
            Ok(command)
        }),
        log: log.to_path_buf(),
        stop_signal: Signal::SIGTERM,
        grace: Duration::from_secs(10),
    })?;
    Ok(PrivateRedis { url: format!("redis://127.0.0.1:{port}/"), process: Some(process) })
}

/// Waits for a server of an earlier run that still shuts down: two must not write one log.
fn heal(data: &Path) -> std::io::Result<()> {
    let Some(pid) =
        std::fs::read_to_string(data.join("pid")).ok().and_then(|text| text.trim().parse::<i32>().ok())
    else {
        return Ok(());
    };
    let ours = || {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains("redis-server"))
            && std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data)
    };
    let begin = Instant::now();
    while ours() {
        let patient = begin.elapsed() < Duration::from_secs(5);
        let signal = if patient { Signal::SIGTERM } else { Signal::SIGKILL };
        let _ = kill(Pid::from_raw(pid), signal);
        std::thread::sleep(Duration::from_millis(30));
    }
    Ok(())
}
