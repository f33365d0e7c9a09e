//! Redis, however an installation runs it: one server, a set that Sentinel watches, or a cluster.
//!
//! * `redis://HOST:PORT/` is one server.
//! * `redis+sentinel://HOST:PORT,HOST:PORT,HOST:PORT/NAME` names the watchers of the set NAME; what is written goes to
//!   whichever server they hold for its master now.
//! * `redis-cluster://HOST:PORT,HOST:PORT,HOST:PORT/` names some of a cluster's nodes. The keys of a county share a slot.
//!
//! A user and a password stand before the first host, as in `redis://USER:PASSWORD@HOST:PORT/`.

use std::{str::FromStr, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, IntoConnectionInfo as _, Pipeline,
    RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection, PubSub},
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
    sentinel::{Sentinel, SentinelNodeConnectionInfo},
};
use tokio::{sync::Mutex, time::timeout};

/// The longest wait for an answer on a shared connection, and for a connection.
const QUICK: Duration = Duration::from_secs(2);
/// The longest wait between two tries of a shared connection to one server.
const LONGEST_RETRY: Duration = Duration::from_millis(500);

const SENTINEL: &str = "redis+sentinel://";
const CLUSTER: &str = "redis-cluster://";

/// Where Redis is. Cheap to clone; nothing is connected before it is needed.
#[derive(Clone)]
pub struct RedisServer(Way);

#[derive(Clone)]
enum Way {
    One(Client),
    Watched(Arc<Watched>),
    Cluster(Arc<Nodes>),
}

/// A set of servers that Sentinel watches.
struct Watched {
    name: String,
    watchers: Mutex<Sentinel>,
    login: SentinelNodeConnectionInfo,
}

/// A cluster, and those of its nodes that are named.
struct Nodes {
    named: Vec<ConnectionInfo>,
}

/// A connection of one's own, on which one may wait. What breaks it stays broken: connect anew.
#[derive(Clone)]
pub struct OwnRedis(Own);

#[derive(Clone)]
enum Own {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// A connection that all share for quick commands. It heals by itself; never wait on it.
#[derive(Clone)]
pub struct SharedRedis(Shared);

#[derive(Clone)]
enum Shared {
    One(ConnectionManager),
    Found(Arc<Found>),
}

/// A connection that is looked for again where it breaks, or where its server has become another's replica.
struct Found {
    server: RedisServer,
    current: Mutex<Option<OwnRedis>>,
}

impl FromStr for RedisServer {
    type Err = RedisError;

