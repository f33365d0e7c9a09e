use std::{collections::BTreeMap, path::Path, sync::Arc};

use fengqiao_calendar::Calendar;
use fengqiao_county::County;
use fengqiao_proto::{
    notification::v1::{FeedbackOutcome, RecordedMeans, ReturnReason},
    types::v1::{PartyRole, Source},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    directory::{Rank, Responsible},
    domain::{
        acts::{
            closing::Settlement,
            handling::{HandlingAct, Part, REVIEW},
            major::MajorAct,
            respite::RespiteAct,
            returns::ReturnAct,
            revisits::{RevisitAct, RevisitOutcome},
            supervision::{Card, SupervisionAct},
        },
        case::{LevelReason, OFFICER},
        duty::Stage,
        happening::{Entered, Receipt},
        history::Entry,
        level::{Grade, Level},
        practice::Practice,
        push::{Form, NowOwed},
    },
    rulebook::Rulebook,
};

pub(super) struct Place {
    county: County,
    rulebook: Rulebook,
    responsible: Responsible,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let county = County::load(&folder).unwrap();
        let rulebook = Rulebook::load(&county, Timestamp::UNIX_EPOCH).unwrap();
        let responsible = rulebook.directory.responsible(
            "421181105202",
            "property",
            "POLICE_110",
            jiff::civil::date(2026, 11, 24),
        );
        Self { county, rulebook, responsible }
    }

    /// The same place with another practice.
    pub(super) fn with(change: impl FnOnce(&mut Practice)) -> Self {
        let mut place = Self::new();
        change(Arc::make_mut(&mut place.rulebook.practice));
        place
    }

    pub(super) fn setting(&self) -> Setting<'_> {
        self.rulebook.setting(&self.county, &self.responsible)
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn by(rank: Rank, moment: Timestamp) -> Occasion {
    Occasion { at: moment, actor: "officer-li".into(), capacity: "officer".into(), agency: None, rank }
}

pub(super) fn now() -> Occasion {
    by(Rank::Officer, at("2026-11-24T01:00:00Z"))
}

pub(super) fn arrival(level: Level) -> Arrival {
    Arrival {
        seat: None,
        source: Source::Police110,
        revision: 1,
        grade: Grade {
            level,
            reason: LevelReason {
                rule: "r".into(),
                rule_set: "1".into(),
                text: "重复反映".into(),
                facts: BTreeMap::new(),
                words: None,
            },
            tags: Vec::new(),
            troubled: Vec::new(),
        },
        repeat: false,
        drill: false,
        people: vec![PartyRole::Reporter.into(), PartyRole::Respondent.into()],
        press: None,
        ticket: None,
        sealed_matter: vec![level.code().to_le_bytes()[0]],
    }
}

pub(super) fn opened(place: &Place, level: Level) -> Change {
    let opening = Opening {
        id: Uuid::nil(),
        number: "20261124-0001".into(),
        cluster_id: Uuid::nil(),
        area_code: "421181105202".into(),
        category: "property".into(),
        first_receiver: "police-110".into(),
        opened_at: now().at,
        follows: None,
        arrival: arrival(level),
    };
    open(opening, &now(), place.setting())
}

pub(super) fn does(act: Act) -> Happening {
    Happening::Act(act)
}

pub(super) fn resolve() -> Happening {
    does(Act::Resolve(Settlement { words: "和解".into(), ..Settlement::default() }))
}

fn revisit(no: u32, outcome: RevisitOutcome) -> Happening {
    does(Act::Revisit(RevisitAct::Record { no, outcome, satisfaction: 5, words: "w".into() }))
}

fn agencies(change: &Change) -> Vec<&str> {
    change.pushes.iter().map(|push| push.recipient.agency.as_str()).collect()
}

pub(super) fn returned(agency: &str) -> Happening {
    Happening::Receipt {
        agency: agency.into(),
        form: Form::Report,
        outcome: Receipt::Returned(ReturnReason::NotOurDuty),
        words: None,
        evidence: Vec::new(),
        entered: None,
    }
}

