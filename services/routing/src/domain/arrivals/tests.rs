use std::path::Path;

use super::*;
use crate::domain::{
    acts::{
        links::{Links, MergedInto},
        respite::Respite,
    },
    case::State,
    docket::Docket,
    duty::DutyKind,
    level::Level,
};

fn macheng() -> (County, Rulebook) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
    let county = County::load(&folder).unwrap();
    let rulebook = Rulebook::load(&county, Timestamp::UNIX_EPOCH).unwrap();
    (county, rulebook)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn report(cluster: u128, id: u128, revision: i32) -> ReceivedReport {
    ReceivedReport {
        report_id: Uuid::from_u128(id),
        revision,
        source: Source::Hotline12345,
        source_ref: format!("GD-{id}"),
        area_code: "421181105202".into(),
        category: "property".into(),
        occurred_at: at("2026-11-24T02:00:00Z"),
        accepted_at: at("2026-11-24T02:00:05Z"),
        cluster_id: Uuid::from_u128(cluster),
        follows_cluster: None,
        repeat: false,
        repeat_reasons: Vec::new(),
        found_by: Vec::new(),
        received_by: "hotline".into(),
        first_contact: String::new(),
        ticket: None,
        sealed_matter: vec![1],
        confidential: false,
        drill: false,
    }
}

fn receive(hand: &mut CasesAtHand, report: &ReceivedReport, narrative: &str) -> Option<(Change, Effect)> {
    let matter = Matter { narrative: narrative.into(), ..Default::default() };
    let (county, rulebook) = macheng();
    let now = at("2026-11-24T02:00:06Z");
    hand.receive(report, &matter, &county, &rulebook, now, Uuid::now_v7()).unwrap()
}

