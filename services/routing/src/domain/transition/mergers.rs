//! Whatever two cases went through: merging them, undoing it and splitting one loses nothing that is owed.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    tests::{
        Place, any_agency, any_happening, any_level, arrival, at, by, does, now, obligations_hold, opened,
        resolve,
    },
    *,
};
use crate::{
    directory::Rank,
    domain::{
        acts::{
            handling::{HandlingAct, Part, goes_with_the_lead},
            mediation::MediationAct,
            meetings::MeetingAct,
            repeats::RepeatClass,
            respite::RespiteAct,
            supervision::{Card, SupervisionAct},
            taken_over::TakenDuty,
            whistles::WhistleAct,
        },
        duty::Duty,
        happening::{Held, Receipt},
        level::Level,
        push::Form,
    },
};

/// What happens to a case, and what is done about things that are not owed for every case.
fn any_deed() -> impl Strategy<Value = Happening> {
    let words = || "w".to_owned();
    let due = at("2026-12-20T00:00:00Z");
    let call = || WhistleAct::Blow {
        called: vec!["housing".into(), "market".into()],
        spot: "s".into(),
        photos: Vec::new(),
        words: words(),
    };
    let repeat = Arrival { repeat: true, ..arrival(Level::Blue) };
    let special = prop_oneof![
        Just(does(Act::Whistle(call()))),
        any_agency().prop_map(|code| does(Act::Whistle(WhistleAct::ReportIn { no: 1, code }))),
        any_agency().prop_map(move |agency| does(Act::Supervision(SupervisionAct::SendLetter {
            agency,
            words: words()
        }))),
        any_agency().prop_map(move |agency| does(Act::Supervision(SupervisionAct::AnswerLetter {
            agency,
            words: words()
        }))),
        (any_agency(), any::<bool>()).prop_map(move |(agency, dated)| does(Act::Meeting(
            MeetingAct::Decide { meeting: Uuid::nil(), agency, due_at: dated.then_some(due), words: words() }
        ))),
        (1_u32..4).prop_map(move |no| does(Act::Meeting(MeetingAct::Finish { no, words: words() }))),
        (1_u32..3).prop_map(move |no| does(Act::Mediation(MediationAct::CheckPerformance {
            no,
            done: true,
            words: words()
        }))),
        Just(does(Act::Mediation(MediationAct::Agree {
            reference: "1".into(),
            terms: words(),
            performances: vec![(words(), due), (words(), due)],
        }))),
        any_agency().prop_map(move |agency| does(Act::Handling(HandlingAct::HandOver {
            agency,
            person: "officer-li".into(),
            words: words()
        }))),
        any_agency().prop_map(|agency| does(Act::Handling(HandlingAct::Claim { agency }))),
        Just(Happening::ReportJoined(repeat)),
        (1_u32..4).prop_map(|report| does(Act::ClassifyRepeat { report, class: RepeatClass::Dispute })),
    ];
    prop_oneof![2 => any_happening(), 1 => special]
}

/// What happens to a case, each thing some seconds after the one before.
fn course(most: usize) -> impl Strategy<Value = Vec<(Happening, i64)>> {
    proptest::collection::vec((any_deed(), 0_i64..60_000), 0..most)
}

fn leader(moment: Timestamp) -> Occasion {
    by(Rank::Director, moment)
}

/// Goes through it; what is refused is left out.
fn lived(
    place: &Place,
    mut case: CaseFile,
    mut moment: Timestamp,
    course: &[(Happening, i64)],
) -> (CaseFile, Timestamp) {
    for (happening, seconds) in course {
        moment = moment.checked_add(SignedDuration::from_secs(*seconds)).unwrap();
        if let Ok(change) = transition(&case, happening, &leader(moment), place.setting()) {
            case = change.case;
        }
    }
    (case, moment)
}

