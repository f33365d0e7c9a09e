//! What people see and command, as the gRPC face serves it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::time::Duration;

use fengqiao_access::Principal;
use fengqiao_proto::{
    routing::v1::{
        ActOnCaseRequest, AssignCaseRequest, CloseCaseRequest, CommentAct, CommentCaseRequest,
        GetCaseRequest, HistoryKind, ListAgenciesRequest, ListCaseHistoryRequest, ListCasesRequest,
        RecordRevisitAct, RelevelCaseRequest, ResolveCaseRequest, RevisitOutcome, WatchCaseRequest,
        act_on_case_request, routing_service_server::RoutingService as _,
    },
    types::v1::{CaseState, Level},
};
use fengqiao_routing::{
    commands::Command,
    directory::Rank,
    domain::{acts::Act, case_number::CaseName, history::Occasion},
};
use fengqiao_serving::time::now;
use futures::StreamExt as _;
use jiff::SignedDuration;
use office::{COMMUNITY, COUNTY, Office, agency, asked, officer};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

async fn one_case(office: &Office, narrative: &str) -> String {
    office.take(&[office.report(Uuid::now_v7(), narrative)]).await.unwrap();
    office.changes().await.last().unwrap().case_id.clone()
}

fn resolve(case: &str, request_id: &str) -> ResolveCaseRequest {
    ResolveCaseRequest {
        case: case.into(),
        request_id: request_id.into(),
        outcome: "王女士与邻居和解".into(),
        ..Default::default()
    }
}

fn reason_of(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

#[tokio::test]
async fn a_case_goes_its_lawful_way_and_refusals_change_nothing() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let close = |request_id: &str| {
        asked(
            &officer(),
            CloseCaseRequest {
                case: case.clone(),
                request_id: request_id.into(),
                revisit: "满意".into(),
                ..Default::default()
            },
        )
    };
    let before = office.case(&case).await.unwrap();
    let refused = office.face.close_case(close("c1")).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason_of(&refused).as_str()),
        (Code::FailedPrecondition, "CASE_NOT_RESOLVED")
    );
    assert!(refused.message().contains("would have to be resolved"));
    assert_eq!(office.case(&case).await.unwrap(), before);
    let resolved = office.face.resolve_case(asked(&officer(), resolve(&case, "r1"))).await.unwrap();
    assert_eq!(resolved.into_inner().case.unwrap().state(), CaseState::Resolved);
    let relevel = RelevelCaseRequest {
        case: case.clone(),
        request_id: "l1".into(),
        level: Level::Red.into(),
        reason: "x".into(),
        ..Default::default()
    };
    let refused = office.face.relevel_case(asked(&officer(), relevel)).await.unwrap_err();
    assert_eq!(reason_of(&refused), "CASE_NOT_OPEN");
    let refused = office.face.close_case(close("c1")).await.unwrap_err();
    assert_eq!(reason_of(&refused), "REVISITS_OWED");
    let director = Principal::new("director-li", COUNTY, "officer", None).unwrap();
    office.set_clock(now() + SignedDuration::from_hours(7 * 24));
    for no in 1..=2 {
        let asked_again = RecordRevisitAct {
            no,
            outcome: RevisitOutcome::Stable.into(),
            words: "满意".into(),
            ..Default::default()
        };
        let request = ActOnCaseRequest {
            case: case.clone(),
            request_id: format!("v{no}"),
            capacity: "centre-director".into(),
            act: Some(act_on_case_request::Act::RecordRevisit(asked_again)),
            ..Default::default()
        };
        office.face.act_on_case(asked(&director, request)).await.unwrap();
    }
    // A refused request id may be used again: nothing was answered.
    let closed = office.face.close_case(close("c1")).await.unwrap().into_inner().case.unwrap();
    assert_eq!(closed.state(), CaseState::Closed);
    assert!(closed.closed_at.is_some());
    assert_eq!(office.changes().await.last().unwrap().state(), CaseState::Closed);
}

