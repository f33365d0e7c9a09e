//! What a county changes while the service runs: checked as a whole, seen by all processes, explained afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::{sync::Arc, time::Duration};

use fengqiao_access::Principal;
use fengqiao_messaging::{Outbox, Topic};
use fengqiao_proto::{
    routing::v1::{
        ActivateRulesRequest, DryRunRulesRequest, GetSettingRequest, HistoryKind, ListCaseHistoryRequest,
        ListSettingsRequest, SettingKind, routing_service_server::RoutingService as _,
        settings_service_server::SettingsService as _,
    },
    types::v1::Level,
};
use fengqiao_routing::{
    calendar_worker::CalendarWorker,
    counties::{RoutingCounties, RoutingCounty},
    directory::Rank,
    domain::{
        duty::{DutyKind, Holder},
        history::Occasion,
        standing::{NewDuty, Outcome, StandingKind, recording::Recording},
    },
    watchers::Watchers,
};
use jiff::{Timestamp, ToSpan as _};
use office::{
    COUNTY, Office, asked,
    desk::{Files, desk, director, directory, fields, folder, one, read},
    officer,
};
use tonic::Code;
use uuid::Uuid;

/// Who answers for what, changed in one line.
fn answering(category: &str, agency: &str) -> Files {
    directory(|files| {
        let text = files.get_mut("responsibility.csv").unwrap();
        let line = text.lines().find(|line| line.starts_with(&format!(",{category},"))).unwrap().to_owned();
        *text = text.replace(&line, &format!(",{category},{agency}"));
    })
}

async fn stored(office: &Office) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM county_setting").fetch_one(&office.pool).await.unwrap()
}

async fn lead(office: &Office, case: &str) -> String {
    office.case(case).await.unwrap().lead_agency
}

#[tokio::test]
async fn a_changed_directory_routes_the_next_report_and_an_old_case_keeps_its_agency() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    office.take(&[office.report(Uuid::now_v7(), "家暴")]).await.unwrap();
    let old = office.changes().await[0].case_id.clone();
    let old_lead = lead(&office, &old).await;
    assert_ne!(old_lead, "petition");
    let made = desk.activate(SettingKind::Directory, answering("property", "petition"), 0).await.unwrap();
    assert_eq!((made.version, made.activated_by.as_str(), made.holds), (1, "director-li", true));
    office.take(&[office.report(Uuid::now_v7(), "家暴")]).await.unwrap();
    let new = office.changes().await[1].case_id.clone();
    assert_eq!(lead(&office, &new).await, "petition");
    assert_eq!(lead(&office, &old).await, old_lead);
    // What the old case names is still there to be read, and so is what was given.
    let place = office.counties.iter().next().unwrap();
    assert_eq!(place.rulebook().directory.version(), made.name);
    let get = |request: GetSettingRequest| {
        let request = GetSettingRequest { kind: SettingKind::Directory.into(), ..request };
        let face = desk.face.clone();
        async move { face.get_setting(asked(&officer(), request)).await.unwrap().into_inner() }
    };
    let given = get(GetSettingRequest { name: made.name.clone(), ..Default::default() }).await;
    assert!(given.files["responsibility.csv"].contains(",property,petition"));
    assert_eq!(given.files["areas.csv"], read("areas.csv"), "whole, also where it was not given");
    let folders = fengqiao_routing::directory::DirectoryFiles::read(&folder()).unwrap();
    let of_folder = get(GetSettingRequest { name: folders.version(), ..Default::default() }).await;
    assert_eq!(of_folder.setting.unwrap().version, 0);
    assert_eq!(of_folder.files["people.csv"], read("people.csv"));
    let listed = desk.face.list_settings(asked(&officer(), ListSettingsRequest::default())).await.unwrap();
    let listed = listed.into_inner();
    assert_eq!((listed.settings.len(), listed.holding.len()), (1, 4));
    assert_eq!(listed.settings[0].words, "职责调整");
    assert_eq!(listed.holding.iter().map(|setting| setting.version).collect::<Vec<_>>(), [1, 0, 0, 0]);
}