fn merge(
    place: &Place,
    case: &CaseFile,
    into: &CaseFile,
    moment: Timestamp,
) -> Result<(Change, Change), Refusal> {
    let words = String::new();
    let merged = Happening::MergedInto { other: Box::new(into.clone()), words };
    let merged = transition(case, &merged, &leader(moment), place.setting())?;
    let held = Held { reports: case.report_count + into.report_count, sealed_matter: None };
    let took = Happening::TookIn { other: Box::new(case.clone()), held };
    Ok((merged, transition(into, &took, &leader(moment), place.setting())?))
}

fn undo(
    place: &Place,
    case: &CaseFile,
    from: &CaseFile,
    moment: Timestamp,
) -> Result<(Change, Change), Refusal> {
    let held = || Held { reports: 1, sealed_matter: None };
    let gave = Happening::GaveBack { other: Box::new(case.clone()), held: held() };
    let gave = transition(from, &gave, &leader(moment), place.setting())?;
    let undone = Happening::MergeUndone { from: Box::new(from.clone()), held: held(), words: String::new() };
    Ok((transition(case, &undone, &leader(moment), place.setting())?, gave))
}

fn case_with(place: &Place, id: u128, level: Level) -> CaseFile {
    let case = opened(place, level).case;
    CaseFile { id: Uuid::from_u128(id), cluster_id: Uuid::from_u128(id), number: id.to_string(), ..case }
}

/// What another case brings in its place, or what nobody owes in person.
fn lapses(kind: DutyKind) -> bool {
    matches!(kind, DutyKind::Resume | DutyKind::Revisit | DutyKind::Ageing)
}

/// Whether a duty of a merged case is owed by the case that took it in.
fn is_owed_there(duty: &Duty, before: &CaseFile, into: &CaseFile) -> bool {
    let with_lead = goes_with_the_lead(duty.kind);
    let holds = |own: &Duty| {
        own.kind == duty.kind
            && (own.holder == duty.holder || (with_lead && own.holder.agency == into.lead_agency))
    };
    // A level that rises pulls the time in; a clock that stood runs on, and one of a parked case stands.
    let no_later = |own: &Duty| own.due_at <= duty.due_at || duty.is_paused();
    let taken = into.docket.links.taken_over.iter().flat_map(|taken| &taken.duties);
    let ours = taken.filter(|one| one.theirs == duty.no && one.kind == duty.kind).map(|one| one.ours).next();
    match ours {
        Some(ours) => into.docket.duties.iter().any(|own| own.no == ours && holds(own) && no_later(own)),
        None => before.docket.duties.iter().any(|own| holds(own) && own.due_at <= duty.due_at),
    }
}

