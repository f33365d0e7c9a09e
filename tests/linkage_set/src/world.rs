//! The county's people: households with members, homes, phones and id numbers.

mod homes;
mod names;
mod numbers;

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

pub use homes::Home;
pub use names::{Names, SURNAMES_OF_TWO, surname_of};
pub use numbers::old_form;

use crate::{areas::Areas, dice::Dice, rates::Rates};
use homes::Ground;
use numbers::{IdNumbers, PhoneNumbers};

/// The number of a household in its world.
pub type HouseholdNo = usize;
/// The number of a person in its world.
pub type PersonNo = usize;

/// People who live together.
pub struct Household {
    /// Which of the communities they live in.
    pub community: usize,
    /// Where.
    pub home: Home,
    /// Where they moved, and the second since when.
    pub moved: Option<(i64, usize, Home)>,
    /// Its members.
    pub members: Vec<PersonNo>,
    /// Their landline.
    pub landline: Option<u64>,
}

/// A person.
pub struct Person {
    /// The household.
    pub household: HouseholdNo,
    /// The whole name.
    pub name: String,
    /// Whether a woman.
    pub female: bool,
    /// The birthday.
    pub born: Date,
    /// What the person is at home.
    pub kin: Kin,
    /// One to four numbers, the usual one first.
    pub phones: Vec<Phone>,
    /// The number of 18 digits.
    pub id_number: String,
}

/// What a person is in a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kin {
    /// The man of the couple.
    Husband,
    /// The woman of the couple.
    Wife,
    /// A grown child.
    Child,
    /// The parents of the man.
    Parent,
    /// Who lives alone.
    Single,
}

/// A phone number and the seconds in which it is the person's.
pub struct Phone {
    /// Its digits.
    pub number: u64,
    /// Since when.
    pub from: i64,
    /// Until when.
    pub until: i64,
}

/// Where a new household settles in its community.
#[derive(Debug, Clone, Copy)]
pub enum Beside {
    /// Anywhere.
    Anyone,
    /// Next door to this one.
    Neighbour(HouseholdNo),
    /// In the estate or the group of this one.
    SamePlace(HouseholdNo),
}

/// A community's own numbers, behind which many people stand.
pub struct SharedPhones {
    /// Of the village office.
    pub office: u64,
    /// Of shops.
    pub shops: [u64; 2],
}

/// What is drawn as it is needed: a world that grows.
pub struct World {
    /// The county.
    pub areas: Areas,
    /// All households.
    pub households: Vec<Household>,
    /// All people.
    pub people: Vec<Person>,
    /// Households by community.
    pub by_community: HashMap<usize, Vec<HouseholdNo>>,
    shared: HashMap<usize, SharedPhones>,
    officials: HashMap<usize, PersonNo>,
    grounds: HashMap<usize, Ground>,
    names: Names,
    phones: PhoneNumbers,
    ids: IdNumbers,
    taken: HashSet<(usize, String)>,
    /// The first and last second of the set.
    year: (i64, i64),
}

impl World {
    /// An empty world.
    pub fn new(areas: Areas, names: Names, year: (i64, i64), seed: u64) -> Self {
        Self {
            areas,
            names,
            year,
            households: Vec::new(),
            people: Vec::new(),
            by_community: HashMap::new(),
            shared: HashMap::new(),
            officials: HashMap::new(),
            grounds: HashMap::new(),
            phones: PhoneNumbers::new(seed),
            ids: IdNumbers::default(),
            taken: HashSet::new(),
        }
    }

    /// The household of a person.
    pub fn household_of(&self, person: PersonNo) -> &Household {
        &self.households[self.people[person].household]
    }

    /// Settles a new household in a community.
    pub fn settle(
        &mut self,
        community: usize,
        beside: Beside,
        rates: &Rates,
        dice: &mut Dice,
    ) -> HouseholdNo {
        let surname = self.names.surname(dice).to_owned();
        self.settle_family(community, beside, surname, rates, dice)
    }

