//! S3, Wuwei: 三早.

use fengqiao_proto::{
    notification::v1::ReceiptKind,
    routing::v1::{
        ListMediatorsRequest, ListWorkRequest, MediatorKind, WorkBucket,
        work_service_server::WorkService as _,
    },
    types::v1::{FormKind, Source},
};
use fengqiao_routing::domain::{
    acts::{
        Act,
        closing::Settlement,
        handling::HandlingAct,
        mediation::{MediationAct, SessionResult},
        returns::ReturnAct,
        revisits::RevisitOutcome,
        supervision::{
            AlertStatus::{Actual, Cancelled, Exercise},
            SupervisionAct,
        },
    },
    case::{CaseFile, State},
    docket::AftermathKind,
    duty::DutyKind,
    history::HistoryKind,
    level::Level,
    standing::{NewDuty, Outcome, StandingKind},
};
use jiff::SignedDuration;
use tonic::Code;

use crate::{
    office,
    story::{Actor, Story, Told, asked, duty, new_duty, owed, shown},
};

const DISPATCHER: Actor = ("dispatcher-li", "centre-dispatcher");
const COURT: Actor = ("liaison-yang", "court-liaison");
const STATION: Actor = ("leader-wu", "station-chief");
const COUNTY: Actor = ("leader-qian", "county-duty");
const CITY: Actor = ("leader-zhao", "city-duty");
const STREET: &str = "620602001003";

fn call(category: &'static str, narrative: &str) -> Told {
    Told::of(Source::Police110, STREET, category, narrative)
}

#[tokio::test]
async fn s3_04_a_hand_over_names_a_person_who_claims_it() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let case = story.report(&call("contract", "租赁押金纠纷")).await;
    let assign = |person: Option<&str>| Act::Assign {
        agency: "court".into(),
        person: person.map(str::to_owned),
        words: "请对接".into(),
    };
    // What goes there by itself is handed to who answers there by the directory.
    let first = &duty(&case, DutyKind::Claim).holder;
    assert_eq!((first.agency.as_str(), first.person.as_deref()), ("justice", Some("liaison-xu")));
    assert!(story.tells(case.id, HistoryKind::HandedOver, "liaison-xu").await);
    assert_eq!(story.refused(DISPATCHER, case.id, assign(None)).await, "PERSON_MISSING");
    let handed = story.done(DISPATCHER, case.id, assign(Some("liaison-yang"))).await;
    assert_eq!(duty(&handed, DutyKind::Claim).holder.person.as_deref(), Some("liaison-yang"));
    let claim = || Act::Handling(HandlingAct::Claim { agency: "court".into() });
    assert_eq!(story.refused(DISPATCHER, case.id, claim()).await, "NOTHING_TO_CLAIM");
    let claimed = story.done(COURT, case.id, claim()).await;
    assert_eq!(claimed.docket.handler("court").unwrap().person.as_deref(), Some("liaison-yang"));
    assert!(story.tells(case.id, HistoryKind::Claimed, "认领：liaison-yang").await);
    // The arbiter of a return names one too.
    story.receipt(case.id, "court", ReceiptKind::Returned).await;
    let decide = |next: &str, person: Option<&str>| {
        Act::Return(ReturnAct::Decide {
            next: next.into(),
            person: person.map(str::to_owned),
            words: "应由其办理".into(),
        })
    };
    let refused = story.refused(DISPATCHER, case.id, decide("womens_federation", None)).await;
    assert_eq!(refused, "PERSON_MISSING");
    let decided = decide("womens_federation", Some("liaison-you"));
    let decided = story.done(DISPATCHER, case.id, decided).await;
    assert_eq!(duty(&decided, DutyKind::Claim).holder.person.as_deref(), Some("liaison-you"));
    shown("S3-04", "未指名的交办被拒；指名者本人认领，时间在案");
}

