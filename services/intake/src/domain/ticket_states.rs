//! The states of a ticket, which arrive in any order and more than once, as one ticket.
//!
//! Joining two states is a least upper bound: in whatever order, in whatever groups and however often states are
//! joined, the ticket is the same.

use std::{cmp::Ordering, collections::BTreeMap};

use fengqiao_masking::mask;
use fengqiao_proto::intake::v1::{
    Details, HotlineTicket, Report, TicketHandler, TicketStage, TicketStanding, details::Form,
};
use prost::Message as _;

/// The most stages that a ticket keeps: the newest.
pub const MOST_STAGES: usize = 100;

/// Seconds and nanoseconds.
type Time = (i64, i32);

/// The ticket that a report brings, where it brings one.
#[must_use]
pub fn ticket_of(report: &Report) -> Option<&HotlineTicket> {
    match report.details.as_ref()?.form.as_ref()? {
        Form::HotlineTicket(ticket) => Some(ticket),
        Form::PoliceCall(_) => None,
    }
}

/// How a ticket stands with the hotline, for those who work on its case: no people, and no words.
#[must_use]
pub fn standing(details: &Details) -> Option<TicketStanding> {
    let Form::HotlineTicket(ticket) = details.form.as_ref()? else { return None };
    let newest = ticket.stages.iter().max_by_key(|stage| (stage.at.as_ref().map(time), stage.kind));
    let mut handlers: Vec<TicketHandler> = ticket
        .handlers
        .iter()
        .map(|handler| TicketHandler { unit: mask(&handler.unit, &[]), ..handler.clone() })
        .collect();
    handlers.sort_by_key(|handler| handler.role);
    Some(TicketStanding { urgency: ticket.urgency, stage: newest.map_or(0, |stage| stage.kind), handlers })
}

fn ticket_in(report: &mut Report) -> Option<&mut HotlineTicket> {
    match report.details.as_mut()?.form.as_mut()? {
        Form::HotlineTicket(ticket) => Some(ticket),
        Form::PoliceCall(_) => None,
    }
}

/// Two states of one report as one: everything is as the newer state says, and its stages are those of both.
#[must_use]
pub fn join(one: Report, other: Report) -> Report {
    let stages = joined_stages(&[&one, &other]);
    let mut newer = if order(&one, &other) == Ordering::Less { other } else { one };
    if let Some(ticket) = ticket_in(&mut newer) {
        ticket.stages = stages;
    }
    newer
}

/// What is held without a ticket is older than any with one. Of two of the same time one has to be the newer, whichever
/// came first.
fn order(one: &Report, other: &Report) -> Ordering {
    let age = |report: &Report| ticket_of(report).map(time_of);
    age(one).cmp(&age(other)).then_with(|| besides_stages(one).cmp(&besides_stages(other)))
}

/// The time of a state: when it was changed, or its newest stage where that is later.
fn time_of(ticket: &HotlineTicket) -> Time {
    let changed = ticket.updated_at.as_ref();
    let stages = ticket.stages.iter().filter_map(|stage| stage.at.as_ref());
    changed.into_iter().chain(stages).map(time).max().unwrap_or_default()
}

fn time(at: &prost_types::Timestamp) -> Time {
    (at.seconds, at.nanos)
}

fn besides_stages(report: &Report) -> Vec<u8> {
    let mut report = report.clone();
    if let Some(ticket) = ticket_in(&mut report) {
        ticket.stages.clear();
    }
    report.encode_to_vec()
}

