//! Rounds of commands that follow each other closely: the next one is judged while the one before is written.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::sync::Arc;

use fengqiao_proto::routing::v1::{
    ListCaseHistoryRequest, VerifyHistoryRequest, audit_service_server::AuditService as _,
    routing_service_server::RoutingService as _, verify_history_response::Step,
};
use fengqiao_routing::{
    commands::Command,
    counties::RoutingCounty,
    domain::{acts::Act, case::CaseFile, case_number::CaseName, history::Occasion},
    error::RoutingError,
    grpc::AuditFace,
    store::forget_answers,
};
use fengqiao_serving::time::{Clock, now};
use futures::{StreamExt as _, future::join_all};
use jiff::SignedDuration;
use office::{Office, asked, officer};
use uuid::Uuid;

/// More than two rounds, so that at least one is judged ahead.
const COMMANDS: usize = 400;

async fn one_case(office: &Office) -> String {
    office.take(&[office.report(Uuid::now_v7(), "漏水")]).await.unwrap();
    office.changes().await.last().unwrap().case_id.clone()
}

fn command(case: &str, request_id: String, act: Act) -> Command {
    Command {
        actor: Occasion::of_system(now()),
        visible_to: None,
        case: CaseName::parse(case).unwrap(),
        request_id,
        etag: String::new(),
        act,
    }
}

fn comment(case: &str, number: usize) -> Command {
    command(case, format!("r{number}"), Act::Comment { words: format!("第{number}次走访") })
}

/// All of them wait before the first is carried out.
async fn at_once(
    office: &Office,
    place: &Arc<RoutingCounty>,
    commands: impl IntoIterator<Item = Command>,
) -> Vec<Result<CaseFile, RoutingError>> {
    let turn = place.alone().await;
    let waiting = join_all(commands.into_iter().map(|command| office.face.commands.run(place, command)));
    let (answers, ()) = tokio::join!(waiting, async { drop(turn) });
    answers
}

async fn comments_of(office: &Office, case: &str) -> Vec<i64> {
    let request = ListCaseHistoryRequest { case: case.into(), page_size: 1_000, ..Default::default() };
    let history = office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner();
    history.entries.iter().map(|entry| entry.sequence).collect()
}

async fn faults(office: &Office) -> usize {
    let (pool, counties) = (office.pool.clone(), Arc::clone(&office.counties));
    let face = AuditFace::new(pool, counties, Arc::clone(&office.keyring), Clock::system());
    let answer = face.verify_history(asked(&officer(), VerifyHistoryRequest::default())).await.unwrap();
    let steps: Vec<_> = answer.into_inner().collect().await;
    steps.into_iter().filter(|step| matches!(step.as_ref().unwrap().step, Some(Step::Finding(_)))).count()
}

#[tokio::test]
async fn rounds_that_follow_each_other_see_each_other() {
    let office = Office::open().await;
    let place = Arc::clone(office.counties.iter().next().unwrap());
    let cases = [one_case(&office).await, one_case(&office).await, one_case(&office).await];
    let before = comments_of(&office, &cases[0]).await.len();
    // Each twice: the second send is of a later round than the first.
    let numbers = (0..COMMANDS / 2).chain(0..COMMANDS / 2);
    let answers = at_once(&office, &place, numbers.map(|number| comment(&cases[number % 3], number))).await;
    assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().find(|answer| answer.is_err()));
    for (number, case) in cases.iter().enumerate() {
        let mine = (0..COMMANDS / 2).filter(|comment| comment % 3 == number).count();
        let sequences = comments_of(&office, case).await;
        assert_eq!(sequences, (1..=(before + mine) as i64).collect::<Vec<_>>());
    }
    assert_eq!(faults(&office).await, 0, "the seals stand on one another");
}

#[tokio::test]
async fn what_was_judged_on_a_round_that_fails_is_judged_again() {
    let office = Office::open().await;
    let place = Arc::clone(office.counties.iter().next().unwrap());
    let case = one_case(&office).await;
    let before = comments_of(&office, &case).await.len();
    // The database refuses a round with a request id like this one, which is then carried out in halves.
    let spoilt = |number: usize| if number == 3 { "\0".to_owned() } else { String::new() };
    let commands = (0..COMMANDS).map(|number| {
        let comment = comment(&case, number);
        Command { request_id: comment.request_id.clone() + &spoilt(number), ..comment }
    });
    let answers = at_once(&office, &place, commands).await;
    let refused: Vec<usize> = (0..COMMANDS).filter(|number| answers[*number].is_err()).collect();
    assert_eq!(refused, [3]);
    let sequences = comments_of(&office, &case).await;
    assert_eq!(sequences, (1..=(before + COMMANDS - 1) as i64).collect::<Vec<_>>());
    assert_eq!(faults(&office).await, 0);
}

#[tokio::test]
async fn what_a_round_ends_may_be_opened_again_in_the_next() {
    let office = Office::open().await;
    let place = Arc::clone(office.counties.iter().next().unwrap());
    let case = one_case(&office).await;
    let reject = command(&case, "reject".into(), Act::Reject { words: "依法另行处理".into() });
    let filling = (0..COMMANDS / 2).map(|number| comment(&case, number));
    let reopen = command(&case, "reopen".into(), Act::Reopen { words: "又起争执".into() });
    let answers = at_once(&office, &place, std::iter::once(reject).chain(filling).chain([reopen])).await;
    assert!(answers[0].is_ok());
    let reopened = answers.last().unwrap().as_ref().unwrap();
    assert!(reopened.state.takes_reports());
    assert_eq!(faults(&office).await, 0);
}

#[tokio::test]
async fn request_ids_are_forgotten_when_they_are_old_and_not_before() {
    let office = Office::open().await;
    let place = Arc::clone(office.counties.iter().next().unwrap());
    let case = one_case(&office).await;
    for number in 0..5 {
        office.face.commands.run(&place, comment(&case, number)).await.unwrap();
    }
    sqlx::query(
        "UPDATE command_answer SET answered_at = answered_at - interval '40 days' WHERE request_id < 'r3'",
    )
    .execute(&office.pool)
    .await
    .unwrap();
    let before = now() - SignedDuration::from_hours(24 * 30);
    assert_eq!(forget_answers(&office.pool, before, 2).await.unwrap(), 2, "a bounded piece");
    assert_eq!(forget_answers(&office.pool, before, 2).await.unwrap(), 1);
    assert_eq!(forget_answers(&office.pool, before, 2).await.unwrap(), 0);
}
