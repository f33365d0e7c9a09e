use std::path::Path;

use fengqiao_county::County;
use fengqiao_proto::{
    notification::v1::{FeedbackOutcome, ReturnReason},
    types::v1::Source,
};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

struct Place {
    directory: Directory,
    responsible: Responsible,
}

impl Place {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let county = County::load(&folder).unwrap();
        let directory = Directory::load(&county, Timestamp::UNIX_EPOCH).unwrap();
        let responsible = directory.responsible(&county, "421181105202", "property", "POLICE_110");
        Self { directory, responsible }
    }

    fn setting(&self) -> Setting<'_> {
        Setting {
            directory: &self.directory,
            responsible: &self.responsible,
            limits: PushLimitHours::default(),
        }
    }
}

fn now() -> Occasion {
    Occasion {
        at: "2026-11-24T01:00:00Z".parse().unwrap(),
        actor: "officer-li".into(),
        capacity: "officer".into(),
    }
}

fn arrival(level: Level) -> Arrival {
    Arrival {
        source: Source::Police110,
        revision: 1,
        grade: Grade {
            level,
            reason: LevelReason {
                rule: "r".into(),
                rule_set: "1".into(),
                text: "重复反映".into(),
                facts: std::collections::BTreeMap::new(),
                words: None,
            },
            tags: Vec::new(),
            troubled: Vec::new(),
        },
        sealed_matter: vec![level.code().to_le_bytes()[0]],
    }
}

fn opened(place: &Place, level: Level) -> Change {
    let opening = Opening {
        id: Uuid::nil(),
        number: "20261124-0001".into(),
        cluster_id: Uuid::nil(),
        area_code: "421181105202".into(),
        category: "property".into(),
        first_receiver: "police-110".into(),
        opened_at: now().at,
        arrival: arrival(level),
    };
    open(opening, &now(), place.setting())
}

fn agencies(change: &Change) -> Vec<&str> {
    change.pushes.iter().map(|push| push.recipient.agency.as_str()).collect()
}