/// Each stage once, in the order of time; of two that say different things the one that says more.
fn joined_stages(reports: &[&Report]) -> Vec<TicketStage> {
    let mut stages: BTreeMap<(Option<Time>, i32), &TicketStage> = BTreeMap::new();
    for stage in reports.iter().filter_map(|report| ticket_of(report)).flat_map(|ticket| &ticket.stages) {
        let held = stages.entry((stage.at.as_ref().map(time), stage.kind)).or_insert(stage);
        let fullness = |stage: &TicketStage| (stage.words.len(), stage.words.clone());
        if fullness(stage) > fullness(held) {
            *held = stage;
        }
    }
    let too_many = stages.len().saturating_sub(MOST_STAGES);
    stages.into_values().skip(too_many).cloned().collect()
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::{Details, TicketStageKind};
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    fn state(title: &str, updated: Option<i64>, stages: &[(TicketStageKind, i64, &str)]) -> Report {
        let stages = stages
            .iter()
            .map(|(kind, seconds, words)| TicketStage {
                kind: (*kind).into(),
                at: at(*seconds),
                words: (*words).into(),
            })
            .collect();
        let ticket = HotlineTicket { updated_at: updated.and_then(at), stages, ..Default::default() };
        let details = Details { form: Some(Form::HotlineTicket(ticket)), ..Default::default() };
        Report { title: title.into(), details: Some(details), ..Default::default() }
    }

    #[test]
    fn a_ticket_is_told_by_its_newest_stage_and_its_lead_first_without_words() {
        let mut report =
            state("a", Some(9), &[(TicketStageKind::Handled, 5, "王小芳"), (TicketStageKind::Taken, 1, "")]);
        let ticket = ticket_in(&mut report).unwrap();
        ticket.urgency = 2;
        let unit = |unit: &str, role| TicketHandler { unit: unit.into(), role, expires_days: 3 };
        ticket.handlers = vec![unit("市城管局13800000000", 2), unit("市住建局", 1)];
        let standing = standing(report.details.as_ref().unwrap()).unwrap();
        assert_eq!((standing.urgency, standing.stage), (2, TicketStageKind::Handled.into()));
        let units: Vec<&str> = standing.handlers.iter().map(|handler| handler.unit.as_str()).collect();
        assert_eq!(units, ["市住建局", "市城管局〔电话〕"]);
        assert_eq!(super::standing(&Details::default()), None);
    }

    #[test]
    fn an_older_state_adds_its_stages_and_changes_nothing_else() {
        let newer = state("办结", Some(9), &[(TicketStageKind::Closed, 8, "已办结")]);
        let older =
            state("受理", None, &[(TicketStageKind::Taken, 1, "受理"), (TicketStageKind::Handled, 5, "")]);
        let joined = join(newer, older);
        assert_eq!(joined.title, "办结");
        let kinds: Vec<_> = ticket_of(&joined).unwrap().stages.iter().map(TicketStage::kind).collect();
        assert_eq!(kinds, [TicketStageKind::Taken, TicketStageKind::Handled, TicketStageKind::Closed]);
    }

    #[test]
    fn what_came_without_a_form_is_older_than_what_has_one() {
        let plain = Report { title: "z".into(), ..Default::default() };
        let ticket = state("a", Some(1), &[]);
        assert_eq!(join(plain.clone(), ticket.clone()), ticket);
        assert_eq!(join(ticket.clone(), plain), ticket);
    }

    #[test]
    fn the_newest_stages_are_kept() {
        let stage = |second| (TicketStageKind::Supervised, second, "");
        let many: Vec<_> = (0..100).map(stage).collect();
        let joined = join(state("x", None, &many), state("x", None, &[stage(100), stage(101)]));
        let stages = &ticket_of(&joined).unwrap().stages;
        assert_eq!((stages.len(), stages[0].at.unwrap().seconds), (MOST_STAGES, 2));
    }

    prop_compose! {
        fn any_state()(
            title in "[ab]", updated in prop::option::of(0_i64..4),
            stages in prop::collection::vec((1_i32..4, 0_i64..4, "[ab]{0,2}"), 0..4),
        ) -> Report {
            let stages: Vec<_> = stages
                .iter()
                .map(|(kind, at, words)| (TicketStageKind::try_from(*kind).unwrap(), *at, words.as_str()))
                .collect();
            state(&title, updated, &stages)
        }
    }

    fn joined(states: &[Report]) -> Report {
        states.iter().cloned().reduce(join).unwrap()
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_give_the_same_ticket(
            (states, shuffled) in prop::collection::vec(any_state(), 2..6)
                .prop_flat_map(|states| (Just(states.clone()), Just(states).prop_shuffle())),
            again in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let repeated: Vec<Report> =
                shuffled.iter().chain(again.iter().map(|index| index.get(&shuffled))).cloned().collect();
            prop_assert_eq!(joined(&repeated), join(joined(&states), states[0].clone()));
        }

        #[test]
        fn states_may_be_joined_in_groups(a in any_state(), b in any_state(), c in any_state()) {
            let left = join(join(a.clone(), b.clone()), c.clone());
            prop_assert_eq!(left, join(a, join(b, c)));
        }
    }
}
