//! Whether a report is about what someone asks for: who calls from a telephone, who has an id number, who lives in a
//! house. Keys find all that is worth a look; what they have in common is not yet the answer.

use crate::{
    compare::Home,
    level::Level,
    report::Role,
    traits::{PartyTraits, Traits},
};

/// How surely a clue leads to a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leads {
    /// It is about somebody else: whom it is against has the telephone, the house is in another village.
    Nowhere,
    /// It may be: the group of the house was not said.
    Perhaps,
    /// Its reporter has that telephone or id number; its house is that one.
    Surely,
}

impl Traits {
    /// How surely a clue leads to this report. The clue is the traits of a report that says nothing but what is asked
    /// for: its reporter's telephone, its reporter's id number, or its address.
    #[must_use]
    pub fn led_to_by(&self, clue: &Self) -> Leads {
        let Some(asked) = clue.reporter() else {
            return match Home::of(&self.place, &clue.place).house {
                Some(Level::HouseSame) => Leads::Surely,
                Some(Level::HouseNear) => Leads::Perhaps,
                _ => Leads::Nowhere,
            };
        };
        let has = |party: &PartyTraits| {
            let phone = asked.phones().any(|asked| party.phones().any(|phone| phone.whole == asked.whole));
            let whole = |party: &PartyTraits| party.id.map(|id| id.whole).filter(|whole| *whole != 0);
            phone || whole(asked).is_some() && whole(asked) == whole(party)
        };
        let reporters = || self.parties.iter().filter(|party| party.role == Role::Reporter);
        if reporters().any(has) { Leads::Surely } else { Leads::Nowhere }
    }
}
