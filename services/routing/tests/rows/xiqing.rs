//! S2, Xiqing: 派驻、会商、吹哨报到.

use fengqiao_proto::{
    routing::v1::{
        GetCaseRequest, GetRosterRequest, HalfDay, ListCasesRequest, PushRequested,
        routing_service_server::RoutingService as _, work_service_server::WorkService as _,
    },
    types::v1::{FormKind, Matter, PartyRole, PushSubject, Source},
};
use fengqiao_routing::domain::{
    acts::{
        Act,
        handling::{HandlingAct, Part},
        whistles::WhistleAct,
    },
    duty::DutyKind,
    history::HistoryKind,
};
use jiff::SignedDuration;
use prost::Message as _;
use tonic::Code;

use crate::{
    office,
    story::{Actor, Story, Told, owed, shown},
};

const OFFICER: Actor = ("officer-zhao", "stationed-officer-1");
const ENFORCEMENT: Actor = ("leader-shen", "enforcement-head");
const SAFETY: Actor = ("leader-han", "safety-head");
const DASI: &str = "120111105002";
const TOWN_CENTRE: &str = "centre-120111105";

#[tokio::test]
async fn s2_01_a_gap_in_the_roster_shows_and_what_a_seat_took_is_its_own() {
    let story = Story::begin("xiqing", "2026-11-24 10:00").await;
    let dispatcher = story.officer("dispatcher-sun");
    let roster = async |who: &_, agency: &str, day: &str| {
        let request = GetRosterRequest { agency: agency.into(), day: day.into(), ..Default::default() };
        story.office.face.get_roster(office::asked(who, request)).await.map(tonic::Response::into_inner)
    };
    let this_week = roster(&dispatcher, "", "").await.unwrap();
    assert_eq!(
        (this_week.monday.as_str(), this_week.slots.len(), this_week.gaps.len()),
        ("2026-11-23", 8, 0)
    );
    for person in ["officer-zhao", "officer-wang"] {
        let half_days = this_week.slots.iter().filter(|slot| slot.person == person).count();
        assert_eq!(half_days, 4, "{person} sits four half days a week");
    }
    // Seven of eight: the first half day on which nobody sits is missing.
    let short = roster(&dispatcher, TOWN_CENTRE, "2026-12-27").await.unwrap();
    let gap = &short.gaps[0];
    assert_eq!((short.slots.len(), short.gaps.len()), (7, 1));
    assert_eq!((gap.date.as_str(), gap.half(), gap.seat.as_str()), ("2026-12-22", HalfDay::Pm, "派驻窗口"));
    assert_eq!(roster(&dispatcher, TOWN_CENTRE, "2026-12-28").await.unwrap().gaps.len(), 8, "nobody at all");
    assert_eq!(roster(&story.agency(TOWN_CENTRE), "", "2026-12-21").await.unwrap(), short);
    let stranger = roster(&story.agency("housing"), TOWN_CENTRE, "").await.unwrap_err();
    assert_eq!(stranger.code(), Code::InvalidArgument);
    for (agency, day) in [("nobody", ""), ("", "tomorrow")] {
        let wrong = roster(&dispatcher, agency, day).await.unwrap_err();
        assert_eq!(wrong.code(), Code::InvalidArgument, "{agency} {day}");
    }

    // What somebody took on duty is the seat's, in a new case and in one that goes on; in the afternoon it is not.
    let told = Told::of(Source::WalkIn, DASI, "environment", "油烟扰民");
    let first = Told { repeat: true, taken_by: "officer-zhao", ..told };
    let case = story.report(&first).await.id;
    assert!(story.tells(case, HistoryKind::Opened, "来源：来访，受理席位：派驻窗口").await);
    story.until("2026-11-24 12:00").await;
    for (taken_by, seat) in [("officer-zhao", false), ("officer-wang", true)] {
        let again = Told::of(Source::WalkIn, DASI, "environment", "油烟扰民");
        story.report(&Told { repeat: true, cluster: first.cluster, taken_by, ..again }).await;
        let entries = story.history(case).await;
        let joined = entries.iter().rfind(|entry| entry.kind == HistoryKind::ReportJoined.code()).unwrap();
        assert_eq!(joined.text.contains("受理席位：派驻窗口"), seat, "{}", joined.text);
    }
    shown("S2-01", "两名民警每周各坐班四个半天；缺一个半天即列出；坐班时受理的诉求记在席位名下");
}

