//! S1, Chengjiang: 双推送、双盯办、双化解.

use fengqiao_proto::{
    notification::v1::ReceiptKind,
    types::v1::{FormKind, Source},
};
use fengqiao_routing::domain::{
    acts::{
        Act,
        closing::Settlement,
        handling::HandlingAct,
        mediation::{MediationAct, SettledAt},
        respite::RespiteAct,
        whistles::WhistleAct,
    },
    case::State,
    duty::DutyKind,
    history::HistoryKind,
    level::Level,
};
use jiff::SignedDuration;

use crate::story::{Actor, Story, Told, duty, owed, shown};

const CHIEF: Actor = ("leader-zhou", "station-chief");
const WATCHER: Actor = ("officer-qian", "centre-watcher");
const DIRECTOR: Actor = ("director-zhao", "centre-director");
const HEAD: Actor = ("head-lyu", "grid-head-07");
const STATION: &str = "police-530481001";
const YIFENG: &str = "530481001001";

fn call(narrative: &str) -> Told {
    Told::of(Source::Police110, YIFENG, "neighbourhood", narrative)
}

fn conclude(agency: &str) -> Act {
    Act::Handling(HandlingAct::Conclude { agency: agency.into(), words: "已化解".into() })
}

#[tokio::test]
async fn s1_02_both_owners_must_conclude() {
    let story = Story::begin("chengjiang", "2026-04-01 10:00").await;
    let case = story.report(&Told { repeat: true, ..call("邻居噪音，再次报警") }).await;
    let told = story.told(case.id, FormKind::ReportForm).await;
    assert!(told.contains(&STATION.to_owned()) && told.contains(&"centre".to_owned()), "{told:?}");
    assert_eq!(owed(&case, DutyKind::Handle), 2, "each owner has its own clock");
    story.receipt(case.id, STATION, ReceiptKind::Signed).await;
    let half = story.done(CHIEF, case.id, conclude(STATION)).await;
    assert_eq!((half.state, half.docket.conclusions()), (State::Open, Some((1, 2))));
    assert!(story.tells(case.id, HistoryKind::Concluded, "1/2 化解").await);
    let resolve = || Act::Resolve(Settlement { words: "化解".into(), ..Settlement::default() });
    assert_eq!(story.refused(WATCHER, case.id, resolve()).await, "OWNERS_NOT_CONCLUDED");
    story.done(WATCHER, case.id, conclude("centre")).await;
    assert_eq!(story.done(WATCHER, case.id, resolve()).await.state, State::Resolved);
    shown("S1-02", "派出所已结、综治未结：办理中，1/2 化解；两家都结才能办结");
}

#[tokio::test]
async fn s1_03_the_third_call_is_one_case_and_goes_to_both() {
    let story = Story::begin("chengjiang", "2026-04-01 10:00").await;
    let told = call("楼上噪音");
    let first = story.report(&told).await;
    let again = Told { repeat: true, ..call("楼上噪音") };
    let again = Told { cluster: told.cluster, ..again };
    story.report(&again).await;
    story.pass(SignedDuration::from_hours(24)).await;
    let third = story.report(&again).await;
    assert_eq!((third.id, third.report_count, third.level), (first.id, 3, Level::Orange));
    let told = story.told(third.id, FormKind::ReportForm).await;
    assert!(told.contains(&STATION.to_owned()) && told.contains(&"centre".to_owned()));
    shown("S1-03", "三十日内同一电话、同一地址第三次报警：并为一案、升橙，同时推送派出所与综治中心");
}