#[test]
fn the_case_of_a_confidential_report_is_protected_from_then_on() {
    let mut hand = CasesAtHand::default();
    let (open, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
    assert!(!open.case.docket.is_protected());
    let confidential = ReceivedReport { confidential: true, ..report(1, 11, 1) };
    let (joined, _) = receive(&mut hand, &confidential, "漏水").unwrap();
    assert!(joined.case.docket.is_protected());
    let (later, _) = receive(&mut hand, &report(1, 12, 1), "漏水").unwrap();
    assert!(later.case.docket.is_protected(), "what others tell openly does not open it");
}

#[test]
fn a_batch_makes_one_case_of_a_cluster() {
    let mut hand = CasesAtHand::default();
    hand.set_series("20261124".into(), 16);
    let (first, effect) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
    assert_eq!((effect, first.case.number.as_str()), (Effect::Opened, "20261124-0017"));
    assert_eq!(first.case.level, Level::Blue);
    let (second, effect) = receive(&mut hand, &report(1, 11, 1), "漏水").unwrap();
    assert_eq!((effect, second.case.id), (Effect::Joined, first.case.id));
    assert_eq!(second.case.level, Level::Yellow, "two reports within the window");
    let (third, _) = receive(&mut hand, &report(1, 12, 1), "漏水").unwrap();
    assert_eq!((third.case.level, third.case.report_count), (Level::Orange, 3));
    assert_eq!(third.case.level_reason.facts["reports_30d"], "3");
    let (other, effect) = receive(&mut hand, &report(2, 13, 1), "漏水").unwrap();
    assert_eq!((effect, other.case.number.as_str()), (Effect::Opened, "20261124-0018"));
    assert_eq!(hand.series()["20261124"], 18);
}

#[test]
fn what_comes_again_changes_nothing_and_a_revision_counts_once() {
    let mut hand = CasesAtHand::default();
    let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
    assert!(receive(&mut hand, &report(1, 10, 1), "漏水").is_none());
    let (revised, effect) = receive(&mut hand, &report(1, 10, 2), "漏水,对方持刀").unwrap();
    assert_eq!((effect, revised.case.id, revised.case.report_count), (Effect::Revised, first.case.id, 1));
    assert_eq!(revised.case.level, Level::Red);
    assert!(receive(&mut hand, &report(1, 10, 2), "漏水").is_none());
    assert!(receive(&mut hand, &report(1, 10, 1), "漏水").is_none(), "an older revision");
}

#[test]
fn what_a_case_refuses_is_said_and_is_not_known() {
    let mut hand = CasesAtHand::default();
    let (open, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
    // It gave its reports away and is open all the same.
    let merged_into = MergedInto {
        case_id: Uuid::from_u128(77),
        at: open.case.opened_at,
        state: String::new(),
        duties: Vec::new(),
        respite: Respite::default(),
    };
    let links = Links { merged_into: Some(merged_into), ..Links::default() };
    let docket = Docket { links, ..open.case.docket.clone() };
    hand.add_case(CaseFile { docket, ..open.case.clone() }, Vec::new());
    let (county, rulebook) = macheng();
    let now = at("2026-11-24T02:00:06Z");
    for _ in 0..2 {
        let again = report(1, 11, 1);
        let refused = hand.receive(&again, &Matter::default(), &county, &rulebook, now, Uuid::now_v7());
        assert_eq!(refused.unwrap_err().reason, "CASE_MERGED");
    }
    let refused = hand.call_repeats(Uuid::from_u128(10), &county, &rulebook, now);
    assert_eq!(refused.unwrap_err().reason, "CASE_MERGED");
}

#[test]
fn what_is_found_by_reports_that_were_split_off_goes_where_they_are() {
    let mut hand = CasesAtHand::default();
    let (old, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
    receive(&mut hand, &report(1, 11, 1), "漏水").unwrap();
    let split = |state| {
        let links = Links { split_from: Some(old.case.id), ..Links::default() };
        let docket = Docket { links, ..old.case.docket.clone() };
        let (id, cluster_id) = (Uuid::from_u128(77), Uuid::from_u128(78));
        CaseFile { id, cluster_id, state, docket, ..old.case.clone() }
    };
    hand.add_case(split(State::Open), Vec::new());
    let moved = KnownReport { case_id: Uuid::from_u128(77), revision: 1, repeat: false, merged: false };
    hand.add_report(Uuid::from_u128(11), moved);
    let found = |id, found_by: &[(u128, f32)]| ReceivedReport {
        found_by: found_by.iter().map(|(id, bits)| (Uuid::from_u128(*id), *bits)).collect(),
        ..report(1, id, 1)
    };
    let (change, effect) = receive(&mut hand, &found(12, &[(10, 3.0), (11, 8.0)]), "漏水").unwrap();
    assert_eq!((change.case.id, effect), (Uuid::from_u128(77), Effect::Followed));
    // And what is found by that one.
    let (change, _) = receive(&mut hand, &found(13, &[(12, 5.0)]), "漏水").unwrap();
    assert_eq!(change.case.id, Uuid::from_u128(77));
    for found in [found(14, &[(10, 8.0), (11, 3.0)]), found(15, &[]), found(16, &[(99, 9.0)])] {
        let (change, effect) = receive(&mut hand, &found, "漏水").unwrap();
        assert_eq!((change.case.id, effect), (old.case.id, Effect::Joined));
    }
    // A case that is over for good takes nothing.
    let mut hand = CasesAtHand::default();
    hand.add_case(old.case.clone(), Vec::new());
    hand.add_case(CaseFile { closed_at: Some(Timestamp::UNIX_EPOCH), ..split(State::Closed) }, Vec::new());
    hand.add_report(Uuid::from_u128(11), moved);
    let (change, _) = receive(&mut hand, &found(17, &[(11, 8.0)]), "漏水").unwrap();
    assert_eq!(change.case.id, old.case.id);
}

#[test]
fn a_call_that_turns_out_to_be_a_repeat_is_to_be_sorted_once() {
    let owed =
        |case: &CaseFile| case.docket.duties.iter().filter(|duty| duty.kind == DutyKind::Classify).count();
    let call = |id, revision, repeat| ReceivedReport {
        source: Source::Police110,
        repeat,
        ..report(1, id, revision)
    };
    let mut hand = CasesAtHand::default();
    let (first, _) = receive(&mut hand, &call(10, 1, false), "吵架").unwrap();
    assert_eq!(owed(&first.case), 0);
    // Its next record says so, and the one after that says it again.
    let (revised, _) = receive(&mut hand, &call(10, 2, true), "吵架").unwrap();
    assert_eq!(owed(&revised.case), 1);
    assert_eq!(owed(&receive(&mut hand, &call(10, 3, true), "又吵架").unwrap().0.case), 1);
    // A join of others says so of the second one.
    let (joined, _) = receive(&mut hand, &call(11, 1, false), "吵架").unwrap();
    assert_eq!(owed(&joined.case), 1);
    let (county, rulebook) = macheng();
    let now = at("2026-11-24T03:00:00Z");
    let mut shown = |id| hand.call_repeats(Uuid::from_u128(id), &county, &rulebook, now).unwrap();
    assert_eq!(owed(&shown(11).unwrap().case), 2);
    assert!(shown(11).is_none() && shown(10).is_none() && shown(99).is_none());
}

#[test]
fn a_report_after_the_end_opens_the_case_again_within_the_window_and_follows_it_later() {
    let mut hand = CasesAtHand::default();
    let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
    let over_since = |closed_at: &str| {
        let docket = Docket { state: "closed".into(), ..first.case.docket.clone() };
        let closed_at = Some(at(closed_at));
        let closed = CaseFile { state: State::Closed, closed_at, docket, ..first.case.clone() };
        let mut stored = CasesAtHand::default();
        stored.add_case(closed, vec![(at("2026-11-24T02:00:00Z"), Source::Hotline12345)]);
        stored.add_report(
            Uuid::from_u128(10),
            KnownReport { case_id: first.case.id, revision: 1, repeat: false, merged: false },
        );
        stored
    };
    // A call of it that turns out to be a repeat is to be sorted, and the case stays over.
    let (county, rulebook) = macheng();
    let mut stored = over_since("2026-10-26T03:00:00Z");
    let shown = stored.call_repeats(Uuid::from_u128(10), &county, &rulebook, at("2026-11-24T03:00:00Z"));
    let shown = shown.unwrap().unwrap().case;
    assert_eq!(shown.state, State::Closed);
    assert_eq!(shown.docket.duties.iter().filter(|duty| duty.kind == DutyKind::Classify).count(), 1);
    let mut stored = over_since("2026-10-26T03:00:00Z");
    let (revised, effect) = receive(&mut stored, &report(1, 10, 2), "漏水").unwrap();
    assert_eq!(
        (effect, revised.case.id, revised.case.state),
        (Effect::Revised, first.case.id, State::Closed)
    );
    let (again, effect) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
    assert_eq!((effect, again.case.id, again.case.state), (Effect::Joined, first.case.id, State::Open));
    let mut stored = over_since("2026-10-25T01:00:00Z");
    let (new, effect) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
    assert_eq!((effect, new.case.docket.links.follows), (Effect::Opened, Some(first.case.id)));
}

#[test]
fn a_case_of_a_new_cluster_follows_the_last_case_of_the_one_that_it_names() {
    let follower = ReceivedReport { follows_cluster: Some(Uuid::from_u128(1)), ..report(2, 11, 1) };
    let (first, _) = receive(&mut CasesAtHand::default(), &report(1, 10, 1), "漏水").unwrap();
    let first = first.case;
    let docket = Docket { state: "closed".into(), ..first.docket.clone() };
    let closed_at = Some(at("2026-09-01T00:00:00Z"));
    let closed = CaseFile { state: State::Closed, closed_at, docket, ..first.clone() };
    // Also where someone opened it again meanwhile: it is another matter all the same.
    for earlier in [closed.clone(), first.clone()] {
        let mut hand = CasesAtHand::default();
        hand.add_case(earlier, Vec::new());
        let (new, effect) = receive(&mut hand, &follower, "漏水").unwrap();
        assert_eq!((effect, new.case.cluster_id), (Effect::Opened, follower.cluster_id));
        assert_eq!(new.case.docket.links.follows, Some(first.id));
        let next = ReceivedReport { report_id: Uuid::from_u128(12), ..follower.clone() };
        assert_eq!(receive(&mut hand, &next, "漏水").unwrap().1, Effect::Joined);
    }
    // The case was merged: the other one is what came before.
    let (other, _) = receive(&mut CasesAtHand::default(), &report(3, 13, 1), "漏水").unwrap();
    let mut hand = CasesAtHand::default();
    let merged = Merged { from: first.id, into: other.case.id };
    hand.add_case(other.case, Vec::new());
    hand.add_merged_cluster(Uuid::from_u128(1), merged);
    let (new, _) = receive(&mut hand, &follower, "漏水").unwrap();
    assert_eq!(new.case.docket.links.follows, Some(merged.into));
    // Nothing is known of it.
    let (new, _) = receive(&mut CasesAtHand::default(), &follower, "漏水").unwrap();
    assert_eq!(new.case.docket.links.follows, None);
}

#[test]
fn old_reports_do_not_count() {
    let mut hand = CasesAtHand::default();
    let (first, _) = receive(&mut hand, &report(1, 10, 1), "漏水").unwrap();
    let mut stored = CasesAtHand::default();
    stored.add_case(
        first.case,
        ["2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z"].map(|told| (at(told), Source::Grid)).into(),
    );
    let (joined, _) = receive(&mut stored, &report(1, 11, 1), "漏水").unwrap();
    assert_eq!(joined.case.level, Level::Blue);
}
