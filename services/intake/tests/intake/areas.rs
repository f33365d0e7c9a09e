//! Areas that routing told of, as reports meet them.

use std::sync::Arc;

use fengqiao_areas::AreaWatch;
use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::{intake::v1::Report, routing::v1::AreasActivated};
use tonic::Code;

use crate::world::{COUNTY, World, client, events, report, submit, tell};

const OLD: &str = "421181105204";
const NEW: &str = "421181105299";
const POLICE: &str = "421181105900001";

/// The areas of the folder and a new village, into which an old one went long ago.
fn merged(world: &World) -> AreasActivated {
    let folder = &world.counties.get(COUNTY).unwrap().folder;
    let areas = std::fs::read_to_string(folder.join("areas.csv")).unwrap();
    AreasActivated {
        version: 1,
        areas: format!("{areas}{NEW},community,新合村,421181105000\n"),
        area_codes: Some(format!("code,system,area_code\n{POLICE},police15,{NEW}\n")),
        area_changes: Some(format!("code,valid_from,valid_to,successor\n{OLD},,2020-12-31,{NEW}\n")),
        sealed_staff: Vec::new(),
    }
}

#[tokio::test]
async fn reports_go_to_the_successor_and_a_repeated_one_stays_the_same() {
    let mut world = World::new().await;
    let mut client = client(&world.process(CommitSettings::default()).await).await;
    let from = |reference: &str, number: u32, area: &str| Report {
        area_code: area.into(),
        ..report(reference, number, number)
    };
    let first = from("GD-1", 1, OLD);
    let taken = submit(&mut client, first.clone()).await.unwrap();
    assert_eq!(submit(&mut client, from("GD-2", 2, NEW)).await.unwrap_err().code(), Code::InvalidArgument);
    tell(&world, &merged(&world)).await;
    AreaWatch::start(world.pool.clone(), Arc::clone(&world.counties)).await.unwrap();
    for (number, named) in [(2, NEW), (3, OLD), (4, POLICE)] {
        submit(&mut client, from(&format!("GD-{number}"), number, named)).await.unwrap();
    }
    // Sent again it says what it said, though its area has a successor now; with another content it goes there.
    let again = submit(&mut client, first.clone()).await.unwrap();
    assert_eq!((again.known, again.revision, &again.report_id), (true, 1, &taken.report_id));
    let revised = submit(&mut client, Report { narrative: "又来了".into(), ..first }).await.unwrap();
    assert_eq!((revised.known, revised.revision), (false, 2));
    let areas: Vec<String> = events(&world).await.into_iter().map(|event| event.area_code).collect();
    assert_eq!(areas, [OLD, NEW, NEW, NEW, NEW]);
    // Addresses are read by the new names at once.
    let house = Report { address: "新合村9组9号".into(), ..from("GD-5", 5, "421181105000") };
    let same = Report { address: "9组9号".into(), ..from("GD-6", 6, NEW) };
    submit(&mut client, house).await.unwrap();
    assert!(submit(&mut client, same).await.unwrap().linkage.unwrap().repeat);
    world.end().await;
}