#[tokio::test]
async fn s1_04_a_whistle_reaches_the_property_company() {
    let story = Story::begin("chengjiang", "2026-04-01 10:00").await;
    let case =
        story.report(&Told { repeat: true, ..Told::of(Source::Grid, YIFENG, "property", "井盖缺失") }).await;
    let blow = WhistleAct::Blow {
        called: vec!["property-yifeng".into()],
        spot: "第7网格东门".into(),
        photos: vec!["before-1.jpg".into()],
        words: "井盖缺失，请即到场".into(),
    };
    let blown = story.done(HEAD, case.id, Act::Whistle(blow)).await;
    assert_eq!(duty(&blown, DutyKind::ReportIn).holder.agency, "property-yifeng");
    assert!(story.reminded(case.id, "centre", "仪凤社区物业服务公司").await, "the desk calls the contact");
    let report_in = WhistleAct::ReportIn { no: 1, code: "property-yifeng".into() };
    story.pass(SignedDuration::from_mins(12)).await;
    story.done(WATCHER, case.id, Act::Whistle(report_in)).await;
    let finish = WhistleAct::Finish {
        no: 1,
        code: "property-yifeng".into(),
        photos: vec!["after-1.jpg".into()],
        words: "井盖已换".into(),
    };
    let done = story.done(WATCHER, case.id, Act::Whistle(finish)).await;
    assert_eq!(owed(&done, DutyKind::WhistleResult), 0);
    let called = &done.docket.whistles[0].called[0];
    assert!(called.contact && called.reported_in_at.is_some() && called.photos == ["after-1.jpg"]);
    shown("S1-04", "网格员吹哨到物业：中心代为通知，到场时间在案，附整改后照片办结");
}

#[tokio::test]
async fn s1_07_a_case_of_four_hundred_days_with_three_extensions_is_not_late() {
    let story = Story::begin("chengjiang", "2026-01-05 10:00").await;
    let told = Told {
        repeat: true,
        ..Told::of(Source::Hotline12345, YIFENG, "marriage_family", "离婚财产分割")
    };
    let case = story.report(&told).await;
    for words in ["诉讼中", "评估中", "协商中"] {
        let ask = Act::Respite(RespiteAct::AskExtension { days: 150, words: words.into() });
        story.done(WATCHER, case.id, ask).await;
        let grant = Act::Respite(RespiteAct::DecideExtension { grant: true, words: "同意".into() });
        let now = story.done(DIRECTOR, case.id, grant).await;
        let before_end =
            duty(&now, DutyKind::Handle).due_at.checked_sub(SignedDuration::from_hours(48)).unwrap();
        story.office.pass_until(before_end).await;
    }
    story.until("2027-02-12 10:00").await;
    let now = story.case(case.id).await;
    assert!(
        !duty(&now, DutyKind::Handle).is_late(story.office.now()),
        "{:?}",
        duty(&now, DutyKind::Handle).due_at
    );
    assert!(now.docket.supervisions.is_empty());
    let agree = MediationAct::Agree {
        reference: "澄调〔2027〕3号".into(),
        terms: "房屋归女方，补偿分期".into(),
        performances: vec![("首期补偿".into(), story.local("2027-03-01 00:00"))],
    };
    story.done(WATCHER, case.id, Act::Mediation(agree)).await;
    story.until("2027-03-01 00:00").await;
    let check = MediationAct::CheckPerformance { no: 1, done: true, words: "已付".into() };
    let kept = story.done(WATCHER, case.id, Act::Mediation(check)).await;
    assert_eq!(owed(&kept, DutyKind::Perform), 0);
    shown("S1-07", "一年以上案件，三次延期获批，不算逾期；协议履行到期核查");
}

#[tokio::test]
async fn s1_10_where_a_case_was_settled_is_kept() {
    let story = Story::begin("chengjiang", "2026-04-01 10:00").await;
    let case = story.report(&Told::of(Source::Grid, YIFENG, "neighbourhood", "晾衣滴水")).await;
    let settlement =
        Settlement {
            words: "握手言和".into(), settled_at: Some(SettledAt::Grid), ..Settlement::default()
        };
    let resolved = story.done(WATCHER, case.id, Act::Resolve(settlement)).await;
    assert_eq!(resolved.docket.mediation.settled_at, Some(SettledAt::Grid));
    assert!(story.tells(case.id, HistoryKind::Resolved, "化解层级：网格").await);
    shown("S1-10", "化解层级（楼栋、网格、社区、乡镇、县）随案记录");
}