#[test]
fn a_new_case_tells_who_must_act_and_blue_tells_nobody() {
    let place = Place::new();
    let red = opened(&place, Level::Red);
    assert_eq!(agencies(&red), ["housing", "town-421181105", "justice-421181105", "community-421181105202"]);
    assert_eq!(red.pushes[0].due_at, now().at);
    assert_eq!(red.case.version, 1);
    let blue = opened(&place, Level::Blue);
    assert!(blue.pushes.is_empty());
    assert_eq!(blue.entries.len(), 3);
    let owed: Vec<DutyKind> = blue.duties.iter().map(|duty| duty.kind).collect();
    assert_eq!(owed, [DutyKind::Watch, DutyKind::Ageing], "one watch item");
    assert_eq!(blue.duties[0].holder.agency, "community-421181105202");
}

#[test]
fn a_repeat_raises_and_never_lowers() {
    let place = Place::new();
    let case = opened(&place, Level::Yellow).case;
    let joined =
        |level| transition(&case, &Happening::ReportJoined(arrival(level)), &now(), place.setting()).unwrap();
    let lower = joined(Level::Blue);
    assert_eq!((lower.case.level, lower.case.report_count), (Level::Yellow, 2));
    assert!(lower.pushes.is_empty());
    let higher = joined(Level::Red);
    assert_eq!(higher.case.level, Level::Red);
    assert_eq!(higher.pushes.len(), 4);
    assert!(higher.pushes.iter().all(|push| push.level == Level::Red));
    assert_eq!(higher.case.sealed_matter, arrival(Level::Red).sealed_matter);
}

#[test]
fn a_report_after_the_resolution_reopens() {
    let place = Place::new();
    let case = opened(&place, Level::Yellow).case;
    let resolved = transition(&case, &resolve(), &now(), place.setting()).unwrap().case;
    assert_eq!(resolved.resolved_at, Some(now().at));
    let again =
        transition(&resolved, &Happening::ReportJoined(arrival(Level::Blue)), &now(), place.setting())
            .unwrap();
    assert_eq!((again.case.state, again.case.resolved_at), (State::Open, None));
    assert!(again.entries[0].text.contains("重新办理"));
    assert_eq!(agencies(&again), ["housing"]);
}

#[test]
fn a_case_that_is_over_keeps_what_is_told_of_it_and_a_report_opens_it_again() {
    let place = Place::new();
    let setting = place.setting();
    let case = opened(&place, Level::Yellow).case;
    let rejected = transition(&case, &does(Act::Reject { words: "w".into() }), &now(), setting).unwrap().case;
    assert!(rejected.docket.duties.is_empty());
    let comment = does(Act::Comment { words: "x".into() });
    assert!(transition(&rejected, &comment, &now(), setting).is_ok());
    let back = transition(&rejected, &returned("housing"), &now(), setting).unwrap();
    assert_eq!(back.case.lead_agency, "housing");
    let revised =
        transition(&rejected, &Happening::ReportRevised(arrival(Level::Red)), &now(), setting).unwrap();
    assert_eq!(revised.case.level, Level::Yellow);
    assert!(revised.pushes.is_empty());
    let again =
        transition(&rejected, &Happening::ReportJoined(arrival(Level::Red)), &now(), setting).unwrap();
    assert_eq!((again.case.state, again.case.level, again.case.closed_at), (State::Open, Level::Red, None));
}

#[test]
fn what_the_lead_returns_goes_to_the_desk() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let back = transition(&case, &returned("housing"), &now(), place.setting()).unwrap();
    assert_eq!(back.case.lead_agency, "centre");
    assert_eq!(agencies(&back), ["centre"]);
    assert!(back.pushes[0].reason.contains("非本单位职责"));
    let town = transition(&case, &returned("town-421181105"), &now(), place.setting()).unwrap();
    assert_eq!(town.case.lead_agency, "housing");
    assert!(town.pushes.is_empty());
    let desk = transition(&back.case, &returned("centre"), &now(), place.setting()).unwrap();
    assert!(desk.pushes.is_empty(), "the desk cannot return to itself");
}

