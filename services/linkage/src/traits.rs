//! What linkage keeps of a report.

mod encoding;
mod keys;
mod people;

pub use encoding::MalformedTraits;
pub use keys::Key;
pub(crate) use people::{IdTraits, NameTraits, PartyTraits, PhoneTraits};

use crate::{
    address::Address,
    hashing::Secret,
    matter::{self, Matter, Topic},
    name::Name,
    places::Places,
    report::{MOST_NUMBERS, PlainParty, PlainPhone, PlainReport, Role},
    writing::sound,
};

/// A report keeps so many of its people, the reporters first.
pub(crate) const MOST_PARTIES: usize = 6;
/// And so many of its text's words: those with the smallest hashes, so that of two texts the same words are kept.
pub(crate) const MOST_WORDS: usize = 40;

/// And so many of who is named in its text.
pub(crate) const MOST_NAMED: usize = matter::MOST_NAMED;
/// And so many sums of money.
pub(crate) const MOST_AMOUNTS: usize = matter::MOST_AMOUNTS;

/// Something of a report, hashed; 0 where it was not said.
pub(crate) type Hashed = u32;

/// What a value is, so that equal values of two kinds have unequal hashes.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Of {
    Name = 1,
    NameSound,
    SurnameSound,
    GivenSound,
    Sex,
    Phone,
    PhoneBlanked,
    PhoneDigits,
    PhoneTail,
    Id,
    IdRegion,
    IdBirth,
    IdTail,
    Town,
    Community,
    Street,
    StreetNumber,
    Estate,
    Building,
    Unit,
    Room,
    Hamlet,
    Group,
    Number,
    Category,
    Topic,
    Word,
    Amount,
    FileNumber,
}

/// All that linkage keeps of a report: keyed hashes, nothing that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traits {
    /// The reporters first; at most [`MOST_PARTIES`].
    pub(crate) parties: Vec<PartyTraits>,
    pub(crate) place: PlaceTraits,
    pub(crate) matter: MatterTraits,
}

/// Where a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PlaceTraits {
    pub town: Hashed,
    pub community: Hashed,
    pub street: Hashed,
    pub street_number: Hashed,
    pub estate: Hashed,
    pub building: Hashed,
    pub unit: Hashed,
    pub room: Hashed,
    pub hamlet: Hashed,
    pub group: Hashed,
    pub number: Hashed,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MatterTraits {
    /// 0 where the category is not known.
    pub category: Hashed,
    /// In the order said: the first ones find others, and which those are is not to depend on the secret.
    pub topics: Vec<Hashed>,
    /// The topics that come with disputes of any kind.
    pub beside_topics: Vec<Hashed>,
    /// The topics that befall a whole neighbourhood. They are among `topics`, too.
    pub shared_topics: Vec<Hashed>,
    /// Sorted; 24 bits each.
    pub words: Vec<Hashed>,
    /// Who is named in the text, as names sound: the organisations first.
    pub named: Vec<Hashed>,
    /// How many of those are organisations.
    pub organisations: u8,
    /// The sums of money.
    pub amounts: Vec<Hashed>,
    /// The numbers of files that it is or names.
    pub numbers: Vec<Hashed>,
    /// Whether the shared topic is shared by an employer's workers, and not by a neighbourhood.
    pub of_employer: bool,
    /// Whether it says that it was told before.
    pub said_again: bool,
    /// Whether it is told for somebody else.
    pub on_behalf: bool,
}

impl MatterTraits {
    /// The organisations that are named in the text.
    pub(crate) fn organisations(&self) -> impl Iterator<Item = Hashed> + '_ {
        self.named.iter().copied().take(usize::from(self.organisations))
    }
}

/// The traits of a report.
#[must_use]
pub fn traits(report: &PlainReport<'_>, places: &Places, secret: &Secret) -> Traits {
    let names: Vec<&str> = report.parties.iter().map(|party| party.name).collect();
    let mut said = Matter::read(report.title, report.narrative, &names);
    // Whom it befell is as good as named in the text, and named first.
    let is_named = |party: &&PlainParty<'_>| {
        party.role == Role::Other && Name::read(party.name).is_some_and(|name| name.whole)
    };
    said.people.splice(..0, report.parties.iter().filter(is_named).map(|party| party.name.to_owned()));
    said.people.truncate(MOST_NAMED - said.organisations.len());
    let in_text = said.phone.as_deref().map(|digits| PlainPhone { digits, personal: true });
    let mut parties: Vec<PartyTraits> = Vec::with_capacity(report.parties.len().min(MOST_PARTIES));
    for party in &report.parties {
        let own = party.phone.filter(|phone| phone.personal);
        let (phone, second) = if party.role == Role::Reporter {
            // Who calls with a hidden number or from an office says where they are reached.
            let contact = party.contact_phone.filter(|phone| phone.personal);
            let mut known = [own, contact, in_text].into_iter().flatten();
            let first = known.next();
            (first, known.find(|other| first.is_some_and(|first| first.digits != other.digits)))
        } else {
            (own, None)
        };
        let name = Name::read(party.name);
        let name = if party.role == Role::Reporter { whole_by_text(name, &said) } else { name };
        parties.extend(people::of(&PlainParty { phone, ..*party }, name, second, secret));
    }
    parties.sort_by_key(|party| match party.role {
        Role::Reporter => 0,
        Role::Respondent => 1,
        Role::Other => 2,
    });
    parties.truncate(MOST_PARTIES);
    Traits { parties, place: place(report, places, secret), matter: matter(report, &said, secret) }
}

