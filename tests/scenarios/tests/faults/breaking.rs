//! What is broken, and when.

use std::time::Duration;

use fengqiao_stack::{
    Stack,
    services::{Service, ServiceProcess},
};
use rand::{RngExt as _, rngs::StdRng, seq::SliceRandom as _};
use tokio::{task::JoinSet, time::sleep};

/// A round that goes on longer than so many is stuck.
const MOST_ROUNDS: usize = 30;

#[derive(Debug, Clone, Copy)]
enum Fault {
    /// One process; it is started again at once.
    Kill(Service),
    /// All processes of a service are killed and stay down for a while.
    TakeDown(Service),
    RestartPostgres,
    EmptyRedis,
    KillRedis,
    /// Redis is killed and stays down for a while.
    TakeDownRedis,
}

impl Fault {
    fn all() -> Vec<Self> {
        let mut all = vec![Self::RestartPostgres, Self::EmptyRedis, Self::KillRedis, Self::TakeDownRedis];
        all.extend(Service::ALL.map(Self::Kill));
        all.extend(Service::ALL.map(Self::TakeDown));
        all
    }
}

/// Breaks things at random moments until all reports are acknowledged, each thing at least once. Afterwards all is up.
pub async fn break_until_done(
    stack: &Stack,
    beside: &[ServiceProcess],
    random: &mut StdRng,
    submitting: &mut JoinSet<()>,
) {
    let mut all = Fault::all();
    let mut rounds = 0;
    while rounds == 0 || !submitting.is_empty() {
        all.shuffle(random);
        for fault in &all {
            sleep(Duration::from_millis(random.random_range(200..1_200))).await;
            let down = Duration::from_millis(random.random_range(500..2_500));
            break_once(stack, beside, *fault, down).await;
            while let Some(ended) = submitting.try_join_next() {
                ended.unwrap();
            }
        }
        rounds += 1;
        assert!(rounds < MOST_ROUNDS, "the reports are not acknowledged");
    }
    println!("{rounds} rounds of {} faults", all.len());
    for process in Service::ALL.into_iter().map(|service| stack.service(service)).chain(beside) {
        process.ready().await.unwrap();
    }
}

async fn break_once(stack: &Stack, beside: &[ServiceProcess], fault: Fault, down: Duration) {
    let redis = stack.redis().unwrap();
    match fault {
        Fault::Kill(service) => {
            stack.service(service).kill();
        }
        Fault::TakeDown(service) => {
            let further = beside.iter().filter(|process| process.service() == service);
            let processes: Vec<_> = std::iter::once(stack.service(service)).chain(further).collect();
            for process in &processes {
                process.take_down().await;
            }
            sleep(down).await;
            for process in processes {
                process.bring_back();
            }
        }
        Fault::RestartPostgres => stack.postgres().unwrap().kill().await.unwrap(),
        Fault::EmptyRedis => {
            // It may be down by the fault before; then there is nothing to empty.
            let _ = redis.flush().await;
        }
        Fault::KillRedis => redis.kill().await.unwrap(),
        Fault::TakeDownRedis => {
            redis.take_down().await.unwrap();
            sleep(down).await;
            redis.bring_back().await.unwrap();
        }
    }
}