#[tokio::test]
async fn s3_05_the_same_input_has_the_same_score_and_names_its_factors() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let text = "夫妻分居闹离婚，男方失业欠债，当着孩子的面殴打女方";
    let first = story.report(&call("marriage_family", text)).await;
    let second = story.report(&call("marriage_family", text)).await;
    assert_eq!(first.level_reason, second.level_reason);
    let factors: Vec<&String> =
        first.level_reason.facts.keys().filter(|fact| fact.starts_with("score.")).collect();
    assert!(factors.len() >= 2, "{:?}", first.level_reason.facts);
    let plain = story.report(&call("other", "路灯不亮")).await;
    assert_eq!(plain.level, Level::Yellow, "the county knows no blue");
    shown("S3-05", "同样内容同一版规则得分相同，列出各因素得分；只有红橙黄三级");
}

#[tokio::test]
async fn s3_06_red_alerts_three_tiers_and_yellow_one() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let red = story.report(&call("neighbourhood", "对方持刀威胁")).await;
    let tiers: Vec<(&str, &str)> =
        red.docket.alerts.iter().map(|alert| (alert.tier.as_str(), alert.agency.as_str())).collect();
    assert_eq!(tiers, [("所", "police-620602001"), ("县", "police"), ("市", "police_city")]);
    let acknowledge = |agency: &str| Act::Supervision(SupervisionAct::Acknowledge { agency: agency.into() });
    for (actor, agency) in [(STATION, "police-620602001"), (COUNTY, "police"), (CITY, "police_city")] {
        story.done(actor, red.id, acknowledge(agency)).await;
    }
    let acknowledged = story.case(red.id).await;
    assert!(acknowledged.docket.alerts.iter().all(|alert| alert.acknowledged_at.is_some()));
    let who: Vec<(&str, &str)> = acknowledged
        .docket
        .alerts
        .iter()
        .map(|alert| (alert.acknowledged_by.as_str(), alert.acknowledged_capacity.as_str()))
        .collect();
    assert!(who.iter().all(|(who, capacity)| !who.is_empty() && !capacity.is_empty()), "{who:?}");
    assert_eq!(owed(&acknowledged, DutyKind::Acknowledge), 0);
    let again = story.refused(CITY, red.id, acknowledge("police_city")).await;
    assert_eq!(again, "NO_ALERT_OPEN");
    let yellow = story.report(&call("neighbourhood", "噪音")).await;
    assert_eq!(yellow.docket.alerts.len(), 1);

    // What was alerted for red is called off where it is yellow after all; the station stays alerted.
    let lowered = story.report(&call("neighbourhood", "对方持刀威胁")).await;
    let calm = Act::Relevel { level: Level::Yellow, words: "刀具系玩具".into() };
    let lowered = story.done(DISPATCHER, lowered.id, calm).await;
    let status = |case: &CaseFile| case.docket.alerts.iter().map(|alert| alert.status).collect::<Vec<_>>();
    assert_eq!(status(&lowered), [Actual, Cancelled, Cancelled]);
    assert_eq!(owed(&lowered, DutyKind::Acknowledge), 1);
    assert_eq!(story.refused(CITY, lowered.id, acknowledge("police_city")).await, "NO_ALERT_OPEN");
    assert!(story.reminded(lowered.id, "police_city", "市级预警解除").await);
    let red_again = Act::Relevel { level: Level::Red, words: "又持刀".into() };
    let raised = story.done(DISPATCHER, lowered.id, red_again).await;
    assert_eq!(owed(&raised, DutyKind::Acknowledge), 3, "{:?}", raised.docket.alerts);

    // An exercise is alerted and acknowledged as a real one is, and says what it is.
    let exercise = story.report(&Told { drill: true, ..call("neighbourhood", "对方持刀威胁") }).await;
    assert_eq!(status(&exercise), [Exercise, Exercise, Exercise]);
    story.done(CITY, exercise.id, acknowledge("police_city")).await;
    let pushes = story.pushes(exercise.id).await;
    assert!(pushes.len() > 3 && pushes.iter().all(|push| push.drill));
    assert!(pushes.iter().any(|push| push.form() == FormKind::WarningLetter));
    shown("S3-06", "红色所、县、市三级预警各自确认；黄色只到所；降级解除；演练全程走");
}