#[tokio::test]
async fn a_second_send_answers_as_the_first_and_an_id_stands_for_one_command() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let first = office.face.resolve_case(asked(&officer(), resolve(&case, "r1"))).await.unwrap().into_inner();
    let second =
        office.face.resolve_case(asked(&officer(), resolve(&case, "r1"))).await.unwrap().into_inner();
    assert_eq!(first, second);
    let mut other = resolve(&case, "r1");
    other.outcome = "别的".into();
    let refused = office.face.resolve_case(asked(&officer(), other)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "requestId");
    let elsewhere = one_case(&office, "漏水").await;
    let refused = office.face.resolve_case(asked(&officer(), resolve(&elsewhere, "r1"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn sends_at_once_of_one_request_change_the_case_once() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let sends = (0..6).map(|_| office.face.resolve_case(asked(&officer(), resolve(&case, "same"))));
    for answer in futures::future::join_all(sends).await {
        assert_eq!(answer.unwrap().into_inner().case.unwrap().state(), CaseState::Resolved);
    }
    let versions: Vec<i64> = office.changes().await.iter().map(|change| change.version).collect();
    assert_eq!(versions, [1, 2]);
}

#[tokio::test]
async fn an_old_etag_is_aborted() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let seen = office.case(&case).await.unwrap().etag;
    let comment = CommentCaseRequest {
        case: case.clone(),
        request_id: "c".into(),
        text: "已联系".into(),
        ..Default::default()
    };
    office.face.comment_case(asked(&officer(), comment)).await.unwrap();
    let with_etag = |etag: &str| ResolveCaseRequest { etag: etag.into(), ..resolve(&case, "r") };
    let refused = office.face.resolve_case(asked(&officer(), with_etag(&seen))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Aborted);
    let seen = office.case(&case).await.unwrap().etag;
    office.face.resolve_case(asked(&officer(), with_etag(&seen))).await.unwrap();
}

#[tokio::test]
async fn fields_are_judged_one_by_one() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let ask = |change: fn(&mut RelevelCaseRequest)| {
        let mut request = RelevelCaseRequest {
            case: case.clone(),
            request_id: "x".into(),
            level: Level::Red.into(),
            reason: "重".into(),
            ..Default::default()
        };
        change(&mut request);
        asked(&officer(), request)
    };
    for (field, request) in [
        ("case", ask(|r| r.case = "17".into())),
        ("requestId", ask(|r| r.request_id = String::new())),
        ("requestId", ask(|r| r.request_id = "x".repeat(65))),
        ("level", ask(|r| r.level = 0)),
        ("level", ask(|r| r.level = 9)),
        ("reason", ask(|r| r.reason = " ".into())),
        ("reason", ask(|r| r.reason = "字".repeat(1_001))),
    ] {
        let refused = office.face.relevel_case(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, field);
    }
    let to_nobody = AssignCaseRequest {
        case: case.clone(),
        request_id: "a".into(),
        agency: "nobody".into(),
        ..Default::default()
    };
    let refused = office.face.assign_case(asked(&officer(), to_nobody)).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "agency");
}

#[tokio::test]
async fn a_raised_level_pushes_at_once_and_its_words_are_for_those_who_may_see() {
    let office = Office::open().await;
    let case = one_case(&office, "路灯").await;
    assert!(office.pushes().await.is_empty());
    let request = RelevelCaseRequest {
        case: case.clone(),
        request_id: "l".into(),
        level: Level::Red.into(),
        reason: "王女士情绪激动".into(),
        ..Default::default()
    };
    let raised =
        office.face.relevel_case(asked(&officer(), request)).await.unwrap().into_inner().case.unwrap();
    assert_eq!(raised.level_reason.unwrap().rule, "officer");
    let pushes = office.pushes().await;
    assert_eq!(pushes.len(), 4);
    assert!(pushes.iter().all(|push| push.level() == Level::Red && !push.reason.contains("王")));
    let again = office.case(&case).await.unwrap();
    assert_eq!(again.level_reason.unwrap().text, "王女士情绪激动");
}

