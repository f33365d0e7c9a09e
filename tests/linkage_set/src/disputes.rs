//! Who is at odds with whom about what, and who tells it when and where: the truth of a set.

use crate::{
    dice::Dice,
    matters::{Against, Matter},
    rates::Rates,
    sources::{self, Source},
    world::{Beside, HouseholdNo, Kin, PersonNo, World, surname_of},
};

const DAY: f64 = 86_400.0;
const HOUR: f64 = 3_600.0;

/// One dispute.
pub struct Dispute {
    /// Which of the matters.
    pub matter: usize,
    /// Which fact stands in each slot.
    pub facts: Vec<usize>,
    /// The yuan that it is about.
    pub money: u32,
    /// Which of the spans it has lasted.
    pub since: usize,
    /// Who began.
    pub main: PersonNo,
    /// Whom it is with.
    pub other: Other,
    /// The community where it is.
    pub community: usize,
    /// Tells apart where in the community it is.
    pub spot: u64,
}

/// The other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// A person.
    Person(PersonNo),
    /// One of the matter's organisations.
    Organisation(usize),
    /// Nobody.
    Nobody,
}

/// One report of a dispute.
pub struct Telling {
    /// When, in seconds.
    pub at: i64,
    /// Which dispute.
    pub dispute: usize,
    /// Who reports.
    pub person: PersonNo,
    /// Through which door.
    pub source: &'static Source,
    /// In which manner.
    pub manner: Manner,
}

/// What a report is within its dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It tells the matter.
    Told,
    /// It asks what became of it.
    Chase,
    /// It tells it after months of rest.
    Relapse,
    /// The other side's own view.
    Answer,
    /// It tells it for this person.
    Behalf(PersonNo),
}

/// All disputes, and all reports in the order of their time.
pub struct Plot {
    /// The disputes.
    pub disputes: Vec<Dispute>,
    /// The reports.
    pub tellings: Vec<Telling>,
}

/// What a plot is drawn with.
pub struct Plotter<'a> {
    /// The people, who become more.
    pub world: &'a mut World,
    /// What there is to be at odds about.
    pub matters: &'a [Matter],
    /// The county's troubles.
    pub rates: &'a Rates,
    /// The first and the last second.
    pub year: (i64, i64),
    /// The draws.
    pub dice: Dice,
    /// Who was in a dispute, and when it began.
    seen: Vec<(HouseholdNo, i64)>,
    plot: Plot,
}

impl<'a> Plotter<'a> {
    /// Begins a plot.
    pub fn new(
        world: &'a mut World,
        matters: &'a [Matter],
        rates: &'a Rates,
        year: (i64, i64),
        dice: Dice,
    ) -> Self {
        let plot = Plot { disputes: Vec::new(), tellings: Vec::new() };
        Self { world, matters, rates, year, dice, seen: Vec::new(), plot }
    }

    /// Draws so many disputes with their reports.
    pub fn draw(mut self, disputes: usize) -> Plot {
        while self.plot.disputes.len() < disputes {
            if self.dice.happens(self.rates.many_households) {
                self.of_many();
            } else {
                self.of_one();
            }
        }
        // Of one second, the order in which they were drawn: sorting keeps it.
        self.plot.tellings.sort_by_key(|telling| telling.at);
        self.plot
    }

    /// A dispute of one household.
    fn of_one(&mut self) {
        let again = !self.seen.is_empty() && self.dice.happens(self.rates.second_dispute);
        let (household, begins) = if again {
            let (household, before) = *self.dice.pick(&self.seen);
            let begins = if self.dice.happens(self.rates.at_once) {
                before + self.dice.within(-12..=12) * DAY as i64 + self.dice.within(0..=40_000)
            } else {
                self.begin()
            };
            (household, begins.clamp(self.year.0, self.year.1))
        } else {
            let community = self.world.any_community(self.rates, &mut self.dice);
            (self.world.settle(community, Beside::Anyone, self.rates, &mut self.dice), self.begin())
        };
        let community = self.world.households[household].community;
        let urban = self.world.areas.communities[community].urban;
        let couple = self.member(household, Kin::Wife).zip(self.member(household, Kin::Husband));
        let matter = self
            .matter(|matter| matter.fits(urban) && (matter.against != Against::Spouse || couple.is_some()));
        let against = self.matters[matter].against;
        let main = match (against, couple) {
            (Against::Spouse | Against::Ex, Some((wife, husband))) => {
                if self.dice.happens(0.72) {
                    wife
                } else {
                    husband
                }
            }
            (Against::ParentChild, _) => {
                self.member(household, Kin::Parent).unwrap_or(self.world.households[household].members[0])
            }
            _ => {
                let members = &self.world.households[household].members;
                // Who speaks for a household is nearly always of the couple.
                members[self.dice.below(members.len().min(2))]
            }
        };
        let other = self.other(against, matter, main, couple);
        let away = matches!(against, Against::Stranger) && self.dice.happens(0.5);
        let place = if away { self.world.any_community(self.rates, &mut self.dice) } else { community };
        let dispute = self.add(matter, main, other, place);
        self.seen.push((household, begins));
        self.tell_one(dispute, begins);
    }