proptest! {
    #[test]
    fn whatever_is_merged_and_undone_nothing_that_is_owed_is_lost(
        levels in (any_level(), any_level()),
        first in course(25),
        second in course(25),
        together in course(12),
    ) {
        let place = Place::new();
        let (case, until) = lived(&place, case_with(&place, 1, levels.0), now().at, &first);
        let (into, then) = lived(&place, case_with(&place, 2, levels.1), now().at, &second);
        let moment = until.max(then).checked_add(SignedDuration::from_secs(60)).unwrap();
        let (merged, took) = match merge(&place, &case, &into, moment) {
            Ok(both) => both,
            Err(refusal) => {
                prop_assert!(refusal.needs.contains("would have to"), "{refusal:?}");
                return Ok(());
            }
        };
        // Each open duty ends there, and is owed here; what was owed here before still is.
        prop_assert!(merged.case.docket.duties.is_empty());
        let ends = |duty: &Duty| {
            merged.duties.iter().any(|ended| ended.no == duty.no && ended.ending.as_ref().is_some_and(|one| !one.met))
        };
        prop_assert!(case.docket.duties.iter().all(ends));
        for duty in case.docket.duties.iter().filter(|duty| !lapses(duty.kind)) {
            let watch_of_raised = duty.kind == DutyKind::Watch && took.case.level > into.level;
            prop_assert!(
                watch_of_raised || is_owed_there(duty, &into, &took.case),
                "{duty:#?} of {:#?}", took.case.docket
            );
        }
        for own in into.docket.duties.iter().filter(|own| own.kind != DutyKind::Watch) {
            let after = took.case.docket.duties.iter().find(|after| after.no == own.no);
            prop_assert!(after.is_some_and(|after| after.due_at <= own.due_at || own.is_paused()), "{own:#?}");
        }
        prop_assert_eq!(obligations_hold(&took.case), Ok(()));
        // Something happens to the joint case; then it is undone.
        let (joint, later) = lived(&place, took.case.clone(), moment, &together);
        prop_assert!(joint.state != State::Open || obligations_hold(&joint).is_ok());
        let Ok((undone, gave)) = undo(&place, &merged.case, &joint, later) else { return Ok(()) };
        let taken = joint.docket.links.taken_over.first();
        for duty in &case.docket.duties {
            let again = undone.case.docket.duties.iter().any(|own| {
                (own.no, own.kind, own.about, &own.holder) == (duty.no, duty.kind, duty.about, &duty.holder)
            });
            let met = |one: &TakenDuty| one.ending.as_ref().is_some_and(|ending| ending.met);
            let done =
                taken.is_some_and(|taken| taken.duties.iter().any(|one| one.theirs == duty.no && met(one)));
            prop_assert!(again || done, "{duty:#?} in {:#?}", undone.case.docket);
        }
        prop_assert_eq!(obligations_hold(&undone.case), Ok(()));
        prop_assert_eq!(obligations_hold(&gave.case), Ok(()));
        // What the other case owed itself it owes on, and nothing of the one that went.
        let theirs = |no: u32| taken.is_some_and(|taken| taken.duties.iter().any(|one| one.ours == no));
        for own in &joint.docket.duties {
            let still = gave.case.docket.duties.iter().any(|after| after.no == own.no);
            prop_assert_eq!(still, !theirs(own.no), "{:#?}", own);
        }
        prop_assert!(gave.case.docket.links.taken_over.is_empty());
        if together.is_empty() {
            prop_assert_eq!(&undone.case.docket.handlers, &case.docket.handlers);
            if into.level >= case.level {
                prop_assert_eq!(&gave.case.docket.handlers, &into.docket.handlers);
                prop_assert_eq!(&gave.case.docket.whistles, &into.docket.whistles);
                prop_assert_eq!(&gave.case.docket.mediation, &into.docket.mediation);
                prop_assert_eq!(&gave.case.docket.duties, &into.docket.duties);
            }
        }
    }

    #[test]
    fn whichever_of_two_mergers_into_one_case_is_undone_what_the_other_owes_stays(
        levels in (any_level(), any_level(), any_level()),
        courses in (course(15), course(15), course(15)),
        first_goes in any::<bool>(),
    ) {
        let place = Place::new();
        let (one, a) = lived(&place, case_with(&place, 1, levels.0), now().at, &courses.0);
        let (into, b) = lived(&place, case_with(&place, 2, levels.1), now().at, &courses.1);
        let (other, c) = lived(&place, case_with(&place, 3, levels.2), now().at, &courses.2);
        let moment = a.max(b).max(c).checked_add(SignedDuration::from_secs(60)).unwrap();
        let Ok((one_merged, took)) = merge(&place, &one, &into, moment) else { return Ok(()) };
        let Ok((other_merged, both)) = merge(&place, &other, &took.case, moment) else { return Ok(()) };
        prop_assert_eq!(obligations_hold(&both.case), Ok(()));
        let mut leave = [(&one, one_merged), (&other, other_merged)];
        if !first_goes {
            leave.reverse();
        }
        let [(_, goes), (stays, stays_merged)] = leave;
        let (_, gave) = undo(&place, &goes.case, &both.case, moment).unwrap();
        prop_assert_eq!(obligations_hold(&gave.case), Ok(()));
        for duty in stays.docket.duties.iter().filter(|duty| !lapses(duty.kind)) {
            let watch_of_raised = duty.kind == DutyKind::Watch && gave.case.level > into.level;
            prop_assert!(
                watch_of_raised || is_owed_there(duty, &gave.case, &gave.case),
                "{duty:#?} of {:#?}", gave.case.docket
            );
        }
        let (undone, alone) = undo(&place, &stays_merged.case, &gave.case, moment).unwrap();
        prop_assert_eq!(obligations_hold(&undone.case), Ok(()));
        prop_assert_eq!(obligations_hold(&alone.case), Ok(()));
        prop_assert!(alone.case.docket.links.taken_over.is_empty());
        if alone.case.level == into.level {
            prop_assert_eq!(&alone.case.docket.handlers, &into.docket.handlers);
            prop_assert_eq!(&alone.case.docket.duties, &into.docket.duties);
        }
    }

    #[test]
    fn a_split_leaves_what_is_owed_where_it_is(
        level in any_level(),
        course in course(25),
    ) {
        let place = Place::new();
        let (case, moment) = lived(&place, case_with(&place, 1, level), now().at, &course);
        let case = CaseFile { report_count: 2, ..case };
        let new = case_with(&place, 2, case.level);
        let held = Held { reports: 1, sealed_matter: None };
        let split = Happening::SplitOff { new: Box::new(new.clone()), held, words: String::new() };
        let Ok(change) = transition(&case, &split, &leader(moment), place.setting()) else { return Ok(()) };
        prop_assert_eq!(&change.case.docket.duties, &case.docket.duties);
        prop_assert_eq!(obligations_hold(&new), Ok(()));
    }
}

