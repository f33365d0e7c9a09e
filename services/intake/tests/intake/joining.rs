//! Which case a report joins: one that takes it, for as long as it does, or one that follows it.

use fengqiao_intake::store;
use fengqiao_proto::{
    intake::v1::{Details, Evidence, GetReportRequest, Linkage, Report},
    routing::v1::{CaseChanged, TakenCluster},
    types::v1::CaseState,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use uuid::Uuid;

use crate::world::{COUNTY, Client, World, by, events, one, report, submit, tell};

#[tokio::test]
async fn who_was_here_before_joins_the_open_case_and_not_a_closed_one() {
    let (world, mut client) = one().await;
    let first = submit(&mut client, report("GD-1", 1, 1)).await.unwrap().linkage.unwrap();
    assert!(!first.repeat);
    let by_phone = submit(&mut client, report("GD-2", 1, 2)).await.unwrap().linkage.unwrap();
    assert_eq!((by_phone.repeat, &by_phone.cluster_id), (true, &first.cluster_id));
    assert_eq!(by_phone.reasons[0].evidence(), Evidence::Phone);
    let mut neighbour = report("GD-3", 3, 1);
    neighbour.area_code = "421181105000".into();
    neighbour.address = format!("麻城市阎家河镇{} 五组 1 号。", area_name(&world));
    let by_address = submit(&mut client, neighbour).await.unwrap().linkage.unwrap();
    assert_eq!(by_address.reasons[0].evidence(), Evidence::Address);
    assert_eq!(by_address.cluster_id, first.cluster_id);

    case_changed(&world, &first.cluster_id, 10, CaseState::Rejected).await;
    let after = submit(&mut client, report("GD-4", 1, 9)).await.unwrap().linkage.unwrap();
    assert_ne!(after.cluster_id, first.cluster_id);
    assert_eq!((after.repeat, &after.follows_cluster_id), (true, &first.cluster_id), "the caller was here");
    // A later case of the first cluster opens it again; old news of the earlier case does not close it.
    case_changed(&world, &first.cluster_id, 20, CaseState::Open).await;
    case_changed(&world, &first.cluster_id, 10, CaseState::Closed).await;
    let joined = submit(&mut client, report("GD-5", 3, 8)).await.unwrap().linkage.unwrap();
    assert_eq!(joined.cluster_id, first.cluster_id);
    world.end().await;
}

#[tokio::test]
async fn a_cluster_whose_case_was_merged_is_joined_as_long_as_the_other_case_takes_reports() {
    let (world, mut client) = one().await;
    let first = submit(&mut client, report("GD-1", 3, 1)).await.unwrap().linkage.unwrap();
    let (opened_at, other) = (Some(prost_types::Timestamp { seconds: 10, nanos: 0 }), Uuid::now_v7());
    let merged = CaseChanged {
        case_id: Uuid::nil().to_string(),
        cluster_id: first.cluster_id.clone(),
        state: CaseState::Closed.into(),
        opened_at,
        merged_into: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let took_in = |state: CaseState| CaseChanged {
        case_id: Uuid::nil().to_string(),
        cluster_id: other.to_string(),
        state: state.into(),
        opened_at: Some(prost_types::Timestamp { seconds: 5, nanos: 0 }),
        taken_clusters: vec![TakenCluster { cluster_id: first.cluster_id.clone(), opened_at }],
        ..Default::default()
    };
    tell(&world, &merged).await;
    tell(&world, &took_in(CaseState::Open)).await;
    let joined = submit(&mut client, report("GD-2", 3, 2)).await.unwrap().linkage.unwrap();
    assert!(joined.repeat && joined.cluster_id == first.cluster_id);
    tell(&world, &took_in(CaseState::Closed)).await;
    let fresh = submit(&mut client, report("GD-3", 3, 3)).await.unwrap().linkage.unwrap();
    assert_ne!(fresh.cluster_id, first.cluster_id);
    world.end().await;
}

#[tokio::test]
async fn a_report_joins_a_case_that_is_over_within_its_window_and_later_begins_a_cluster_that_follows() {
    let (world, mut client) = one().await;
    let begin = report("", 0, 0).occurred_at.unwrap().seconds - 3_600;
    let second = |second: i64| prost_types::Timestamp { seconds: begin + second, nanos: 0 };
    let told = |reference: &str, phone: u32, house: u32, at: i64| Report {
        occurred_at: Some(second(at)),
        ..report(reference, phone, house)
    };
    let over = |cluster: &str, until: i64| CaseChanged {
        case_id: Uuid::nil().to_string(),
        cluster_id: cluster.into(),
        state: CaseState::Closed.into(),
        opened_at: Some(second(10)),
        takes_reports_until: Some(second(until)),
        ..Default::default()
    };
    let first = submit(&mut client, told("GD-1", 1, 1, 1)).await.unwrap().linkage.unwrap().cluster_id;
    let other = submit(&mut client, told("GD-2", 2, 2, 2)).await.unwrap().linkage.unwrap().cluster_id;
    tell(&world, &over(&first, 20)).await;
    tell(&world, &over(&other, 30)).await;
    let joined = submit(&mut client, told("GD-3", 1, 7, 20)).await.unwrap().linkage.unwrap();
    assert!(joined.repeat && joined.follows_cluster_id.is_empty());
    assert_eq!(joined.cluster_id, first, "told at the very end of its window");
    // A cluster that takes the report goes before stronger evidence of one that does not any more.
    let joined = submit(&mut client, told("GD-4", 1, 2, 21)).await.unwrap().linkage.unwrap();
    assert_eq!(joined.cluster_id, other);
    // Also where the newest report of the caller is of a cluster that does not.
    case_changed_at(&world, &first, second(10), CaseState::Open).await;
    tell(&world, &over(&other, 22)).await;
    let back = submit(&mut client, told("GD-5", 1, 12, 23)).await.unwrap().linkage.unwrap();
    assert_eq!(back.cluster_id, first, "its case was opened again");

    tell(&world, &over(&first, 24)).await;
    let fresh = submit(&mut client, told("GD-6", 1, 9, 25)).await.unwrap();
    let linkage = fresh.linkage.clone().unwrap();
    assert_eq!((linkage.repeat, &linkage.follows_cluster_id), (true, &first));
    assert!(linkage.cluster_id != first && linkage.cluster_id != other);
    // It is kept: for who asks, who sends it again, and a later revision.
    let get = GetReportRequest { report_id: fresh.report_id.clone(), ..Default::default() };
    let held = client.get_report(by("hotline_12345", get)).await.unwrap().into_inner().report.unwrap();
    assert_eq!(held.linkage.as_ref(), Some(&linkage));
    let again = submit(&mut client, told("GD-6", 1, 9, 25)).await.unwrap();
    assert_eq!((again.known, again.linkage.as_ref()), (true, Some(&linkage)));
    let revised = Report { narrative: "又漏水".into(), ..told("GD-6", 1, 9, 25) };
    let revised = submit(&mut client, revised).await.unwrap();
    assert_eq!((revised.revision, revised.linkage.as_ref()), (2, Some(&linkage)));
    // Who comes now joins the new cluster; what was told in time and comes late is still of the old one.
    let next = submit(&mut client, told("GD-7", 1, 13, 26)).await.unwrap().linkage.unwrap();
    assert_eq!((next.cluster_id, next.follows_cluster_id.as_str()), (linkage.cluster_id.clone(), ""));
    tell(&world, &over(&linkage.cluster_id, 0)).await;
    let late = submit(&mut client, told("GD-8", 1, 14, 24)).await.unwrap().linkage.unwrap();
    assert_eq!(late.cluster_id, first);
    let follower = submit(&mut client, told("GD-9", 1, 15, 27)).await.unwrap().linkage.unwrap();
    assert!([&first, &linkage.cluster_id].contains(&&follower.follows_cluster_id), "one of both");
    world.end().await;
}

fn area_name(world: &World) -> String {
    let county = world.counties.get(COUNTY).unwrap();
    county.areas.now().find("421181105204").unwrap().name.replace("村民委员会", "")
}

async fn case_changed(world: &World, cluster: &str, opened: i64, state: CaseState) {
    case_changed_at(world, cluster, prost_types::Timestamp { seconds: opened, nanos: 0 }, state).await;
}

async fn case_changed_at(world: &World, cluster: &str, opened_at: prost_types::Timestamp, state: CaseState) {
    let changed = CaseChanged {
        case_id: Uuid::nil().to_string(),
        cluster_id: cluster.into(),
        state: state.into(),
        opened_at: Some(opened_at),
        ..Default::default()
    };
    tell(world, &changed).await;
}

/// So many days ago.
fn days_ago(days: i64) -> prost_types::Timestamp {
    let now = report("", 0, 0).occurred_at.unwrap();
    prost_types::Timestamp { seconds: now.seconds - days * 86_400, ..now }
}

/// Where a report is put whose caller called, and whose house was called about, so many days ago.
async fn told(client: &mut Client, reference: &str, caller: u32, house: u32, days: i64) -> Linkage {
    let told = Report { occurred_at: Some(days_ago(days)), ..report(reference, caller, house) };
    submit(client, told).await.unwrap().linkage.unwrap()
}

/// What routing says of a case that is over and takes reports until so many days ago.
fn over(cluster: &str, until: i64) -> CaseChanged {
    CaseChanged {
        case_id: Uuid::nil().to_string(),
        cluster_id: cluster.into(),
        state: CaseState::Closed.into(),
        opened_at: Some(days_ago(300)),
        takes_reports_until: Some(days_ago(until)),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_report_counts_for_as_long_as_its_case_takes_others_and_a_window_longer() {
    let (world, mut client) = one().await;
    let first = told(&mut client, "GD-1", 1, 1, 100).await.cluster_id;
    // Still open: by the caller and by the house, 40 and 60 days later.
    let by_phone = told(&mut client, "GD-2", 1, 2, 60).await;
    assert_eq!((by_phone.repeat, &by_phone.cluster_id), (true, &first));
    let by_address = told(&mut client, "GD-3", 3, 1, 40).await;
    assert_eq!((&by_address.cluster_id, by_address.reasons[0].evidence()), (&first, Evidence::Address));
    // Closed: 10 days ago, 50 days ago, 61 days ago. It takes reports for 30 days.
    for (n, closed, joins, follows) in [(10, 10, true, false), (20, 50, false, true), (30, 61, false, false)]
    {
        let cluster = told(&mut client, &format!("GD-{n}"), n, n, 120).await.cluster_id;
        tell(&world, &over(&cluster, closed - 30)).await;
        let linkage = told(&mut client, &format!("GD-{n}-again"), n, n + 1, 0).await;
        assert_eq!(
            (linkage.repeat, linkage.cluster_id == cluster),
            (joins, joins),
            "closed {closed} days ago"
        );
        assert_eq!(linkage.follows_cluster_id == cluster, follows, "closed {closed} days ago");
    }
    // Nothing counts for ever, whatever is open: a telephone gets into other hands.
    let ancient = told(&mut client, "GD-40", 40, 40, 731).await.cluster_id;
    let stranger = told(&mut client, "GD-41", 40, 41, 0).await;
    assert!(stranger.cluster_id != ancient && stranger.follows_cluster_id.is_empty());
    let old = told(&mut client, "GD-50", 50, 50, 729).await.cluster_id;
    assert_eq!(told(&mut client, "GD-51", 50, 51, 0).await.cluster_id, old);
    world.end().await;
}

#[tokio::test]
async fn an_old_open_case_is_found_behind_newer_ones_that_are_over_and_an_id_number_finds_it_too() {
    let (world, mut client) = one().await;
    let with_id = |reference: &str, caller: u32, house: u32, days: i64| {
        let mut told = Report { occurred_at: Some(days_ago(days)), ..report(reference, caller, house) };
        // One of the standard's own examples (GB 11643): nobody's.
        told.parties[0].id_number = "11010519491231002X".into();
        told
    };
    let open = submit(&mut client, with_id("GD-1", 1, 1, 100)).await.unwrap().linkage.unwrap().cluster_id;
    tell(&world, &over(&open, 95)).await;
    let newer = submit(&mut client, with_id("GD-2", 2, 2, 90)).await.unwrap().linkage.unwrap();
    assert_eq!(newer.follows_cluster_id, open);
    tell(&world, &over(&newer.cluster_id, 80)).await;
    // The older one came up again, by itself.
    case_changed_at(&world, &open, days_ago(300), CaseState::Open).await;
    let back = submit(&mut client, with_id("GD-3", 3, 3, 0)).await.unwrap().linkage.unwrap();
    assert_eq!((&back.cluster_id, back.reasons[0].evidence()), (&open, Evidence::IdNumber));
    world.end().await;
}

#[tokio::test]
async fn what_was_told_long_ago_of_a_merged_case_counts_for_as_long_as_the_other_case_takes_reports() {
    let (world, mut client) = one().await;
    let merged = told(&mut client, "GD-1", 1, 1, 100).await.cluster_id;
    let other = told(&mut client, "GD-2", 2, 2, 100).await.cluster_id;
    let takes_in = |state: CaseState, until: Option<i64>| CaseChanged {
        state: state.into(),
        takes_reports_until: until.map(days_ago),
        taken_clusters: vec![TakenCluster { cluster_id: merged.clone(), opened_at: Some(days_ago(100)) }],
        ..over(&other, 0)
    };
    let into = Uuid::now_v7().to_string();
    let itself = CaseChanged { merged_into: into, takes_reports_until: None, ..over(&merged, 0) };
    tell(&world, &itself).await;
    tell(&world, &takes_in(CaseState::Open, None)).await;
    assert_eq!(told(&mut client, "GD-3", 1, 3, 60).await.cluster_id, merged);
    tell(&world, &takes_in(CaseState::Closed, Some(-20))).await;
    assert_eq!(told(&mut client, "GD-4", 1, 4, 25).await.cluster_id, merged, "closed 10 days ago");
    tell(&world, &takes_in(CaseState::Closed, Some(21))).await;
    let later = told(&mut client, "GD-5", 1, 5, 0).await;
    assert_eq!(
        (later.repeat, later.follows_cluster_id),
        (true, merged),
        "closed 51 days ago, told 25 days ago"
    );
    world.end().await;
}

/// The look-up asks the keys' index for a few rows and never reads a table, also for a telephone that a whole office
/// has used for years.
#[tokio::test]
async fn a_telephone_with_a_long_past_costs_a_few_steps_in_an_index() {
    let (world, mut client) = one().await;
    told(&mut client, "GD-1", 1, 1, 700).await;
    let mut conn = world.pool.acquire().await.unwrap();
    let crowd = "
        WITH crowd AS (SELECT gen_random_uuid() AS report_id, n FROM generate_series(1, 20000) AS n), linked AS (
            INSERT INTO report_link (county, report_id, source, occurred_at, person_id, household_id, cluster_id, traits)
            SELECT county, crowd.report_id, source, occurred_at + n * interval '30 minutes', gen_random_uuid(),
                   gen_random_uuid(), crowd.report_id, traits
            FROM report_link, crowd
        ), over AS (
            INSERT INTO cluster_case (county, cluster_id, opened_at, open, takes_until)
            SELECT county, crowd.report_id, occurred_at, FALSE, occurred_at FROM report_link, crowd
        )
        INSERT INTO link_key (county, key, report_id)
        SELECT county, key, crowd.report_id FROM link_key, crowd";
    conn.execute(crowd).await.unwrap();
    conn.execute("ANALYZE report_link; ANALYZE link_key; ANALYZE cluster_case").await.unwrap();
    let all = |of: &str| format!("SELECT (array_agg({of}))[:200]::text FROM report_link");
    let keys: String = sqlx::query_scalar("SELECT array_agg(DISTINCT key)::text FROM link_key")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    let mut ids = Vec::new();
    for of in ["report_id", "cluster_id"] {
        let listed: String = sqlx::query_scalar(AssertSqlSafe(all(of))).fetch_one(&mut *conn).await.unwrap();
        ids.push(format!("'{listed}'"));
    }
    let mut tx = conn.begin().await.unwrap();
    for (name, arguments) in [
        ("found", format!("'{COUNTY}', '{{}}', '{{}}', '{keys}', 13")),
        ("earlier", format!("'{COUNTY}', {}, 1", ids.join(", "))),
    ] {
        let (_, statement) = store::STATEMENTS.iter().find(|(held, _)| *held == name).unwrap();
        tx.execute(AssertSqlSafe(format!("PREPARE {name} AS {statement}"))).await.unwrap();
        let explain = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE {name} ({arguments})");
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *tx).await.unwrap();
        let plan = plan.join("\n");
        for table in ["link_key", "report_link", "report", "cluster_case", "link_apart"] {
            assert!(!plan.contains(&format!("Seq Scan on {table}")), "{plan}");
        }
        let most = plan
            .lines()
            .filter_map(|line| line.split_once("actual rows=")?.1.split([' ', '.']).next()?.parse().ok());
        assert!(most.max().is_some_and(|most: u64| (2..=600).contains(&most)), "{plan}");
    }
    tx.rollback().await.unwrap();
    drop(conn);
    world.end().await;
}

#[tokio::test]
async fn an_exercise_is_found_by_nothing_and_finds_nothing() {
    let (world, mut client) = one().await;
    let drill = |reference: &str| Report {
        details: Some(Details { drill: true, ..Default::default() }),
        ..report(reference, 1, 1)
    };
    let first = submit(&mut client, drill("YL-1")).await.unwrap();
    let real = submit(&mut client, report("GD-1", 1, 1)).await.unwrap();
    let again = submit(&mut client, drill("YL-2")).await.unwrap();
    let linkages = [first.linkage.clone().unwrap(), real.linkage.unwrap(), again.linkage.unwrap()];
    assert!(linkages.iter().all(|linkage| !linkage.repeat && linkage.reasons.is_empty()));
    let clusters: std::collections::BTreeSet<_> =
        linkages.iter().map(|linkage| &linkage.cluster_id).collect();
    let people: std::collections::BTreeSet<_> = linkages.iter().map(|linkage| &linkage.person_id).collect();
    assert_eq!((clusters.len(), people.len()), (3, 3));
    // The real one is found by the next real one.
    let next = submit(&mut client, report("GD-2", 1, 1)).await.unwrap().linkage.unwrap();
    assert_eq!((next.repeat, &next.cluster_id), (true, &linkages[1].cluster_id));
    let marks: Vec<bool> = events(&world).await.iter().map(|event| event.drill).collect();
    assert_eq!(marks, [true, false, true, false]);
    // It is read as it was sent.
    let get = GetReportRequest { report_id: first.report_id, ..Default::default() };
    let read = client.get_report(by("hotline_12345", get)).await.unwrap().into_inner().report.unwrap();
    assert!(read.report.unwrap().details.unwrap().drill);
    world.end().await;
}