#[tokio::test]
async fn an_agency_sees_what_is_its_own_and_nothing_else() {
    let office = Office::open().await;
    let pushed = one_case(&office, "对方持刀").await;
    let quiet = one_case(&office, "路灯").await;
    let get = |who, case: &str| {
        office.face.get_case(asked(
            &who,
            GetCaseRequest { county: String::new(), case: case.into(), ..Default::default() },
        ))
    };
    let community = format!("community-{COMMUNITY}");
    let seen = get(agency(&community), &pushed).await.unwrap().into_inner().case.unwrap();
    assert!(seen.matter.is_some());
    for case in [&pushed, &quiet] {
        assert_eq!(get(agency("police"), case).await.unwrap_err().code(), Code::NotFound);
    }
    // The community watches what is not pushed, and sees it.
    assert!(get(agency(&community), &quiet).await.is_ok());
    // Who leads a case sees it, pushed or not.
    assert!(get(agency("housing"), &quiet).await.is_ok());
    let list = |who| office.face.list_cases(asked(&who, ListCasesRequest::default()));
    assert_eq!(list(agency(&community)).await.unwrap().into_inner().cases.len(), 2);
    assert_eq!(list(agency("housing")).await.unwrap().into_inner().cases.len(), 2);
    assert!(list(agency("police")).await.unwrap().into_inner().cases.is_empty());
    let comment = |who, case: &str| {
        let request = CommentCaseRequest {
            case: case.into(),
            request_id: "c".into(),
            text: "x".into(),
            ..Default::default()
        };
        office.face.comment_case(asked(&who, request))
    };
    assert_eq!(comment(agency("police"), &pushed).await.unwrap_err().code(), Code::NotFound);
    assert!(comment(agency(&community), &pushed).await.is_ok());
    let elsewhere =
        asked(&officer(), GetCaseRequest { county: "330681".into(), case: pushed, ..Default::default() });
    assert_eq!(office.face.get_case(elsewhere).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn lists_are_ordered_filtered_and_paged() {
    let office = Office::open().await;
    let reports: Vec<_> = ["路灯", "持刀", "漏水", "要跳楼", "井盖"]
        .into_iter()
        .map(|n| office.report(Uuid::now_v7(), n))
        .collect();
    office.take(&reports).await.unwrap();
    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListCasesRequest { page_size: 2, page_token, ..Default::default() };
        let page = office.face.list_cases(asked(&officer(), request)).await.unwrap().into_inner();
        assert!(page.cases.len() <= 2 && page.cases.iter().all(|case| case.matter.is_none()));
        seen.extend(page.cases);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let levels: Vec<Level> = seen.iter().map(|case| case.level()).collect();
    assert_eq!(levels, [Level::Red, Level::Red, Level::Blue, Level::Blue, Level::Blue]);
    let count = |request: ListCasesRequest| {
        let face = office.face.clone();
        async move { face.list_cases(asked(&officer(), request)).await.unwrap().into_inner().cases.len() }
    };
    assert_eq!(count(ListCasesRequest { level: Level::Red.into(), ..Default::default() }).await, 2);
    assert_eq!(count(ListCasesRequest { state: CaseState::Closed.into(), ..Default::default() }).await, 0);
    assert_eq!(count(ListCasesRequest { area_code: "421181105000".into(), ..Default::default() }).await, 5);
    assert_eq!(count(ListCasesRequest { area_code: "421181001".into(), ..Default::default() }).await, 0);
    assert_eq!(count(ListCasesRequest { lead_agency: "housing".into(), ..Default::default() }).await, 5);
    assert_eq!(count(ListCasesRequest { category: "labour".into(), ..Default::default() }).await, 0);
    let wrong = ListCasesRequest { page_token: "x".into(), ..Default::default() };
    assert_eq!(
        office.face.list_cases(asked(&officer(), wrong)).await.unwrap_err().code(),
        Code::InvalidArgument
    );
}

#[tokio::test]
async fn the_history_is_whole_and_paged() {
    let office = Office::open().await;
    let case = one_case(&office, "对方持刀").await;
    office.face.resolve_case(asked(&officer(), resolve(&case, "r"))).await.unwrap();
    let mut sequences = Vec::new();
    let mut page_token = String::new();
    let mut last;
    loop {
        let request =
            ListCaseHistoryRequest { case: case.clone(), page_size: 2, page_token, ..Default::default() };
        let page = office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner();
        sequences.extend(page.entries.iter().map(|entry| entry.sequence));
        last = page.entries.last().cloned();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    let last = last.unwrap();
    assert_eq!((last.kind(), last.actor.as_str()), (HistoryKind::Resolved, "officer-li"));
    assert_eq!((last.remark.as_str(), last.capacity.as_str()), ("王女士与邻居和解", "officer"));
    let request = ListCaseHistoryRequest { case, page_size: 1, ..Default::default() };
    let first = office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner();
    assert_eq!(first.entries[0].trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(first.entries[0].actor, "hotline");
}

#[tokio::test]
async fn a_watcher_gets_each_entry_and_the_end() {
    let office = Office::open().await;
    let case = one_case(&office, "路灯").await;
    let request = WatchCaseRequest { case: case.clone(), after_sequence: 1, ..Default::default() };
    let mut history = office.face.watch_case(asked(&officer(), request)).await.unwrap().into_inner();
    let mut next = async || {
        tokio::time::timeout(Duration::from_secs(5), history.next())
            .await
            .expect("in time")
            .expect("not ended")
    };
    for sequence in [2, 3] {
        assert_eq!(next().await.unwrap().entry.unwrap().sequence, sequence);
    }
    office.face.resolve_case(asked(&officer(), resolve(&case, "r"))).await.unwrap();
    assert_eq!(next().await.unwrap().entry.unwrap().kind(), HistoryKind::Resolved);
    office.stop.cancel();
    assert_eq!(next().await.unwrap_err().code(), Code::Unavailable);
    assert!(history.next().await.is_none());
}

#[tokio::test]
async fn the_directory_is_listed() {
    let office = Office::open().await;
    let mut codes = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListAgenciesRequest { page_token, ..Default::default() };
        let page = office.face.list_agencies(asked(&agency("police"), request)).await.unwrap().into_inner();
        codes.extend(page.agencies.into_iter().map(|agency| agency.code));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(codes.len(), 534);
    assert!(codes.is_sorted());
    assert!(codes.contains(&"town-421181105".to_owned()));
}

#[tokio::test]
async fn commands_of_two_processes_at_once_are_all_carried_out_once() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let before = office.case(&case).await.unwrap().etag;
    let (one, other) = (&office.face, &office.another_face());
    let comments = (0..40).map(|number| {
        let face = if number % 2 == 0 { one } else { other };
        let comment = CommentCaseRequest {
            case: case.clone(),
            // Each is sent through both processes.
            request_id: format!("r{}", number / 2),
            text: format!("第{}次走访", number / 2),
            ..Default::default()
        };
        face.comment_case(asked(&officer(), comment))
    });
    for answer in futures::future::join_all(comments).await {
        answer.unwrap();
    }
    let asked_history = ListCaseHistoryRequest { case: case.clone(), page_size: 1_000, ..Default::default() };
    let history = office.face.list_case_history(asked(&officer(), asked_history)).await.unwrap().into_inner();
    let comments = history.entries.iter().filter(|entry| entry.kind() == HistoryKind::Commented).count();
    assert_eq!(comments, 20);
    let sequences: Vec<i64> = history.entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    assert_ne!(office.case(&case).await.unwrap().etag, before);
}

#[tokio::test]
async fn a_character_that_no_text_can_hold_is_the_callers_mistake() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let refused = office.face.resolve_case(asked(&officer(), resolve(&case, "r\0"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(office.case(&case).await.unwrap().state(), CaseState::Open);
}

/// What the database cannot take fails by itself, wherever it came from; what came with it is done.
#[tokio::test]
async fn one_command_of_a_batch_never_spoils_the_others() {
    let office = Office::open().await;
    let cases = [one_case(&office, "漏水").await, one_case(&office, "漏水").await];
    let place = office.counties.iter().next().unwrap().clone();
    let command = |case: &str, request_id: &str, tag: &str| Command {
        actor: Occasion {
            at: fengqiao_serving::time::now(),
            actor: "officer-li".into(),
            capacity: "officer".into(),
            agency: None,
            rank: Rank::Officer,
        },
        visible_to: None,
        case: CaseName::parse(case).unwrap(),
        request_id: request_id.into(),
        etag: String::new(),
        act: Act::Tag { add: vec![tag.into()], remove: Vec::new() },
    };
    let run = |command| office.face.commands.run(&place, command);
    let turn = place.alone().await;
    let (first, spoilt, nameless, last, ()) = tokio::join!(
        run(command(&cases[0], "1", "a")),
        run(command(&cases[0], "2", "b\0c")),
        run(command(&cases[1], "3\0", "c")),
        run(command(&cases[1], "4", "d")),
        async { drop(turn) },
    );
    assert!(first.is_ok() && last.is_ok(), "{first:?} {last:?}");
    assert_eq!(Status::from(spoilt.unwrap_err()).code(), Code::FailedPrecondition, "no mark is such a word");
    assert_eq!(Status::from(nameless.unwrap_err()).code(), Code::InvalidArgument);
    let first = office.case(&cases[0]).await.unwrap().tags;
    assert!(first.contains(&"a".to_owned()) && !first.iter().any(|tag| tag.starts_with('b')));
    let second = office.case(&cases[1]).await.unwrap().tags;
    assert!(second.contains(&"d".to_owned()) && !second.contains(&"c".to_owned()));
}

#[tokio::test]
async fn control_characters_are_refused_and_name_their_field() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let field = |refused: Status| {
        assert_eq!(refused.code(), Code::InvalidArgument);
        refused.get_details_bad_request().unwrap().field_violations[0].field.clone()
    };
    let mut request = resolve(&case, "r");
    request.outcome = "和解\0".into();
    let refused = office.face.resolve_case(asked(&officer(), request)).await.unwrap_err();
    assert_eq!(field(refused), "outcome");
    let refused = office.face.resolve_case(asked(&officer(), resolve(&case, "r\0"))).await.unwrap_err();
    assert_eq!(field(refused), "requestId");
    let act = |words: &str| ActOnCaseRequest {
        case: case.clone(),
        request_id: "a".into(),
        act: Some(act_on_case_request::Act::Comment(CommentAct { words: words.into() })),
        ..Default::default()
    };
    let refused = office.face.act_on_case(asked(&officer(), act("一\u{1b}二"))).await.unwrap_err();
    assert_eq!(field(refused), "comment.words");
    office.face.act_on_case(asked(&officer(), act("一\n\t二"))).await.unwrap();
}