fn go(place: &Place, case: &CaseFile, happening: &Happening, moment: &str) -> CaseFile {
    transition(case, happening, &leader(at(moment)), place.setting()).unwrap().case
}

fn signed(agency: &str) -> Happening {
    Happening::Receipt {
        agency: agency.into(),
        form: Form::Report,
        outcome: Receipt::Signed,
        words: None,
        evidence: Vec::new(),
        entered: None,
    }
}

/// Two grave cases of different agencies, merged.
fn merged_two(place: &Place) -> (CaseFile, CaseFile, CaseFile) {
    let assign = does(Act::Assign { agency: "market".into(), person: None, words: "w".into() });
    let case = go(place, &case_with(place, 1, Level::Orange), &assign, "2026-11-24T01:10:00Z");
    let into = case_with(place, 2, Level::Orange);
    let (merged, took) = merge(place, &case, &into, at("2026-11-24T01:20:00Z")).unwrap();
    assert_eq!(
        merged.entries.last().unwrap().text,
        "并入事项2；转入该事项：签收1项、办理1项；随并案终止：积案提醒1项"
    );
    assert_eq!(took.entries[0].text, "事项1并入；承接：签收1项、办理1项");
    assert_eq!(took.pushes[0].reason, "事项1并入本事项，转为协办");
    (case, merged.case, took.case)
}

fn of<'a>(case: &'a CaseFile, kind: DutyKind, agency: &str) -> Option<&'a Duty> {
    case.docket.duties.iter().find(|duty| duty.kind == kind && duty.holder.agency == agency)
}

#[test]
fn who_owes_something_of_a_merged_case_helps_with_the_other_until_it_goes_back() {
    let place = Place::new();
    let (case, merged, took) = merged_two(&place);
    assert_eq!(took.docket.handler("market").unwrap().part, Part::CoHandler);
    let (theirs, ours) =
        (of(&case, DutyKind::Handle, "market").unwrap(), of(&took, DutyKind::Handle, "market").unwrap());
    assert_eq!(Duty { no: theirs.no, ..ours.clone() }, *theirs, "start, time, stage and pauses");
    // The clock goes on, and says there that it is over.
    let over = go(&place, &took, &Happening::TimePassed, "2026-12-02T01:20:00Z");
    assert!(over.docket.supervisions.iter().any(|pressed| pressed.agency == "market"));
    let (undone, gave) = undo(&place, &merged, &over, at("2026-12-02T02:00:00Z")).unwrap();
    assert_eq!(of(&undone.case, DutyKind::Handle, "market").unwrap().due_at, theirs.due_at);
    assert_eq!(undone.case.docket.duties.len(), case.docket.duties.len());
    assert!(gave.case.docket.handler("market").is_none());
    assert_eq!(gave.entries[0].text, "撤销事项1并案，1件诉求退出；等级不变；退回应办：签收1项、办理1项");
}