    fn tell_one(&mut self, dispute: usize, begins: i64) {
        let Dispute { matter, main, other, .. } = self.plot.disputes[dispute];
        let matter = &self.matters[matter];
        let household = self.world.people[main].household;
        let eagerness = match matter.against {
            Against::Spouse => 1.6,
            Against::Nobody => 0.25,
            _ => 1.0,
        };
        let mut further = self.dice.more(self.rates.further_reports * eagerness);
        let mut source = sources::choose(matter, None, &mut self.dice);
        let mut person = main;
        let mut manner = Manner::Told;
        let mut friend = None;
        if self.dice.happens(self.rates.on_behalf) {
            let caller = self.friend_of(main, &mut friend);
            (person, manner) = (caller, Manner::Behalf(main));
        }
        let mut at = begins;
        self.plot.tellings.push(Telling { at, dispute, person, source, manner });
        while further > 0 {
            further -= 1;
            let rested = self.dice.happens(self.rates.relapse);
            at += if rested {
                self.dice.within(60..=210) * DAY as i64
            } else if self.dice.happens(self.rates.within_the_hour) {
                self.dice.within(120..=3_300)
            } else {
                (HOUR + self.dice.wait(13.0 * DAY)) as i64
            };
            if at > self.year.1 {
                return;
            }
            (person, manner) = (main, if rested { Manner::Relapse } else { Manner::Told });
            if let Other::Person(answering) = other
                && self.dice.happens(self.rates.answers_back)
            {
                (person, manner) = (answering, Manner::Answer);
            } else if self.dice.happens(self.rates.on_behalf) {
                let caller = self.friend_of(main, &mut friend);
                (person, manner) = (caller, Manner::Behalf(main));
            } else if self.dice.happens(self.rates.other_member) {
                let members = &self.world.households[household].members;
                let member = *self.dice.pick(members);
                if other != Other::Person(member) {
                    person = member;
                }
            }
            if matches!(manner, Manner::Told) && self.dice.happens(self.rates.chases_up) {
                manner = Manner::Chase;
            }
            source = sources::choose(matter, Some(source), &mut self.dice);
            self.plot.tellings.push(Telling { at, dispute, person, source, manner });
        }
    }

    /// A dispute of many households.
    fn of_many(&mut self) {
        let community = self.world.any_community(self.rates, &mut self.dice);
        let urban = self.world.areas.communities[community].urban;
        let matter = self.matter(|matter| matter.many && matter.fits(urban));
        let begins = self.begin();
        let count = 4 + self.dice.more(4.5);
        // Who works for one company or bought of one lives anywhere.
        let scattered = matches!(self.matters[matter].kind.as_str(), "migrant_wages" | "contract");
        let mut first = None;
        let mut dispute = 0;
        for _ in 0..count {
            let (home, beside) = match first {
                Some(_) if scattered => {
                    (self.world.any_community(self.rates, &mut self.dice), Beside::Anyone)
                }
                Some(first) => (community, Beside::SamePlace(first)),
                None => (community, Beside::Anyone),
            };
            let known = self.world.by_community.get(&home).filter(|_| self.dice.happens(0.2));
            let household = match known {
                Some(known) => *self.dice.pick(known),
                None => self.world.settle(home, beside, self.rates, &mut self.dice),
            };
            let members = &self.world.households[household].members;
            let main = members[self.dice.below(members.len().min(2))];
            if first.is_none() {
                let other = self.other(Against::Organisation, matter, main, None);
                dispute = self.add(matter, main, other, community);
                first = Some(household);
            }
            self.seen.push((household, begins));
            let mut at = begins + self.dice.wait(0.8 * DAY) as i64;
            let mut source = sources::choose(&self.matters[matter], None, &mut self.dice);
            for round in 0..=self.dice.more(0.35) {
                if at > self.year.1 {
                    break;
                }
                let chases = round > 0 && self.dice.happens(self.rates.chases_up);
                let manner = if chases { Manner::Chase } else { Manner::Told };
                self.plot.tellings.push(Telling { at, dispute, person: main, source, manner });
                source = sources::choose(&self.matters[matter], Some(source), &mut self.dice);
                at += (HOUR + self.dice.wait(2.0 * DAY)) as i64;
            }
        }
    }