    /// Settles a household whose man has this surname.
    pub fn settle_family(
        &mut self,
        community: usize,
        beside: Beside,
        surname: String,
        rates: &Rates,
        dice: &mut Dice,
    ) -> HouseholdNo {
        let household = self.households.len();
        let home = self.free_home(community, beside, dice);
        let moved = dice.happens(rates.moved).then(|| {
            let at = dice.within(self.year.0..=self.year.1);
            let to = self.any_community(rates, dice);
            (at, to, self.free_home(to, Beside::Anyone, dice))
        });
        let landline = dice.happens(0.12).then(|| self.phones.landline());
        let members = self.family(dice).into_iter().map(|(kin, female, born)| {
            let surname = match kin {
                Kin::Husband | Kin::Child | Kin::Single => surname.clone(),
                Kin::Parent if !female => surname.clone(),
                Kin::Parent | Kin::Wife => self.names.surname(dice).to_owned(),
            };
            self.person(household, community, surname, (kin, female, born), rates, dice)
        });
        let members: Vec<PersonNo> = members.collect();
        self.numbers_in_a_row(&members, dice);
        self.households.push(Household { community, home, moved, members, landline });
        self.by_community.entry(community).or_default().push(household);
        household
    }

    /// A community, those with many reports more often.
    pub fn any_community(&self, rates: &Rates, dice: &mut Dice) -> usize {
        let count = self.areas.communities.len();
        let used = ((count as f64 * rates.spread.clamp(0.02, 1.0)) as usize).max(4);
        // Towns lie together in the file: steps that leave none out spread the used ones over all.
        let rank = (dice.share().powf(1.0 + 1.5 * (1.0 - rates.spread)) * used as f64) as usize;
        (rank.min(used - 1) * 197) % count
    }

    /// Gives each community with households an office and shops with phones.
    pub fn share_phones(&mut self) {
        let mut communities: Vec<usize> = self.by_community.keys().copied().collect();
        communities.sort_unstable();
        for community in communities {
            let office = self.phones.landline();
            let shops = [self.phones.mobile(), self.phones.mobile()];
            self.shared.insert(community, SharedPhones { office, shops });
        }
    }

    /// The phones behind which many people of a community stand.
    pub fn shared_of(&self, community: usize) -> Option<&SharedPhones> {
        self.shared.get(&community)
    }

    /// The official of a community who calls for its people.
    pub fn official(&mut self, community: usize, rates: &Rates, dice: &mut Dice) -> PersonNo {
        if let Some(person) = self.officials.get(&community) {
            return *person;
        }
        let household = self.settle(community, Beside::Anyone, rates, dice);
        let person = self.households[household].members[0];
        self.officials.insert(community, person);
        person
    }

    fn ground(&mut self, community: usize, dice: &mut Dice) -> &Ground {
        let urban = self.areas.communities[community].urban;
        let names = &self.names;
        self.grounds.entry(community).or_insert_with(|| Ground::draw(urban, names, dice))
    }

    fn free_home(&mut self, community: usize, beside: Beside, dice: &mut Dice) -> Home {
        let home_of = |household: HouseholdNo| {
            let household: &Household = &self.households[household];
            (household.community == community).then(|| household.home.clone())
        };
        let (neighbour, place) = match beside {
            Beside::Anyone => (None, None),
            Beside::Neighbour(household) => (home_of(household), None),
            Beside::SamePlace(household) => (None, home_of(household)),
        };
        let crowded = self.by_community.get(&community).map_or(0, Vec::len);
        let ground = self.ground(community, dice);
        let mut home = match neighbour {
            Some(beside) => beside.next_door(dice),
            None => ground.home(crowded, dice),
        };
        for round in 0..30 {
            if let Some(place) = &place {
                home = place.of_the_same_place(crowded, dice);
            }
            if !self.taken.contains(&(community, home.key())) {
                break;
            }
            home = self.ground(community, dice).home(crowded + 50 * round, dice);
        }
        self.taken.insert((community, home.key()));
        home
    }

