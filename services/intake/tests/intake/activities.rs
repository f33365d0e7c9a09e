//! What people did that is no report.

use fengqiao_intake::config::CommitSettings;
use fengqiao_proto::{
    intake::v1::{
        Activity, ActivityKind, ActivityRecorded, SubmitActivitiesRequest, SubmitActivityRequest,
        SubmitActivityResponse, activity_service_client::ActivityServiceClient,
        submit_activities_response::Outcome,
    },
    types::v1::Source,
};
use prost::Message as _;
use sqlx::AssertSqlSafe;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{
    retention::Term,
    world::{COUNTY, World, by, channel},
};

type Client = ActivityServiceClient<Channel>;

async fn world() -> (World, Client) {
    let mut world = World::new().await;
    let address = world.process(CommitSettings::default()).await;
    let client = ActivityServiceClient::new(channel(&address).await);
    (world, client)
}

fn visit(number: usize) -> Activity {
    let ended_at = fengqiao_serving::time::to_proto(fengqiao_serving::time::now());
    let ended_at = prost_types::Timestamp { seconds: ended_at.seconds / 3600 * 3600 - 3600, nanos: 0 };
    Activity {
        source: Source::Grid.into(),
        source_ref: format!("V-{number}"),
        kind: ActivityKind::Visit.into(),
        area_code: "421181105204".into(),
        begun_at: Some(prost_types::Timestamp { seconds: ended_at.seconds - 1800, ..ended_at }),
        ended_at: Some(ended_at),
        count: 1,
        agency: "community-421181105204".into(),
        person: "网格员张某".into(),
        subject: "独居老人王某".into(),
        ..Default::default()
    }
}

async fn send(client: &mut Client, activity: Activity) -> Result<SubmitActivityResponse, Status> {
    let request = SubmitActivityRequest { activity: Some(activity) };
    client.submit_activity(by("grid", request)).await.map(tonic::Response::into_inner)
}

async fn told(world: &World) -> Vec<ActivityRecorded> {
    let payloads: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT payload FROM outbox_event WHERE kind LIKE '%ActivityRecorded' ORDER BY position",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    payloads.iter().map(|payload| ActivityRecorded::decode(payload.as_slice()).unwrap()).collect()
}

#[tokio::test]
async fn after_the_term_nobody_is_told_who_was_visited_and_the_visit_still_counts() {
    let (world, mut client) = world().await;
    let old = send(&mut client, visit(1)).await.unwrap();
    let kept = "SELECT count(*) FROM activity WHERE octet_length(sealed_activity) > 0 AND removed_at IS NULL";
    let term = Term::of(&world);
    term.look_beside_reports().await;
    assert_eq!(world.count(kept).await, 1, "the term is not over");
    term.pass(201);
    term.look_beside_reports().await;
    assert_eq!(world.count(kept).await, 0);
    assert_eq!(world.count("SELECT sum(count) FROM activity WHERE kind = 1 AND area_code <> ''").await, 1);
    // What comes again is still known, and what is corrected is kept for a term of its own.
    let again = send(&mut client, visit(1)).await.unwrap();
    assert_eq!((again.activity_id, again.known), (old.activity_id, true));
    assert_eq!(world.count(kept).await, 0);
    let corrected = Activity { count: 2, ..visit(1) };
    assert_eq!(send(&mut client, corrected).await.unwrap().revision, 2);
    assert_eq!(world.count(kept).await, 1);
    world.end().await;
}

#[tokio::test]
async fn an_activity_is_committed_known_and_revised_with_its_event() {
    let (world, mut client) = world().await;
    let first = send(&mut client, visit(1)).await.unwrap();
    assert_eq!((first.revision, first.known), (1, false));
    let again = send(&mut client, visit(1)).await.unwrap();
    assert_eq!((again.revision, again.known, &again.activity_id), (1, true, &first.activity_id));
    let revised = send(&mut client, Activity { count: 2, ..visit(1) }).await.unwrap();
    assert_eq!((revised.revision, revised.known, revised.activity_id), (2, false, first.activity_id));
    let told = told(&world).await;
    assert_eq!(told.iter().map(|event| (event.revision, event.count)).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
    assert_eq!(told[0].received_by, "grid");
    let person = world.keyring.open(&told[0].sealed_person, COUNTY.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(person).unwrap(), "网格员张某");
    for table in ["activity", "outbox_event"] {
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT row_to_json(t)::text FROM {table} t")))
                .fetch_all(&world.pool)
                .await
                .unwrap();
        let text = rows.concat();
        // 张某 and 王某 as text, and as bytes.
        for personal in ["张某", "王某", "e5bca0e69f90", "e78e8be69f90"] {
            assert!(!text.contains(personal), "{personal} in {table}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn each_wrong_activity_is_named_and_a_source_brings_its_own() {
    let (world, mut client) = world().await;
    let wrong = Activity { kind: 99, area_code: "1".into(), count: -1, ..visit(1) };
    let status = send(&mut client, wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let fields: Vec<_> =
        status.get_details_bad_request().unwrap().field_violations.into_iter().map(|one| one.field).collect();
    assert_eq!(fields, ["kind", "areaCode", "count"]);
    let request = SubmitActivityRequest { activity: Some(visit(1)) };
    let status = client.submit_activity(by("petition", request)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(world.count("SELECT count(*) FROM activity").await, 0);
    world.end().await;
}

#[tokio::test]
async fn a_stream_answers_each_on_its_own_and_a_name_twice_in_it_is_one() {
    let (world, mut client) = world().await;
    let messages = (0..600_usize).map(|number| {
        let activity = visit(number % 300);
        let activity = if number == 7 { Activity { kind: 0, ..activity } } else { activity };
        SubmitActivitiesRequest { mark: number as u64, activity: Some(activity) }
    });
    let request = by("grid", futures::stream::iter(messages));
    let mut answers = client.submit_activities(request).await.unwrap().into_inner();
    let (mut fresh, mut known, mut refused) = (0, 0, Vec::new());
    while let Some(answer) = answers.message().await.unwrap() {
        match answer.outcome.unwrap() {
            Outcome::Accepted(accepted) if accepted.known => known += 1,
            Outcome::Accepted(_) => fresh += 1,
            Outcome::Refused(_) => refused.push(answer.mark),
        }
    }
    assert_eq!((fresh, known, refused), (300, 299, vec![7]));
    assert_eq!(told(&world).await.len(), 300);
    world.end().await;
}