#[tokio::test]
async fn s3_07_a_letter_unanswered_is_late_and_asked_for_again() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let case = story.report(&call("neighbourhood", "噪音")).await;
    let letter = SupervisionAct::SendLetter { agency: "ecology".into(), words: "请核查噪声".into() };
    let sent = story.done(DISPATCHER, case.id, Act::Supervision(letter)).await;
    // Five working days from Wednesday 6 May 2026; the 9th is a make-up Saturday.
    assert_eq!(duty(&sent, DutyKind::Letter).due_at, story.local("2026-05-13 00:00"));
    story.until("2026-05-13 00:00").await;
    assert!(story.tells(case.id, HistoryKind::DutyOver, "提示函回复逾期").await);
    story.until("2026-05-14 00:00").await;
    assert!(story.reminded(case.id, "ecology", "第1次催办").await, "a second letter");
    assert!(duty(&story.case(case.id).await, DutyKind::Letter).is_late(story.office.now()));
    let late = ListWorkRequest { bucket: WorkBucket::Late.into(), ..Default::default() };
    let ecology = story.agency("ecology");
    let list = story.office.face.list_work(office::asked(&ecology, late)).await.unwrap().into_inner();
    let kinds: Vec<i32> = list.items.iter().map(|item| item.duty.as_ref().unwrap().kind).collect();
    assert_eq!(kinds, [i32::from(DutyKind::Letter.code())], "on the agency's late list");
    shown("S3-07", "提示函五个工作日未复即逾期在列，并再次发函");
}

#[tokio::test]
async fn s3_08_a_session_lists_three_organisations() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let case = story.report(&call("neighbourhood", "宅基地边界")).await;
    let session = MediationAct::HoldSession {
        at: story.office.now(),
        mediators: vec!["centre".into(), "justice-620602001".into(), "community-620602001003".into()],
        present: vec![1, 2],
        result: SessionResult::Agreed,
        minutes: 120,
        words: "三方联合调解".into(),
    };
    let held = story.done(DISPATCHER, case.id, Act::Mediation(session)).await;
    assert_eq!(held.docket.mediation.sessions[0].mediators.len(), 3);
    shown("S3-08", "一次联合调解列明综治、司法、村（社区）三方");
}

#[tokio::test]
async fn s3_10_a_relapse_opens_the_case_again_and_suggests_a_higher_level() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let case = story.report(&call("neighbourhood", "噪音")).await;
    let resolve = Act::Resolve(Settlement { words: "和解".into(), ..Settlement::default() });
    let resolved = story.done(DISPATCHER, case.id, resolve).await;
    assert_eq!(resolved.docket.revisits.len(), 2, "one for each of the two people");
    story.pass(SignedDuration::from_hours(7 * 24)).await;
    story.done(DISPATCHER, case.id, asked(1, RevisitOutcome::Stable)).await;
    let again = story.done(DISPATCHER, case.id, asked(2, RevisitOutcome::Relapse)).await;
    assert_eq!(again.state, State::Open);
    assert_eq!(again.docket.suggestion.as_ref().unwrap().level, Level::Orange);
    assert_eq!(again.level, Level::Yellow, "an officer decides");
    shown("S3-10", "逐人回访；一方复发即重新办理，并建议升一级");
}

#[tokio::test]
async fn s3_12_what_came_of_a_dispute_before_the_law_is_kept() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let case = story.report(&call("neighbourhood", "殴打邻居")).await;
    let record = || Act::RecordAftermath {
        kind: AftermathKind::Criminal,
        reference: "凉公刑〔2026〕7号".into(),
    };
    let recorded = story.done(DISPATCHER, case.id, record()).await;
    assert_eq!(recorded.docket.aftermath[0].kind, AftermathKind::Criminal);
    assert_eq!(story.refused(DISPATCHER, case.id, record()).await, "AFTERMATH_RECORDED");
    shown("S3-12", "纠纷转为刑事、治安案件（民转刑）可连到原事项");
}

