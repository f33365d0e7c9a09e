//! Whether two reports tell of one dispute.

use super::{Crowd, Home, PersonEvidence, Score, told_for_another};
use crate::{
    level::{Evidence, Level},
    traits::{MatterTraits, PartyTraits, PlaceTraits, Traits},
    weights::Weights,
};

/// Who reported, as was decided before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reporters {
    /// One person reported both.
    Same,
    /// Two of one household.
    Household,
    /// Others.
    Others,
}

impl Reporters {
    /// Who reported both. One who tells for another, and that one, tell of one household's dispute.
    pub(crate) fn of(
        new: &Traits,
        old: &Traits,
        home: Home,
        same_person: bool,
        same_household: bool,
    ) -> Self {
        let told_for = told_for_another(new, old) && home.house == Some(Level::HouseSame);
        match (same_person, same_household || told_for) {
            (true, _) => Self::Same,
            (_, true) => Self::Household,
            _ => Self::Others,
        }
    }
}

/// One in 2 to so many disputes is with an organisation that is named in both texts.
const ORGANISATION_BITS: f32 = 6.5;
const DAYS: f32 = 3.0;
const WEEKS: f32 = 21.0;
const MONTHS: f32 = 70.0;
/// A matter of a neighbourhood is over after so many days.
const SHARED_DAYS: f32 = 30.0;
/// In a community, or with an employer, so many more matters of a neighbourhood are going on than in an estate.
const OTHER_ESTATES: f32 = 4.0;
/// Where nothing but what was told speaks for one dispute, no name, no sum, no house, it says so much less: words, topic
/// and category say the same thing.
const UNTIED: f32 = 10.0;
/// Of what one topic brings in one community within these days most is one dispute: it says so much more than each of the
/// three by itself.
const THESE_DAYS: f32 = 8.0;
/// And what befalls a whole neighbourhood, which says much by itself, so much more.
const SHARED_THESE_DAYS: f32 = 1.5;
/// Half a name that agrees says so much at most.
const PART_BITS: f32 = 5.0;
/// Where both sides tell of each other, the second name says so much at most: they may have two disputes.
const BOTH_ANSWER_BITS: f32 = 6.0;
/// Of two texts' words so many are the same.
const NEARLY_ALL: f32 = 0.5;
const A_THIRD: f32 = 0.22;
const A_FEW: f32 = 0.08;