    fn from_str(url: &str) -> RedisResult<Self> {
        if let Some(rest) = url.strip_prefix(SENTINEL) {
            let (hosts, name) = rest.split_once('/').unwrap_or((rest, ""));
            if name.is_empty() {
                return Err(wrong("the URL of a watched set ends with the set's name"));
            }
            let (login, watchers) = nodes(hosts)?;
            let login = SentinelNodeConnectionInfo::default().set_redis_connection_info(login);
            let watchers = Mutex::new(Sentinel::build(watchers)?);
            return Ok(Self(Way::Watched(Arc::new(Watched { name: name.to_owned(), watchers, login }))));
        }
        if let Some(rest) = url.strip_prefix(CLUSTER) {
            let (login, named) = nodes(rest.trim_end_matches('/'))?;
            let named = named.into_iter().map(|node| node.set_redis_settings(login.clone())).collect();
            return Ok(Self(Way::Cluster(Arc::new(Nodes { named }))));
        }
        Client::open(url).map(Way::One).map(Self)
    }
}

/// The user and password that stand before the hosts, and the hosts.
fn nodes(hosts: &str) -> RedisResult<(redis::RedisConnectionInfo, Vec<ConnectionInfo>)> {
    let (login, hosts) = hosts.rsplit_once('@').map_or(("", hosts), |(login, hosts)| (login, hosts));
    let nodes: Vec<ConnectionInfo> = hosts
        .split(',')
        .map(|host| format!("redis://{host}/").into_connection_info())
        .collect::<Result<_, _>>()?;
    let first = hosts.split(',').next().unwrap_or_default();
    let at = if login.is_empty() { "" } else { "@" };
    let whole = format!("redis://{login}{at}{first}/").into_connection_info()?;
    Ok((whole.redis_settings().clone(), nodes))
}

fn wrong(why: &'static str) -> RedisError {
    (ErrorKind::InvalidClientConfig, why).into()
}

impl RedisServer {
    /// A connection of one's own, which waits so long for an answer.
    ///
    /// # Errors
    /// Where no server is found, or it does not answer.
    pub async fn connect(&self, patience: Duration) -> RedisResult<OwnRedis> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(QUICK))
            .set_response_timeout(Some(patience));
        let own = match &self.0 {
            Way::One(client) => {
                Own::Server(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Way::Watched(watched) => {
                let client = watched.master().await?;
                Own::Server(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Way::Cluster(nodes) => Own::Cluster(nodes.client(patience)?.get_async_connection().await?),
        };
        Ok(OwnRedis(own))
    }

    /// A connection for all, made when it is needed.
    ///
    /// # Errors
    /// Where the URL is of no use.
    pub fn shared(&self) -> RedisResult<SharedRedis> {
        let shared = match &self.0 {
            Way::One(client) => Shared::One(ConnectionManager::new_lazy_with_config(
                client.clone(),
                ConnectionManagerConfig::new()
                    .set_connection_timeout(Some(QUICK))
                    .set_response_timeout(Some(QUICK))
                    .set_number_of_retries(2)
                    .set_max_delay(LONGEST_RETRY),
            )?),
            Way::Watched(_) | Way::Cluster(_) => {
                Shared::Found(Arc::new(Found { server: self.clone(), current: Mutex::default() }))
            }
        };
        Ok(SharedRedis(shared))
    }

    /// A connection that hears what is published. In a cluster every node hears all.
    ///
    /// # Errors
    /// Where no server is found, or it does not answer.
    pub async fn listen(&self) -> RedisResult<PubSub> {
        match &self.0 {
            Way::One(client) => client.get_async_pubsub().await,
            Way::Watched(watched) => watched.master().await?.get_async_pubsub().await,
            Way::Cluster(nodes) => {
                let mut last = wrong("a cluster has no node");
                for node in &nodes.named {
                    let client = Client::open(node.clone())?;
                    match timeout(QUICK, client.get_async_pubsub()).await {
                        Ok(Ok(heard)) => return Ok(heard),
                        Ok(Err(error)) => last = error,
                        Err(_) => {}
                    }
                }
                Err(last)
            }
        }
    }
}

impl Watched {
    /// The server that is written to now.
    async fn master(&self) -> RedisResult<Client> {
        self.watchers.lock().await.async_master_for(&self.name, Some(&self.login)).await
    }
}

impl Nodes {
    fn client(&self, patience: Duration) -> RedisResult<ClusterClient> {
        ClusterClientBuilder::new(self.named.clone())
            .connection_timeout(QUICK)
            .response_timeout(patience)
            .build()
    }
}

impl Found {
    async fn connection(&self) -> RedisResult<OwnRedis> {
        let mut current = self.current.lock().await;
        if let Some(connection) = current.as_ref() {
            return Ok(connection.clone());
        }
        let connection = self.server.connect(QUICK).await?;
        *current = Some(connection.clone());
        Ok(connection)
    }

    /// After a fault of the connection or of what it leads to, the next command looks anew.
    async fn heed<T>(&self, answer: RedisResult<T>) -> RedisResult<T> {
        if let Err(error) = &answer
            && (error.is_io_error() || error.is_timeout() || error.is_cluster_error() || is_of_replica(error))
        {
            self.current.lock().await.take();
        }
        answer
    }
}

/// Whether the server has become another's replica.
fn is_of_replica(error: &RedisError) -> bool {
    error.code() == Some("READONLY")
}

impl ConnectionLike for OwnRedis {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Own::Server(connection) => connection.req_packed_command(cmd),
            Own::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Own::Server(connection) => connection.req_packed_commands(pipeline, offset, count),
            Own::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Own::Server(connection) => connection.get_db(),
            Own::Cluster(connection) => connection.get_db(),
        }
    }
}

impl ConnectionLike for SharedRedis {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Shared::One(connection) => connection.req_packed_command(cmd),
            Shared::Found(found) => Box::pin(async move {
                let mut connection = found.connection().await?;
                found.heed(connection.req_packed_command(cmd).await).await
            }),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Shared::One(connection) => connection.req_packed_commands(pipeline, offset, count),
            Shared::Found(found) => Box::pin(async move {
                let mut connection = found.connection().await?;
                found.heed(connection.req_packed_commands(pipeline, offset, count).await).await
            }),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Shared::One(connection) => connection.get_db(),
            Shared::Found(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_running_redis_has_its_url() {
        let way = |url: &str| RedisServer::from_str(url).map(|server| server.0);
        assert!(matches!(way("redis://127.0.0.1:6379/"), Ok(Way::One(_))));
        let Ok(Way::Watched(watched)) = way("redis+sentinel://u:p@10.0.0.1:26379,10.0.0.2:26379/county")
        else {
            panic!()
        };
        assert_eq!(watched.name, "county");
        let Ok(Way::Cluster(nodes)) = way("redis-cluster://:secret@10.0.0.1:7000,10.0.0.2:7000/") else {
            panic!()
        };
        assert_eq!(nodes.named.len(), 2);
        assert_eq!(nodes.named[1].redis_settings().password(), Some("secret"));
        assert!(way("redis+sentinel://10.0.0.1:26379/").is_err());
        assert!(way("redis-cluster:///").is_err());
        assert!(way("postgres://x/").is_err());
    }
}