    /// Who lives together: what each is, whether a woman, the birthday.
    fn family(&self, dice: &mut Dice) -> Vec<(Kin, bool, Date)> {
        let year = 2026;
        let age = *dice.weighted(&[28_i64, 35, 42, 50, 57, 65, 72], |age| match age {
            28 => 12.0,
            35 | 42 => 20.0,
            50 | 57 => 18.0,
            _ => 8.0,
        }) + dice.within(-3..=3);
        if dice.happens(0.14) {
            return vec![(Kin::Single, dice.happens(0.5), birthday(year - age, dice))];
        }
        let wife_age = age + dice.within(-5..=2);
        let mut family = vec![
            (Kin::Husband, false, birthday(year - age, dice)),
            (Kin::Wife, true, birthday(year - wife_age, dice)),
        ];
        if age >= 46 {
            for _ in 0..dice.weighted(&[0_i64, 1, 2], |count| [0.35, 0.45, 0.2][*count as usize]).to_owned() {
                let born = year - age + dice.within(22..=27);
                if year - born >= 17 {
                    family.push((Kin::Child, dice.happens(0.5), birthday(born, dice)));
                }
            }
        }
        if age <= 58 {
            for female in [false, true] {
                if dice.happens(0.28) {
                    family.push((Kin::Parent, female, birthday(year - age - dice.within(21..=29), dice)));
                }
            }
        }
        family
    }

    fn person(
        &mut self,
        household: HouseholdNo,
        community: usize,
        surname: String,
        (kin, female, born): (Kin, bool, Date),
        rates: &Rates,
        dice: &mut Dice,
    ) -> PersonNo {
        let namesake = dice.happens(rates.namesake).then(|| self.namesake(community, female, dice)).flatten();
        let name = namesake.unwrap_or_else(|| format!("{surname}{}", self.names.given(female, born, dice)));
        let id_number = self.ids.draw(born, female, dice);
        let count = *dice.weighted(&[1_usize, 2, 3, 4], |count| [0.62, 0.26, 0.09, 0.03][count - 1]);
        let mut phones: Vec<Phone> = (0..count)
            .map(|_| Phone { number: self.phones.mobile(), from: i64::MIN, until: i64::MAX })
            .collect();
        if dice.happens(rates.passed_phone) && !self.people.is_empty() {
            self.pass_a_phone(&mut phones, dice);
        }
        self.people.push(Person { household, name, female, born, kin, phones, id_number });
        self.people.len() - 1
    }

    /// The name of somebody else of the community.
    fn namesake(&self, community: usize, female: bool, dice: &mut Dice) -> Option<String> {
        let household = *dice.pick(self.by_community.get(&community)?);
        let of = &self.households[household].members;
        of.iter().map(|person| &self.people[*person]).find(|p| p.female == female).map(|p| p.name.clone())
    }

    /// Somebody gave a number up in the year, and this person has it since.
    fn pass_a_phone(&mut self, phones: &mut [Phone], dice: &mut Dice) {
        let before = dice.below(self.people.len());
        let given_up = dice.within(self.year.0..=self.year.1);
        let number = self.phones.mobile();
        let Some(old) = self.people[before].phones.first_mut() else { return };
        if old.until != i64::MAX || old.from != i64::MIN {
            return;
        }
        let passed = old.number;
        old.until = given_up;
        self.people[before].phones.push(Phone { number, from: given_up, until: i64::MAX });
        const REST: i64 = 45 * 86_400;
        let own = phones[0].number;
        phones[0] = Phone { number: passed, from: given_up.saturating_add(REST), until: i64::MAX };
        if let Some(last) = phones.get_mut(1) {
            *last = Phone { number: own, from: i64::MIN, until: i64::MAX };
        }
    }

    /// Couples buy numbers that differ by the last digit.
    fn numbers_in_a_row(&mut self, members: &[PersonNo], dice: &mut Dice) {
        if let [one, other, ..] = members
            && dice.happens(0.04)
        {
            let number = self.people[*one].phones[0].number;
            let beside = if number % 10 == 9 { number - 1 } else { number + 1 };
            self.people[*other].phones[0].number = beside;
        }
    }
}

fn birthday(year: i64, dice: &mut Dice) -> Date {
    let (month, day) = (dice.within(1..=12) as i8, dice.within(1..=28) as i8);
    Date::new(year as i16, month, day).unwrap_or(Date::constant(1970, 1, 1))
}
