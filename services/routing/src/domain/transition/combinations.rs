//! Acts that meet each other: each alone is plain, and what is owed must survive them together.

use super::{
    tests::{Place, arrival, at, by, does, opened, returned},
    *,
};
use crate::{
    directory::Rank,
    domain::{
        acts::{
            closing::Settlement,
            handling::{HandlingAct, Part, REVIEW},
            mediation::MediationAct,
            respite::RespiteAct,
            returns::ReturnAct,
        },
        level::Level,
    },
};

fn go(case: &CaseFile, act: Act, moment: &str) -> CaseFile {
    let place = Place::new();
    transition(case, &does(act), &by(Rank::Leader, at(moment)), place.setting()).unwrap().case
}

fn refused(case: &CaseFile, act: Act, moment: &str) -> &'static str {
    let place = Place::new();
    transition(case, &does(act), &by(Rank::Leader, at(moment)), place.setting()).unwrap_err().reason
}

fn hears(case: &CaseFile, happening: &Happening, moment: &str) -> CaseFile {
    let place = Place::new();
    transition(case, happening, &by(Rank::Officer, at(moment)), place.setting()).unwrap().case
}

fn one(case: &CaseFile, kind: DutyKind) -> &crate::domain::duty::Duty {
    case.docket.duties.iter().find(|duty| duty.kind == kind).unwrap()
}

fn conclude(agency: &str) -> Act {
    Act::Handling(HandlingAct::Conclude { agency: agency.into(), words: "w".into() })
}

#[test]
fn who_is_done_leaves_the_centre_a_look_and_a_new_report_takes_it_back() {
    let case = opened(&Place::new(), Level::Orange).case;
    let done = go(&case, conclude("housing"), "2026-11-24T02:00:00Z");
    assert_eq!(
        (one(&done, DutyKind::Decide).holder.agency.as_str(), one(&done, DutyKind::Decide).about),
        ("centre", REVIEW)
    );
    let again = hears(&done, &Happening::ReportJoined(arrival(Level::Blue)), "2026-11-24T03:00:00Z");
    assert!(again.docket.handlers[0].concluded_at.is_none());
    assert_eq!(one(&again, DutyKind::Handle).holder.agency, "housing");
    assert!(again.docket.duties.iter().all(|duty| duty.about != REVIEW));
}

#[test]
fn an_owner_that_returns_leaves_a_seat_free_and_not_the_case_to_one() {
    let case = opened(&Place::new(), Level::Orange).case;
    let add =
        Act::Handling(HandlingAct::Add { agency: "centre".into(), part: Part::Owner, words: "w".into() });
    let owned = go(&case, add, "2026-11-24T01:10:00Z");
    assert_eq!(owned.docket.conclusions(), Some((0, 2)));
    let back = hears(&owned, &returned("housing"), "2026-11-24T01:20:00Z");
    assert_eq!((back.lead_agency.as_str(), back.docket.conclusions()), ("centre", Some((0, 2))));
    let half = go(&back, conclude("centre"), "2026-11-24T01:30:00Z");
    assert_eq!(
        refused(&half, Act::Resolve(Settlement::default()), "2026-11-24T01:40:00Z"),
        "OWNERS_NOT_CONCLUDED"
    );
    let decide = Act::Return(ReturnAct::Decide { next: "market".into(), person: None, words: "w".into() });
    let seated = go(&back, decide, "2026-11-24T02:00:00Z");
    let owners: Vec<&str> = seated.docket.handlers.iter().map(|handler| handler.agency.as_str()).collect();
    assert_eq!((owners, seated.docket.conclusions()), (vec!["market", "centre"], Some((0, 2))));
}

#[test]
fn s3_04_a_case_assigned_to_who_helps_already_stays_with_the_person_who_has_it_there() {
    let place = Place::with(|practice| practice.names_persons = true);
    let goes = |case: &CaseFile, happening: &Happening| {
        transition(case, happening, &by(Rank::Leader, at("2026-11-24T01:10:00Z")), place.setting())
            .unwrap()
            .case
    };
    let handling = |act| does(Act::Handling(act));
    let market = || "market".to_owned();
    let deeds = [
        HandlingAct::Add { agency: market(), part: Part::CoHandler, words: "w".into() },
        HandlingAct::HandOver { agency: market(), person: "officer-li".into(), words: "w".into() },
        HandlingAct::Claim { agency: market() },
        HandlingAct::Sign { agency: Some(market()) },
    ];
    let helped =
        deeds.into_iter().fold(opened(&place, Level::Orange).case, |case, act| goes(&case, &handling(act)));
    let assign = does(Act::Assign { agency: market(), person: None, words: "w".into() });
    let returned = goes(&helped, &returned("housing"));
    let decide = does(Act::Return(ReturnAct::Decide { next: market(), person: None, words: "w".into() }));
    for led in [goes(&helped, &assign), goes(&returned, &decide)] {
        let lead = led.docket.handler("market").unwrap();
        assert_eq!((led.lead_agency.as_str(), lead.part), ("market", Part::Lead));
        assert_eq!(lead.person.as_deref(), Some("officer-li"), "somebody has it");
        assert!(lead.signed_at.is_some());
        assert_eq!(led.docket.state, "handling", "nothing is left to be signed for");
        let owed =
            |kind| led.docket.duties.iter().any(|one| one.kind == kind && one.holder.agency == "market");
        assert_eq!(
            (owed(DutyKind::Sign), owed(DutyKind::Claim), owed(DutyKind::Handle)),
            (false, false, true)
        );
    }
}