#[test]
fn a_signature_of_before_that_is_entered_late_ends_nothing_before_it_began() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let began = now().at + SignedDuration::from_hours(3);
    let assign = does(Act::Assign { agency: "market".into(), person: None, words: "w".into() });
    let case = transition(&case, &assign, &Occasion { at: began, ..now() }, place.setting()).unwrap().case;
    let signed = Happening::Receipt {
        agency: "market".into(),
        form: Form::Report,
        outcome: Receipt::Signed,
        words: None,
        evidence: Vec::new(),
        entered: None,
    };
    let change = transition(&case, &signed, &now(), place.setting()).unwrap();
    assert_eq!(change.case.docket.handler("market").unwrap().signed_at, Some(began));
    let met = change.duties.iter().find(|duty| duty.kind == DutyKind::Sign).unwrap();
    assert_eq!(met.started_at, began);
    assert_eq!(met.ending, Some(crate::domain::duty::Ending { at: began, met: true }));
}

#[test]
fn what_an_officer_entered_for_an_agency_says_when_and_how_it_is_known() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let at = now().at + SignedDuration::from_hours(20);
    let text = |outcome, means| {
        let signed = Happening::Receipt {
            agency: "housing".into(),
            form: Form::Report,
            outcome,
            words: None,
            evidence: Vec::new(),
            entered: Some(Entered { at, means }),
        };
        transition(&case, &signed, &now(), place.setting()).unwrap().entries[0].text.clone()
    };
    let local = at.to_zoned_datetime(place.setting().zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let paper = text(Receipt::Signed, RecordedMeans::Paper);
    assert!(paper.ends_with(&format!("签收（中心据纸质代录，{local}录入）")), "{paper}");
    let phone = text(Receipt::Answered(FeedbackOutcome::Done), RecordedMeans::Phone);
    assert!(phone.ends_with(&format!("（中心据电话代录，{local}录入）")), "{phone}");
}

#[test]
fn a_return_without_the_evidence_that_is_wanted_goes_to_an_arbiter() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let mut practice = (*place.rulebook.practice).clone();
    practice.returns.evidence_for = vec![ReturnReason::NotOurDuty];
    let setting = Setting { practice: &practice, ..place.setting() };
    let arbitrated =
        |change: &Change| change.case.docket.duties.iter().any(|duty| duty.kind == DutyKind::Arbitrate);
    let back = |reason, evidence: &[&str]| {
        let happening = Happening::Receipt {
            agency: "housing".into(),
            form: Form::Report,
            outcome: Receipt::Returned(reason),
            words: None,
            evidence: evidence.iter().map(|one| (*one).to_owned()).collect(),
            entered: None,
        };
        transition(&case, &happening, &now(), setting).unwrap()
    };
    let bare = back(ReturnReason::NotOurDuty, &[]);
    assert!(arbitrated(&bare) && bare.case.lead_agency == "housing");
    assert!(bare.entries.iter().any(|entry| entry.text == "退回未附证明材料，须裁决"));
    let shown = back(ReturnReason::NotOurDuty, &["doc-1"]);
    assert!(!arbitrated(&shown) && shown.case.lead_agency == "centre");
    assert_eq!(shown.case.docket.returns[0].evidence, ["doc-1"]);
    assert!(!arbitrated(&back(ReturnReason::Duplicate, &[])), "only for the reasons that are named");
}

#[test]
fn an_officer_may_set_any_level_and_only_a_raise_pushes() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let set = |level| {
        transition(
            &case,
            &does(Act::Relevel { level, words: "张某情绪稳定".into() }),
            &now(),
            place.setting(),
        )
        .unwrap()
    };
    assert_eq!(set(Level::Red).pushes.len(), 4);
    let lowered = set(Level::Blue);
    assert!(lowered.pushes.is_empty());
    assert_eq!(lowered.case.level_reason.rule, OFFICER);
    assert!(!lowered.entries[0].text.contains("张某"), "words stand in the remark only");
}