#[tokio::test]
async fn s2_03_who_does_not_report_in_is_supervised() {
    let story = Story::begin("xiqing", "2026-11-24 10:00").await;
    let told = Told {
        repeat: true,
        ..Told::of(Source::Police110, DASI, "environment", "夜间施工扰民，多次报警")
    };
    let case = story.report(&told).await;
    let blow = WhistleAct::Blow {
        called: vec!["enforcement-120111105".into(), "safety-120111105".into()],
        spot: "工地北门".into(),
        photos: Vec::new(),
        words: "请到场处置".into(),
    };
    story.done(OFFICER, case.id, Act::Whistle(blow)).await;
    for agency in ["enforcement-120111105", "safety-120111105"] {
        assert!(story.reminded(case.id, agency, "吹哨报到").await);
    }
    story.pass(SignedDuration::from_mins(20)).await;
    let report_in = |code: &str| Act::Whistle(WhistleAct::ReportIn { no: 1, code: code.into() });
    story.done(ENFORCEMENT, case.id, report_in("enforcement-120111105")).await;
    assert_eq!(story.refused(SAFETY, case.id, report_in("enforcement-120111105")).await, "NOT_CALLED");
    story.pass(SignedDuration::from_mins(41)).await;
    let late = story.case(case.id).await;
    let pressed: Vec<&str> = late.docket.supervisions.iter().map(|one| one.agency.as_str()).collect();
    assert_eq!(pressed, ["safety-120111105"]);
    let finish = WhistleAct::Finish {
        no: 1,
        code: "enforcement-120111105".into(),
        photos: Vec::new(),
        words: "已责令停工".into(),
    };
    story.done(ENFORCEMENT, case.id, Act::Whistle(finish)).await;
    let rate = Act::Whistle(WhistleAct::Rate { no: 1, code: "enforcement-120111105".into(), rating: 5 });
    let rated = story.done(OFFICER, case.id, rate).await;
    assert_eq!(rated.docket.whistles[0].called[0].rating, Some(5));
    shown("S2-03", "派出所吹哨两部门：到者签到、结果、评价在案；一小时未到者督办");
}

/// What a push tells its agency.
fn told_in(story: &Story, push: &PushRequested) -> Matter {
    let plain = story.office.keyring.open(&push.sealed_matter, story.office.county().as_bytes()).unwrap();
    Matter::decode(plain.as_slice()).unwrap()
}

#[tokio::test]
async fn s2_06_the_womens_federation_learns_what_a_minor_needs_and_not_what_the_police_wrote() {
    const FEDERATION: &str = "womens_federation";
    const POLICE: &str = "police-120111105";
    const TOWN: &str = "town-120111105";
    let story = Story::begin("xiqing", "2026-11-24 10:00").await;
    let narrative = "出警见：父母离异后，15岁未成年女孩无人照料，请求帮助安排生活费和学习";
    let told = Told {
        people: vec![PartyRole::Reporter],
        id_number: "120111201103070021",
        ..Told::of(Source::Police110, DASI, "marriage_family", narrative)
    };
    let case = story.report(&told).await;
    assert!(
        case.docket.tags.contains("minor") && case.docket.tags.contains("help"),
        "{:?}",
        case.docket.tags
    );
    let police = HandlingAct::Add { agency: POLICE.into(), part: Part::CoHandler, words: "随访".into() };
    let dispatcher = ("dispatcher-sun", "centre-dispatcher");
    story.done(dispatcher, case.id, Act::Handling(police)).await;
    // What comes after, when nobody signs, is no different.
    story.pass(SignedDuration::from_hours(6)).await;
    let mut forms = Vec::new();
    for push in story.pushes(case.id).await {
        let matter = told_in(&story, &push);
        assert_eq!(matter.title, "纠纷", "what is needed: {}", push.agency);
        let party = &matter.parties[0];
        if push.form() == FormKind::NoticeForm {
            // Who is only given notice of a protected case learns that it is there.
            let told = (matter.narrative.as_str(), party.phone.as_str(), party.id_number.as_str());
            assert_eq!(told, ("", "", ""), "{}", push.agency);
            continue;
        }
        assert_eq!(party.phone, "13900000000", "whom to call: {}", push.agency);
        let whole = (matter.narrative.as_str(), party.id_number.as_str());
        let expected = if push.agency == FEDERATION { ("", "") } else { (narrative, told.id_number) };
        assert_eq!(whole, expected, "{}", push.agency);
        forms.push((push.agency.clone(), push.form()));
    }
    for who in [FEDERATION, POLICE, TOWN] {
        assert!(forms.contains(&(who.to_owned(), FormKind::ReportForm)), "{who}: {forms:?}");
    }
    assert!(forms.contains(&(FEDERATION.to_owned(), FormKind::ReminderLetter)), "{forms:?}");

    // Who reads the case reads no more than it was told.
    let read = async |who: &_, purpose: &str| {
        let case = case.id.to_string();
        let request = GetCaseRequest { case, purpose: purpose.into(), ..Default::default() };
        story
            .office
            .face
            .get_case(office::asked(who, request))
            .await
            .map(|read| read.into_inner().case.unwrap())
    };
    let federation = story.agency(FEDERATION);
    assert_eq!(read(&federation, "").await.unwrap_err().code(), Code::InvalidArgument, "it is protected");
    let matter = read(&federation, "上门帮扶").await.unwrap().matter.unwrap();
    let party = &matter.parties[0];
    assert_eq!((matter.title.as_str(), party.phone.as_str()), ("纠纷", "13900000000"));
    assert_eq!((matter.narrative.as_str(), party.id_number.as_str()), ("", ""));
    for who in [story.agency(POLICE), story.officer("dispatcher-sun")] {
        let matter = read(&who, "随访").await.unwrap().matter.unwrap();
        let whole = (matter.narrative.as_str(), matter.parties[0].id_number.as_str());
        assert_eq!(whole, (narrative, told.id_number), "{}", who.name);
    }
    let list = office::asked(&federation, ListCasesRequest::default());
    let listed = story.office.face.list_cases(list).await.unwrap().into_inner().cases;
    assert_eq!(listed.len(), 1);
    assert!(listed[0].matter.is_none(), "lists show nobody's");

    // What is about no minor goes there whole.
    let other = story.report(&Told::of(Source::Police110, DASI, "marriage_family", "夫妻扬言同归于尽")).await;
    assert!(!other.docket.is_protected(), "{:?}", other.docket.tags);
    let pushes = story.pushes(other.id).await;
    let to_federation = pushes.iter().find(|push| push.agency == FEDERATION).unwrap();
    assert_eq!(told_in(&story, to_federation).narrative, "夫妻扬言同归于尽");
    shown(
        "S2-06",
        "涉未成年人的求助列为受限，查阅须写明事由；妇联的报告单、提示函和查询只有需求与联系方式，派出所的有经过",
    );
}