/// The bits for both telling of one dispute, with `days` between them.
pub(crate) fn case(
    new: &Traits,
    old: &Traits,
    home: Home,
    reporters: Reporters,
    days: f32,
    crowd: &Crowd,
    weights: &Weights,
) -> Score {
    let mut score = Score::new(-crowd.people);
    let who = match reporters {
        Reporters::Same => Some(Level::ReporterSame),
        Reporters::Household => Some(Level::ReporterHousehold),
        Reporters::Others => None,
    };
    let model = if who.is_some() { &weights.repeat } else { &weights.case };
    if let Some(level) = who {
        score.add(level, crowd.rare_bits(model, level, 1.0));
    }
    let (one, other) = (&new.matter, &old.matter);
    let one_sum = one.amounts.iter().any(|sum| other.amounts.contains(sum));
    let place = if one.of_employer { None } else { neighbourhood(&new.place, &old.place) };
    // Workers of one employer live in many places.
    let one_employer =
        place.is_none() && (days <= DAYS || one_sum && days <= WEEKS) && same_organisation(new, old);
    let of_one_topic = || one.shared_topics.iter().any(|topic| other.shared_topics.contains(topic));
    let shared = who.is_none() && days <= SHARED_DAYS && (place.is_some() || one_employer) && of_one_topic();
    score.of_two_estates = who.is_none()
        && !one.of_employer
        && same_said(new.place.estate, old.place.estate) == Some(false)
        && of_one_topic();
    let one_file = one.numbers.iter().any(|number| other.numbers.contains(number));
    if one_file {
        score.add(Level::NumberSame, crowd.rare_bits(model, Level::NumberSame, 1.0));
    }
    let mut tied = one_file
        || shared
        || one_sum
        || who.is_some()
        || home.house.is_some_and(|level| level != Level::HouseOther);
    // The employer is what they share, and is not counted twice.
    if !(shared && one_employer)
        && let Some((level, rarity)) = opponents(new, old)
    {
        // Of half a name, 李某, there are many.
        tied |= rarity > PART_BITS;
        let shared = rarity.min(crowd.people - crowd.opponent.log2());
        // Of one household's disputes few are with the same opponent, however rare the name.
        let counted = level.is_counted() && who.is_none();
        let bits = if counted { model.rare_bits(level, shared) } else { model.bits(level) };
        score.add(level, bits);
    }
    if let Some(rarity) = both_answer(new, old) {
        score.set(Evidence::Opponent, score.of(Evidence::Opponent) + rarity.min(BOTH_ANSWER_BITS));
    }
    let mut plain = |level: Level| score.add(level, model.bits(level));
    if one.category != 0 && other.category != 0 {
        plain(if one.category == other.category { Level::CategorySame } else { Level::CategoryOther });
    }
    plain(match days {
        days if days <= DAYS => Level::TimeDays,
        days if days <= WEEKS => Level::TimeWeeks,
        days if days <= MONTHS => Level::TimeMonths,
        _ => Level::TimeLong,
    });
    if !one.amounts.is_empty() && !other.amounts.is_empty() {
        plain(if one_sum { Level::AmountSame } else { Level::AmountOther });
    }
    let again = one.said_again && who.is_some();
    if again {
        plain(Level::WordsAgain);
    } else if !one.words.is_empty() && !other.words.is_empty() {
        plain(match shared_words(&one.words, &other.words) {
            share if share >= NEARLY_ALL => Level::WordsSame,
            share if share >= A_THIRD => Level::WordsNear,
            share if share >= A_FEW => Level::WordsFew,
            _ => Level::WordsOther,
        });
    }
    // Who is at home in one place has all matters there.
    if who.is_none() {
        home.area.into_iter().filter(|level| !shared || *level == Level::AreaOther).for_each(&mut plain);
        home.house.into_iter().filter(|level| !shared && *level != Level::HouseSame).for_each(&mut plain);
    }
    if shared {
        // A community has several estates with such a matter, and an employer several sites.
        let others = if place == Some(Neighbourhood::Estate) { 1.0 } else { OTHER_ESTATES };
        score.add(Level::TopicShared, crowd.rare_bits(model, Level::TopicShared, others));
        if days <= DAYS && home.area != Some(Level::AreaOther) {
            score.presume(SHARED_THESE_DAYS);
        }
    } else if !again && let Some(level) = topic(one, other) {
        score.add(level, model.bits(level));
    }
    let of_these_days = who.is_none()
        && !score.of_two_estates
        && days <= DAYS
        && home.area == Some(Level::CommunitySame)
        && score.levels.contains(Level::TopicSame);
    if of_these_days {
        score.presume(THESE_DAYS);
    }
    if !tied {
        score.presume(-UNTIED);
    }
    score
}

/// How the topics agree. What comes with disputes of any kind counts where one of them has no other.
fn topic(one: &MatterTraits, other: &MatterTraits) -> Option<Level> {
    let share = |one: &[u32], other: &[u32]| one.iter().any(|topic| other.contains(topic));
    if one.topics.is_empty() || other.topics.is_empty() {
        return share(&one.beside_topics, &other.beside_topics).then_some(Level::TopicSame);
    }
    Some(if share(&one.topics, &other.topics) { Level::TopicSame } else { Level::TopicOther })
}

/// Whether one organisation is on the other side of both, or named in both.
fn same_organisation(new: &Traits, old: &Traits) -> bool {
    let ours: Vec<u32> = new.organisations().collect();
    old.organisations().any(|name| ours.contains(&name))
}

/// How near both are for a matter of a whole neighbourhood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Neighbourhood {
    /// One estate, hamlet or street.
    Estate,
    /// One community, as far as it was said.
    Community,
}

fn neighbourhood(one: &PlaceTraits, other: &PlaceTraits) -> Option<Neighbourhood> {
    let same = |of: fn(&PlaceTraits) -> u32| same_said(of(one), of(other));
    match same(|place| place.estate) {
        Some(true) => return Some(Neighbourhood::Estate),
        Some(false) => return None,
        None => {}
    }
    if same(|place| place.community) != Some(true) {
        return None;
    }
    let near = same(|place| place.hamlet) == Some(true) || same(|place| place.street) == Some(true);
    Some(if near { Neighbourhood::Estate } else { Neighbourhood::Community })
}

/// Whether two are the same, where both were said.
fn same_said(one: u32, other: u32) -> Option<bool> {
    (one != 0 && other != 0).then_some(one == other)
}

