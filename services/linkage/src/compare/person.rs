//! Whether two reports come from one person.

use super::{Crowd, Home, Score, contact::Contact, told_for_another};
use crate::{
    level::{Evidence, Level},
    traits::{IdTraits, NameTraits, PartyTraits, PhoneTraits, Traits},
    weights::Model,
};

/// Above so many bits, telephone and house show that both reports come from one household; then a family name that
/// agrees says little.
const AT_HOME_BITS: f32 = 6.0;
/// Of those who tell of one dispute one in 2 to so many has the family name by being a relative.
const FAMILY_IN_DISPUTE: f32 = 7.5;
/// From so many bits on, both are taken to tell of one dispute.
const DISPUTE_BITS: f32 = 4.0;
/// Of those who say that it was told before so many are others than who told it.
const OTHERS_AGAIN: f32 = 0.5;
/// Brothers have a family name and one character in common (字辈), the rarer the name the likelier: where neither telephone
/// nor house agrees, such names say so much at most.
const BROTHER_BITS: f32 = 5.0;
/// What was told agrees in several ways at once where disputes are of one kind: each counts for so much less.
const TOLD_ALIKE: f32 = 1.0;
/// Telephone, house and dispute that agree name one family more than once: the weaker count for so much.
const SECOND_CONTACT: f32 = 0.2;

/// How two people agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PersonEvidence {
    pub id: Option<Level>,
    pub phone: Option<Level>,
    pub name: Option<Level>,
}

impl PersonEvidence {
    pub(crate) fn of(one: &PartyTraits, other: &PartyTraits) -> Self {
        Self {
            id: one.id.as_ref().zip(other.id.as_ref()).and_then(|(one, other)| id(one, other)),
            phone: one
                .phones()
                .flat_map(|one| other.phones().map(move |other| phone(one, other)))
                // The levels stand in their order: same, near, other.
                .min(),
            name: one.name.as_ref().zip(other.name.as_ref()).and_then(|(one, other)| name(one, other)),
        }
    }
}

/// The bits that what was told adds, given those of it being one dispute: one person mostly tells of one dispute, and
/// others of one dispute are few. These few live near each other, too: where the area agrees it says that of them as well.
fn one_dispute(matter: f32, area: f32, others: f32, crowd: &Crowd, model: &Model) -> f32 {
    let Some(odds) = model.odds(Level::DisputeSame) else { return 0.0 };
    let told = (matter * TOLD_ALIKE).exp2();
    let others = others * odds.u * (area - crowd.people).exp2();
    ((odds.m * told + 1.0 - odds.m) / (1.0 + others * told)).log2()
}

/// The bits for one person having reported both. `matter` are the bits of what was told for both telling of one
/// dispute.
pub(crate) fn person(
    new: &Traits,
    old: &Traits,
    home: Home,
    matter: f32,
    crowd: &Crowd,
    model: &Model,
) -> Score {
    let mut score = Score::new(-crowd.people);
    let (Some(one), Some(other)) = (new.reporter(), old.reporter()) else { return score };
    let evidence = PersonEvidence::of(one, other);
    match evidence.id {
        Some(level @ (Level::IdSame | Level::IdNear)) => score.add(level, crowd.rare_bits(model, level, 1.0)),
        Some(level) => score.add(level, model.bits(level)),
        None => {}
    }
    let Contact { phone, house, elsewhere } =
        Contact::weighed(&mut score, (evidence.phone, home.house), told_for_another(new, old), crowd, model);
    let area = if home.house == Some(Level::HouseSame) { None } else { home.area };
    let area_bits = area.map_or(0.0, |level| model.bits(level));
    let others = if new.matter.said_again { OTHERS_AGAIN } else { 1.0 };
    let dispute = one_dispute(matter, area_bits, others, crowd, model);
    if dispute > DISPUTE_BITS {
        score.levels.insert(Level::DisputeSame);
    }
    let contact = [phone, house, dispute];
    let stronger = contact.into_iter().fold(0.0, f32::max);
    for (evidence, bits) in [Evidence::Phone, Evidence::House, Evidence::Dispute].into_iter().zip(contact) {
        if bits != 0.0 {
            let share = if bits == stronger || bits < 0.0 { 1.0 } else { SECOND_CONTACT };
            score.set(evidence, bits * share);
        }
    }
    let at_home = phone.max(house) >= AT_HOME_BITS;
    let close = at_home || dispute >= DISPUTE_BITS;
    if let Some(level) = area {
        // Who has one telephone has one community: it is no second evidence.
        let share = if area_bits < 0.0 {
            elsewhere
        } else if at_home {
            SECOND_CONTACT
        } else {
            1.0
        };
        score.add(level, area_bits * share);
    }
    if let (Some(level), Some(one), Some(other)) = (evidence.name, &one.name, &other.name) {
        let rarity = f32::from(one.rarity.min(other.rarity)) / 8.0;
        let counted = rarity.min(crowd.people - crowd.name.log2());
        let bits = match level {
            Level::NameSame | Level::NameHeard => model.rare_bits(level, counted),
            // One character of two is free: some hundred people more have such a name.
            Level::NameNear => {
                let said = (rarity - 6.0).max(0.0);
                let is_brother = matches!(home.house, None | Some(Level::HouseOther))
                    && phone <= 0.0
                    && evidence.id.is_none();
                model.rare_bits(level, if is_brother { said.min(BROTHER_BITS) } else { said })
            }
            Level::NamePart if !at_home => {
                let rarity = part_rarity(one, other);
                // Who tells of one dispute may be of one family.
                model.rare_bits(level, if close { rarity.min(FAMILY_IN_DISPUTE) } else { rarity })
            }
            level => model.bits(level),
        };
        score.add(level, bits);
    }
    score
}