#[tokio::test]
async fn another_process_sees_it_within_seconds_and_one_that_starts_later_too() {
    let office = Office::open().await;
    let here = desk(&office, &office.counties).await;
    let other = office.another_face();
    let there = desk(&office, &other.counties).await;
    let running = tokio::spawn(there.watch.clone().run(office.stop.clone()));
    here.activate(SettingKind::Directory, answering("property", "petition"), 0).await.unwrap();
    let agency = |counties: &RoutingCounties| {
        let place = counties.iter().next().unwrap();
        let today = place.county.day(office.clocks.clock.now());
        place.rulebook().directory.responsible(office::COMMUNITY, "property", "GRID", today).lead
    };
    let seen = async {
        while agency(&other.counties) != "petition" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), seen).await.unwrap();
    let late = office.another_face();
    assert_ne!(agency(&late.counties), "petition");
    desk(&office, &late.counties).await;
    assert_eq!(agency(&late.counties), "petition");
    // Both may change it further, one after the other.
    there.activate(SettingKind::Directory, answering("property", "housing"), 1).await.unwrap();
    let stale = here.activate(SettingKind::Directory, answering("property", "justice"), 1).await.unwrap_err();
    assert_eq!(stale.code(), Code::Aborted);
    assert!(stale.message().contains("version 2"), "{}", stale.message());
    assert_eq!(stored(&office).await, 2);
    office.stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn mistakes_are_refused_with_file_and_line_and_nothing_is_stored() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    let wrong = directory(|files| {
        files.insert(
            "people.csv".into(),
            "person,name,post,from,to\nx,某,nowhere,2026-01-01,\ny,某,centre-director,2026-13-01,\n".into(),
        );
    });
    let found = desk.mistakes(SettingKind::Directory, wrong.clone()).await;
    assert!(found.iter().any(|mistake| mistake.starts_with("people.csv:2:")), "{found:?}");
    assert!(found.iter().any(|mistake| mistake.starts_with("people.csv:3:")), "{found:?}");
    let refused = desk.activate(SettingKind::Directory, wrong, 0).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(fields(&refused).contains(&"people.csv:2".to_owned()), "{refused:?}");

    let levels = read("levels.toml").replace("words.weapon\"", "words.weapons\"");
    let found = desk.mistakes(SettingKind::Levels, one("levels.toml", levels)).await;
    assert!(
        found.iter().any(|mistake| mistake.starts_with("levels.toml:") && !mistake.contains(":0:")),
        "{found:?}"
    );
    let found = desk
        .mistakes(SettingKind::Calendar, one("calendar.csv", "date,kind,name\n2026-12-04,free,x\n"))
        .await;
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("calendar.csv:2:"), "{found:?}");
    let found = desk
        .mistakes(
            SettingKind::Practice,
            one("practice.toml", "version = '2'\n[major]\nrecipients = ['navy']\n"),
        )
        .await;
    assert!(found[0].contains("navy"), "{found:?}");
    // What each says fits the others' files, not only its own.
    desk.activate(
        SettingKind::Practice,
        one("practice.toml", "version = '2'\n[major]\nrecipients = ['government']\n"),
        0,
    )
    .await
    .unwrap();
    let without = directory(|files| {
        for text in files.values_mut() {
            *text = text
                .lines()
                .filter(|line| !line.contains("government"))
                .fold(String::new(), |all, line| all + line + "\n");
        }
    });
    let found = desk.mistakes(SettingKind::Directory, without).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("practice.toml:") && found[0].contains("government"), "{found:?}");
    // A directory in which nobody could change it back, and a name that another text has already.
    let leaderless = directory(|files| {
        let text = files.get_mut("people.csv").unwrap();
        let over = |line: &str| match line.contains(",centre-") {
            true => line.replace(",2026-01-01,,", ",2026-01-01,2026-01-02,"),
            false => line.to_owned(),
        };
        *text = text.lines().map(|line| over(line) + "\n").collect();
    });
    assert!(desk.mistakes(SettingKind::Directory, leaderless).await[0].contains("leading post"));
    let renamed = read("levels.toml").replace("持械", "持棍");
    let found = desk.mistakes(SettingKind::Levels, one("levels.toml", renamed)).await;
    assert!(found[0].contains("another text already"), "{found:?}");
    assert_eq!(stored(&office).await, 1, "only the practice");
}