/// The strongest of what the other sides say, with the rarity of what agrees.
fn opponents(new: &Traits, old: &Traits) -> Option<(Level, f32)> {
    let mut best: Option<(Level, f32)> = None;
    let mut take = |level: Level, rarity: f32| {
        if best.is_none_or(|(_, held)| rarity > held) {
            best = Some((level, rarity));
        }
    };
    let mut several = false;
    for one in new.respondents() {
        for other in old.respondents() {
            match same_person(one, other) {
                Some(rarity) => take(Level::OpponentSame, rarity),
                None => several |= both_named(one, other),
            }
        }
        if let Some(rarity) = old.reporter().and_then(|reporter| same_person(one, reporter)) {
            take(Level::OpponentAnswers, rarity);
        }
    }
    for other in old.respondents() {
        if let Some(rarity) = new.reporter().and_then(|reporter| same_person(reporter, other)) {
            take(Level::OpponentAnswers, rarity);
        }
    }
    // Who is named in the one's text is on the other's other side.
    let named = |text: &Traits, party: &PartyTraits| {
        let name = party.name.filter(|name| name.whole && text.matter.named.contains(&name.sound))?;
        Some(f32::from(name.rarity) / 8.0)
    };
    for other in old.respondents() {
        if let Some(rarity) = named(new, other) {
            take(Level::OpponentSame, rarity);
        }
    }
    for one in new.respondents() {
        if let Some(rarity) = named(old, one) {
            take(Level::OpponentSame, rarity);
        }
    }
    // Who tells the one is named in the other.
    for (text, teller) in [(new, old.reporter()), (old, new.reporter())] {
        if let Some(rarity) = teller.and_then(|teller| named(text, teller)) {
            take(Level::OpponentAnswers, rarity);
        }
    }
    if new.matter.organisations().any(|name| old.matter.named.contains(&name)) {
        take(Level::OpponentSame, ORGANISATION_BITS);
    }
    // Two organisations are named, and none is the same.
    let [ours, theirs] = [new, old].map(|traits| traits.organisations().collect::<Vec<u32>>());
    several |= !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|name| theirs.contains(name));
    best.or(several.then_some((Level::OpponentOther, 0.0)))
}

/// Where each side tells of the other (互相报警), the rarity of the more common of both names.
fn both_answer(new: &Traits, old: &Traits) -> Option<f32> {
    let found = |one: &Traits, other: &Traits| {
        let teller = other.reporter()?;
        let sides = one.respondents().filter_map(|side| same_person(side, teller));
        let named = teller.name.filter(|name| name.whole && one.matter.named.contains(&name.sound));
        sides.chain(named.map(|name| f32::from(name.rarity) / 8.0)).max_by(f32::total_cmp)
    };
    Some(found(new, old)?.min(found(old, new)?))
}

/// Whether two are one, by what a respondent is known: the rarity of what agrees.
fn same_person(one: &PartyTraits, other: &PartyTraits) -> Option<f32> {
    let evidence = PersonEvidence::of(one, other);
    if evidence.id == Some(Level::IdSame) || evidence.phone == Some(Level::PhoneSame) {
        return (evidence.name != Some(Level::SurnameOther)).then_some(f32::MAX);
    }
    let rarity = f32::from(one.name?.rarity.min(other.name?.rarity)) / 8.0;
    match evidence.name? {
        Level::NameSame | Level::NameHeard => Some(rarity),
        Level::NamePart => Some(rarity.min(PART_BITS)),
        Level::NameNear => Some((rarity - 6.0).clamp(0.0, PART_BITS)),
        _ => None,
    }
}

/// Whether both names are said and differ in what was said of both. 物业公司 may be any of them.
fn both_named(one: &PartyTraits, other: &PartyTraits) -> bool {
    let is_named = |party: &PartyTraits| party.name.is_some_and(|name| name.whole || name.surname != 0);
    is_named(one)
        && is_named(other)
        && matches!(PersonEvidence::of(one, other).name, Some(Level::NameOther | Level::SurnameOther))
}

/// Of the words of two texts the share that both have, by the smallest hashes of both: 0 to 1. Both are sorted.
fn shared_words(one: &[u32], other: &[u32]) -> f32 {
    let most = crate::traits::MOST_WORDS;
    let (mut at, mut beside, mut all, mut shared) = (0, 0, 0_u16, 0_u16);
    while usize::from(all) < most {
        match (one.get(at), other.get(beside)) {
            (None, None) => break,
            (Some(a), Some(b)) if a == b => {
                shared += 1;
                at += 1;
                beside += 1;
            }
            (Some(a), Some(b)) if a < b => at += 1,
            (Some(_), None) => at += 1,
            (_, Some(_)) => beside += 1,
        }
        all += 1;
    }
    if all == 0 { 0.0 } else { f32::from(shared) / f32::from(all) }
}