#[test]
fn assigning_tells_the_new_lead_only() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let assign = |agency: &str| {
        transition(
            &case,
            &does(Act::Assign { agency: agency.into(), person: None, words: String::new() }),
            &now(),
            place.setting(),
        )
    };
    assert_eq!(agencies(&assign("market").unwrap()), ["market"]);
    assert_eq!(assign("housing").unwrap_err().reason, "AGENCY_LEADS_ALREADY");
}

#[test]
fn whoever_loses_the_case_owes_nothing_more_of_it_and_whoever_is_told_anyway_keeps_its_form() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let assigned = |case: &CaseFile, agency: &str| {
        let act = Act::Assign { agency: agency.into(), person: None, words: String::new() };
        transition(case, &does(act), &now(), place.setting()).unwrap()
    };
    let lost = |change: &Change| {
        let nothing = change.revisions.iter().filter(|one| matches!(one.now, NowOwed::Nothing { .. }));
        nothing.map(|one| one.agency.clone()).collect::<Vec<_>>()
    };
    let market = assigned(&case, "market");
    assert_eq!(lost(&market), ["housing"]);
    let NowOwed::Nothing { reason } = &market.revisions[0].now else { panic!("it is recalled") };
    assert!(reason.contains("市场监督管理局"), "{reason}");
    let town = assigned(&market.case, "town-421181105");
    assert_eq!(lost(&town), ["market"]);
    let housing = assigned(&town.case, "housing");
    assert_eq!(lost(&housing), [] as [&str; 0], "the town is told of its cases anyway");
    let [told] = housing.revisions.as_slice() else { panic!("{:?}", housing.revisions) };
    let nothing_due = NowOwed::Until { sign_by: None, settle_by: None };
    assert_eq!(
        (told.agency.as_str(), &told.now),
        ("town-421181105", &nothing_due),
        "and owes nothing by a time"
    );
    let resolved = transition(&case, &resolve(), &now(), place.setting()).unwrap();
    let [told] = resolved.revisions.as_slice() else { panic!("{:?}", resolved.revisions) };
    assert_eq!((told.agency.as_str(), &told.now), ("housing", &nothing_due), "the centre has resolved it");
    let back = transition(&case, &returned("housing"), &now(), place.setting()).unwrap();
    assert_eq!(lost(&back), ["housing"]);
    assert!(opened(&place, Level::Orange).revisions.is_empty());
}

#[test]
fn limits_that_move_or_stand_still_are_said() {
    let place = Place::new();
    let case = opened(&place, Level::Yellow).case;
    let handle = |case: &CaseFile| {
        let handle = case.docket.duties.iter().find(|duty| duty.kind == DutyKind::Handle);
        handle.map(|duty| duty.due_at).unwrap()
    };
    let own = Occasion { agency: Some("housing".into()), rank: Rank::Staff, ..now() };
    let asked = does(Act::Respite(RespiteAct::AskExtension { days: 3, words: "取证".into() }));
    let asked = transition(&case, &asked, &own, place.setting()).unwrap();
    assert!(asked.revisions.is_empty());
    let granted = does(Act::Respite(RespiteAct::DecideExtension { grant: true, words: String::new() }));
    let granted = transition(&asked.case, &granted, &by(Rank::Leader, now().at), place.setting()).unwrap();
    assert!(handle(&granted.case) > handle(&case));
    let [told] = granted.revisions.as_slice() else { panic!("{:?}", granted.revisions) };
    assert_eq!(told.agency, "housing");
    let NowOwed::Until { sign_by, settle_by } = told.now else { panic!("it has a limit") };
    assert_eq!(settle_by, Some(handle(&granted.case)));
    assert!(sign_by.is_some_and(|sign_by| sign_by < handle(&case)));
}