#[tokio::test]
async fn only_a_leader_of_the_centre_changes_settings_and_a_second_send_answers_as_the_first() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    let files = || one("calendar.csv", "date,kind,name\n2026-12-04,holiday,县庆\n");
    let by = |who: &'static str, capacity: &'static str| {
        let who = Principal::new(who, COUNTY, "officer", None).unwrap();
        let face = &desk;
        async move { face.activate_as(&who, capacity, SettingKind::Calendar, files(), 0, "r-1").await }
    };
    for (who, capacity, code) in [
        ("director-li", "", Code::FailedPrecondition),
        ("dispatcher-zhou", "centre-dispatcher", Code::FailedPrecondition),
        ("director-wang", "town-secretary", Code::FailedPrecondition),
        ("dispatcher-zhou", "centre-director", Code::InvalidArgument),
    ] {
        assert_eq!(by(who, capacity).await.unwrap_err().code(), code, "{who} as {capacity}");
    }
    let first = by("director-li", "centre-director").await.unwrap();
    assert_eq!(by("director-li", "centre-director").await.unwrap(), first);
    let other = one("calendar.csv", "date,kind,name\n2026-12-07,holiday,县庆\n");
    let refused = desk
        .activate_as(&director(), "centre-director", SettingKind::Calendar, other, 1, "r-1")
        .await
        .unwrap_err();
    assert_eq!(fields(&refused), ["requestId"]);
    assert_eq!(stored(&office).await, 1);
    for change in ["UPDATE county_setting SET version = 9", "DELETE FROM setting_text"] {
        let refused = sqlx::query(change).execute(&office.pool).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    let at_rest: Vec<String> = sqlx::query_scalar("SELECT row_to_json(t)::text FROM setting_text t")
        .fetch_all(&office.pool)
        .await
        .unwrap();
    assert!(!at_rest.iter().any(|row| row.contains("15420041000")), "phone numbers are sealed");
}