#[test]
fn what_was_done_for_a_merged_case_is_done_when_it_is_undone() {
    let place = Place::new();
    let (_, merged, took) = merged_two(&place);
    let signed = go(&place, &took, &signed("market"), "2026-11-24T02:00:00Z");
    assert!(of(&signed, DutyKind::Sign, "market").is_none());
    let conclude = Act::Handling(HandlingAct::Conclude { agency: "market".into(), words: "w".into() });
    let concluded = go(&place, &signed, &does(conclude), "2026-11-25T02:00:00Z");
    let (undone, _) = undo(&place, &merged, &concluded, at("2026-11-26T02:00:00Z")).unwrap();
    let handler = undone.case.docket.handler("market").unwrap();
    assert_eq!(handler.signed_at, Some(at("2026-11-24T02:00:00Z")));
    assert_eq!(handler.concluded_at, Some(at("2026-11-25T02:00:00Z")));
    assert_eq!(undone.case.docket.state, "handling");
    assert!(of(&undone.case, DutyKind::Decide, "centre").is_some(), "the centre looks at it");
    assert_eq!(
        undone.entries.iter().find(|entry| entry.kind == HistoryKind::MergeUndone).unwrap().text,
        "撤销并案，恢复原办理状态；并案期间已办：签收1项、办理1项"
    );
}

#[test]
fn what_only_ended_with_the_other_case_is_owed_again() {
    let place = Place::new();
    let (case, merged, took) = merged_two(&place);
    let resolved = go(&place, &took, &resolve(), "2026-11-24T03:00:00Z");
    assert!(of(&resolved, DutyKind::Handle, "market").is_none());
    let (undone, gave) = undo(&place, &merged, &resolved, at("2026-11-26T02:00:00Z")).unwrap();
    assert!(of(&undone.case, DutyKind::Handle, "market").is_some());
    assert!(of(&undone.case, DutyKind::Sign, "market").is_some());
    assert_eq!(undone.case.docket.duties.len(), case.docket.duties.len());
    assert_eq!(gave.case.state, State::Resolved);
}

#[test]
fn things_that_something_is_owed_for_come_with_it_and_go_back() {
    let place = Place::new();
    let blow = does(Act::Whistle(WhistleAct::Blow {
        called: vec!["market".into()],
        spot: "s".into(),
        photos: Vec::new(),
        words: "w".into(),
    }));
    let decide = does(Act::Meeting(MeetingAct::Decide {
        meeting: Uuid::nil(),
        agency: "market".into(),
        due_at: None,
        words: "w".into(),
    }));
    let press = does(Act::Supervision(SupervisionAct::Supervise {
        card: Card::Yellow,
        agency: Some("market".into()),
        words: "w".into(),
    }));
    let agree = does(Act::Mediation(MediationAct::Agree {
        reference: "7".into(),
        terms: "t".into(),
        performances: vec![("p".into(), at("2026-12-20T00:00:00Z"))],
    }));
    let lived = |case: CaseFile, deeds: &[&Happening]| {
        deeds.iter().fold(case, |case, deed| go(&place, &case, deed, "2026-11-24T01:10:00Z"))
    };
    let case = lived(case_with(&place, 1, Level::Orange), &[&blow, &decide, &press, &agree]);
    let into = lived(case_with(&place, 2, Level::Orange), &[&blow, &decide]);
    let (merged, took) = merge(&place, &case, &into, at("2026-11-24T01:20:00Z")).unwrap();
    let finish = |no| does(Act::Meeting(MeetingAct::Finish { no, words: "w".into() }));
    let report_in = does(Act::Whistle(WhistleAct::ReportIn { no: 2, code: "market".into() }));
    let reply = does(Act::Supervision(SupervisionAct::Reply { agency: "market".into(), words: "w".into() }));
    let check = does(Act::Mediation(MediationAct::CheckPerformance { no: 1, done: true, words: "w".into() }));
    let joint = [finish(2), report_in, reply, check]
        .iter()
        .fold(took.case, |case, deed| go(&place, &case, deed, "2026-11-24T01:40:00Z"));
    let owed = |case: &CaseFile, kind| case.docket.duties.iter().filter(|duty| duty.kind == kind).count();
    assert_eq!((owed(&joint, DutyKind::Decision), owed(&joint, DutyKind::ReportIn)), (1, 1));
    let (undone, gave) = undo(&place, &merged.case, &joint, at("2026-11-24T02:00:00Z")).unwrap();
    let docket = &undone.case.docket;
    let done = at("2026-11-24T01:40:00Z");
    assert_eq!((docket.decisions[0].done_at, docket.supervisions[0].replied_at), (Some(done), Some(done)));
    assert_eq!(docket.whistles[0].called[0].reported_in_at, Some(done));
    assert_eq!(docket.mediation.agreement.as_ref().unwrap().performances[0].checked, Some((done, true)));
    for kind in [DutyKind::Decision, DutyKind::ReportIn, DutyKind::Reply, DutyKind::Perform] {
        assert_eq!(owed(&undone.case, kind), 0, "{}", kind.name());
    }
    assert_eq!(owed(&undone.case, DutyKind::WhistleResult), 1);
    assert_eq!(
        (&gave.case.docket.decisions, &gave.case.docket.whistles, &gave.case.docket.mediation),
        (&into.docket.decisions, &into.docket.whistles, &into.docket.mediation)
    );
    assert_eq!(gave.case.docket.duties, into.docket.duties);
}

