//! Redis as larger installations run it, on this machine: a set that Sentinel watches, and a cluster of three.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use redis::{Client, FromRedisValue};

use crate::{
    StackError,
    ports::free_port,
    process::{KeptProcess, ProcessPlan, with_death_signal},
    redis_server::program,
};

const READY_WITHIN: Duration = Duration::from_secs(30);
const SLOTS: u16 = 16_384;
/// The watched set's name.
const SET: &str = "county";

/// Two servers, one the other's replica, and three watchers that make the replica the master when it is gone.
pub struct WatchedRedis {
    servers: Vec<Node>,
    watchers: Vec<Node>,
}

/// A cluster of three masters.
pub struct RedisCluster {
    nodes: Vec<Node>,
}

/// One server of a set.
struct Node {
    port: u16,
    process: KeptProcess,
}

impl Node {
    fn start(folder: &Path, arguments: Vec<String>, port: u16) -> Result<Self, StackError> {
        std::fs::create_dir_all(folder).map_err(StackError::file(folder))?;
        let (program, data): (PathBuf, PathBuf) = (program()?, folder.to_path_buf());
        let process = KeptProcess::start(ProcessPlan {
            name: format!("Redis {port}"),
            launch: Box::new(move || {
                let mut command = with_death_signal(&program, Signal::SIGTERM);
                command.args(&arguments).current_dir(&data);
                Ok(command)
            }),
            log: folder.join("redis.log"),
            stop_signal: Signal::SIGTERM,
            grace: Duration::from_secs(10),
        })?;
        Ok(Self { port, process })
    }

    fn server(folder: &Path, more: &[&str]) -> Result<Self, StackError> {
        let port = free_port()?;
        let number = port.to_string();
        let own = ["--bind", "127.0.0.1", "--port", &number, "--save", "", "--appendonly", "no"];
        let arguments = own.iter().chain(more).map(|&argument| argument.to_owned()).collect();
        Self::start(&folder.join(&number), arguments, port)
    }

    fn watcher(folder: &Path, master: u16) -> Result<Self, StackError> {
        let port = free_port()?;
        let own = folder.join(format!("watcher-{port}"));
        std::fs::create_dir_all(&own).map_err(StackError::file(&own))?;
        // A watcher writes what it learns into its file.
        let file = own.join("sentinel.conf");
        let settings = format!(
            "bind 127.0.0.1\nport {port}\nsentinel monitor {SET} 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds {SET} 500\nsentinel failover-timeout {SET} 3000\n"
        );
        std::fs::write(&file, settings).map_err(StackError::file(&file))?;
        Self::start(&own, vec![file.display().to_string(), "--sentinel".to_owned()], port)
    }

    async fn ask<T: FromRedisValue>(&self, command: &[&str]) -> Result<T, StackError> {
        let client = Client::open(format!("redis://127.0.0.1:{}/", self.port))?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut asked = redis::cmd(command[0]);
        command[1..].iter().for_each(|argument| {
            asked.arg(*argument);
        });
        Ok(asked.query_async(&mut connection).await?)
    }

    async fn until(
        &self,
        command: &[&str],
        holds: impl Fn(&redis::Value) -> bool + Send,
    ) -> Result<(), StackError> {
        let end = Instant::now() + READY_WITHIN;
        loop {
            match self.ask::<redis::Value>(command).await {
                Ok(answer) if holds(&answer) => return Ok(()),
                _ if Instant::now() > end => {
                    return Err(self.process.ended(format!("is not ready: {}", command.join(" "))));
                }
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

/// Whether an answer speaks of something.
fn says(what: &'static str) -> impl Fn(&redis::Value) -> bool + Send {
    move |answer| String::from_redis_value_ref(answer).is_ok_and(|text| text.contains(what))
}

impl WatchedRedis {
    /// Starts the set in a folder and waits until the watchers know all of it.
    ///
    /// # Errors
    /// Where a server does not start.
    pub async fn start(folder: &Path) -> Result<Self, StackError> {
        let master = Node::server(folder, &[])?;
        let of = format!("127.0.0.1 {}", master.port);
        let replica = Node::server(folder, &["--replicaof", &of])?;
        replica.until(&["INFO", "replication"], says("master_link_status:up")).await?;
        let watchers = (0..3).map(|_| Node::watcher(folder, master.port)).collect::<Result<Vec<_>, _>>()?;
        for watcher in &watchers {
            let info = &["INFO", "sentinel"];
            watcher.until(info, says("slaves=1,sentinels=3")).await?;
        }
        Ok(Self { servers: vec![master, replica], watchers })
    }

    /// The set's URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+sentinel://{}/{SET}", hosts(&self.watchers))
    }

    /// Ends the master for good, and waits until the replica has taken its place.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn fail_over(&self) -> Result<(), StackError> {
        self.servers[0].process.stop().await;
        self.servers[1]
            .until(&["ROLE"], |role| {
                Vec::<redis::Value>::from_redis_value_ref(role)
                    .is_ok_and(|role| role.first().is_some_and(says("master")))
            })
            .await
    }

    /// Ends all of it.
    pub async fn stop(&self) {
        for node in self.watchers.iter().chain(&self.servers) {
            node.process.stop().await;
        }
    }
}

impl RedisCluster {
    /// Starts three nodes in a folder, shares the slots between them and waits until they agree.
    ///
    /// # Errors
    /// Where a node does not start.
    pub async fn start(folder: &Path) -> Result<Self, StackError> {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let bus = free_port()?.to_string();
            let own = ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", &bus];
            nodes.push((Node::server(folder, &own)?, bus));
        }
        let share = SLOTS / 3;
        for (number, (node, _)) in nodes.iter().enumerate() {
            node.until(&["PING"], says("PONG")).await?;
            let first = share * number as u16;
            let last = if number == 2 { SLOTS - 1 } else { first + share - 1 };
            node.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]).await?;
            node.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]).await?;
        }
        let (first, _) = &nodes[0];
        for (node, bus) in &nodes[1..] {
            first.ask::<()>(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string(), bus]).await?;
        }
        for (node, _) in &nodes {
            let info = &["CLUSTER", "INFO"];
            node.until(info, says("cluster_state:ok")).await?;
            node.until(info, says("cluster_known_nodes:3")).await?;
            node.until(info, says("cluster_slots_ok:16384")).await?;
        }
        Ok(Self { nodes: nodes.into_iter().map(|(node, _)| node).collect() })
    }

    /// The cluster's URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis-cluster://{}/", hosts(&self.nodes))
    }

    /// Ends all of it.
    pub async fn stop(&self) {
        for node in &self.nodes {
            node.process.stop().await;
        }
    }
}

fn hosts(nodes: &[Node]) -> String {
    nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect::<Vec<_>>().join(",")
}