#[test]
fn closing_needs_all_revisits_and_a_relapse_opens_the_case_again() {
    let place = Place::new();
    let setting = place.setting();
    let case = opened(&place, Level::Orange).case;
    let resolved = transition(&case, &resolve(), &now(), setting).unwrap().case;
    // A leader to the agencies, an officer to each of the two people (S0-02).
    assert_eq!(resolved.docket.revisits.len(), 3);
    let due = at("2026-12-01T16:00:00Z");
    assert!(resolved.docket.revisits.iter().all(|task| task.due_at == due), "until the end of its day");
    let close = does(Act::Close { words: "满意".into() });
    let refused = transition(&resolved, &close, &now(), setting).unwrap_err();
    assert_eq!((refused.reason, refused.needs.contains("0 of 3")), ("REVISITS_OWED", true));
    let leader = by(Rank::Leader, due);
    let whose: Vec<&str> = resolved
        .docket
        .duties
        .iter()
        .filter(|duty| duty.kind == DutyKind::Revisit)
        .filter_map(|duty| duty.holder.post.as_deref())
        .collect();
    assert_eq!(whose, ["centre-deputy", "centre-dispatcher", "centre-dispatcher"]);
    let eve = by(Rank::Leader, at("2026-11-30T15:59:00Z"));
    for outcome in [RevisitOutcome::Stable, RevisitOutcome::Unstable, RevisitOutcome::Unreached] {
        let early = transition(&resolved, &revisit(1, outcome), &eve, setting).unwrap_err();
        assert_eq!((early.reason, early.needs.contains("2026-12-01")), ("REVISIT_TOO_EARLY", true));
    }
    let early = transition(&resolved, &revisit(2, RevisitOutcome::Relapse), &eve, setting).unwrap();
    assert_eq!(early.case.state, State::Open);
    let morning = by(Rank::Leader, at("2026-11-30T16:00:00Z"));
    assert!(transition(&resolved, &revisit(1, RevisitOutcome::Stable), &morning, setting).is_ok());
    let low = transition(&resolved, &revisit(1, RevisitOutcome::Stable), &now(), setting).unwrap_err();
    assert_eq!(low.reason, "RANK_TOO_LOW");
    let asked = [1, 2, 3].into_iter().fold(resolved.clone(), |case, no| {
        transition(&case, &revisit(no, RevisitOutcome::Stable), &leader, setting).unwrap().case
    });
    let closed = transition(&asked, &close, &leader, setting).unwrap();
    assert_eq!(closed.case.state, State::Closed);
    let relapse = transition(&resolved, &revisit(2, RevisitOutcome::Relapse), &leader, setting).unwrap();
    assert_eq!(relapse.case.state, State::Open);
    assert_eq!(relapse.case.docket.suggestion.as_ref().unwrap().level, Level::Red);
    assert!(relapse.case.docket.duties.iter().any(|duty| duty.kind == DutyKind::Handle));
}

fn revisits_due(case: &CaseFile) -> Vec<Timestamp> {
    let owed = case.docket.duties.iter().filter(|duty| duty.kind == DutyKind::Revisit);
    let due: Vec<Timestamp> = owed.map(|duty| duty.due_at).collect();
    let open = case.docket.revisits.iter().filter(|task| task.answer.is_none());
    assert_eq!(open.map(|task| task.due_at).collect::<Vec<_>>(), due, "a task is due as its duty is");
    due
}

