//! The lookup key changes while reports come in: who came before is seen all the time, and at the end nothing is left that
//! the old key hashed.

use std::{path::Path, sync::Arc};

use fengqiao_intake::{Intake, config::CommitSettings, rehashing::Rehashing};
use fengqiao_proto::{
    intake::v1::{
        GetBackgroundRequest, Linkage, ListLinksRequest, ReadingPurpose, Report,
        background_service_client::BackgroundServiceClient, get_background_request::Asked,
        linkage_service_client::LinkageServiceClient,
    },
    types::v1::{CaseState, PartyRole},
};
use fengqiao_sealing::{KeyFileChange, Keyring, change};
use fengqiao_serving::{
    rehashing::{HashedAnew as _, Looked},
    time::{Clock, now},
};
use tokio_util::sync::CancellationToken;

use crate::{
    retention::Term,
    world::{COUNTY, Client, World, by, case_changed, channel, client, report, submit, tell},
};

async fn with_key_file(path: &Path) -> World {
    std::fs::write(path, Keyring::generate()).unwrap();
    let mut world = World::new().await;
    world.keyring = Arc::new(Keyring::load(path).unwrap());
    world
}

async fn told(client: &mut Client, told: Report) -> Linkage {
    submit(client, told).await.unwrap().linkage.unwrap()
}

/// What a process hashes anew.
fn rehashing(intake: &Arc<Intake>) -> Rehashing {
    Rehashing::new(Arc::clone(intake), Clock::system())
}

async fn look(rehashing: &Rehashing) -> Looked {
    rehashing.look(&CancellationToken::new()).await.unwrap()
}

