//! Who sees which case, while it is seen, and whose it is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail so")]

mod office;

use std::{path::Path, sync::Arc, time::Duration};

use fengqiao_access::Principal;
use fengqiao_proto::{
    routing::v1::{
        ActOnCaseRequest, AssignAct, Case, ClaimAct, CommentAct, DutyKind, GetCaseRequest, HandOverAct,
        ListCaseHistoryRequest, ListCasesRequest, ListReadingsRequest, ListWorkRequest, MergeCasesRequest,
        RelevelAct, ResolveAct, TagAct, WatchCaseRequest, act_on_case_request::Act,
        audit_service_server::AuditService as _, routing_service_server::RoutingService as _,
        work_service_server::WorkService as _,
    },
    types::v1::{FormKind, Level, Matter, Party},
};
use fengqiao_routing::{domain::practice::Practice, grpc::AuditFace};
use fengqiao_serving::{ServiceName, planning, time::Clock};
use futures::StreamExt as _;
use office::{COMMUNITY, COUNTY, Office, agency, asked, officer};
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

async fn one_case(office: &Office, narrative: &str) -> String {
    office.take(&[office.report(Uuid::now_v7(), narrative)]).await.unwrap();
    office.changes().await.last().unwrap().case_id.clone()
}

async fn act(office: &Office, who: &Principal, case: &str, act: Act) -> Result<Case, Status> {
    let request = ActOnCaseRequest {
        case: case.into(),
        request_id: Uuid::now_v7().to_string(),
        act: Some(act),
        ..Default::default()
    };
    Ok(office.face.act_on_case(asked(who, request)).await?.into_inner().case.unwrap())
}

async fn get(office: &Office, who: &Principal, case: &str) -> Result<Case, Status> {
    let request = GetCaseRequest { case: case.into(), ..Default::default() };
    Ok(office.face.get_case(asked(who, request)).await?.into_inner().case.unwrap())
}

async fn listed(office: &Office, who: &Principal, request: ListCasesRequest) -> Vec<String> {
    let page = office.face.list_cases(asked(who, request)).await.unwrap().into_inner();
    page.cases.into_iter().map(|case| case.case_id).collect()
}

fn comment() -> Act {
    Act::Comment(CommentAct { words: "已看".into() })
}

fn assign(to: &str) -> Act {
    Act::Assign(AssignAct { agency: to.into(), words: "交办".into(), ..Default::default() })
}

fn protect() -> Act {
    Act::Tag(TagAct { add: vec!["minor".into()], ..Default::default() })
}

