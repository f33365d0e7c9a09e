//! Keys change while reports come in and are read, and what an older key sealed is sealed anew.

use std::{path::Path, sync::Arc, time::Duration};

use fengqiao_intake::{config::CommitSettings, store::SEALED_COLUMNS};
use fengqiao_proto::intake::v1::{Details, GetReportRequest, ListReportsRequest, OwnField, Report};
use fengqiao_sealing::{KeyFileChange, Keyring, change};
use fengqiao_serving::resealing::{OldValues, Resealing};
use sqlx::Row as _;
use tokio_util::sync::CancellationToken;

use crate::world::{COUNTY, World, client, report, submit};

async fn with_key_file(path: &Path) -> World {
    std::fs::write(path, Keyring::generate()).unwrap();
    let mut world = World::new().await;
    world.keyring = Arc::new(Keyring::load(path).unwrap());
    world
}

fn resealing(world: &World) -> Resealing {
    Resealing::new(world.pool.clone(), vec![COUNTY.into()], Arc::clone(&world.keyring), SEALED_COLUMNS)
}

/// How many values each key sealed, in all columns.
async fn sealed_with(world: &World, key: i32) -> i64 {
    let statement = "SELECT count(*) FROM (
             SELECT sealed_matter AS sealed FROM report UNION ALL SELECT sealed_details FROM report
             UNION ALL SELECT sealed_matter FROM report_revision
             UNION ALL SELECT sealed_details FROM report_revision
         ) AS each WHERE octet_length(sealed) > 0 AND get_byte(sealed, 0) = $1";
    sqlx::query_scalar(statement).bind(key).fetch_one(&world.pool).await.unwrap()
}

fn detailed(number: u32) -> Report {
    let own_fields = vec![OwnField { name: "工号".into(), value: "A07".into() }];
    let details = Details { own_fields, ..Details::default() };
    Report { details: Some(details), ..report(&format!("GD-{number}"), number, number) }
}

#[tokio::test]
async fn keys_change_while_reports_come_in_and_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut world = with_key_file(&path).await;
    let address = world.process(CommitSettings::default()).await;
    let mut intake = client(&address).await;
    for number in 0..450 {
        if number < 5 {
            submit(&mut intake, Report { title: "先前".into(), ..detailed(number) }).await.unwrap();
        }
        submit(&mut intake, detailed(number)).await.unwrap();
    }
    assert_eq!(sealed_with(&world, 1).await, 910);
    let resealing = resealing(&world);
    resealing.look(&CancellationToken::new()).await.unwrap();
    assert!(resealing.counted().unwrap().old.is_empty(), "one key: nothing is old");

    change(&path, KeyFileChange::Rotate).unwrap();
    assert!(world.keyring.reload().unwrap());
    let meanwhile = tokio::spawn({
        let mut intake = client(&address).await;
        async move {
            for number in 400..600 {
                // Some are new, some revise what is being sealed anew.
                submit(&mut intake, Report { title: "随后".into(), ..detailed(number) }).await.unwrap();
                let page = ListReportsRequest { page_size: 20, ..Default::default() };
                assert_eq!(intake.list_reports(page).await.unwrap().into_inner().reports.len(), 20);
            }
        }
    });
    // Stopped half-way, it goes on where it is.
    let stop = CancellationToken::new();
    let soon = stop.clone();
    let stopping = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(30)).await;
        soon.cancel();
    });
    let first = resealing.look(&stop).await.unwrap();
    stopping.await.unwrap();
    meanwhile.await.unwrap();
    let left = sealed_with(&world, 1).await;
    let second = resealing.look(&CancellationToken::new()).await.unwrap();
    assert!(first > 0 && second == u64::try_from(left).unwrap(), "{first}, then {second} of {left}");
    assert_eq!(sealed_with(&world, 1).await, 0);
    assert_eq!(resealing.look(&CancellationToken::new()).await.unwrap(), 0);
    assert!(resealing.counted().unwrap().old.values().all(|old| *old == OldValues::default()));

    change(&path, KeyFileChange::Retire(1)).unwrap();
    world.keyring.reload().unwrap();
    for reference in ["GD-3", "GD-449", "GD-599"] {
        let request = GetReportRequest { source: 2, source_ref: reference.into(), ..Default::default() };
        let read = intake.get_report(request).await.unwrap().into_inner().report.unwrap().report.unwrap();
        assert_eq!(read.details.unwrap().own_fields[0].value, "A07");
    }
    world.end().await;
}

#[tokio::test]
async fn what_does_not_open_keeps_its_key_from_going() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut world = with_key_file(&path).await;
    let mut intake = client(&world.process(CommitSettings::default()).await).await;
    submit(&mut intake, detailed(1)).await.unwrap();
    sqlx::query("UPDATE report SET sealed_details = '\\x01ff'").execute(&world.pool).await.unwrap();
    change(&path, KeyFileChange::Rotate).unwrap();
    world.keyring.reload().unwrap();
    let resealing = resealing(&world);
    assert_eq!(resealing.look(&CancellationToken::new()).await.unwrap(), 1);
    assert_eq!(resealing.counted().unwrap().old[&1], OldValues { waiting: 1, fixed: 0 });
    world.end().await;
}

/// Whoever adds a column of sealed values adds its line.
#[tokio::test]
async fn every_column_of_sealed_values_is_sealed_anew() {
    let world = World::new().await;
    let columns = sqlx::query(
        "SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'intake' AND data_type = 'bytea' AND column_name LIKE 'sealed%'",
    );
    let columns = columns.fetch_all(&world.pool).await.unwrap();
    assert!(columns.len() >= 4);
    for column in columns {
        let (table, column): (&str, &str) = (column.get(0), column.get(1));
        let listed = SEALED_COLUMNS.iter().any(|one| (one.table, one.column) == (table, column));
        assert!(listed, "{table}.{column} is not listed");
    }
    world.end().await;
}