#[test]
fn s0_02_a_revisit_has_the_whole_of_its_day_whatever_the_hour_of_the_resolution() {
    let place = Place::new();
    let goes = |case: &CaseFile, happening: &Happening, moment: &str| {
        transition(case, happening, &by(Rank::Leader, at(moment)), place.setting()).unwrap().case
    };
    // Twenty minutes past midnight of the 25th, and midnight itself.
    for resolved_at in ["2026-11-24T16:20:00Z", "2026-11-24T16:00:00Z"] {
        let resolved = goes(&opened(&place, Level::Orange).case, &resolve(), resolved_at);
        assert_eq!(revisits_due(&resolved), [at("2026-12-02T16:00:00Z"); 3]);
        let evening = goes(&resolved, &Happening::TimePassed, "2026-12-02T15:59:00Z");
        assert!(evening.docket.duties.iter().all(|duty| duty.stage < Stage::Breached { chased: 0 }));
        let asked = goes(&evening, &revisit(1, RevisitOutcome::Unstable), "2026-12-02T15:59:00Z");
        // Once more, a week later.
        assert_eq!(asked.docket.revisits[3].due_at, at("2026-12-09T16:00:00Z"));
        assert_eq!(revisits_due(&asked).len(), 3);
        let late = goes(&asked, &Happening::TimePassed, "2026-12-02T16:00:00Z");
        let over = late.docket.duties.iter().filter(|duty| duty.stage == Stage::Breached { chased: 0 });
        assert_eq!(over.count(), 2);
    }
}

#[test]
fn s0_02_a_revisit_has_its_day_where_the_calendar_moves_it() {
    let place = Place::with(|practice| {
        for task in &mut practice.revisits {
            task.after = "5wd".parse().unwrap();
        }
    });
    let case = opened(&place, Level::Orange).case;
    let resolved = transition(&case, &resolve(), &now(), place.setting()).unwrap().case;
    assert_eq!(revisits_due(&resolved), [at("2026-12-01T16:00:00Z"); 3]);
    let days = "date,kind,name\n2026-11-27,holiday,防汛\n2026-11-28,workday,防汛\n2026-11-29,workday,防汛\n";
    let calendar = Calendar::parse(days, Path::new("calendar.csv")).unwrap();
    let setting = Setting { calendar: &calendar, ..place.setting() };
    let moved = transition(&resolved, &Happening::CalendarChanged, &now(), setting).unwrap().case;
    assert_eq!(revisits_due(&moved), [at("2026-11-30T16:00:00Z"); 3]);
    let asks = |moment| {
        let leader = by(Rank::Leader, at(moment));
        transition(&moved, &revisit(1, RevisitOutcome::Stable), &leader, setting)
    };
    assert_eq!(asks("2026-11-29T15:59:00Z").unwrap_err().reason, "REVISIT_TOO_EARLY");
    assert!(asks("2026-11-29T16:00:00Z").is_ok());
}

pub(super) fn any_level() -> impl Strategy<Value = Level> {
    proptest::sample::select(Level::ALL.to_vec())
}

pub(super) fn any_agency() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["housing", "market", "centre", "town-421181105"]).prop_map(str::to_owned)
}

