//! Every act through the gRPC face: who may do what, what a case shows of it, what is owed, and why by then.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use fengqiao_access::Principal;
use fengqiao_proto::routing::v1::{
    ActOnCaseRequest, AddHandlerAct, AskExtensionAct, AssignAct, BlowWhistleAct, Case, CommentAct,
    ConcludeAct, DutyKind, ExplainDeadlineRequest, GetCaseRequest, HandlerPart, HoldSessionAct,
    ListCaseHistoryRequest, ListWorkRequest, ListWorkResponse, RelevelAct, RelevelCaseRequest, ReportInAct,
    ResolveAct, SessionResult, SettlementMethod, TagAct, WorkBucket, act_on_case_request::Act,
    routing_service_server::RoutingService as _, work_service_server::WorkService as _,
};
use fengqiao_proto::types::v1::{CaseState, Level};
use fengqiao_serving::time::{now, to_proto};
use jiff::SignedDuration;
use office::{COUNTY, Office, agency, asked, officer};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

async fn one_case(office: &Office) -> Case {
    office.take(&[office.report(Uuid::now_v7(), "漏水三年未修")]).await.unwrap();
    let case = office.changes().await.last().unwrap().case_id.clone();
    let raise = RelevelAct { level: Level::Orange.into(), words: "核实".into() };
    act(office, &officer(), &case, Act::Relevel(raise)).await.unwrap()
}

fn request(case: &str, act: Act) -> ActOnCaseRequest {
    let request_id = Uuid::now_v7().to_string();
    ActOnCaseRequest { case: case.into(), request_id, act: Some(act), ..ActOnCaseRequest::default() }
}

async fn act(office: &Office, who: &Principal, case: &str, act: Act) -> Result<Case, Status> {
    let answer = office.face.act_on_case(asked(who, request(case, act))).await?;
    Ok(answer.into_inner().case.unwrap())
}

