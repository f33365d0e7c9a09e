//! S2, Xiqing: 派驻、会商、吹哨报到.

use fengqiao_proto::types::v1::{FormKind, PushSubject, Source};
use fengqiao_routing::domain::{
    acts::{Act, whistles::WhistleAct},
    duty::DutyKind,
    history::HistoryKind,
};
use jiff::SignedDuration;

use crate::story::{Actor, Story, Told, owed, shown};

const OFFICER: Actor = ("officer-zhao", "stationed-officer-1");
const ENFORCEMENT: Actor = ("leader-shen", "enforcement-head");
const SAFETY: Actor = ("leader-han", "safety-head");
const DASI: &str = "120111105002";

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

#[tokio::test]
async fn s2_06_a_minor_in_need_is_a_protected_case_and_reaches_the_womens_federation() {
    let story = Story::begin("xiqing", "2026-11-24 10:00").await;
    let told = Told::of(
        Source::WalkIn,
        DASI,
        "marriage_family",
        "父母离异后，15岁未成年女孩无人照料，请求帮助安排生活费和学习",
    );
    let case = story.report(&told).await;
    assert!(case.docket.tags.contains("minor"), "{:?}", case.docket.tags);
    assert!(case.docket.is_protected());
    let reports = story.told(case.id, FormKind::ReportForm).await;
    assert!(reports.contains(&"womens_federation".to_owned()), "{reports:?}");
    shown("S2-06", "涉未成年人的求助类事项列为受限，街道、妇联得报告单；查阅须写明事由并留痕");
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
    assert!(fast.urgency() > plain.urgency());
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
    let place = story.place();
    for _ in 0..2 {
        let (one, two) = tokio::join!(
            story.office.clocks.fire_all(place, &story.office.stop),
            other.fire_all(place, &story.office.stop)
        );
        one.unwrap();
        two.unwrap();
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