fn any_act() -> impl Strategy<Value = Act> {
    let words = || "w".to_owned();
    let outcome = proptest::sample::select(vec![
        RevisitOutcome::Stable,
        RevisitOutcome::Unstable,
        RevisitOutcome::Relapse,
        RevisitOutcome::Unreached,
    ]);
    let part = proptest::sample::select(vec![Part::CoHandler, Part::Owner]);
    let card = proptest::sample::select(vec![Card::Reminder, Card::Yellow, Card::Red]);
    prop_oneof![
        any_level().prop_map(move |level| Act::Relevel { level, words: words() }),
        any_agency().prop_map(move |agency| Act::Assign { agency, person: None, words: words() }),
        Just(Act::Comment { words: words() }),
        Just(Act::Resolve(Settlement::default())),
        Just(Act::Close { words: words() }),
        Just(Act::Reject { words: words() }),
        Just(Act::Reopen { words: words() }),
        (any_agency(), part).prop_map(move |(agency, part)| Act::Handling(HandlingAct::Add {
            agency,
            part,
            words: words()
        })),
        any_agency().prop_map(move |agency| Act::Handling(HandlingAct::Remove { agency, words: words() })),
        any_agency().prop_map(move |agency| Act::Handling(HandlingAct::Conclude { agency, words: words() })),
        any_agency().prop_map(move |next| Act::Return(ReturnAct::Decide {
            next,
            person: None,
            words: words()
        })),
        (1_u16..90).prop_map(move |days| Act::Respite(RespiteAct::AskExtension { days, words: words() })),
        any::<bool>()
            .prop_map(move |grant| Act::Respite(RespiteAct::DecideExtension { grant, words: words() })),
        Just(Act::Respite(RespiteAct::AskPark { until: at("2027-03-01T00:00:00Z"), words: words() })),
        any::<bool>().prop_map(move |grant| Act::Respite(RespiteAct::DecidePark { grant, words: words() })),
        Just(Act::Respite(RespiteAct::Resume { words: words() })),
        (card, proptest::option::of(any_agency())).prop_map(move |(card, agency)| {
            Act::Supervision(SupervisionAct::Supervise { card, agency, words: words() })
        }),
        Just(Act::Supervision(SupervisionAct::Reply { agency: "housing".into(), words: words() })),
        Just(Act::Major(MajorAct::Declare { words: words() })),
        Just(Act::Major(MajorAct::Progress { words: words() })),
        Just(Act::Major(MajorAct::Calm { words: words() })),
        (1_u32..6, outcome).prop_map(move |(no, outcome)| {
            Act::Revisit(RevisitAct::Record { no, outcome, satisfaction: 3, words: words() })
        }),
    ]
}

fn any_form() -> impl Strategy<Value = Form> {
    proptest::sample::select(vec![Form::Report, Form::Notice, Form::Reminder])
}

pub(super) fn any_happening() -> impl Strategy<Value = Happening> {
    let outcome = proptest::sample::select(vec![
        Receipt::Signed,
        Receipt::Returned(ReturnReason::Duplicate),
        Receipt::Answered(FeedbackOutcome::Done),
        Receipt::Parked,
    ]);
    prop_oneof![
        1 => any_level().prop_map(|l| Happening::ReportJoined(arrival(l))),
        1 => any_level().prop_map(|l| Happening::ReportRevised(arrival(l))),
        8 => any_act().prop_map(Happening::Act),
        2 => (any_agency(), any_form(), outcome).prop_map(|(agency, form, outcome)| Happening::Receipt {
            agency,
            form,
            outcome,
            words: None,
            evidence: Vec::new(),
            entered: None,
        }),
        3 => Just(Happening::TimePassed),
        1 => Just(Happening::CalendarChanged),
        1 => Just(Happening::CallRepeats),
    ]
}

/// The state that a history tells, read as a person would.
fn told_state(entries: &[Entry]) -> State {
    entries.iter().fold(State::Open, |state, entry| match entry.kind {
        HistoryKind::Resolved => State::Resolved,
        HistoryKind::Closed => State::Closed,
        HistoryKind::Rejected => State::Rejected,
        HistoryKind::Reopened | HistoryKind::ReportJoined => State::Open,
        _ => state,
    })
}

