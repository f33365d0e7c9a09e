//! Who sits where in a week, as the contract has it.

use fengqiao_proto::routing::v1::{GetRosterResponse, HalfDay, RosterGap, RosterSlot as SlotMessage};
use jiff::civil::Date;

use crate::{
    directory::{Half, RosterSlot, monday_of},
    rulebook::Rulebook,
};

/// The roster of a day's week, and what is missing in it by the practice's seats; of one agency or of all.
pub(super) fn of_week(rulebook: &Rulebook, day: Date, agency: Option<&str>) -> GetRosterResponse {
    let monday = monday_of(day);
    let slots = rulebook.directory.roster_of_week(monday, agency).into_iter().map(slot).collect();
    let seats =
        rulebook.practice.seats.iter().filter(|seat| agency.is_none_or(|wanted| wanted == seat.agency));
    let working = |day| rulebook.calendar.is_working_day(day);
    let gaps = seats
        .flat_map(|seat| {
            let missing = rulebook.directory.roster_gaps(seat, monday, working);
            missing.into_iter().map(|(date, part)| RosterGap {
                date: date.to_string(),
                half: half(part).into(),
                agency: seat.agency.clone(),
                seat: seat.seat.clone(),
            })
        })
        .collect();
    GetRosterResponse { monday: monday.to_string(), slots, gaps }
}

fn slot(slot: &RosterSlot) -> SlotMessage {
    SlotMessage {
        date: slot.date.to_string(),
        half: half(slot.half).into(),
        agency: slot.agency.clone(),
        seat: slot.seat.clone(),
        person: slot.person.clone(),
    }
}

const fn half(half: Half) -> HalfDay {
    match half {
        Half::Am => HalfDay::Am,
        Half::Pm => HalfDay::Pm,
        Half::Night => HalfDay::Night,
    }
}