#[tokio::test]
async fn s3_13_a_volunteer_is_found_by_skill_and_area() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let dispatcher = story.officer("dispatcher-li");
    let listed = async |who: &_, request: ListMediatorsRequest| {
        let page = story.office.face.list_mediators(office::asked(who, request)).await?.into_inner();
        let codes: Vec<String> = page.mediators.iter().map(|one| one.code.clone()).collect();
        Ok::<_, tonic::Status>((codes, page))
    };
    let marriage = || ListMediatorsRequest {
        skill: "marriage_family".into(),
        area_code: STREET.into(),
        ..Default::default()
    };
    let (codes, page) = listed(&dispatcher, marriage()).await.unwrap();
    assert_eq!(codes, ["bench-wenmiao", "volunteer-marriage", "guangchang-people"], "the nearest first");
    let bench = &page.mediators[0];
    assert_eq!((bench.kind(), bench.members), (MediatorKind::Volunteer, 12));
    assert_eq!((bench.area_code.as_str(), bench.skills.len()), (STREET, 2));
    assert!(!bench.area_name.is_empty() && page.next_page_token.is_empty());
    // Elsewhere others are near.
    let in_village = ListMediatorsRequest { area_code: "620602100201".into(), ..marriage() };
    assert_eq!(listed(&dispatcher, in_village).await.unwrap().0[0], "guangchang-people");
    // Page by page it is the same list, for an agency too.
    let agency = story.agency("justice");
    let (whole, _) = listed(&agency, ListMediatorsRequest::default()).await.unwrap();
    assert_eq!(whole.len(), 8);
    let (mut joined, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListMediatorsRequest { page_size: 3, page_token, ..Default::default() };
        let (codes, page) = listed(&agency, request).await.unwrap();
        assert!(codes.len() <= 3);
        joined.extend(codes);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(joined, whole);
    let forged = fengqiao_serving::paging::write(&"nobody");
    for wrong in [
        ListMediatorsRequest { area_code: "421181".into(), ..marriage() },
        ListMediatorsRequest { skill: "字".repeat(101), ..Default::default() },
        ListMediatorsRequest { page_token: forged, ..Default::default() },
    ] {
        assert_eq!(listed(&agency, wrong).await.unwrap_err().code(), Code::InvalidArgument);
    }

    // Who was found is assigned, and the history names it.
    let case = story.report(&call("marriage_family", "夫妻争吵")).await;
    let session = Act::Mediation(MediationAct::HoldSession {
        at: story.office.now(),
        mediators: codes[..1].to_vec(),
        present: vec![1],
        result: SessionResult::Adjourned,
        minutes: 40,
        words: "择日再调".into(),
    });
    story.done(DISPATCHER, case.id, session).await;
    assert!(story.tells(case.id, HistoryKind::SessionHeld, "文庙路社区板凳调解队").await);
    shown("S3-13", "按专长和地域列出调解志愿者，近者在前；选中的记入调解");
}

#[tokio::test]
async fn s3_01_a_late_visit_of_a_restricted_campaign_is_chased_without_saying_whom() {
    let story = Story::begin("wuwei", "2026-05-06 10:00").await;
    let due = story.local("2026-05-20 18:00");
    let target = |n: usize| NewDuty {
        restricted: true,
        group: "独居老人专项".into(),
        topic: "独居老人".into(),
        ..new_duty(StandingKind::Visit, "police-620602001", STREET, due, &format!("独居老人第{n}户"))
    };
    let mut visits = Vec::new();
    for n in 1..=3 {
        visits.push(story.owe(DISPATCHER, target(n)).await.id);
    }
    story.record(DISPATCHER, visits[0], Outcome::Done).await;
    story.until("2026-05-20 18:00").await;
    let told = story.office.pushes().await;
    let mut chased: Vec<&str> = told.iter().map(|push| push.case_id.as_str()).collect();
    chased.sort_unstable();
    let mut late: Vec<String> = visits[1..].iter().map(ToString::to_string).collect();
    late.sort_unstable();
    assert_eq!(chased, late, "each of the two once");
    for push in &told {
        assert_eq!(
            (push.agency.as_str(), push.reason.as_str()),
            ("police-620602001", "东大街派出所受限职责逾期")
        );
        assert_eq!((push.area_code.as_str(), push.area_name.as_str()), ("", ""), "not even where");
    }
    shown("S3-01", "专项走访逾期即催其单位；受限名单的提示函不写人、不写地、不写事");
}