#[test]
fn what_someone_has_to_decide_is_decided_before_a_merger() {
    let place = Place::new();
    let case = case_with(&place, 1, Level::Orange);
    let ask = does(Act::Respite(RespiteAct::AskExtension { days: 3, words: "w".into() }));
    let asked = go(&place, &case, &ask, "2026-11-24T01:10:00Z");
    let into = case_with(&place, 2, Level::Orange);
    let refused = merge(&place, &asked, &into, at("2026-11-24T01:20:00Z")).unwrap_err();
    assert_eq!(refused.reason, "REQUEST_OPEN");
    let late = at("2026-12-01T00:00:00Z");
    let back = transition(&case, &super::tests::returned("housing"), &leader(late), place.setting());
    let refused = merge(&place, &back.unwrap().case, &into, late).unwrap_err();
    assert_eq!(refused.reason, "RETURN_OPEN");
    let agree = does(Act::Mediation(MediationAct::Agree {
        reference: "7".into(),
        terms: "t".into(),
        performances: vec![("p".into(), late)],
    }));
    let [case, into] = [case, into].map(|case| go(&place, &case, &agree, "2026-11-24T01:10:00Z"));
    let refused = merge(&place, &case, &into, at("2026-11-24T01:20:00Z")).unwrap_err();
    assert_eq!(refused.reason, "AGREEMENTS_OF_BOTH");
}

#[test]
fn a_chain_hands_on_what_was_taken_over_and_gives_it_back_link_by_link() {
    let place = Place::new();
    let (case, merged, took) = merged_two(&place);
    let last = case_with(&place, 3, Level::Orange);
    let (middle, end) = merge(&place, &took, &last, at("2026-11-24T01:30:00Z")).unwrap();
    assert!(of(&end.case, DutyKind::Handle, "market").is_some());
    let signed = go(&place, &end.case, &signed("market"), "2026-11-24T01:40:00Z");
    let (middle, _) = undo(&place, &middle.case, &signed, at("2026-11-24T02:00:00Z")).unwrap();
    assert!(of(&middle.case, DutyKind::Sign, "market").is_none());
    let (undone, _) = undo(&place, &merged, &middle.case, at("2026-11-24T02:10:00Z")).unwrap();
    assert!(undone.case.docket.handler("market").unwrap().signed_at.is_some());
    let handle = of(&undone.case, DutyKind::Handle, "market").unwrap();
    assert_eq!(handle.due_at, of(&case, DutyKind::Handle, "market").unwrap().due_at);
}