#[tokio::test]
async fn a_dry_run_shows_exactly_what_would_change() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    let clusters: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
    office.take(&[office.report(clusters[0], "漏水"), office.report(clusters[1], "家暴")]).await.unwrap();
    office.take(&[office.report(clusters[2], "漏水"), office.report(clusters[2], "又漏水")]).await.unwrap();
    let changes = office.changes().await;
    let rule = "[[rule]]\nid = 'first'\nlevel = 'orange'\nwhen = \"reports_30d == 1 && !words.domestic\"\ntext = '初次反映'\n";
    let text = read("levels.toml").replace("version = \"2026-11-29\"", "version = \"try\"").replacen(
        "[[rule]]",
        &format!("{rule}\n[[rule]]"),
        1,
    );
    let request = DryRunRulesRequest { text: text.clone(), ..Default::default() };
    let tried = desk.face.dry_run_rules(asked(&officer(), request)).await.unwrap().into_inner();
    let run = tried.run.unwrap();
    assert_eq!((run.cases, run.left_out, run.different), (3, 0, 1));
    assert_eq!((run.rules_before.as_str(), run.rules_after.as_str()), ("2026-11-29", "try"));
    let difference = &run.differences[0];
    assert_eq!(difference.number, changes[0].number);
    assert_eq!(difference.current(), Level::Blue);
    let after = difference.after.as_ref().unwrap();
    assert_eq!((after.level(), after.rule.as_str()), (Level::Orange, "first"));
    assert_eq!(after.facts["reports_30d"], "1");
    let counts: Vec<_> = run.transitions.iter().map(|t| (t.before(), t.after(), t.cases)).collect();
    assert_eq!(
        counts,
        [
            (Level::Blue, Level::Orange, 1),
            (Level::Yellow, Level::Yellow, 1),
            (Level::Orange, Level::Orange, 1)
        ]
    );
    assert_eq!(office.changes().await.len(), changes.len(), "nothing changed");
    let activate = |digest: &str, id: &str| {
        let request = ActivateRulesRequest {
            text: text.clone(),
            request_id: id.into(),
            capacity: "centre-director".into(),
            words: "试行".into(),
            dry_run_digest: digest.into(),
            ..Default::default()
        };
        let face = desk.face.clone();
        async move { face.activate_rules(asked(&director(), request)).await.map(tonic::Response::into_inner) }
    };
    assert_eq!(fields(&activate("other", "r-1").await.unwrap_err()), ["dryRunDigest"]);
    let made = activate(&tried.digest, "r-1").await.unwrap();
    assert_eq!((made.setting.clone().unwrap().version, made.run.unwrap().different), (1, 1));
    let again = activate(&tried.digest, "r-1").await.unwrap();
    assert_eq!((again.setting, again.run), (made.setting, None));
    office.take(&[office.report(Uuid::now_v7(), "漏水")]).await.unwrap();
    let last = office.changes().await.pop().unwrap();
    let reason = office.case(&last.case_id).await.unwrap().level_reason.unwrap();
    assert_eq!((reason.rule.as_str(), reason.rule_set.as_str()), ("first", "try"));
    let first = office.case(&changes[0].case_id).await.unwrap().level_reason.unwrap();
    assert_eq!(first.rule_set, "2026-11-29", "an old case says what it was graded by");
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// When the cases' handling limits end, in the order of their cases.
async fn handling_ends(office: &Office) -> Vec<Timestamp> {
    let ends: Vec<time::OffsetDateTime> =
        sqlx::query_scalar("SELECT due_at FROM duty WHERE kind = 3 AND ended_at IS NULL ORDER BY subject_id")
            .fetch_all(&office.pool)
            .await
            .unwrap();
    ends.into_iter().map(fengqiao_serving::time::from_sql).collect()
}

async fn moves(office: &Office, case: &str) -> Vec<String> {
    let request = ListCaseHistoryRequest { case: case.into(), ..Default::default() };
    let history = office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner();
    let moved = history.entries.into_iter().filter(|entry| entry.kind() == HistoryKind::DeadlineChanged);
    moved.map(|entry| entry.text).collect()
}

fn worker(office: &Office, at_once: i64) -> CalendarWorker {
    CalendarWorker {
        id: Uuid::now_v7(),
        pool: office.pool.clone(),
        counties: Arc::clone(&office.counties),
        keyring: Arc::clone(&office.keyring),
        outbox: Outbox::new(Topic::Routing),
        watchers: Watchers::default(),
        clock: office.clocks.clock.clone(),
        at_once,
    }
}

fn place(office: &Office) -> Arc<RoutingCounty> {
    Arc::clone(office.counties.iter().next().unwrap())
}