/// What must be owed by the state of the case: nothing of it may be lost, and nothing may stay for ever.
pub(super) fn obligations_hold(case: &CaseFile) -> Result<(), String> {
    let docket = &case.docket;
    let owed = |kind: DutyKind| docket.duties.iter().filter(|duty| duty.kind == kind).count();
    match case.state {
        State::Open => {
            let review =
                docket.duties.iter().any(|duty| duty.kind == DutyKind::Decide && duty.about == REVIEW);
            if owed(DutyKind::Handle) + owed(DutyKind::Watch) == 0 && case.level.pushes() && !review {
                return Err("nobody has to settle an open case".into());
            }
            if docket.handlers.is_empty() || docket.handler(&case.lead_agency).is_none() {
                return Err("an open case has no lead".into());
            }
        }
        State::Resolved => {
            let open = docket.revisits.iter().filter(|revisit| revisit.answer.is_none()).count();
            if owed(DutyKind::Revisit) != open {
                return Err(format!("{open} revisits are open, {} are owed", owed(DutyKind::Revisit)));
            }
        }
        State::Closed | State::Rejected => {
            // A repeat call is to be sorted whatever becomes of its case.
            if docket.duties.iter().any(|duty| duty.kind != DutyKind::Classify) {
                return Err("something is owed for a case that is over".into());
            }
        }
    }
    if docket.major.as_ref().is_some_and(|event| event.calm_at.is_none())
        && matches!(case.state, State::Open | State::Resolved)
        && owed(DutyKind::Progress) != 1
    {
        return Err("progress of a major event is not owed once".into());
    }
    let undecided = docket.respite.extensions.iter().filter(|one| one.verdict.is_none()).count()
        + docket.respite.parks.iter().filter(|one| one.verdict.is_none()).count();
    let decisions =
        docket.duties.iter().filter(|duty| duty.kind == DutyKind::Decide && duty.about != REVIEW).count();
    if case.state == State::Open && decisions != undecided {
        return Err(format!("{undecided} requests are open, {decisions} are owed"));
    }
    for duty in &docket.duties {
        if !duty.is_open() {
            return Err("a duty that is over stands in the docket".into());
        }
        if duty.is_paused() != duty.next_at.is_none() && duty.stage < Stage::Warned {
            return Err(format!("{} neither runs nor stands still", duty.kind.name()));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_course_of_a_case_stays_lawful_and_is_told_by_its_history(
        first in any_level(),
        course in proptest::collection::vec((any_happening(), 0_i64..200_000, 0_usize..4), 0..60),
    ) {
        let place = Place::new();
        let table = &place.rulebook.practice.states;
        let start = opened(&place, first);
        let mut case = start.case;
        let mut history = start.entries;
        let mut moment = now().at;
        let mut last_duty = 0;
        for (happening, seconds, rank) in course {
            moment = moment.checked_add(SignedDuration::from_secs(seconds)).unwrap();
            let before = case.clone();
            let rank = [Rank::Staff, Rank::Officer, Rank::Leader, Rank::Director][rank];
            match transition(&case, &happening, &by(rank, moment), place.setting()) {
                Ok(change) => {
                    prop_assert_eq!(change.case.version, before.version + 1);
                    prop_assert_eq!(&change.case.first_receiver, &before.first_receiver);
                    prop_assert_eq!(&change.case.number, &before.number);
                    if !matches!(happening, Happening::Act(Act::Relevel { .. })) {
                        prop_assert!(change.case.level >= before.level, "only an officer lowers a level");
                    }
                    if change.case.level < before.level {
                        for duty in &before.docket.duties {
                            let after = change.case.docket.duties.iter().find(|one| one.no == duty.no);
                            prop_assert!(after.is_none_or(|one| one.due_at <= duty.due_at));
                        }
                    }
                    prop_assert!(change.case.docket.last_duty >= last_duty);
                    last_duty = change.case.docket.last_duty;
                    history.extend(change.entries);
                    case = change.case;
                }
                Err(refusal) => {
                    prop_assert!(!refusal.needs.is_empty() && refusal.needs.contains("would have to"), "{refusal:?}");
                }
            }
            let (_, state) = table
                .states()
                .find(|(code, _)| *code == case.docket.state)
                .expect("a state of the table");
            prop_assert_eq!(state.major, case.state);
            if let Err(lost) = obligations_hold(&case) {
                prop_assert!(false, "{} after {:?}: {:#?}", lost, happening, case.docket);
            }
            prop_assert_eq!(case.closed_at.is_some(), matches!(case.state, State::Closed | State::Rejected));
            let stored = serde_json::to_string(&case.docket).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Docket>(&stored).unwrap(), &case.docket);
        }
        let sequences: Vec<i64> = history.iter().map(|entry| entry.sequence).collect();
        prop_assert_eq!(sequences, (1..=case.history_count).collect::<Vec<_>>());
        prop_assert_eq!(told_state(&history), case.state);
    }
}