#[tokio::test]
async fn who_owes_something_in_a_case_sees_it_as_long_as_it_is_owed() {
    let office = Office::open().await;
    let case = one_case(&office, "路灯").await;
    let community = agency(&format!("community-{COMMUNITY}"));
    assert_eq!(get(&office, &community, &case).await.unwrap().case_id, case);
    assert_eq!(listed(&office, &community, ListCasesRequest::default()).await, [case.as_str()]);
    act(&office, &community, &case, comment()).await.unwrap();
    for other in ["police", "justice-421181105"] {
        assert_eq!(get(&office, &agency(other), &case).await.unwrap_err().code(), Code::NotFound);
    }
    // That a case grows old is nobody's to do, and shows it to nobody.
    act(&office, &officer(), &case, assign("police")).await.unwrap();
    assert_eq!(get(&office, &agency("housing"), &case).await.unwrap_err().code(), Code::NotFound);
    act(&office, &officer(), &case, Act::Resolve(ResolveAct { words: "和解".into(), ..Default::default() }))
        .await
        .unwrap();
    assert_eq!(get(&office, &community, &case).await.unwrap_err().code(), Code::NotFound);
    assert!(listed(&office, &community, ListCasesRequest::default()).await.is_empty());
    let refused = act(&office, &community, &case, comment()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn s2_06_s4_14_what_is_told_of_violence_at_home_and_of_illness_is_seen_by_who_must() {
    let office = Office::open().await;
    for (narrative, kind) in
        [("对方持刀家暴", "domestic_violence"), ("持刀的邻居患精神分裂症，已停药", "health")]
    {
        let case = one_case(&office, narrative).await;
        let reading = async |who: &Principal, purpose: &str| {
            let request =
                GetCaseRequest { case: case.clone(), purpose: purpose.into(), ..Default::default() };
            Ok::<_, Status>(office.face.get_case(asked(who, request)).await?.into_inner().case.unwrap())
        };
        for who in [officer(), agency("housing")] {
            let refused = reading(&who, "").await.unwrap_err();
            assert_eq!(refused.get_details_bad_request().unwrap().field_violations[0].field, "purpose");
            let read = reading(&who, "上门核实").await.unwrap();
            assert!(read.tags.contains(&kind.to_owned()), "{kind}");
            assert_eq!(read.matter.unwrap().narrative, narrative);
        }
        // It has been told that there is a case, and nothing of its people.
        let community = agency(&format!("community-{COMMUNITY}"));
        assert!(reading(&community, "值守").await.unwrap().matter.is_none(), "{kind}");
        assert_eq!(reading(&agency("police"), "值守").await.unwrap_err().code(), Code::NotFound);
    }
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM case_reading").fetch_one(&office.pool).await.unwrap();
    assert_eq!(kept, 6, "each reading with its purpose");
}

#[tokio::test]
async fn a_notice_of_a_protected_case_tells_no_more_than_the_case_shows() {
    let office = Office::open().await;
    let told = async |narrative: &str, confidential: bool| {
        let mut report = office.report(Uuid::now_v7(), narrative);
        let party = Party { name: "王小芳".into(), phone: "13800000000".into(), ..Party::default() };
        let matter = Matter {
            title: "王小芳家的事".into(),
            narrative: narrative.into(),
            address: "5组12号".into(),
            parties: vec![party],
            ..Matter::default()
        };
        report.sealed_matter = office.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes());
        report.confidential = confidential;
        office.take(&[report]).await.unwrap();
        let case = office.changes().await.last().unwrap().case_id.clone();
        let pushes = office.pushes().await.into_iter().filter(|push| push.case_id == case);
        let opened = pushes.map(|push| {
            let plain = office.keyring.open(&push.sealed_matter, COUNTY.as_bytes()).unwrap();
            (push.form(), push.agency, Matter::decode(plain.as_slice()).unwrap())
        });
        let opened: Vec<(FormKind, String, Matter)> = opened.collect();
        (case, opened)
    };
    for (narrative, confidential) in [("对方持刀家暴", false), ("对方持刀", true)] {
        let (case, pushes) = told(narrative, confidential).await;
        let mut without = 0;
        for (form, to, matter) in &pushes {
            if *form != FormKind::NoticeForm {
                assert_eq!(matter.narrative, narrative, "{to} has to act");
                continue;
            }
            let request =
                GetCaseRequest { case: case.clone(), purpose: "核对".into(), ..Default::default() };
            let shown = office.face.get_case(asked(&agency(to), request)).await.unwrap().into_inner();
            assert!(shown.case.unwrap().matter.is_none(), "{to}");
            without += 1;
            assert_eq!((matter.narrative.as_str(), matter.address.as_str()), ("", ""), "{to}");
            assert!(!matter.title.is_empty() && !matter.title.contains("小芳"), "{to}: {}", matter.title);
            let party = &matter.parties[0];
            assert_eq!((party.name.as_str(), party.phone.as_str()), ("", ""), "{to}");
        }
        assert!(without > 0 && without < pushes.len(), "{without} of {} go without", pushes.len());
    }
    let (_, pushes) = told("路灯", false).await;
    assert!(pushes.iter().all(|(_, _, matter)| matter.narrative == "路灯"), "it is not protected");
}

#[tokio::test]
async fn a_merged_case_is_seen_the_same_by_readers_lists_and_commands() {
    let office = Office::open().await;
    let (from, into) = (one_case(&office, "对方持刀").await, one_case(&office, "对方持刀").await);
    let request = MergeCasesRequest {
        case: from.clone(),
        into,
        request_id: "m".into(),
        reason: "同一纠纷".into(),
        ..Default::default()
    };
    office.face.merge_cases(asked(&officer(), request)).await.unwrap();
    let community = agency(&format!("community-{COMMUNITY}"));
    assert!(get(&office, &community, &from).await.is_ok());
    assert_eq!(listed(&office, &community, ListCasesRequest::default()).await.len(), 2);
    assert!(act(&office, &community, &from, comment()).await.is_ok());
}

#[tokio::test]
async fn a_history_names_nobody_and_the_case_itself_does() {
    let office = Office::open().await;
    let mut report = office.report(Uuid::now_v7(), "王小芳家漏水");
    let party = Party { name: "王小芳".into(), phone: "13800000000".into(), ..Party::default() };
    let matter = Matter { narrative: "王小芳家漏水".into(), parties: vec![party], ..Matter::default() };
    report.sealed_matter = office.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes());
    office.take(&[report]).await.unwrap();
    let case = office.changes().await.last().unwrap().case_id.clone();
    let words = "已联系王小芳（１３８００００００００），小芳说车牌鄂J12345的车主也在场";
    act(&office, &officer(), &case, Act::Comment(CommentAct { words: words.into() })).await.unwrap();
    let masked = "已联系王某（〔电话〕），某某说车牌〔车牌〕的车主也在场";
    let request = ListCaseHistoryRequest { case: case.clone(), ..Default::default() };
    let history = office.face.list_case_history(asked(&officer(), request)).await.unwrap().into_inner();
    assert_eq!(history.entries.last().unwrap().remark, masked);
    let mut next = watch(&office, &officer(), &case, "").await;
    let mut last = String::new();
    for _ in 0..history.entries.len() {
        last = next().await.unwrap();
    }
    assert_eq!(last, masked);
    let matter = get(&office, &officer(), &case).await.unwrap().matter.unwrap();
    assert_eq!(matter.narrative, "王小芳家漏水");
}