/// All that linkage keeps, as it stands in the tables.
async fn kept(world: &World) -> Vec<(String, i16, Vec<u8>, bool)> {
    sqlx::query_as(
        "SELECT report.source_ref, lookup, traits, next_traits IS NULL FROM report_link
         JOIN report USING (county, report_id) ORDER BY 1",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap()
}

async fn keys(world: &World) -> Vec<(String, i64)> {
    sqlx::query_as(
        "SELECT report.source_ref, key FROM link_key JOIN report USING (county, report_id) ORDER BY 1, 2",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap()
}

/// A report of a family, with a second person and much that is compared.
fn of_family(reference: &str, family: u32) -> Report {
    let mut told = report(reference, family, family);
    let sign = |text: &str, nth: u32| text.chars().nth(nth as usize % 10).unwrap();
    let (surnames, given) = ("赵钱孙李周吴郑冯陈褚", "伟芳敏静强磊军洋勇艳");
    let name = |of: u32| -> String {
        [sign(surnames, of), sign(given, of / 10), sign(given, of / 100)].iter().collect()
    };
    told.parties[0].name = name(family);
    told.parties[1].name = name(family + 500);
    told.parties[1].role = PartyRole::Respondent.into();
    told.title = format!("欠款{family}");
    told.narrative = format!("{}欠款{family}00元不还", told.parties[1].name);
    told
}

#[tokio::test]
async fn the_lookup_key_changes_and_no_link_is_missed_and_nothing_old_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut world = with_key_file(&path).await;
    let intake = world.intake(&CommitSettings::default());
    let mut client = client(&world.serve(&intake).await).await;
    let mut first = Vec::new();
    for family in 0..300 {
        first.push(told(&mut client, of_family(&format!("GD-{family}"), family)).await);
    }
    let apart: std::collections::BTreeSet<&String> =
        first.iter().map(|linkage| &linkage.cluster_id).collect();
    assert!(apart.len() > 250, "families are apart: {}", apart.len());
    let rehashing = rehashing(&intake);
    assert!(rehashing.is_finished(&[1]).await.unwrap(), "it has never changed");

    change(&path, KeyFileChange::BeginLookup).unwrap();
    world.keyring.reload().unwrap();
    assert!(!rehashing.is_finished(&[1, 2]).await.unwrap());
    // Found by the old key, before anything is hashed anew.
    let again = told(&mut client, of_family("GD-again-1", 1)).await;
    assert_eq!((again.repeat, &again.cluster_id), (true, &first[1].cluster_id));
    // Ended in the middle of its first step; meanwhile reports come and are revised.
    let stop = CancellationToken::new();
    let mut held = world.pool.begin().await.unwrap();
    let one = "SELECT FROM report_link ORDER BY report_id LIMIT 1 FOR UPDATE";
    sqlx::query(one).execute(&mut *held).await.unwrap();
    let ending = tokio::spawn({
        let (rehashing, stop) = (rehashing.clone(), stop.clone());
        async move { rehashing.look(&stop).await.unwrap() }
    });
    crate::world::until("a step is being written", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        world.count(waiting).await > 0
    })
    .await;
    stop.cancel();
    held.rollback().await.unwrap();
    let begun = ending.await.unwrap();
    for family in 100..120 {
        let again = told(&mut client, of_family(&format!("GD-between-{family}"), family)).await;
        assert_eq!(again.cluster_id, first[family as usize].cluster_id, "family {family}");
        let revised = Report { title: "补充".into(), ..of_family(&format!("GD-{family}"), family) };
        assert_eq!(told(&mut client, revised).await.cluster_id, first[family as usize].cluster_id);
    }
    let rest = look(&rehashing).await;
    assert!(begun.done > 0 && rest.done > 0 && rest.left == 0, "{begun:?} {rest:?}");
    assert_eq!(look(&rehashing).await, Looked::default());
    assert_eq!(intake.lookup_key_read_by(COUNTY), 1);
    rehashing.finish(&[1, 2]).await.unwrap();
    assert_eq!(intake.lookup_key_read_by(COUNTY), 2);
    // Read by the new key; another process hears of it from the database.
    let other = world.intake(&CommitSettings::default());
    assert!(self::rehashing(&other).is_finished(&[1, 2]).await.unwrap());
    assert_eq!(other.lookup_key_read_by(COUNTY), 2);
    for family in [0, 1, 110, 299] {
        let again = told(&mut client, of_family(&format!("GD-switched-{family}"), family)).await;
        assert_eq!((again.repeat, &again.cluster_id), (true, &first[family as usize].cluster_id));
    }

    change(&path, KeyFileChange::EndLookup).unwrap();
    world.keyring.reload().unwrap();
    let again = told(&mut client, of_family("GD-ended-5", 5)).await;
    assert_eq!(
        again.cluster_id, first[5].cluster_id,
        "the older hashes are still there, and nobody asks for them"
    );
    assert!(!rehashing.is_finished(&[2]).await.unwrap());
    let gone = look(&rehashing).await;
    assert!(gone.done >= 300 && gone.left == 0, "{gone:?}");
    assert_eq!(look(&rehashing).await, Looked::default());
    rehashing.finish(&[2]).await.unwrap();
    assert!(rehashing.is_finished(&[2]).await.unwrap());
    let last = told(&mut client, of_family("GD-last-7", 7)).await;
    assert_eq!(last.cluster_id, first[7].cluster_id);
    assert_ne!(told(&mut client, of_family("GD-new", 900)).await.cluster_id, first[0].cluster_id);

    // Exactly as if there had never been another key: what was hashed anew is what a report has when it comes.
    assert!(kept(&world).await.iter().all(|(_, lookup, _, alone)| *lookup == 2 && *alone));
    let mut fresh = World::new().await;
    fresh.keyring = Arc::clone(&world.keyring);
    let fresh_intake = fresh.intake(&CommitSettings::default());
    let mut fresh_client = crate::world::client(&fresh.serve(&fresh_intake).await).await;
    let mut references: Vec<(String, u32)> =
        (0..300).map(|family| (format!("GD-{family}"), family)).collect();
    references.extend((100..120).map(|family| (format!("GD-between-{family}"), family)));
    for (reference, family) in &references {
        let revised = reference.len() < 7 && (100..120).contains(family);
        let title = if revised { "补充".into() } else { of_family(reference, *family).title };
        told(&mut fresh_client, Report { title, ..of_family(reference, *family) }).await;
    }
    let of_both = |held: Vec<(String, i16, Vec<u8>, bool)>| -> Vec<_> {
        let both = |one: &(String, i16, Vec<u8>, bool)| references.iter().any(|(name, _)| *name == one.0);
        held.into_iter().filter(both).collect()
    };
    let (anew, at_once) = (of_both(kept(&world).await), of_both(kept(&fresh).await));
    assert_eq!(anew.len(), 320);
    assert!(anew.iter().zip(&at_once).all(|(one, other)| (&one.0, &one.2) == (&other.0, &other.2)));
    let named = |held: Vec<(String, i64)>| -> Vec<_> {
        held.into_iter().filter(|(name, _)| references.iter().any(|(of, _)| of == name)).collect()
    };
    assert_eq!(named(keys(&world).await), named(keys(&fresh).await));
    fresh.end().await;
    world.end().await;
}