fn returned(agency: &str) -> Happening {
    Happening::Receipt {
        agency: agency.into(),
        outcome: Receipt::Returned(ReturnReason::NotOurDuty),
        words: None,
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
    let resolved = transition(&case, &Happening::Resolve { outcome: "和解".into() }, &now(), place.setting())
        .unwrap()
        .case;
    assert_eq!(resolved.resolved_at, Some(now().at));
    let again =
        transition(&resolved, &Happening::ReportJoined(arrival(Level::Blue)), &now(), place.setting())
            .unwrap();
    assert_eq!((again.case.state, again.case.resolved_at), (State::Open, None));
    assert!(again.entries[0].text.contains("重新办理"));
    assert_eq!(agencies(&again), ["housing"]);
}

#[test]
fn a_closed_case_takes_comments_and_receipts_but_no_reports() {
    let place = Place::new();
    let mut case = opened(&place, Level::Yellow).case;
    case.state = State::Closed;
    let refused = transition(&case, &Happening::ReportJoined(arrival(Level::Red)), &now(), place.setting());
    assert_eq!(refused, Err(Refusal::TakesNoReports(State::Closed)));
    let comment = Happening::Comment { words: "x".into() };
    assert!(transition(&case, &comment, &now(), place.setting()).is_ok());
    let back = transition(&case, &returned("housing"), &now(), place.setting()).unwrap();
    assert_eq!(back.case.lead_agency, "housing");
    let revised =
        transition(&case, &Happening::ReportRevised(arrival(Level::Red)), &now(), place.setting()).unwrap();
    assert_eq!(revised.case.level, Level::Yellow);
    assert!(revised.pushes.is_empty());
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
fn an_officer_may_set_any_level_and_only_a_raise_pushes() {
    let place = Place::new();
    let case = opened(&place, Level::Orange).case;
    let set = |level| {
        transition(
            &case,
            &Happening::Relevel { level, words: "张某情绪稳定".into() },
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
            &Happening::Assign { agency: agency.into(), words: String::new() },
            &now(),
            place.setting(),
        )
    };
    assert_eq!(agencies(&assign("market").unwrap()), ["market"]);
    assert_eq!(assign("housing"), Err(Refusal::LeadsAlready));
}

fn any_level() -> impl Strategy<Value = Level> {
    proptest::sample::select(Level::ALL.to_vec())
}

fn any_happening() -> impl Strategy<Value = Happening> {
    let agency = proptest::sample::select(vec!["housing", "market", "centre", "town-421181105"]);
    let outcome = proptest::sample::select(vec![
        Receipt::Signed,
        Receipt::Returned(ReturnReason::Duplicate),
        Receipt::Answered(FeedbackOutcome::Done),
        Receipt::Parked,
    ]);
    prop_oneof![
        any_level().prop_map(|l| Happening::ReportJoined(arrival(l))),
        any_level().prop_map(|l| Happening::ReportRevised(arrival(l))),
        any_level().prop_map(|level| Happening::Relevel { level, words: "w".into() }),
        agency.clone().prop_map(|a| Happening::Assign { agency: a.into(), words: "w".into() }),
        Just(Happening::Resolve { outcome: "w".into() }),
        Just(Happening::Close { revisit: "w".into() }),
        Just(Happening::Comment { words: "w".into() }),
        (agency, outcome).prop_map(|(a, outcome)| Happening::Receipt {
            agency: a.into(),
            outcome,
            words: None
        }),
    ]
}

/// The state that a history tells, read as a person would.
fn told_state(entries: &[Entry]) -> State {
    entries.iter().fold(State::Open, |state, entry| match entry.kind {
        HistoryKind::Resolved => State::Resolved,
        HistoryKind::Closed => State::Closed,
        HistoryKind::ReportJoined if state == State::Resolved => State::Open,
        _ => state,
    })
}

proptest! {
    #[test]
    fn any_course_of_a_case_stays_lawful_and_is_told_by_its_history(
        first in any_level(),
        course in proptest::collection::vec(any_happening(), 0..40),
    ) {
        let place = Place::new();
        let start = opened(&place, first);
        let mut case = start.case;
        let mut history = start.entries;
        for happening in course {
            let before = case.clone();
            let lawful = match &happening {
                Happening::Relevel { .. } | Happening::Resolve { .. } => before.state == State::Open,
                Happening::Assign { agency, .. } => before.state == State::Open && before.lead_agency != *agency,
                Happening::Close { .. } => before.state == State::Resolved,
                Happening::ReportJoined(_) => before.state.takes_reports(),
                _ => true,
            };
            match transition(&case, &happening, &now(), place.setting()) {
                Ok(change) => {
                    prop_assert!(lawful, "{happening:?} in {:?}", before.state);
                    prop_assert_eq!(change.case.version, before.version + 1);
                    prop_assert_eq!(&change.case.first_receiver, &before.first_receiver);
                    prop_assert_eq!(&change.case.number, &before.number);
                    prop_assert!(!change.entries.is_empty());
                    if !matches!(happening, Happening::Relevel { .. }) {
                        prop_assert!(change.case.level >= before.level, "only an officer lowers a level");
                    }
                    if !matches!(before.state, State::Open | State::Resolved) {
                        prop_assert!(change.pushes.is_empty(), "nobody is sent to a case that is over");
                        prop_assert_eq!(change.case.state, before.state);
                    }
                    history.extend(change.entries);
                    case = change.case;
                }
                Err(refusal) => {
                    prop_assert!(!lawful, "{happening:?} refused: {refusal}");
                    prop_assert_eq!(&case, &before);
                }
            }
            prop_assert_eq!(case.resolved_at.is_some(), matches!(case.state, State::Resolved | State::Closed));
            prop_assert_eq!(case.closed_at.is_some(), case.state == State::Closed);
        }
        let sequences: Vec<i64> = history.iter().map(|entry| entry.sequence).collect();
        prop_assert_eq!(sequences, (1..=case.history_count).collect::<Vec<_>>());
        prop_assert_eq!(told_state(&history), case.state);
    }
}