/// The rarity of what a part of a name tells: the family name, or one character of the given name.
fn part_rarity(one: &NameTraits, other: &NameTraits) -> f32 {
    let said = |name: &NameTraits| if name.whole { f32::INFINITY } else { f32::from(name.rarity) / 8.0 };
    let sex = if one.sex != 0 && one.sex == other.sex { 1.0 } else { 0.0 };
    let rarity = said(one).min(said(other));
    if rarity.is_finite() { rarity + sex } else { 0.0 }
}

fn id(one: &IdTraits, other: &IdTraits) -> Option<Level> {
    if one.whole != 0 && one.whole == other.whole {
        return Some(Level::IdSame);
    }
    let same = |one: u32, other: u32| usize::from(one != 0 && one == other);
    let parts = same(one.region, other.region) + same(one.birth, other.birth) + same(one.tail, other.tail);
    match (one.whole != 0 && other.whole != 0, parts) {
        // Twins have a birthday and a region in common, and so have a number and its mistake: it says nothing.
        (true, 2..) if one.birth == other.birth => None,
        (true, _) => Some(Level::IdOther),
        (false, 2..) => Some(Level::IdNear),
        (false, _) => None,
    }
}

fn phone(one: &PhoneTraits, other: &PhoneTraits) -> Level {
    if one.whole == other.whole {
        return Level::PhoneSame;
    }
    let blanked = one.blanked.iter().zip(&other.blanked).any(|(one, other)| *one != 0 && one == other);
    let same = |one: u32, other: u32| one != 0 && one == other;
    if blanked || same(one.digits, other.digits) || same(one.tail, other.tail) {
        return Level::PhoneNear;
    }
    Level::PhoneOther
}

/// How two names agree.
pub(crate) fn name(one: &NameTraits, other: &NameTraits) -> Option<Level> {
    // A family name that is not known as one makes a whole name look like a part.
    if one.written == other.written && (one.whole || one.given[1] != 0) {
        return Some(Level::NameSame);
    }
    if one.whole && other.whole && one.sound == other.sound {
        return Some(Level::NameHeard);
    }
    if one.sex != 0 && other.sex != 0 && one.sex != other.sex {
        return Some(if one.surname == other.surname { Level::NameOther } else { Level::SurnameOther });
    }
    // 陆建国 and 老建国: of one household no two have the same given name.
    let given_only = (one.surname == 0) != (other.surname == 0);
    if given_only && one.given == other.given && one.given[1] != 0 {
        return Some(Level::NameHeard);
    }
    if one.surname != 0 && other.surname != 0 && one.surname != other.surname {
        return Some(Level::SurnameOther);
    }
    let has = |name: &NameTraits, given: u32| name.given.contains(&given);
    let shared = one.given.iter().filter(|given| **given != 0 && has(other, **given)).count();
    let all_said = |name: &NameTraits| name.given[0] != 0;
    if one.whole && other.whole {
        let near = shared > 0 && one.given[1] != 0 && other.given[1] != 0;
        // 王伟 and 王伟民: a character was left out.
        let shorter = shared > 0 && (one.given[1] == 0) != (other.given[1] == 0);
        return Some(if near || shorter { Level::NameNear } else { Level::NameOther });
    }
    if all_said(one) && all_said(other) {
        return Some(if shared > 0 { Level::NamePart } else { Level::NameOther });
    }
    (one.surname != 0 && other.surname != 0).then_some(Level::NamePart)
}