#[tokio::test]
async fn a_new_holiday_moves_the_limits_that_run_and_a_crash_in_the_middle_is_made_good() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    let tuesday = at("2026-12-01T10:00:00+08:00");
    office.set_clock(tuesday);
    let (place, first) = (place(&office), worker(&office, 7));
    first.begin(&place).await.unwrap();
    let reports: Vec<_> = (0..6).map(|_| office.report(Uuid::now_v7(), "家暴")).collect();
    office.take(&reports).await.unwrap();
    let cases: Vec<String> = office.changes().await.into_iter().map(|change| change.case_id).collect();
    assert_eq!(handling_ends(&office).await, [at("2026-12-09T00:00:00+08:00"); 6], "five working days");
    office.set_clock(tuesday + 1.hour());
    assert_eq!(first.sweep_some(&place).await.unwrap(), None, "there is nothing to do");

    let text = "date,kind,name\n2026-12-04,holiday,县庆\n";
    desk.activate(SettingKind::Calendar, one("calendar.csv", text), 0).await.unwrap();
    first.begin(&place).await.unwrap();
    assert_eq!(first.sweep_some(&place).await.unwrap(), None, "the other processes have to see it first");
    office.set_clock(tuesday + 1.hour() + 5.seconds());
    let batch = first.sweep_some(&place).await.unwrap().unwrap();
    assert!(batch.moved > 0 && batch.moved < 6 && !batch.ended, "{batch:?}");
    // It dies after it wrote a batch and before it said so.
    drop(first);
    sqlx::query("UPDATE calendar_sweep SET cursor = '00000000-0000-0000-0000-000000000000'")
        .execute(&office.pool)
        .await
        .unwrap();
    let second = worker(&office, 7);
    second.begin(&place).await.unwrap();
    assert_eq!(second.sweep_some(&place).await.unwrap(), None, "another works on it");
    office.set_clock(tuesday + 1.hour() + 40.seconds());
    let mut moved = batch.moved;
    for _ in 0..100 {
        let batch = second.sweep_some(&place).await.unwrap().unwrap();
        moved += batch.moved;
        if batch.ended {
            break;
        }
    }
    assert_eq!(moved, 6, "each case once");
    assert_eq!(second.sweep_some(&place).await.unwrap(), None, "it is done");
    assert_eq!(handling_ends(&office).await, [at("2026-12-10T00:00:00+08:00"); 6]);
    for case in &cases {
        let told = moves(&office, case).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("节假日安排调整，"), "{told:?}");
        assert!(told[0].contains("办理时限由2026-12-08日终改为2026-12-09日终"), "{told:?}");
    }
    let next: Vec<time::OffsetDateTime> =
        sqlx::query_scalar("SELECT next_at FROM duty WHERE kind = 3").fetch_all(&office.pool).await.unwrap();
    let warned = at("2026-12-09T00:00:00+08:00");
    assert!(next.into_iter().all(|next| fengqiao_serving::time::from_sql(next) == warned), "a day before");
}

#[tokio::test]
async fn a_limit_that_does_not_move_keeps_what_its_clock_has_said() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    office.set_clock(at("2026-12-01T10:00:00+08:00"));
    let (place, worker) = (place(&office), worker(&office, 100));
    worker.begin(&place).await.unwrap();
    office.take(&[office.report(Uuid::now_v7(), "家暴")]).await.unwrap();
    let case = office.changes().await[0].case_id.clone();
    office.pass_until(at("2026-12-08T09:00:00+08:00")).await;
    let text = "date,kind,name\n2026-12-25,holiday,县庆\n";
    desk.activate(SettingKind::Calendar, one("calendar.csv", text), 0).await.unwrap();
    worker.begin(&place).await.unwrap();
    office.pass_until(at("2026-12-08T10:00:00+08:00")).await;
    let batch = worker.sweep_some(&place).await.unwrap().unwrap();
    assert_eq!(batch.moved, 0, "no limit runs over it");
    office.pass_until(at("2026-12-08T11:00:00+08:00")).await;
    let request = ListCaseHistoryRequest { case, ..Default::default() };
    let history = office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner();
    let near = history.entries.iter().filter(|entry| entry.text.contains("办理时限将到")).count();
    assert_eq!(near, 1);
    assert!(history.entries.iter().all(|entry| entry.kind() != HistoryKind::DeadlineChanged));
}

/// Duties besides cases that are owed: their kind and when they are due.
async fn besides_cases(office: &Office) -> Vec<(i16, Timestamp)> {
    let owed: Vec<(i16, time::OffsetDateTime)> = sqlx::query_as(
        "SELECT kind, due_at FROM duty WHERE no = 0 AND ended_at IS NULL ORDER BY kind, due_at",
    )
    .fetch_all(&office.pool)
    .await
    .unwrap();
    owed.into_iter().map(|(kind, due)| (kind, fengqiao_serving::time::from_sql(due))).collect()
}