    fn other(
        &mut self,
        against: Against,
        matter: usize,
        main: PersonNo,
        couple: Option<(PersonNo, PersonNo)>,
    ) -> Other {
        let household = self.world.people[main].household;
        let community = self.world.households[household].community;
        let (rates, dice) = (self.rates, &mut self.dice);
        let settled = match against {
            Against::Nobody => return Other::Nobody,
            Against::Organisation => {
                return Other::Organisation(dice.below(self.matters[matter].organisations.len()));
            }
            Against::Spouse => {
                let spouse = couple.map(|(wife, husband)| if main == wife { husband } else { wife });
                return spouse.map_or(Other::Nobody, Other::Person);
            }
            Against::FamilyOtherHouse | Against::ParentChild => {
                let surname = surname_of(&self.world.people[main].name).to_owned();
                let home = if against == Against::ParentChild && dice.happens(0.5) {
                    self.world.any_community(rates, dice)
                } else {
                    community
                };
                self.world.settle_family(home, Beside::SamePlace(household), surname, rates, dice)
            }
            Against::Neighbour => {
                let near = self.world.by_community.get(&community).map_or(&[][..], Vec::as_slice);
                let known =
                    (near.len() > 1 && dice.happens(rates.known_respondent)).then(|| *dice.pick(near));
                match known.filter(|known| *known != household) {
                    Some(known) => known,
                    None => self.world.settle(community, Beside::Neighbour(household), rates, dice),
                }
            }
            Against::Ex | Against::Stranger => {
                let known = (!self.seen.is_empty() && dice.happens(rates.known_respondent * 0.5))
                    .then(|| dice.pick(&self.seen).0);
                match known.filter(|known| *known != household) {
                    Some(known) => known,
                    None => {
                        let home = self.world.any_community(rates, dice);
                        self.world.settle(home, Beside::Anyone, rates, dice)
                    }
                }
            }
        };
        let members = &self.world.households[settled].members;
        Other::Person(members[self.dice.below(members.len().min(2))])
    }

    /// Who calls for a person: a relative of another household, or an official; the same one each time.
    fn friend_of(&mut self, main: PersonNo, friend: &mut Option<PersonNo>) -> PersonNo {
        if let Some(known) = friend {
            return *known;
        }
        let community = self.world.household_of(main).community;
        let (rates, dice) = (self.rates, &mut self.dice);
        let caller = if dice.happens(0.35) {
            self.world.official(community, rates, dice)
        } else {
            let surname = surname_of(&self.world.people[main].name).to_owned();
            let home = if dice.happens(0.5) { community } else { self.world.any_community(rates, dice) };
            let household = self.world.settle_family(home, Beside::Anyone, surname, rates, dice);
            self.world.households[household].members[0]
        };
        *friend = Some(caller);
        caller
    }

    fn add(&mut self, matter: usize, main: PersonNo, other: Other, community: usize) -> usize {
        let facts = self.matters[matter].facts.iter().map(|slot| self.dice.below(slot.len())).collect();
        let money = *self
            .dice
            .pick(&[800, 1_500, 2_000, 3_000, 5_000, 8_000, 12_000, 20_000, 35_000, 60_000, 120_000]);
        let since = self.dice.below(super::telling::SPANS.len());
        let spot = self.dice.within(0..=i64::MAX) as u64;
        self.plot.disputes.push(Dispute { matter, facts, money, since, main, other, community, spot });
        self.plot.disputes.len() - 1
    }

    fn matter(&mut self, fits: impl Fn(&Matter) -> bool) -> usize {
        let fitting: Vec<usize> = (0..self.matters.len()).filter(|at| fits(&self.matters[*at])).collect();
        *self.dice.weighted(&fitting, |at| self.matters[*at].weight)
    }

    fn member(&self, household: HouseholdNo, kin: Kin) -> Option<PersonNo> {
        let members = &self.world.households[household].members;
        members.iter().copied().find(|person| self.world.people[*person].kin == kin)
    }

    /// When a dispute begins: any day, and more on some days (storms, paydays, holidays); few at night.
    fn begin(&mut self) -> i64 {
        let (first, last) = self.year;
        let days = (last - first) / DAY as i64;
        let day = if self.dice.happens(0.25) {
            let burst = self.dice.within(0..=10);
            (days * burst / 11 + days / 25 + self.dice.within(0..=1)).min(days - 1)
        } else {
            self.dice.within(0..=days - 1)
        };
        let hour = *self.dice.weighted(&[2_i64, 8, 10, 12, 15, 17, 20, 22], |hour| match hour {
            2 => 4.0,
            12 => 9.0,
            _ => 14.0,
        });
        first + day * DAY as i64 + hour * HOUR as i64 + self.dice.within(0..=7_000)
    }
}
