//! What is remembered between commits is never older than what is written.

use std::collections::{HashMap, HashSet};

use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::{
    intake::v1::Report,
    types::v1::{Party, PartyRole},
};
use sqlx::Executor as _;
use tokio::task::JoinSet;
use tonic::Code;

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

/// Under load a round is decided while the one before is written. Where that is refused for one of its reports, or another
/// process was faster, what was decided after it is decided again: nobody belongs to a person whom no report has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_decided_after_a_round_that_was_not_written_is_decided_again() {
    const PEOPLE: u32 = 40;
    const REPORTS: u32 = 1_200;
    for processes in [1_usize, 2] {
        let mut world = World::new().await;
        world.pool.execute("ALTER TABLE report ADD CHECK (source_ref NOT LIKE 'GD-_77')").await.unwrap();
        let settings = CommitSettings { batch_reports: 100, ..CommitSettings::default() };
        let mut clients = Vec::new();
        for _ in 0..processes {
            clients.push(client(&world.process(settings.clone()).await).await);
        }
        let mut calls = JoinSet::new();
        for n in 0..REPORTS {
            let mut client = clients[n as usize % processes].clone();
            let told = report(&format!("GD-{n}"), n % PEOPLE, n % PEOPLE);
            calls.spawn(async move { (n, submit(&mut client, told).await) });
        }
        let mut persons: HashMap<u32, HashSet<String>> = HashMap::new();
        while let Some(answer) = calls.join_next().await {
            let (n, answer) = answer.unwrap();
            let refused = n < 1_000 && n % 100 == 77 && n > 100;
            assert_eq!(
                answer.as_ref().err().map(tonic::Status::code),
                refused.then_some(Code::Internal),
                "{n} of {processes}"
            );
            if let Ok(told) = answer {
                persons.entry(n % PEOPLE).or_default().insert(told.linkage.unwrap().person_id);
            }
        }
        assert!(persons.values().all(|persons| persons.len() == 1), "{persons:?}");
        let known = "SELECT count(*) FROM report_link JOIN report USING (county, report_id)
                     WHERE EXISTS (SELECT FROM report AS first WHERE first.report_id = report_link.person_id)
                     AND EXISTS (SELECT FROM report AS first WHERE first.report_id = report.cluster_id)";
        assert_eq!(world.count(known).await, i64::from(REPORTS) - 9, "{processes}");
        world.end().await;
    }
}