#[tokio::test]
async fn a_new_holiday_moves_what_is_owed_besides_cases_in_working_days() {
    let office = Office::open().await;
    let desk = desk(&office, &office.counties).await;
    office.set_clock(at("2026-12-01T10:00:00+08:00"));
    let (place, first) = (place(&office), worker(&office, 3));
    first.begin(&place).await.unwrap();
    let occasion = || Occasion {
        at: office.now(),
        actor: "officer-li".into(),
        capacity: "officer".into(),
        agency: None,
        rank: Rank::Officer,
    };
    let hazard = |due_at| NewDuty {
        kind: StandingKind::Rectify,
        holder: Holder::agency("housing"),
        group: String::new(),
        area_code: office::COMMUNITY.into(),
        place: None,
        topic: String::new(),
        restricted: false,
        due_at: Some(due_at),
        words: "通道堵塞".into(),
    };
    // Five are put right, so that rechecks are owed within three working days; of one the recheck is done, and one is
    // not put right yet and has its date.
    let commands = &office.face.commands;
    let date = at("2026-12-07T18:00:00+08:00");
    let made = commands.create_duties(&place, &occasion(), "made", vec![hazard(date); 6]).await.unwrap();
    let record = async |id: Uuid, outcome| {
        let recording =
            Recording { outcome, words: String::new(), stay: None, hazards: Vec::new(), next_at: None };
        let said = Uuid::now_v7().to_string();
        commands.record_duty(&place, &occasion(), &said, id, recording).await.unwrap().follows
    };
    let mut rechecks = Vec::new();
    for duty in &made[..5] {
        rechecks.extend(record(duty.id, Outcome::Done).await);
    }
    record(rechecks[0].id, Outcome::Passed).await;
    let (rectify, recheck) = (DutyKind::Rectify.code(), DutyKind::Recheck.code());
    let friday = at("2026-12-05T00:00:00+08:00");
    let as_owed = |due| [vec![(rectify, date)], vec![(recheck, due); 4]].concat();
    assert_eq!(besides_cases(&office).await, as_owed(friday), "by the end of Friday");
    // They were said to be late before it was known that Friday is free.
    office.pass_until(friday).await;
    let reminded = office.pushes().await.len();
    assert_eq!(reminded, 4);

    let text = "date,kind,name\n2026-12-04,holiday,县庆\n";
    desk.activate(SettingKind::Calendar, one("calendar.csv", text), 0).await.unwrap();
    first.begin(&place).await.unwrap();
    office.set_clock(friday + 5.seconds());
    let mut moved = 0;
    for batch in 0..100 {
        // A crash after the first batch was written and before it was said.
        if batch == 1 {
            sqlx::query("UPDATE calendar_sweep SET cursor = '00000000-0000-0000-0000-000000000000'")
                .execute(&office.pool)
                .await
                .unwrap();
        }
        let batch = first.sweep_some(&place).await.unwrap().unwrap();
        moved += batch.moved;
        if batch.ended {
            break;
        }
    }
    assert_eq!(moved, 4, "each once");
    let monday = at("2026-12-08T00:00:00+08:00");
    assert_eq!(besides_cases(&office).await, as_owed(monday), "by the end of Monday; a date stays");
    office.pass_until(monday - 1.second()).await;
    let late = async || {
        let pushes = office.pushes().await;
        pushes.iter().filter(|push| push.reason.contains("复查逾期")).count()
    };
    assert_eq!(late().await, 4, "not yet");
    office.pass_until(monday).await;
    assert_eq!(late().await, 8, "late again, by the new time");
    let working_days: Vec<Option<i16>> =
        sqlx::query_scalar("SELECT DISTINCT working_days FROM standing_duty ORDER BY 1")
            .fetch_all(&office.pool)
            .await
            .unwrap();
    assert_eq!(working_days, [Some(3), None]);
}
