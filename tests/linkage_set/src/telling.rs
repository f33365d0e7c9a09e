//! One telling of a dispute, as a door writes it down.

mod addresses;
mod names;
mod narratives;
mod numbers;
mod words;

use crate::{
    areas::COUNTY,
    dice::Dice,
    disputes::{Dispute, Manner, Other, Plot, Telling},
    matters::{Matter, Phrases},
    rates::Rates,
    report::{Party, Report, beijing},
    world::{Home, PersonNo, World},
};
pub use narratives::SPANS;
pub use words::Words;

/// What tellings are written with.
pub struct Writer<'a> {
    /// The people.
    pub world: &'a World,
    /// The estates and shared phones of communities stand in the world; the disputes stand here.
    pub plot: &'a Plot,
    /// What there is to be at odds about.
    pub matters: &'a [Matter],
    /// What stands between.
    pub phrases: &'a Phrases,
    /// Sounds, looks, dialect.
    pub words: &'a Words,
    /// The county's troubles.
    pub rates: &'a Rates,
    /// Stands in the reports' numbers, so that those of two sets differ.
    pub seed: u64,
}

impl Writer<'_> {
    /// Writes a telling down; `number` is its place in the set.
    pub fn write(&self, telling: &Telling, number: usize, dice: &mut Dice) -> Report {
        let dispute = &self.plot.disputes[telling.dispute];
        let matter = &self.matters[dispute.matter];
        let reporter = self.reporter(telling, dice);
        let other = self.other_side(telling, dispute, dice);
        let at_place = self.is_of_the_place(telling, dice);
        let traditional = dice.happens(self.rates.traditional);
        let mut address = self.address(telling, dispute, at_place, dice);
        let text = narratives::Told {
            writer: self,
            telling,
            dispute,
            matter,
            reporter: &reporter,
            other: other.as_ref(),
        };
        let (title, narrative) = text.write(dice);
        let mut parties = vec![reporter];
        if let Manner::Behalf(whom) = telling.manner {
            parties.push(self.on_behalf_of(telling, whom, dice));
        }
        parties.extend(other);
        if traditional {
            address = self.words.traditional(&address);
            for party in &mut parties {
                party.name = self.words.traditional(&party.name);
            }
        }
        Report {
            source: telling.source.name,
            source_ref: format!("{}{:02}-{number:07}", telling.source.prefix, self.seed),
            occurred_at: beijing(telling.at),
            area_code: self.area(telling, dispute, at_place, dice),
            address,
            title: shortened(&title, 100),
            narrative,
            category: telling.source.category(&matter.kind, dice).to_owned(),
            parties,
        }
    }

    fn reporter(&self, telling: &Telling, dice: &mut Dice) -> Party {
        let person = &self.world.people[telling.person];
        let name = if dice.happens(self.rates.name_missing * telling.source.name_missing) {
            names::nobody(dice)
        } else if dice.happens(self.rates.alias * telling.source.alias) {
            names::alias(person, telling.source.register, dice)
        } else {
            self.words.name_as_heard(&person.name, person.female, self.rates, dice)
        };
        Party {
            role: "REPORTER",
            name,
            phone: self.phone(telling, dice),
            id_number: self.id_number(telling, telling.source.id_given, dice),
        }
    }

    /// The other side as the reporter names it; sometimes nobody does.
    fn other_side(&self, telling: &Telling, dispute: &Dispute, dice: &mut Dice) -> Option<Party> {
        let court = telling.source.name == "COURT";
        let person = match (telling.manner, dispute.other) {
            (Manner::Answer, _) => dispute.main,
            (_, Other::Person(person)) => person,
            (_, Other::Organisation(at)) => {
                let name = self.matters[dispute.matter].organisations[at].clone();
                return dice.happens(0.6).then_some(Party {
                    role: "RESPONDENT",
                    name,
                    phone: String::new(),
                    id_number: String::new(),
                });
            }
            (_, Other::Nobody) => return None,
        };
        if !court && dice.happens(0.22) {
            return None;
        }
        let known = &self.world.people[person];
        let name = if !court && dice.happens(0.35 * self.rates.alias) {
            names::alias(known, telling.source.register, dice)
        } else {
            self.words.name_as_heard(&known.name, known.female, self.rates, dice)
        };
        let phone = dice.happens(if court { 0.5 } else { 0.15 }).then(|| known.phones[0].number.to_string());
        let id_number = dice.happens(if court { 0.6 } else { 0.01 }).then(|| known.id_number.clone());
        let (phone, id_number) = (phone.unwrap_or_default(), id_number.unwrap_or_default());
        Some(Party { role: "RESPONDENT", name, phone, id_number })
    }

    fn on_behalf_of(&self, telling: &Telling, whom: PersonNo, dice: &mut Dice) -> Party {
        let person = &self.world.people[whom];
        let name = if dice.happens(0.4) {
            names::alias(person, telling.source.register, dice)
        } else {
            self.words.name_as_heard(&person.name, person.female, self.rates, dice)
        };
        let phone = if dice.happens(0.2) { person.phones[0].number.to_string() } else { String::new() };
        let id_number = if dice.happens(0.15) { person.id_number.clone() } else { String::new() };
        Party { role: "VICTIM", name, phone, id_number }
    }

    /// Whether the place of the matter is told, and not the reporter's home.
    fn is_of_the_place(&self, telling: &Telling, dice: &mut Dice) -> bool {
        let of_another = matches!(telling.manner, Manner::Behalf(_)) && dice.happens(0.7);
        of_another || dice.happens(self.rates.incident_address * telling.source.incident_address)
    }

    fn home(&self, person: PersonNo, at: i64) -> (usize, &Home) {
        let household = self.world.household_of(person);
        match &household.moved {
            Some((since, community, home)) if at >= *since => (*community, home),
            _ => (household.community, &household.home),
        }
    }

    fn address(&self, telling: &Telling, dispute: &Dispute, at_place: bool, dice: &mut Dice) -> String {
        if dice.happens(telling.source.address_missing * self.rates.address_missing) {
            return String::new();
        }
        let (community, home) = self.home(telling.person, telling.at);
        let formal = telling.source.name == "COURT" || telling.source.name == "ONE_KEY_CALL";
        let mut address = if at_place {
            let near = match telling.manner {
                Manner::Behalf(whom) if dice.happens(0.6) => self.home(whom, telling.at),
                _ => match dispute.other {
                    Other::Person(other) if dice.happens(0.3) => self.home(other, telling.at),
                    _ => {
                        let place = addresses::place(self.world, dispute, dice);
                        return self.finished(
                            addresses::front(self.world, dispute.community, formal, dice) + &place,
                            dice,
                        );
                    }
                },
            };
            addresses::front(self.world, near.0, formal, dice)
                + &addresses::written(near.1, self.rates, formal, dice)
        } else {
            addresses::front(self.world, community, formal, dice)
                + &addresses::written(home, self.rates, formal, dice)
        };
        if dice.happens(0.03) {
            address.push_str(dice.word(&["附近", "（自建房）", "（租住）", "旁边", "，靠近超市"]));
        }
        self.finished(address, dice)
    }

    fn finished(&self, address: String, dice: &mut Dice) -> String {
        if dice.happens(self.rates.full_width) { words::full_width(&address) } else { address }
    }

    fn area(&self, telling: &Telling, dispute: &Dispute, at_place: bool, dice: &mut Dice) -> String {
        let areas = &self.world.areas;
        let mut at = if at_place { dispute.community } else { self.home(telling.person, telling.at).0 };
        if dice.happens(self.rates.wrong_area) {
            at = if at > 0 { at - 1 } else { at + 1 };
        }
        let community = &areas.communities[at];
        if dice.happens(self.rates.coarse_area) {
            return if dice.happens(0.3) {
                COUNTY.to_owned()
            } else {
                areas.towns[community.town].code.clone()
            };
        }
        if telling.source.knows_grids && !community.grids.is_empty() && dice.happens(0.6) {
            let home = self.world.people[telling.person].household;
            return community.grids[home % community.grids.len()].clone();
        }
        if telling.source.register == crate::matters::Register::Police && dice.happens(0.15) {
            return format!("{}000", community.code);
        }
        community.code.clone()
    }
}

fn shortened(text: &str, longest: usize) -> String {
    text.chars().take(longest).collect()
}