/// The name as it was given, or as the text has it where only a part of it was given, or none.
fn whole_by_text(given: Option<Name>, said: &Matter) -> Option<Name> {
    if given.as_ref().is_some_and(|name| name.whole) {
        return given;
    }
    let mut told = said.tellers().into_iter().filter_map(|teller| Name::read(&teller));
    match given {
        None => told.next(),
        Some(part) => told.find(|told| told.whole && told.may_be(&part)).or(Some(part)),
    }
}

fn place(report: &PlainReport<'_>, places: &Places, secret: &Secret) -> PlaceTraits {
    let Address { town, community, house } = Address::read(report.address, report.area_code, places);
    let hashed = |of: Of, text: &str| if text.is_empty() { 0 } else { secret.short(of, &[text]) };
    // Names of places are misspelt as people's are.
    let heard = |of: Of, text: &str| hashed(of, &sound(text));
    PlaceTraits {
        town: hashed(Of::Town, town.as_deref().unwrap_or_default()),
        community: hashed(Of::Community, community.as_deref().unwrap_or_default()),
        street: heard(Of::Street, &house.street),
        street_number: hashed(Of::StreetNumber, &house.street_number),
        estate: heard(Of::Estate, &house.estate),
        building: hashed(Of::Building, &house.building),
        unit: hashed(Of::Unit, &house.unit),
        room: hashed(Of::Room, &house.room),
        hamlet: heard(Of::Hamlet, &house.hamlet),
        group: hashed(Of::Group, &house.group),
        number: hashed(Of::Number, &house.number),
    }
}

/// The canonical category that says nothing.
const OTHER: &str = "other";

fn matter(report: &PlainReport<'_>, matter: &Matter, secret: &Secret) -> MatterTraits {
    let topics = |wanted: fn(&Topic) -> bool| -> Vec<Hashed> {
        let wanted = matter.topics.iter().filter(|topic| wanted(topic));
        wanted.map(|topic| secret.short(Of::Topic, &[topic.name])).collect()
    };
    let mut words: Vec<Hashed> =
        matter.words().into_iter().map(|word| secret.short(Of::Word, &[word]) >> 8).collect();
    words.sort_unstable();
    words.dedup();
    words.truncate(MOST_WORDS);
    let category = match report.category {
        "" | OTHER => 0,
        known => secret.short(Of::Category, &[known]),
    };
    let heard = |name: &String| {
        Name::read(name)
            .map(|name| secret.short(Of::NameSound, &[&sound(&name.surname), &sound(&name.given)]))
    };
    let organisations: Vec<Hashed> = matter.organisations.iter().filter_map(heard).collect();
    let people = matter.people.iter().filter_map(heard);
    MatterTraits {
        category,
        topics: topics(|topic| !topic.beside),
        beside_topics: topics(|topic| topic.beside),
        shared_topics: topics(|topic| topic.shared),
        words,
        organisations: organisations.len() as u8,
        named: organisations.into_iter().chain(people).collect(),
        amounts: matter.amounts.iter().map(|sum| secret.short(Of::Amount, &[&sum.to_string()])).collect(),
        numbers: numbers(&report.numbers, secret),
        of_employer: matter.topics.iter().any(|topic| topic.of_employer),
        said_again: matter.said_again,
        on_behalf: matter.on_behalf,
    }
}

fn numbers(said: &[&str], secret: &Secret) -> Vec<Hashed> {
    let mut numbers: Vec<Hashed> = Vec::new();
    for number in said.iter().filter(|number| !number.is_empty()).take(MOST_NUMBERS) {
        let hashed = secret.short(Of::FileNumber, &[number]);
        if !numbers.contains(&hashed) {
            numbers.push(hashed);
        }
    }
    numbers
}

impl Traits {
    /// The person who reported: the first of them.
    pub(crate) fn reporter(&self) -> Option<&PartyTraits> {
        self.parties.first().filter(|party| party.role == Role::Reporter)
    }

    pub(crate) fn respondents(&self) -> impl Iterator<Item = &PartyTraits> {
        self.parties.iter().filter(|party| party.role == Role::Respondent)
    }

    /// The organisations on the other side, then those that are named in the text.
    pub(crate) fn organisations(&self) -> impl Iterator<Item = Hashed> + '_ {
        let opposite = self.respondents().filter_map(|party| party.name);
        let opposite = opposite.filter(|name| name.whole && name.surname == 0).map(|name| name.sound);
        opposite.chain(self.matter.organisations())
    }
}
