//! A directory that is given to the running services reaches the accounts of the agency desk.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use std::{path::Path, sync::Arc};

use fengqiao_county::Counties;
use fengqiao_messaging::{Envelope, Topic};
use fengqiao_notification::staff::StaffWatch;
use fengqiao_proto::{
    routing::v1::{AreasActivated, Staff, StaffAgency, StaffPost, StaffTenure},
    types::v1::Level,
};
use fengqiao_serving::time::now;
use fengqiao_signin::{AccountName, Door, NewAccount, SignInError, password::Hashing};
use prost::Message as _;
use world::{COUNTY, Process, World, quick};

/// A directory with two people, of whom one left.
fn staff() -> Staff {
    let held = |person: &str, name: &str, to: &str| StaffTenure {
        person: person.into(),
        name: name.into(),
        post: "desk-officer".into(),
        from: "2026-01-01".into(),
        to: to.into(),
    };
    Staff {
        agencies: vec![StaffAgency { code: "police".into(), name: "麻城市公安局（新）".into() }],
        posts: vec![StaffPost {
            code: "desk-officer".into(),
            name: "值班民警".into(),
            agency: "police".into(),
        }],
        tenures: vec![held("officer-new", "孙某", ""), held("officer-left", "钱某", "2026-02-01")],
    }
}

fn told(world: &World, version: i32, staff: &Staff) -> Envelope {
    let message = AreasActivated {
        version,
        areas: "x".into(),
        sealed_staff: world.keyring.seal(&staff.encode_to_vec(), COUNTY.as_bytes()),
        ..Default::default()
    };
    let (_, like) = world.request("police", Level::Yellow);
    let kind = "fengqiao.routing.v1.AreasActivated".into();
    Envelope { kind, topic: Topic::Routing, payload: message.encode_to_vec(), trace: None, ..like }
}

async fn door(world: &World) -> Door {
    let migrator = sqlx::migrate::Migrator {
        migrations: fengqiao_signin::MIGRATIONS.migrations.clone(),
        ignore_missing: true,
        ..sqlx::migrate::Migrator::DEFAULT
    };
    migrator.run(&world.pool).await.unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    Door::new(world.pool.clone(), &Counties::load(&[folder]).unwrap(), Hashing::new().unwrap()).unwrap()
}

fn watch(world: &World, process: &Process, door: &Door) -> StaffWatch {
    let store = process.delivery.store.clone();
    StaffWatch::new(store, door.clone(), Arc::clone(&world.keyring), vec![COUNTY.into()])
}

fn account(name: &str, person: &str) -> NewAccount {
    NewAccount {
        name: AccountName::read(name).unwrap(),
        person: person.into(),
        agency: "police".into(),
        subject: None,
    }
}

#[tokio::test]
async fn a_directory_that_is_activated_has_the_accounts_and_the_folder_no_more() {
    let world = World::new(quick()).await;
    let process = world.process().await;
    let door = door(&world).await;
    let mut watching = watch(&world, &process, &door);
    watching.look().await.unwrap();
    // The folder's people: one has an account, and is signed in.
    let (_, password) = door.add(COUNTY, &account("zhao", "officer-zhao"), now()).await.unwrap();
    let token = door.by_password(COUNTY, "zhao", password.unwrap(), now()).await.unwrap();
    assert!(door.signed(token.clone(), now()).await.unwrap().is_some());
    let nobody = door.add(COUNTY, &account("new", "officer-new"), now()).await.unwrap_err();
    assert!(matches!(nobody, SignInError::NoPost));

    // Doubled, and an older one after it.
    let event = told(&world, 3, &staff());
    let old = told(&world, 2, &Staff::default());
    world.apply(&process, &[event.clone(), event, old]).await;
    watching.look().await.unwrap();
    door.read_people_again();
    assert!(door.signed(token, now()).await.unwrap().is_none(), "who left the directory is out");
    let (made, _) = door.add(COUNTY, &account("new", "officer-new"), now()).await.unwrap();
    assert_eq!(made.post, "desk-officer");
    let gone = door.add(COUNTY, &account("left", "officer-left"), now()).await.unwrap_err();
    assert!(matches!(gone, SignInError::NoPost));
    let held = door.staff(COUNTY).unwrap();
    assert_eq!((held.agency_name("police"), held.person_name("officer-new")), ("麻城市公安局（新）", "孙某"));
    // Another process, and one that starts later, has it from its first look.
    let late = self::door(&world).await;
    watch(&world, &process, &late).look().await.unwrap();
    assert_eq!(late.staff(COUNTY), door.staff(COUNTY));
    // What does not open changes nothing, and what comes after it does.
    let mut spoilt = told(&world, 4, &staff());
    spoilt.payload =
        AreasActivated { version: 4, areas: "x".into(), sealed_staff: vec![1, 2], ..Default::default() }
            .encode_to_vec();
    world.apply(&process, &[spoilt]).await;
    watching.look().await.unwrap();
    assert_eq!(late.staff(COUNTY), door.staff(COUNTY));
    world.apply(&process, &[told(&world, 5, &Staff::default())]).await;
    watching.look().await.unwrap();
    assert_eq!(door.staff(COUNTY).unwrap().person_name("officer-new"), "officer-new");
    process.end().await;
}