#[tokio::test]
async fn whoever_reads_of_readings_does_not_learn_of_whom() {
    let office = Office::open().await;
    let mut report = office.report(Uuid::now_v7(), "孩子");
    let party = Party { name: "王小芳".into(), ..Party::default() };
    let matter = Matter { parties: vec![party], ..Matter::default() };
    report.sealed_matter = office.keyring.seal(&matter.encode_to_vec(), COUNTY.as_bytes());
    office.take(&[report]).await.unwrap();
    let case = office.changes().await.last().unwrap().case_id.clone();
    act(&office, &officer(), &case, protect()).await.unwrap();
    let purpose = "核对王小芳来电13800000000".to_owned();
    let request = GetCaseRequest { case: case.clone(), purpose, ..Default::default() };
    office.face.get_case(asked(&officer(), request)).await.unwrap();
    let request = ListReadingsRequest { case: case.clone(), ..Default::default() };
    let audit = AuditFace::new(
        office.pool.clone(),
        Arc::clone(&office.counties),
        Arc::clone(&office.keyring),
        Clock::system(),
    );
    let read = audit.list_readings(asked(&officer(), request)).await.unwrap().into_inner();
    assert_eq!(read.readings[0].purpose, "核对王某来电〔电话〕");
}

async fn watch(
    office: &Office,
    who: &Principal,
    case: &str,
    purpose: &str,
) -> impl AsyncFnMut() -> Result<String, Status> + use<> {
    let request = WatchCaseRequest { case: case.into(), purpose: purpose.into(), ..Default::default() };
    let mut history = office.face.watch_case(asked(who, request)).await.unwrap().into_inner();
    async move || {
        let next = tokio::time::timeout(Duration::from_secs(5), history.next()).await.expect("in time");
        next.expect("not ended").map(|message| message.entry.unwrap().remark)
    }
}