fn contacting() -> Place {
    Place::with(|practice| {
        let terms = practice.terms(DutyKind::Handle).clone();
        practice.terms.insert(DutyKind::Contact, terms);
    })
}

fn joined_by(place: &Place, cases: &[&CaseFile], into: &CaseFile) -> (Vec<CaseFile>, CaseFile) {
    let mut joint = into.clone();
    let merged = cases.iter().map(|case| {
        let (merged, took) = merge(place, case, &joint, at("2026-11-25T01:00:00Z")).unwrap();
        joint = took.case;
        merged.case
    });
    (merged.collect(), joint)
}

#[test]
fn what_one_merged_case_owes_stays_when_the_merger_of_another_is_undone() {
    let place = Place::new();
    let assign = does(Act::Assign { agency: "market".into(), person: None, words: "w".into() });
    let first = go(&place, &case_with(&place, 1, Level::Orange), &assign, "2026-11-24T01:10:00Z");
    let later = go(&place, &case_with(&place, 3, Level::Orange), &assign, "2026-11-24T03:00:00Z");
    let [first, later] =
        [first, later].map(|case| go(&place, &case, &signed("market"), "2026-11-24T04:00:00Z"));
    let into = case_with(&place, 2, Level::Orange);
    let (merged, joint) = joined_by(&place, &[&first, &later], &into);
    let (_, gave) = undo(&place, &merged[0], &joint, at("2026-11-26T01:00:00Z")).unwrap();
    let (theirs, ours) = (
        of(&later, DutyKind::Handle, "market").unwrap(),
        of(&gave.case, DutyKind::Handle, "market").expect("it is still merged, and owed"),
    );
    assert_eq!(ours.due_at, theirs.due_at);
    assert_eq!(gave.case.docket.handler("market").unwrap().part, Part::CoHandler);
    // Who helped with both goes with the last.
    let (undone, gave) = undo(&place, &merged[1], &gave.case, at("2026-11-26T02:00:00Z")).unwrap();
    assert!(of(&undone.case, DutyKind::Handle, "market").is_some());
    assert!(gave.case.docket.handler("market").is_none());
    assert_eq!(gave.case.docket.duties, into.docket.duties);
}

#[test]
fn who_signed_signs_for_what_came_with_a_merger_too() {
    let place = Place::new();
    let case = case_with(&place, 1, Level::Orange);
    let into = go(&place, &case_with(&place, 2, Level::Orange), &signed("housing"), "2026-11-24T02:00:00Z");
    let (merged, joint) = joined_by(&place, &[&case], &into);
    assert!(of(&joint, DutyKind::Sign, "housing").is_some());
    let sign = does(Act::Handling(HandlingAct::Sign { agency: Some("housing".into()) }));
    let both = go(&place, &joint, &sign, "2026-11-25T02:00:00Z");
    assert!(of(&both, DutyKind::Sign, "housing").is_none());
    let again = transition(&both, &sign, &leader(at("2026-11-25T03:00:00Z")), place.setting()).unwrap_err();
    assert_eq!(again.reason, "AGENCY_SIGNED");
    let (undone, _) = undo(&place, &merged[0], &both, at("2026-11-26T01:00:00Z")).unwrap();
    let signed_at = undone.case.docket.handler("housing").unwrap().signed_at;
    assert_eq!(signed_at, Some(at("2026-11-25T02:00:00Z")));
}