#[tokio::test]
async fn s2_07_the_fast_lane_goes_first_among_its_level() {
    let story = Story::begin("xiqing", "2026-11-24 10:00").await;
    let plain = story
        .report(&Told { repeat: true, ..Told::of(Source::Hotline12345, DASI, "labour", "工资拖欠") })
        .await;
    story.pass(SignedDuration::from_mins(5)).await;
    let fast = story.report(&Told::of(Source::Enterprise, DASI, "production", "企业用电扩容受阻")).await;
    assert!(fast.docket.tags.contains("fast_lane"));
    assert_eq!(fast.level, plain.level);
    let dispatcher = story.officer("dispatcher-sun");
    let list = office::asked(&dispatcher, ListCasesRequest::default());
    let listed = story.office.face.list_cases(list).await.unwrap().into_inner().cases;
    let order: Vec<&str> = listed.iter().map(|case| case.case_id.as_str()).collect();
    assert_eq!(order, [fast.id.to_string(), plain.id.to_string()], "the later one goes first");
    shown("S2-07", "企业直通车事项在同级中排在前面");
}

#[tokio::test]
async fn s2_03_a_late_arrival_is_pressed_once_also_after_a_crash() {
    let story = Story::begin("xiqing", "2026-11-24 10:00").await;
    let case = story
        .report(&Told { repeat: true, ..Told::of(Source::Police110, DASI, "environment", "扰民") })
        .await;
    let blow = WhistleAct::Blow {
        called: vec!["safety-120111105".into()],
        spot: "北门".into(),
        photos: Vec::new(),
        words: "请到场".into(),
    };
    story.done(OFFICER, case.id, Act::Whistle(blow)).await;
    // Nobody looked for two hours; two processes then look at once, twice.
    story.office.set_clock(story.local("2026-11-24 11:30"));
    let other = story.office.another_clock();
    for _ in 0..2 {
        story.office.fire_beside(&other).await;
    }
    let late = story.case(case.id).await;
    assert_eq!(late.docket.supervisions.len(), 1);
    let over = story.history(case.id).await;
    let told =
        over.iter().filter(|entry| entry.kind == HistoryKind::DutyOver.code() && entry.text.contains("报到"));
    assert_eq!((told.count(), owed(&late, DutyKind::ReportIn)), (1, 1));
}

#[tokio::test]
async fn s2_02_a_week_without_its_meeting_by_the_hour_is_told_to_the_centre() {
    let story = Story::begin("xiqing", "2026-11-23 08:00").await;
    assert_eq!(story.make_series().await, 1);
    story.until("2026-11-27 08:59").await;
    assert!(story.office.pushes().await.is_empty());
    for (time, words, all) in
        [("2026-11-27 09:00", "联席会议逾期", 1), ("2026-11-28 09:00", "联席会议逾期，第1次催办", 2)]
    {
        story.until(time).await;
        let told = story.office.pushes().await;
        assert_eq!(told.len(), all);
        let last = &told[all - 1];
        assert_eq!(
            (last.agency.as_str(), last.subject(), last.form()),
            ("centre", PushSubject::Duty, FormKind::ReminderLetter)
        );
        assert_eq!(last.reason, format!("西青区综治中心{words}"));
    }
    shown("S2-02", "周五九时未会商即提示综治中心，次日再催");
}