#[tokio::test]
async fn who_was_here_before_is_found_in_every_step_and_a_removed_report_leaves_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut world = with_key_file(&path).await;
    let intake = world.intake(&CommitSettings::default());
    let address = world.serve(&intake).await;
    let mut client = client(&address).await;
    told(&mut client, of_family("GD-1", 1)).await;
    let mut backgrounds = BackgroundServiceClient::new(channel(&address).await);
    let mut reports = async || {
        let asked = GetBackgroundRequest {
            asked: Some(Asked::Phone("13800000001".into())),
            purpose: ReadingPurpose::Reception.into(),
            purpose_words: "窗口来访".into(),
            ..Default::default()
        };
        let found = backgrounds.get_background(by("officer-2", asked)).await.unwrap().into_inner();
        found.reports.unwrap().count
    };
    assert_eq!(reports().await, 1);
    change(&path, KeyFileChange::BeginLookup).unwrap();
    world.keyring.reload().unwrap();
    told(&mut client, of_family("GD-2", 1)).await;
    assert_eq!(reports().await, 2, "each once, whatever keys it has");
    let rehashing = rehashing(&intake);
    look(&rehashing).await;
    rehashing.finish(&[1, 2]).await.unwrap();
    assert_eq!(reports().await, 2);
    // Removed after its term while there are two hashes: both go.
    let gone = told(&mut client, of_family("GD-gone", 40)).await;
    assert!(keys(&world).await.iter().filter(|(name, _)| name == "GD-gone").count() > 4);
    tell(&world, &case_changed(1, "20261127-0001", &gone.cluster_id, CaseState::Closed, Some(now()))).await;
    let term = Term::of(&world);
    term.pass(201);
    assert_eq!(term.look().await, 1);
    assert!(keys(&world).await.iter().all(|(name, _)| name != "GD-gone"));
    change(&path, KeyFileChange::EndLookup).unwrap();
    world.keyring.reload().unwrap();
    look(&rehashing).await;
    assert_eq!(
        world.count("SELECT count(*) FROM report_link WHERE lookup <> 2 OR next_traits IS NOT NULL").await,
        0
    );
    world.end().await;
}

#[tokio::test]
async fn what_does_not_open_keeps_the_older_lookup_key_from_going() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut world = with_key_file(&path).await;
    let intake = world.intake(&CommitSettings::default());
    let address = world.serve(&intake).await;
    let mut client = client(&address).await;
    told(&mut client, of_family("GD-1", 1)).await;
    told(&mut client, of_family("GD-2", 2)).await;
    sqlx::query("UPDATE report SET sealed_matter = '\\x01ff' WHERE source_ref = 'GD-1'")
        .execute(&world.pool)
        .await
        .unwrap();
    change(&path, KeyFileChange::BeginLookup).unwrap();
    world.keyring.reload().unwrap();
    let rehashing = rehashing(&intake);
    assert_eq!(look(&rehashing).await, Looked { done: 1, left: 1 });
    assert_eq!(look(&rehashing).await, Looked { done: 0, left: 1 });
    let mut links = LinkageServiceClient::new(channel(&address).await);
    let mut pages = links.list_links(by("officer", ListLinksRequest::default())).await.unwrap().into_inner();
    assert_eq!(pages.message().await.unwrap().unwrap().links.len(), 2, "nothing else suffers");
    world.end().await;
}