#[test]
fn nobody_signed_for_or_contacted_the_people_of_a_merged_case_as_the_other_was_resolved() {
    let place = contacting();
    let case = case_with(&place, 1, Level::Orange);
    let contact = || does(Act::Handling(HandlingAct::Contact { words: "w".into() }));
    let into = go(&place, &case_with(&place, 2, Level::Orange), &contact(), "2026-11-24T02:00:00Z");
    let (merged, joint) = joined_by(&place, &[&case], &into);
    assert!(of(&joint, DutyKind::Contact, "housing").is_some());
    let resolved = go(&place, &joint, &resolve(), "2026-11-25T02:00:00Z");
    let reopen = does(Act::Reopen { words: "w".into() });
    let reopened = [reopen, signed("housing"), contact()]
        .iter()
        .fold(resolved.clone(), |case, deed| go(&place, &case, deed, "2026-11-25T03:00:00Z"));
    for joint in [resolved, reopened] {
        let (undone, _) = undo(&place, &merged[0], &joint, at("2026-11-26T01:00:00Z")).unwrap();
        for kind in [DutyKind::Contact, DutyKind::Sign, DutyKind::Handle] {
            assert!(of(&undone.case, kind, "housing").is_some(), "{}", kind.name());
        }
        assert!(undone.case.docket.handler("housing").unwrap().signed_at.is_none());
    }
    // What was done is done.
    let contacted = go(&place, &joint, &contact(), "2026-11-25T02:00:00Z");
    let (undone, _) = undo(&place, &merged[0], &contacted, at("2026-11-26T01:00:00Z")).unwrap();
    assert!(of(&undone.case, DutyKind::Contact, "housing").is_none());
}

#[test]
fn what_stood_for_a_case_s_own_goes_on_there_with_its_clock_when_it_goes_back() {
    let place = Place::with(|practice| {
        let terms = practice.terms(DutyKind::Handle).clone();
        practice.terms.insert(DutyKind::Contact, terms);
        practice.names_persons = true;
    });
    let kinds = [DutyKind::Sign, DutyKind::Handle, DutyKind::Contact, DutyKind::Claim];
    let cases = [1, 3].map(|id| case_with(&place, id, Level::Yellow));
    let into = case_with(&place, 2, Level::Blue);
    let (merged, joint) = joined_by(&place, &[&cases[0], &cases[1]], &into);
    assert_eq!(joint.level, Level::Yellow);
    let (_, half) = undo(&place, &merged[0], &joint, at("2026-12-02T01:00:00Z")).unwrap();
    let (_, gave) = undo(&place, &merged[1], &half.case, at("2026-12-02T02:00:00Z")).unwrap();
    for after in [half.case, gave.case] {
        for kind in kinds {
            let stood = of(&joint, kind, "housing").unwrap();
            let own = of(&after, kind, "housing").unwrap_or_else(|| panic!("{} is owed", kind.name()));
            assert_eq!(
                (own.due_at, own.started_at, &own.holder),
                (stood.due_at, stood.started_at, &stood.holder)
            );
        }
    }
    // What was not owed here before is not owed after.
    let contact = does(Act::Handling(HandlingAct::Contact { words: "w".into() }));
    let into = go(&place, &case_with(&place, 2, Level::Yellow), &contact, "2026-11-24T02:00:00Z");
    let (merged, joint) = joined_by(&place, &[&cases[0]], &into);
    let (_, gave) = undo(&place, &merged[0], &joint, at("2026-12-02T01:00:00Z")).unwrap();
    assert_eq!(gave.case.docket.duties, into.docket.duties);
}

#[test]
fn s0_02_a_revisit_has_the_whole_of_a_day_when_a_merger_is_undone() {
    let place = Place::new();
    let resolved = go(&place, &case_with(&place, 1, Level::Orange), &resolve(), "2026-11-24T02:00:00Z");
    let (merged, joint) = joined_by(&place, &[&resolved], &case_with(&place, 2, Level::Orange));
    let (undone, _) = undo(&place, &merged[0], &joint, at("2026-11-25T02:00:00Z")).unwrap();
    let due = at("2026-12-02T16:00:00Z");
    let owed = undone.case.docket.duties.iter().filter(|duty| duty.kind == DutyKind::Revisit);
    assert_eq!(owed.map(|duty| duty.due_at).collect::<Vec<_>>(), [due; 3], "moved on, to the end of its day");
    assert!(undone.case.docket.revisits.iter().all(|task| task.due_at == due));
}
