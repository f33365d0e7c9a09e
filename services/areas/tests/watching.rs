//! Areas that were told, in the processes of a service.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{path::Path, str::FromStr as _, sync::Arc, time::Duration};

use fengqiao_areas::{AreaNews, AreaWatch, MIGRATIONS, STATEMENTS, keep};
use fengqiao_county::Counties;
use fengqiao_stack::test_database::TestDatabase;
use sqlx::{
    Executor as _, PgPool, SqlStr,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio_util::sync::CancellationToken;

const COUNTY: &str = "421181";

async fn schema() -> (PgPool, TestDatabase) {
    let database = TestDatabase::create().await.unwrap();
    let options = PgConnectOptions::from_str(database.url()).unwrap().options([("search_path", "reader")]);
    let pool = PgPoolOptions::new().max_connections(4).connect_with(options).await.unwrap();
    pool.execute("CREATE SCHEMA reader").await.unwrap();
    MIGRATIONS.run(&pool).await.unwrap();
    (pool, database)
}

/// The counties of a process, as its folder has them.
fn counties() -> Arc<Counties> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    Arc::new(Counties::load(&[folder]).unwrap())
}

async fn tell(pool: &PgPool, version: i32, areas: &str) {
    let areas = format!("code,level,name,parent_code\n{areas}");
    let news = AreaNews { county: COUNTY.into(), version, areas, codes: None, changes: None };
    keep(&mut pool.acquire().await.unwrap(), &news).await.unwrap();
}

fn name(counties: &Counties) -> String {
    counties.get(COUNTY).unwrap().areas.now().name_path(COUNTY)
}

async fn until_named(counties: &Counties, wanted: &str) {
    let seen = async {
        while name(counties) != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), seen).await.unwrap();
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let (pool, _database) = schema().await;
    let mut conn = pool.acquire().await.unwrap();
    for (name, statement) in STATEMENTS {
        let prepared = conn.prepare(SqlStr::from_static(statement)).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
    }
}

#[tokio::test]
async fn all_processes_take_what_one_was_told_and_one_that_starts_later_too() {
    let (pool, _database) = schema().await;
    let stop = CancellationToken::new();
    let processes = [counties(), counties()];
    let mut running = Vec::new();
    for counties in &processes {
        let watch = AreaWatch::start(pool.clone(), Arc::clone(counties)).await.unwrap();
        running.push(tokio::spawn(watch.run(stop.clone())));
        assert_eq!(name(counties), "麻城市", "the folder holds where nothing was told");
    }
    tell(&pool, 2, "421181,county,新麻城,\n").await;
    tell(&pool, 1, "421181,county,旧麻城,\n").await;
    for counties in &processes {
        until_named(counties, "新麻城").await;
    }
    // What this program cannot read changes nothing, and what can be read afterwards does.
    tell(&pool, 3, "421181,prefecture,麻城州,\n").await;
    tell(&pool, 4, "421181,county,麻城区,\n").await;
    until_named(&processes[0], "麻城区").await;
    tell(&pool, 5, "421181,prefecture,麻城州,\n").await;
    let late = counties();
    AreaWatch::start(pool.clone(), Arc::clone(&late)).await.unwrap();
    assert_eq!(name(&late), "麻城市", "an unreadable one leaves what holds here");
    tell(&pool, 6, "421181,county,后来,\n").await;
    let last = counties();
    AreaWatch::start(pool, Arc::clone(&last)).await.unwrap();
    assert_eq!(name(&last), "后来", "before anything is served");
    until_named(&processes[1], "后来").await;
    stop.cancel();
    for watch in running {
        watch.await.unwrap().unwrap();
    }
}
