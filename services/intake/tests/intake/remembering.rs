//! What is remembered between commits is never older than what is written.

use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::{
    intake::v1::Report,
    types::v1::{Party, PartyRole},
};

use crate::world::{World, client, report, submit};

/// A caller against whom somebody with a telephone is named.
fn against(reference: &str, caller: u32, other: u32) -> Report {
    let mut told = report(reference, caller, caller);
    let phone = format!("138{other:08}");
    told.parties[1] = Party { role: PartyRole::Respondent.into(), phone, ..Party::default() };
    told
}

/// One process knows of a telephone that a respondent has it. What its owner then reports through another process counts
/// for what the first process is told after that.
#[tokio::test]
async fn what_another_process_took_is_seen_by_who_remembers() {
    for remembered_reports in [CommitSettings::default().remembered_reports, 0] {
        let mut world = World::new().await;
        let settings = CommitSettings { remembered_reports, ..CommitSettings::default() };
        let mut one = client(&world.process(settings.clone()).await).await;
        let other = client(&world.process(settings).await).await;
        submit(&mut one, against("GD-1", 1, 2)).await.unwrap();
        let mut persons = Vec::new();
        for (at, client) in [&other, &one, &one, &other, &one].into_iter().enumerate() {
            let told = submit(&mut client.clone(), report(&format!("GD-{}", at + 2), 2, 7)).await.unwrap();
            persons.push(told.linkage.unwrap().person_id);
        }
        persons.dedup();
        assert_eq!(persons.len(), 1, "{remembered_reports} remembered");
        world.end().await;
    }
}
