//! Whether two reports come from one house, and from one household.

use super::{Crowd, Score, contact::Contact, told_for_another};
use crate::{
    level::{Evidence, Level},
    traits::{PlaceTraits, Traits},
    weights::Model,
};

use super::person::PersonEvidence;

/// A telephone and a house that both agree count nearly twice for a household.
const SECOND_CONTACT: f32 = 0.4;

/// Of the telephones by which people of two names and two houses call, so many bits fewer are of one family.
const OFFICE_PHONE_BITS: f32 = 6.0;

/// How the places of two reports agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Home {
    pub house: Option<Level>,
    pub area: Option<Level>,
}

impl Home {
    pub(crate) fn of(one: &PlaceTraits, other: &PlaceTraits) -> Self {
        Self { house: house(one, other), area: area(one, other) }
    }
}

/// What two values say of each other where either may not have been said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Agrees {
    Same,
    Unsaid,
    Other,
}

fn agrees(one: u32, other: u32) -> Agrees {
    match (one, other) {
        (0, _) | (_, 0) => Agrees::Unsaid,
        (one, other) if one == other => Agrees::Same,
        _ => Agrees::Other,
    }
}

fn house(one: &PlaceTraits, other: &PlaceTraits) -> Option<Level> {
    use Agrees::{Other, Same, Unsaid};
    let of = |part: fn(&PlaceTraits) -> u32| agrees(part(one), part(other));
    let community = of(|place| place.community);
    let apart = of(|place| place.town) == Other || community == Other;
    let near_at_best = |level: Level| if apart { Level::HouseOther } else { level };
    let estate = of(|place| place.estate);
    let number = of(|place| place.street_number);
    let street = of(|place| place.street);
    if one.room != 0 && other.room != 0 {
        let building = of(|place| place.building);
        // 石桥路15号3栋501 and 石桥路27号3栋501. An estate of one name is one, whichever of its gates was said.
        let other_gate = estate != Same && (street == Other || street == Same && number == Other);
        let same = of(|place| place.room) == Same
            && building != Other
            && estate != Other
            && !other_gate
            && of(|place| place.unit) != Other
            && (estate == Same || community == Same || building == Same)
            // The same flat of two unnamed estates is only one where the place is the same.
            && (estate == Same || community == Same || of(|place| place.town) == Same);
        if same {
            return Some(near_at_best(Level::HouseSame));
        }
        return Some(Level::HouseOther);
    }
    let group = of(|place| place.group);
    let hamlet = of(|place| place.hamlet);
    if one.number != 0 && other.number != 0 {
        if of(|place| place.number) != Same || group == Other || hamlet == Other {
            return Some(Level::HouseOther);
        }
        let bare = |place: &PlaceTraits| place.group == 0 && place.hamlet == 0;
        let within = group == Same || hamlet == Same || (bare(one) && bare(other));
        let sure = within && (community == Same || hamlet == Same || of(|place| place.town) == Same);
        // 12组21号 and 王家湾21号 may be one house.
        return Some(near_at_best(if sure { Level::HouseSame } else { Level::HouseNear }));
    }
    if one.room == 0 && other.room == 0 && street == Same && number == Same {
        return Some(near_at_best(Level::HouseSame));
    }
    // One of them names no house.
    match (estate, of(|place| place.building), group, hamlet, street) {
        (Other, ..) | (_, Other, ..) | (_, _, Other, ..) => Some(Level::HouseOther),
        (Same, ..) | (_, _, Same, ..) | (_, _, _, Same, _) | (_, _, _, _, Same) => {
            Some(near_at_best(Level::HouseNear))
        }
        (Unsaid, ..) => None,
    }
}

fn area(one: &PlaceTraits, other: &PlaceTraits) -> Option<Level> {
    match (agrees(one.community, other.community), agrees(one.town, other.town)) {
        (Agrees::Same, _) => Some(Level::CommunitySame),
        (Agrees::Other, _) | (_, Agrees::Other) => Some(Level::AreaOther),
        (_, Agrees::Same) => Some(Level::TownSame),
        _ => None,
    }
}

/// Whether two people told who gave their whole names, and the names differ.
fn are_others(new: &Traits, old: &Traits, name: Option<Level>) -> bool {
    let is_whole =
        |told: &Traits| told.reporter().and_then(|teller| teller.name).is_some_and(|name| name.whole);
    matches!(name, Some(Level::NameOther | Level::SurnameOther)) && is_whole(new) && is_whole(old)
}

/// The bits for one household having reported both, whoever of it.
pub(crate) fn household(new: &Traits, old: &Traits, home: Home, crowd: &Crowd, model: &Model) -> Score {
    let mut score = Score::new(-crowd.people);
    let evidence = match (new.reporter(), old.reporter()) {
        (Some(one), Some(other)) => PersonEvidence::of(one, other),
        _ => PersonEvidence::default(),
    };
    let Contact { mut phone, house, elsewhere } =
        Contact::weighed(&mut score, (evidence.phone, home.house), told_for_another(new, old), crowd, model);
    // A village office's telephone: who of another name and another house calls by it is of another family; where callers of
    // many names use it, also who names no house.
    let from_elsewhere =
        home.house == Some(Level::HouseOther) || crowd.of_an_office && home.house != Some(Level::HouseSame);
    if phone > 0.0 && from_elsewhere && are_others(new, old, evidence.name) {
        phone = (phone - OFFICE_PHONE_BITS).max(0.0);
    }
    let (stronger, weaker) = (phone.max(house), phone.min(house));
    let second = weaker * if weaker > 0.0 { SECOND_CONTACT } else { 1.0 };
    let share = |own: f32| if own == stronger { stronger } else { second };
    if phone != 0.0 {
        score.set(Evidence::Phone, share(phone));
    }
    if house != 0.0 {
        score.set(Evidence::House, share(house));
    }
    if home.house != Some(Level::HouseSame)
        && let Some(level) = home.area
    {
        let bits = model.bits(level);
        score.add(level, if bits < 0.0 { bits * elsewhere } else { bits });
    }
    match evidence.name {
        Some(Level::SurnameOther) => score.add(Level::SurnameOther, model.bits(Level::SurnameOther)),
        Some(_) => score.add(Level::SurnameSame, model.bits(Level::SurnameSame)),
        None => {}
    }
    score
}
