//! The states of a ticket, which arrive in any order and more than once, as one ticket.
//!
//! A state is as old as its source says. Of states that say when the ticket was changed, and of those with other newest
//! stages, the ticket is the same in whatever order and however often they are joined. Where a source says no more than
//! the stage that the ticket is in, what came later is the newer; a state that is sent again is known by its content
//! before it comes here.

use std::{cmp::Ordering, collections::BTreeMap};

use fengqiao_masking::mask;
use fengqiao_proto::intake::v1::{
    Details, HotlineTicket, Report, TicketHandler, TicketStage, TicketStanding, TicketTransfer, details::Form,
};
use prost::Message as _;

use super::phone::Phone;

/// The most stages that a ticket keeps: the newest.
pub const MOST_STAGES: usize = 100;
/// The most transfers that a ticket keeps: the newest.
pub const MOST_TRANSFERS: usize = 50;

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

/// The telephone under which a ticket's citizen is reached, where it says one (联系号码).
#[must_use]
pub fn contact_phone(details: Option<&Details>) -> Option<Phone> {
    match details?.form.as_ref()? {
        Form::HotlineTicket(ticket) => Phone::read(&ticket.contact_phone),
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

/// What is held of a report and a state that came after it, as one: everything is as the newer of both says, and its
/// stages and transfers are those of both.
#[must_use]
pub fn join(held: Report, brought: Report) -> Report {
    let stages = joined_stages(&[&held, &brought]);
    let transfers = joined_transfers(&[&held, &brought]);
    let mut newer = if is_newer(&brought, &held) { brought } else { held };
    if let Some(ticket) = ticket_in(&mut newer) {
        ticket.stages = stages;
        ticket.transfers = transfers;
    }
    newer
}

/// What is held without a ticket is older than any with one. Of two that were changed at the same time by what their
/// source says one has to be the newer, whichever came first; else it is what came later.
fn is_newer(brought: &Report, held: &Report) -> bool {
    let age = |report: &Report| ticket_of(report).map(|ticket| time_of(report, ticket));
    let says_when = |report: &Report| ticket_of(report).is_some_and(|ticket| ticket.updated_at.is_some());
    match age(brought).cmp(&age(held)) {
        Ordering::Equal if says_when(brought) && says_when(held) => {
            besides_what_is_gathered(brought) > besides_what_is_gathered(held)
        }
        by_time => by_time != Ordering::Less,
    }
}

/// The time of a state: when it was changed, or its newest stage where that is later; with neither it is that of the
/// call.
fn time_of(report: &Report, ticket: &HotlineTicket) -> Time {
    let changed = ticket.updated_at.as_ref();
    let stages = ticket.stages.iter().filter_map(|stage| stage.at.as_ref());
    let said = changed.into_iter().chain(stages).map(time).max();
    said.or_else(|| report.occurred_at.as_ref().map(time)).unwrap_or_default()
}

fn time(at: &prost_types::Timestamp) -> Time {
    (at.seconds, at.nanos)
}

fn besides_what_is_gathered(report: &Report) -> Vec<u8> {
    let mut report = report.clone();
    if let Some(ticket) = ticket_in(&mut report) {
        ticket.stages.clear();
        ticket.transfers.clear();
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

/// Each transfer once, in the order of time; of two that say different things the one that says more.
fn joined_transfers(reports: &[&Report]) -> Vec<TicketTransfer> {
    let mut transfers: BTreeMap<(Option<Time>, &str, &str), &TicketTransfer> = BTreeMap::new();
    for transfer in reports.iter().filter_map(|report| ticket_of(report)).flat_map(|ticket| &ticket.transfers)
    {
        let name = (transfer.at.as_ref().map(time), transfer.from.as_str(), transfer.to.as_str());
        let held = transfers.entry(name).or_insert(transfer);
        let fullness = |one: &TicketTransfer| (one.words.len() + one.by.len(), one.encode_to_vec());
        if fullness(transfer) > fullness(held) {
            *held = transfer;
        }
    }
    let too_many = transfers.len().saturating_sub(MOST_TRANSFERS);
    transfers.into_values().skip(too_many).cloned().collect()
}

#[cfg(test)]
mod tests {
    use fengqiao_proto::intake::v1::TicketStageKind;
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
    fn a_state_without_any_time_is_as_old_as_its_call() {
        let first = Report { occurred_at: at(3), ..state("b", None, &[]) };
        let corrected = Report { title: "a".into(), ..first.clone() };
        assert_eq!(join(first.clone(), corrected.clone()), corrected);
        let handled = state("c", None, &[(TicketStageKind::Handled, 5, "")]);
        assert_eq!(join(handled, corrected).title, "c");
    }

    #[test]
    fn transfers_are_gathered_and_the_newest_kept() {
        let with = |updated, transfers: Vec<(i64, &str)>| {
            let mut state = state("x", Some(updated), &[]);
            ticket_in(&mut state).unwrap().transfers = transfers
                .into_iter()
                .map(|(seconds, to)| TicketTransfer { at: at(seconds), to: to.into(), ..Default::default() })
                .collect();
            state
        };
        let (newer, older) = (with(9, vec![(8, "水利局"), (4, "镇")]), with(5, vec![(4, "镇"), (2, "局")]));
        let to = |joined: &Report| -> Vec<String> {
            ticket_of(joined).unwrap().transfers.iter().map(|one| one.to.clone()).collect()
        };
        assert_eq!(to(&join(newer.clone(), older.clone())), ["局", "镇", "水利局"]);
        assert_eq!(join(older, newer.clone()), join(newer.clone(), with(5, vec![(2, "局"), (4, "镇")])));
        let many = with(1, (10..60).map(|second| (second, "局")).collect());
        assert_eq!(to(&join(many, newer)).len(), MOST_TRANSFERS);
    }

    #[test]
    fn the_newest_stages_are_kept() {
        let stage = |second| (TicketStageKind::Supervised, second, "");
        let many: Vec<_> = (0..100).map(stage).collect();
        let joined = join(state("x", None, &many), state("x", None, &[stage(100), stage(101)]));
        let stages = &ticket_of(&joined).unwrap().stages;
        assert_eq!((stages.len(), stages[0].at.unwrap().seconds), (MOST_STAGES, 2));
    }

    #[test]
    fn of_states_that_say_only_their_stage_what_came_later_is_the_newer() {
        let taken = (TicketStageKind::Taken, 1, "受理");
        let (first, corrected) = (state("b", None, &[taken]), state("a", None, &[taken]));
        assert_eq!(join(first.clone(), corrected.clone()), corrected);
        assert_eq!(join(corrected, first.clone()), first);
        let later = state("c", None, &[(TicketStageKind::Handled, 5, "")]);
        assert_eq!(join(later, first).title, "c", "a stage is a time too");
    }

    prop_compose! {
        fn any_state(updated: impl Strategy<Value = Option<i64>>)(
            title in "[ab]", updated in updated,
            stages in prop::collection::vec((1_i32..4, 0_i64..4, "[ab]{0,2}"), 0..4),
        ) -> Report {
            let stages: Vec<_> = stages
                .iter()
                .map(|(kind, at, words)| (TicketStageKind::try_from(*kind).unwrap(), *at, words.as_str()))
                .collect();
            state(&title, updated, &stages)
        }
    }

    /// A state whose source says when it was changed.
    fn timed() -> impl Strategy<Value = Report> {
        any_state((0_i64..4).prop_map(Some))
    }

    fn joined(states: &[Report]) -> Report {
        states.iter().cloned().reduce(join).unwrap()
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_of_states_with_times_give_the_same_ticket(
            (states, shuffled) in prop::collection::vec(timed(), 2..6)
                .prop_flat_map(|states| (Just(states.clone()), Just(states).prop_shuffle())),
            again in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let repeated: Vec<Report> =
                shuffled.iter().chain(again.iter().map(|index| index.get(&shuffled))).cloned().collect();
            prop_assert_eq!(joined(&repeated), join(joined(&states), states[0].clone()));
        }

        #[test]
        fn states_with_times_may_be_joined_in_groups(a in timed(), b in timed(), c in timed()) {
            let left = join(join(a.clone(), b.clone()), c.clone());
            prop_assert_eq!(left, join(a, join(b, c)));
        }

        #[test]
        fn in_any_order_the_last_to_come_of_the_newest_without_times_is_held(
            shuffled in prop::collection::vec(any_state(Just(None)), 1..7).prop_shuffle(),
        ) {
            let time = |report: &Report| time_of(report, ticket_of(report).unwrap());
            // Of several of one time this is the last.
            let newest = shuffled.iter().max_by_key(|report| time(report)).unwrap();
            let held = joined(&shuffled);
            prop_assert_eq!(&held.title, &newest.title);
            prop_assert_eq!(time(&held), time(newest));
        }
    }
}