#[test]
fn more_time_for_a_parked_case_lets_its_clock_stand() {
    let case = opened(&Place::new(), Level::Orange).case;
    let words = || "w".to_owned();
    let ask = Act::Respite(RespiteAct::AskExtension { days: 10, words: words() });
    let asked = go(&case, ask, "2026-11-24T02:00:00Z");
    let park = Act::Respite(RespiteAct::AskPark { until: at("2027-01-10T00:00:00Z"), words: words() });
    let parked = go(&asked, park, "2026-11-24T03:00:00Z");
    let grant = || Act::Respite(RespiteAct::DecidePark { grant: true, words: words() });
    let parked = go(&parked, grant(), "2026-11-24T04:00:00Z");
    let longer = Act::Respite(RespiteAct::DecideExtension { grant: true, words: words() });
    let longer = go(&parked, longer, "2026-11-25T04:00:00Z");
    assert!(one(&longer, DutyKind::Handle).is_paused());
    assert_eq!(one(&longer, DutyKind::Handle).next_at, None);
    let resumed = go(&longer, Act::Respite(RespiteAct::Resume { words: words() }), "2026-12-24T04:00:00Z");
    // Five working days end on 2 December at 0:00 in the county; ten days were given, and thirty days it stood.
    assert_eq!(one(&resumed, DutyKind::Handle).due_at, at("2027-01-10T16:00:00Z"));
}

#[test]
fn a_raise_while_the_clock_stands_holds_when_it_goes_on() {
    let case = opened(&Place::new(), Level::Yellow).case;
    let words = || "w".to_owned();
    let park = Act::Respite(RespiteAct::AskPark { until: at("2027-01-10T00:00:00Z"), words: words() });
    let parked = go(&case, park, "2026-11-24T03:00:00Z");
    let parked = go(
        &parked,
        Act::Respite(RespiteAct::DecidePark { grant: true, words: words() }),
        "2026-11-24T04:00:00Z",
    );
    let red = hears(&parked, &Happening::ReportJoined(arrival(Level::Red)), "2026-11-26T04:00:00Z");
    assert!(one(&red, DutyKind::Sign).is_paused());
    let resumed = go(&red, Act::Respite(RespiteAct::Resume { words: words() }), "2026-11-27T04:00:00Z");
    assert_eq!(
        one(&resumed, DutyKind::Sign).due_at,
        at("2026-11-27T05:00:00Z"),
        "an hour, from when it goes on"
    );
}

#[test]
fn a_blue_case_that_comes_back_is_to_be_handled() {
    let case = opened(&Place::new(), Level::Blue).case;
    let rejected = go(&case, Act::Reject { words: "w".into() }, "2026-11-24T02:00:00Z");
    let again = go(&rejected, Act::Reopen { words: "w".into() }, "2026-11-24T03:00:00Z");
    assert_eq!(one(&again, DutyKind::Handle).holder.agency, "housing");
    let assigned = Act::Assign { agency: "market".into(), person: None, words: String::new() };
    let assigned = go(&case, assigned, "2026-11-24T02:00:00Z");
    let slow = one(&assigned, DutyKind::Handle).due_at;
    let red = hears(&assigned, &Happening::ReportJoined(arrival(Level::Red)), "2026-11-24T03:00:00Z");
    assert!(one(&red, DutyKind::Handle).due_at < slow, "raised from blue, its time is pulled in too");
}

#[test]
fn an_agreement_that_is_not_kept_is_not_owed_for_ever() {
    let case = opened(&Place::new(), Level::Orange).case;
    let agree = |reference: &str| {
        Act::Mediation(MediationAct::Agree {
            reference: reference.into(),
            terms: "t".into(),
            performances: vec![("w".into(), at("2026-12-01T00:00:00Z"))],
        })
    };
    let agreed = go(&case, agree("1"), "2026-11-24T02:00:00Z");
    assert_eq!(refused(&agreed, agree("2"), "2026-11-24T03:00:00Z"), "AGREEMENT_RECORDED");
    let check = Act::Mediation(MediationAct::CheckPerformance { no: 1, done: false, words: "w".into() });
    let broken = go(&agreed, check, "2026-12-02T00:00:00Z");
    assert!(broken.docket.duties.iter().all(|duty| duty.kind != DutyKind::Perform));
    let anew = go(&broken, agree("2"), "2026-12-03T00:00:00Z");
    let mediation = &anew.docket.mediation;
    assert_eq!(mediation.agreement.as_ref().unwrap().reference, "2");
    assert_eq!(mediation.earlier[0].reference, "1");
}