#[tokio::test]
async fn a_watch_ends_where_the_case_is_no_longer_to_be_seen() {
    let office = Office::open().await;
    let case = one_case(&office, "路灯").await;
    let mut next = watch(&office, &agency("housing"), &case, "").await;
    for _ in 0..3 {
        next().await.unwrap();
    }
    act(&office, &officer(), &case, assign("police")).await.unwrap();
    assert_eq!(next().await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_watch_of_what_becomes_protected_ends_or_is_kept_and_hides_people() {
    let office = Office::open().await;
    let case = one_case(&office, "对方持刀").await;
    let community = agency(&format!("community-{COMMUNITY}"));
    let mut nameless = watch(&office, &officer(), &case, "").await;
    let mut told_why = watch(&office, &officer(), &case, "值守").await;
    let mut looks_on = watch(&office, &community, &case, "值守").await;
    let begun = get(&office, &officer(), &case).await.unwrap();
    let entries: i64 = sqlx::query_scalar("SELECT max(sequence) FROM case_history WHERE case_id = $1::uuid")
        .bind(&begun.case_id)
        .fetch_one(&office.pool)
        .await
        .unwrap();
    for _ in 0..entries {
        nameless().await.unwrap();
        told_why().await.unwrap();
        looks_on().await.unwrap();
    }
    act(&office, &officer(), &case, comment()).await.unwrap();
    assert_eq!(looks_on().await.unwrap(), "已看");
    assert_eq!(told_why().await.unwrap(), "已看");
    assert_eq!(nameless().await.unwrap(), "已看");
    act(&office, &officer(), &case, protect()).await.unwrap();
    let ended = nameless().await.unwrap_err();
    assert_eq!(ended.get_details_bad_request().unwrap().field_violations[0].field, "purpose");
    told_why().await.unwrap();
    looks_on().await.unwrap();
    act(&office, &officer(), &case, comment()).await.unwrap();
    assert_eq!(told_why().await.unwrap(), "已看");
    assert_eq!(looks_on().await.unwrap(), "", "who only looks on no longer learns what people said");
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM case_reading").fetch_one(&office.pool).await.unwrap();
    assert_eq!(kept, 2, "once for each who said why");
}

#[tokio::test]
async fn a_command_on_a_protected_case_answers_no_more_than_a_list() {
    let office = Office::open().await;
    let case = one_case(&office, "对方持刀").await;
    let other = one_case(&office, "对方持刀").await;
    let request = ActOnCaseRequest {
        case: case.clone(),
        request_id: "t".into(),
        act: Some(protect()),
        ..Default::default()
    };
    for _ in 0..2 {
        let answer = office.face.act_on_case(asked(&officer(), request.clone())).await.unwrap().into_inner();
        let answered = answer.case.unwrap();
        assert!(answered.docket.is_none() && !answered.etag.is_empty());
    }
    let request = MergeCasesRequest {
        case: case.clone(),
        into: other,
        request_id: "m".into(),
        reason: "同一纠纷".into(),
        ..Default::default()
    };
    for _ in 0..2 {
        let answer = office.face.merge_cases(asked(&officer(), request.clone())).await.unwrap().into_inner();
        let merged = answer.case.unwrap();
        assert!(merged.docket.is_none() && merged.matter.is_none() && merged.reports.is_empty());
    }
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM case_reading").fetch_one(&office.pool).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn s0_05_who_received_first_lists_what_is_not_over() {
    let office = Office::open().await;
    let mut report = office.report(Uuid::now_v7(), "路灯");
    report.received_by = "chief-wang".into();
    office.take(&[report, office.report(Uuid::now_v7(), "对方持刀")]).await.unwrap();
    let own = office.changes().await[0].case_id.clone();
    let ledger = || ListCasesRequest { first_receiver: "chief-wang".into(), ..Default::default() };
    assert_eq!(listed(&office, &officer(), ledger()).await, [own.as_str()]);
    let red = ListCasesRequest { level: Level::Red.into(), ..ledger() };
    assert!(listed(&office, &officer(), red).await.is_empty());
    assert!(listed(&office, &agency("police"), ledger()).await.is_empty(), "not theirs to see");
    sqlx::query("UPDATE case_file SET state = 3").execute(&office.pool).await.unwrap();
    assert!(listed(&office, &officer(), ledger()).await.is_empty());
}

async fn work_of(office: &Office, who: &Principal, agency: &str, person: &str) -> Vec<DutyKind> {
    let request =
        ListWorkRequest { agency: agency.into(), person: person.into(), ..ListWorkRequest::default() };
    let answer = office.face.list_work(asked(who, request)).await.unwrap().into_inner();
    assert_eq!(answer.counts.unwrap().open as usize, answer.items.len());
    let mut kinds: Vec<DutyKind> = answer.items.into_iter().map(|item| item.duty.unwrap().kind()).collect();
    kinds.sort_unstable_by_key(|kind| *kind as i32);
    kinds
}

#[tokio::test]
async fn a_person_s_work_is_its_own_that_of_its_posts_and_what_is_the_agency_s() {
    let office = Office::open().await;
    let case = one_case(&office, "漏水").await;
    let raise = RelevelAct { level: Level::Orange.into(), words: "核实".into() };
    act(&office, &officer(), &case, Act::Relevel(raise)).await.unwrap();
    act(&office, &officer(), &case, assign("police")).await.unwrap();
    let police = agency("police");
    let whole = work_of(&office, &police, "", "").await;
    assert!(whole.contains(&DutyKind::Handle), "{whole:?}");
    // A person with a post there has what is the agency's, also where the centre asks by the name alone.
    assert_eq!(work_of(&office, &police, "", "officer-zhao").await, whole);
    assert_eq!(work_of(&office, &officer(), "", "officer-zhao").await, whole);
    assert!(work_of(&office, &officer(), "housing", "officer-zhao").await.is_empty());
    // One without a post there has what was handed over, and once it is claimed the rest of that case.
    let clerk = Principal::new("auxiliary-sun", COUNTY, "agency", Some("police")).unwrap();
    assert!(work_of(&office, &clerk, "", "auxiliary-sun").await.is_empty());
    let hand_over = |person: &str| {
        Act::HandOver(HandOverAct { person: person.into(), words: "去办".into(), ..Default::default() })
    };
    act(&office, &police, &case, hand_over("auxiliary-sun")).await.unwrap();
    assert_eq!(work_of(&office, &clerk, "", "auxiliary-sun").await, [DutyKind::Claim]);
    act(&office, &clerk, &case, Act::Claim(ClaimAct::default())).await.unwrap();
    assert_eq!(work_of(&office, &clerk, "", "auxiliary-sun").await, whole);
    act(&office, &police, &case, hand_over("auxiliary-li")).await.unwrap();
    assert!(work_of(&office, &clerk, "", "auxiliary-sun").await.is_empty());
}

/// Who may see what is asked of indexes, case by case, however many there are. Plans are made for all arguments.
#[tokio::test]
async fn to_ask_who_sees_a_case_reads_no_table_through() {
    let office = Office::open().await;
    one_case(&office, "对方持刀").await;
    let mut conn = office.pool.acquire().await.unwrap();
    for statement in [
        "INSERT INTO case_file SELECT (jsonb_populate_record(file, jsonb_build_object('id', gen_random_uuid(),
             'number', 'n' || n, 'cluster_id', gen_random_uuid(), 'lead_agency', 'agency-' || n % 300))).*
         FROM case_file AS file, generate_series(1, 20000) AS n",
        "INSERT INTO case_push SELECT (jsonb_populate_record(NULL::case_push, to_jsonb(push) || jsonb_build_object('push_id', gen_random_uuid(),
             'case_id', file.id, 'agency', file.lead_agency))).*
         FROM (SELECT * FROM case_push LIMIT 1) AS push, case_file AS file WHERE number LIKE 'n%'",
        "INSERT INTO duty SELECT (jsonb_populate_record(NULL::duty, to_jsonb(one) || jsonb_build_object('subject_id', file.id,
             'agency', file.lead_agency))).*
         FROM (SELECT * FROM duty LIMIT 1) AS one, case_file AS file WHERE number LIKE 'n%'",
        "ANALYZE case_file, case_push, duty",
    ] {
        sqlx::query(statement).execute(&mut *conn).await.unwrap();
    }
    for (setting, value) in planning(ServiceName::Routing) {
        let set = sqlx::AssertSqlSafe(format!("SET {setting} = {value}"));
        sqlx::query(set).execute(&mut *conn).await.unwrap();
    }
    // Of each what it has to go by, and whether it asks for single cases.
    let calls = [
        ("get_case", "'421181', NULL, 'n7', 'agency-9'", "case_file_pkey", true),
        (
            "load_for_commands",
            "'421181', '{NULL}', '{n7}', '{agency-9}', '{li}', '{r}'",
            "case_file_pkey",
            true,
        ),
        (
            "list_cases",
            "'421181', NULL, NULL, NULL, NULL, NULL, NULL, 50, NULL, NULL, NULL",
            "case_file_order",
            false,
        ),
        (
            "list_cases",
            "'421181', 'agency-9', NULL, NULL, NULL, NULL, NULL, 50, NULL, NULL, NULL",
            "case_file_order",
            false,
        ),
        (
            "list_received_cases",
            "'421181', NULL, NULL, NULL, NULL, NULL, NULL, 50, NULL, NULL, NULL, 'chief'",
            "case_file_first_receiver",
            false,
        ),
        (
            "list_work",
            "'421181', '{agency-9}', 'li', '{}', '{agency-9}', NULL, false, '1970-01-01', NULL, 0, 0, now(), now(), 50",
            "duty_owed",
            false,
        ),
        ("agenda_candidates", "'421181', 3, now(), 2, 400", "case_push_returned", false),
    ];
    for (name, arguments, index, single) in calls {
        let text = fengqiao_routing::store::STATEMENTS.iter().find(|(known, _)| *known == name).unwrap().1;
        let run = |statement: String| sqlx::AssertSqlSafe(statement);
        sqlx::query(run(format!("PREPARE asked AS {text}"))).execute(&mut *conn).await.unwrap();
        let explain = run(format!("EXPLAIN (ANALYZE, COSTS OFF) EXECUTE asked ({arguments})"));
        let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut *conn).await.unwrap();
        let plan = plan.join("\n");
        if std::env::var_os("SHOW_PLANS").is_some() {
            eprintln!("{name} {arguments}\n{plan}\n");
        }
        assert!(!plan.contains("Seq Scan") && plan.contains(index), "{name}\n{plan}");
        assert!(!plan.contains("case_merger_goes_to"), "{name}\n{plan}");
        assert!(!single || !plan.contains("hashed"), "{name}\n{plan}");
        sqlx::query("DEALLOCATE asked").execute(&mut *conn).await.unwrap();
    }
}