fn reason_of(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

fn words() -> String {
    "双方同意".to_owned()
}

fn conclude(agency: &str) -> Act {
    Act::Conclude(ConcludeAct { agency: agency.into(), words: words() })
}

async fn work(office: &Office, who: &Principal, asked_for: ListWorkRequest) -> ListWorkResponse {
    office.face.list_work(asked(who, asked_for)).await.unwrap().into_inner()
}

#[tokio::test]
async fn an_act_is_repeatable_and_answers_without_further_queries() {
    let office = Office::open().await;
    let case = one_case(&office).await;
    let comment = request(&case.case_id, Act::Comment(CommentAct { words: "已联系".into() }));
    let first = office.face.act_on_case(asked(&officer(), comment.clone())).await.unwrap().into_inner();
    let second = office.face.act_on_case(asked(&officer(), comment.clone())).await.unwrap().into_inner();
    assert_eq!(first.case.as_ref().unwrap().etag, second.case.as_ref().unwrap().etag);
    let other =
        ActOnCaseRequest { act: Some(Act::Comment(CommentAct { words: "别的".into() })), ..comment };
    let refused = office.face.act_on_case(asked(&officer(), other)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let stale = ActOnCaseRequest {
        etag: case.etag.clone(),
        ..request(&case.case_id, Act::Comment(CommentAct { words: words() }))
    };
    assert_eq!(office.face.act_on_case(asked(&officer(), stale)).await.unwrap_err().code(), Code::Aborted);
    let answered = first.case.unwrap();
    assert!(answered.docket.is_some() && answered.matter.is_none());
    assert!(answered.reports.is_empty() && answered.pushes.is_empty());
    let read = office.case(&case.case_id).await.unwrap();
    assert!(read.matter.is_some() && !read.reports.is_empty() && !read.pushes.is_empty());
    assert_eq!((read.docket, read.handlers), (answered.docket, answered.handlers));
}

#[tokio::test]
async fn wrong_fields_are_named_and_the_old_verbs_take_a_capacity() {
    let office = Office::open().await;
    let case = one_case(&office).await.case_id;
    let wrong = Act::BlowWhistle(BlowWhistleAct { called: vec!["nobody".into()], ..Default::default() });
    let refused = act(&office, &officer(), &case, wrong).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let fields: Vec<String> = refused
        .get_details_bad_request()
        .unwrap()
        .field_violations
        .into_iter()
        .map(|violation| violation.field)
        .collect();
    assert_eq!(fields, ["blowWhistle.called[0]", "blowWhistle.spot", "blowWhistle.words"]);
    let relevel = RelevelCaseRequest {
        case,
        request_id: "l".into(),
        level: Level::Red.into(),
        reason: "重".into(),
        capacity: "no-such-post".into(),
        ..Default::default()
    };
    let refused = office.face.relevel_case(asked(&officer(), relevel)).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "capacity");
}

#[tokio::test]
async fn s1_02_two_owners_conclude_and_an_agency_does_only_what_is_its_own() {
    let office = Office::open().await;
    let case = one_case(&office).await;
    let (id, lead) = (case.case_id, case.lead_agency);
    for owner in ["police", "justice"] {
        let add =
            AddHandlerAct { agency: owner.into(), part: HandlerPart::Owner.into(), words: String::new() };
        let refused = act(&office, &agency(&lead), &id, Act::AddHandler(add.clone())).await.unwrap_err();
        assert_eq!((refused.code(), reason_of(&refused).as_str()), (Code::FailedPrecondition, "CENTRE_ONLY"));
        act(&office, &officer(), &id, Act::AddHandler(add)).await.unwrap();
    }
    let concluded = act(&office, &agency("police"), &id, conclude("")).await.unwrap();
    let conclusions = concluded.conclusions.unwrap();
    assert_eq!((conclusions.done, conclusions.all), (1, 3));
    assert_eq!(concluded.state(), CaseState::Open);
    let refused = act(&office, &agency("police"), &id, conclude("justice")).await.unwrap_err();
    assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "conclude.agency");
    let resolve = || {
        Act::Resolve(ResolveAct {
            words: words(),
            method: SettlementMethod::LegalEducation.into(),
            ..Default::default()
        })
    };
    let refused = act(&office, &officer(), &id, resolve()).await.unwrap_err();
    assert_eq!(reason_of(&refused), "OWNERS_NOT_CONCLUDED");
    act(&office, &agency("justice"), &id, conclude("")).await.unwrap();
    act(&office, &officer(), &id, conclude(&lead)).await.unwrap();
    let refused = act(&office, &agency("police"), &id, resolve()).await.unwrap_err();
    assert_eq!(reason_of(&refused), "CENTRE_ONLY");
    let resolved = act(&office, &officer(), &id, resolve()).await.unwrap();
    assert_eq!(resolved.state(), CaseState::Resolved);
    let docket = resolved.docket.unwrap();
    assert_eq!(docket.method(), SettlementMethod::LegalEducation);
    assert!(!docket.revisits.is_empty() && docket.duties.iter().any(|duty| duty.kind() == DutyKind::Revisit));
    assert!(!resolved.sub_state.unwrap().name.is_empty());
}