/// What a practice withholds from an agency of Macheng, of cases with these marks, or its mistakes.
fn withheld(office: &Office, text: &str, agency: &str, tags: &[&str]) -> String {
    let rulebook = office.counties.iter().next().unwrap().rulebook();
    let text = format!("version = \"1\"\n{text}");
    let parsed = Practice::parse(Path::new("practice.toml"), &text, &rulebook.directory);
    let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
    parsed.map_or_else(
        |mistakes| mistakes.to_string(),
        |practice| format!("{:?}", practice.withheld_from(agency, &rulebook.directory, &tags)),
    )
}

#[tokio::test]
async fn s2_06_a_county_says_from_whom_it_withholds_what() {
    let office = Office::open().await;
    let community = format!("community-{COMMUNITY}");
    let own = "[[withheld]]\nkind = \"community\"\nfields = [\"narrative\"]\n\
               [[withheld]]\nagency = \"court\"\ntags = [\"health\", \"minor\"]\nfields = [\"phone\"]\n\
               [[withheld]]\nagency = \"court\"\nfields = [\"address\"]\n";
    for (text, agency, tags, said) in [
        ("", "womens_federation", &["minor", "help"][..], "{Narrative, IdNumber}"),
        ("", "womens_federation", &["health"], "{}"),
        ("", "police", &["minor"], "{}"),
        ("withheld = []", "womens_federation", &["minor"], "{}"),
        (own, &community, &[], "{Narrative}"),
        (own, "court", &["minor"], "{Address, Phone}"),
        (own, "court", &[], "{Address}"),
        (own, "womens_federation", &["minor"], "{}"),
    ] {
        assert_eq!(withheld(&office, text, agency, tags), said, "{agency} {tags:?}");
    }
    for (who, reason) in [
        ("agency = \"nobody\"", "nobody is neither an agency nor a contact"),
        ("agency = \"centre\"", "from centre, the centre's desk, nothing is withheld"),
        ("tags = [\"minor\"]", "one of the two"),
        ("kind = \"school\"", "unknown variant `school`"),
    ] {
        let mistake =
            withheld(&office, &format!("[[withheld]]\n{who}\nfields = [\"narrative\"]\n"), "court", &[]);
        assert!(mistake.starts_with("practice.toml:") && mistake.contains(reason), "{mistake}");
    }
}