#[tokio::test]
async fn a_session_and_a_whistle_stand_in_the_docket() {
    let office = Office::open().await;
    let case = one_case(&office).await;
    let lead = agency(&case.lead_agency);
    let session = HoldSessionAct {
        at: Some(to_proto(now() - SignedDuration::from_hours(1))),
        mediators: vec!["justice".into(), "张老师".into()],
        present: vec![1, 2],
        result: SessionResult::Adjourned.into(),
        minutes: 40,
        words: "下周再谈".into(),
    };
    let seen = act(&office, &lead, &case.case_id, Act::HoldSession(session)).await.unwrap();
    assert_eq!(seen.docket.unwrap().sessions[0].minutes, 40);
    let blow = BlowWhistleAct {
        called: vec!["police".into()],
        spot: "某路1号".into(),
        photos: vec!["photo-1".into()],
        words: "请到场".into(),
    };
    act(&office, &lead, &case.case_id, Act::BlowWhistle(blow)).await.unwrap();
    let report_in = || Act::ReportIn(ReportInAct { no: 1, code: String::new() });
    let seen = act(&office, &agency("police"), &case.case_id, report_in()).await.unwrap();
    let whistle = &seen.docket.unwrap().whistles[0];
    assert_eq!(whistle.spot, "某路1号");
    assert!(whistle.called[0].reported_in_at.is_some());
    let refused = act(&office, &agency("police"), &case.case_id, report_in()).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn s2_06_of_a_protected_case_only_handlers_learn_who_it_is() {
    let office = Office::open().await;
    let case = one_case(&office).await;
    let told = |who: Principal| {
        let request =
            GetCaseRequest { case: case.case_id.clone(), purpose: "办理".into(), ..Default::default() };
        let (office, request) = (&office, asked(&who, request));
        async move { office.face.get_case(request).await.unwrap().into_inner().case.unwrap() }
    };
    let community = agency("community-421181105202");
    assert!(told(community.clone()).await.matter.is_some());
    let mark = TagAct { add: vec!["minor".into()], ..Default::default() };
    act(&office, &officer(), &case.case_id, Act::Tag(mark)).await.unwrap();
    let hidden = told(community.clone()).await;
    assert!(hidden.matter.is_none() && hidden.tags.contains(&"minor".to_owned()));
    assert!(told(agency(&case.lead_agency)).await.matter.is_some());
    assert!(told(officer()).await.matter.is_some());
    let request =
        ListCaseHistoryRequest { case: case.case_id.clone(), purpose: "办理".into(), ..Default::default() };
    let entries = office.face.list_case_history(asked(&community, request)).await.unwrap();
    assert!(entries.into_inner().entries.iter().all(|entry| entry.remark.is_empty()));
}

#[tokio::test]
async fn work_is_listed_late_first_and_counted() {
    let office = Office::open().await;
    let case = one_case(&office).await;
    let lead = agency(&case.lead_agency);
    let fresh = work(&office, &lead, ListWorkRequest::default()).await;
    let counts = fresh.counts.unwrap();
    assert_eq!((counts.to_sign, counts.late, counts.more), (1, 0, false));
    assert_eq!(counts.open as usize, fresh.items.len());
    let item = &fresh.items[0];
    assert_eq!((item.case_number.as_str(), item.level()), (case.number.as_str(), Level::Orange));
    assert_eq!(item.duty.as_ref().unwrap().kind(), DutyKind::Sign);
    // The time to sign passes.
    office.set_clock(now() + SignedDuration::from_hours(30));
    let late = ListWorkRequest { bucket: WorkBucket::Late.into(), ..Default::default() };
    let list = work(&office, &lead, late).await;
    assert_eq!(list.counts.unwrap().late, 1);
    assert_eq!(list.items.len(), 1);
    assert!(list.items[0].duty.as_ref().unwrap().late);
    // What is due at 24:00 is due on the day that ends then.
    let handle = fresh.items.iter().filter_map(|item| item.duty.as_ref());
    let handle = handle.clone().find(|duty| duty.kind() == DutyKind::Handle).unwrap();
    let due = jiff::Timestamp::from_second(handle.due_at.as_ref().unwrap().seconds).unwrap();
    office.set_clock(due - SignedDuration::from_hours(1));
    let today = ListWorkRequest { bucket: WorkBucket::DueToday.into(), ..Default::default() };
    let list = work(&office, &lead, today).await;
    assert_eq!(list.counts.unwrap().due_today, 1);
    assert_eq!(list.items[0].duty.as_ref().unwrap().kind(), DutyKind::Handle);
    office.set_clock(now() + SignedDuration::from_hours(30));
    // Page by page, all that is owed, each once.
    let (mut page_token, mut seen) = (String::new(), Vec::new());
    loop {
        let request = ListWorkRequest { page_size: 1, page_token, ..Default::default() };
        let page = work(&office, &lead, request).await;
        seen.extend(page.items.iter().map(|item| item.duty.as_ref().unwrap().no));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let whole: Vec<i32> = work(&office, &lead, ListWorkRequest::default())
        .await
        .items
        .iter()
        .map(|i| i.duty.as_ref().unwrap().no)
        .collect();
    assert_eq!(seen, whole);
    // Another agency's list is not theirs to read; an officer may name any.
    let other = ListWorkRequest { agency: "police".into(), ..Default::default() };
    let refused = office.face.list_work(asked(&lead, other.clone())).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(work(&office, &officer(), other).await.items.len(), 0);
    let handling = ListWorkRequest { kind: DutyKind::Handle.into(), ..Default::default() };
    let list = work(&office, &lead, handling).await;
    assert!(!list.items.is_empty() && list.items.len() < whole.len());
    assert!(list.items.iter().all(|item| item.duty.as_ref().unwrap().kind() == DutyKind::Handle));
    assert_eq!(list.counts.unwrap().open as usize, list.items.len(), "counted alone");
    let wrong = ListWorkRequest { kind: 99, ..Default::default() };
    let refused = office.face.list_work(asked(&lead, wrong)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let nobody = ListWorkRequest { person: "nobody".into(), ..Default::default() };
    assert_eq!(work(&office, &lead, nobody).await.counts.unwrap().open, 0);
}

#[tokio::test]
async fn a_case_that_came_back_is_in_the_list_of_what_was_returned() {
    use fengqiao_proto::notification::v1::{ReceiptKind, ReturnReason};
    let office = Office::open().await;
    let case = one_case(&office).await;
    let push = office.pushes().await.into_iter().find(|push| push.agency == case.lead_agency).unwrap();
    let mut receipt = Office::receipt(&push, ReceiptKind::Returned);
    receipt.return_reason = ReturnReason::NotOurDuty.into();
    office.hear(&[receipt]).await.unwrap();
    let returned = ListWorkRequest { bucket: WorkBucket::Returned.into(), ..Default::default() };
    let list = work(&office, &officer(), returned).await;
    assert_eq!(list.counts.unwrap().returned, 1);
    assert_eq!(list.items[0].case_id, case.case_id);
    let seen = office.case(&case.case_id).await.unwrap();
    assert_eq!(seen.docket.unwrap().returns[0].agency, case.lead_agency);
}

#[tokio::test]
async fn a_deadline_is_explained_day_by_day() {
    let office = Office::open().await;
    let case = one_case(&office).await;
    let docket = case.docket.unwrap();
    let handle = docket.duties.iter().find(|duty| duty.kind() == DutyKind::Handle).unwrap();
    let explain = |no| ExplainDeadlineRequest { case: case.number.clone(), no, ..Default::default() };
    let answer =
        office.face.explain_deadline(asked(&officer(), explain(handle.no))).await.unwrap().into_inner();
    assert_eq!(answer.duty.as_ref().unwrap().limit, handle.limit);
    assert_eq!(answer.counted_due_at, handle.due_at);
    assert!(!answer.days.is_empty() && !answer.days[0].counted);
    assert!(answer.days.last().unwrap().counted && !answer.calendar.is_empty());
    let missing = office.face.explain_deadline(asked(&officer(), explain(999))).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let elsewhere = office.face.explain_deadline(asked(&agency("police"), explain(handle.no))).await;
    assert_eq!(elsewhere.unwrap_err().code(), Code::NotFound, "not theirs to see");
    let ask = AskExtensionAct { days: 7, words: words() };
    let asked_for = act(&office, &agency(&case.lead_agency), &case.case_id, Act::AskExtension(ask)).await;
    assert_eq!(asked_for.unwrap().docket.unwrap().extensions[0].days, 7);
}

#[tokio::test]
async fn assigning_names_who_has_it_now() {
    let office = Office::open().await;
    let case = one_case(&office).await;
    let assign = AssignAct { agency: "justice".into(), ..Default::default() };
    let assigned = act(&office, &officer(), &case.case_id, Act::Assign(assign)).await.unwrap();
    assert_eq!(assigned.handlers.len(), 1);
    assert_eq!(
        (assigned.handlers[0].agency.as_str(), assigned.handlers[0].part()),
        ("justice", HandlerPart::Lead)
    );
    assert_eq!(assigned.county, COUNTY);
}
