//! Who was here before: what a clerk at the window is told of someone (上过访、报过警、求过助).

use std::collections::BTreeMap;

use fengqiao_county::BackgroundSettings;
use fengqiao_proto::{intake::v1::ContactKind, types::v1::Source};
use jiff::Timestamp;
use uuid::Uuid;

/// So many reports of a telephone, an id number or a house are looked at, the newest; of more it is only said that there
/// are more. Each costs a few steps in indexes whose pages are cold in a large county.
pub const MOST_LOOKED_AT: usize = 50;
/// So many of a person or a household: who calls the police every week has petitioned before that, too. Few have so many,
/// and they lie beside each other.
pub const MOST_OF_ONE: usize = 500;
/// So many reports of each kind are named.
pub const MOST_NAMED: usize = 10;
/// So many lines are shown.
pub const LINES: usize = 3;
/// So many people are named who may be meant.
pub const MOST_PEOPLE: usize = 10;

/// A report that someone made, as far as the badge needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Its id; in the order of ids reports were accepted.
    pub report_id: Uuid,
    /// The door.
    pub source: Source,
    /// When it was told.
    pub at: Timestamp,
    /// Its cluster.
    pub cluster_id: Uuid,
    /// Who made it.
    pub person_id: Uuid,
    /// Their household.
    pub household_id: Uuid,
}

/// A number that may be a lower bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many.
    pub count: usize,
    /// Whether there may be more.
    pub at_least: bool,
}

impl Count {
    /// The count of what was found where one more than `most` was looked for.
    #[must_use]
    pub fn of(found: usize, most: usize) -> Self {
        Self { count: found.min(most), at_least: found > most }
    }
}

/// How often someone was here for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contacts {
    /// For what.
    pub kind: ContactKind,
    /// How often.
    pub count: Count,
    /// When first and when last, of the reports that were looked at; none where never.
    pub first_and_last: Option<(Timestamp, Timestamp)>,
    /// The newest reports; at most [`MOST_NAMED`].
    pub newest: Vec<Made>,
}

/// Who may be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PossiblePerson {
    /// The person.
    pub person_id: Uuid,
    /// In how many of the reports that were looked at.
    pub reports: usize,
    /// When last.
    pub last_at: Timestamp,
}

/// What the reports of someone come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Background {
    /// All reports.
    pub count: Count,
    /// The three kinds, in their order.
    pub contacts: [Contacts; 3],
    /// The last ones; at most [`LINES`].
    pub last: Vec<Made>,
}

impl Background {
    /// Sums up reports of someone; `more` says that there may be more than these.
    #[must_use]
    pub fn of(mut made: Vec<Made>, more: bool, settings: &BackgroundSettings) -> Self {
        let count = Count { count: made.len(), at_least: more };
        made.sort_unstable_by_key(|one| std::cmp::Reverse((one.at, one.report_id)));
        let contacts = [
            (ContactKind::Petitioned, &settings.petitioned),
            (ContactKind::CalledPolice, &settings.called_police),
            (ContactKind::AskedForHelp, &settings.asked_for_help),
        ]
        .map(|(kind, sources)| contacts(kind, sources, &made, more));
        made.truncate(LINES);
        Self { count, contacts, last: made }
    }

    /// Whether someone was here for all three (重点).
    #[must_use]
    pub fn all_three(&self) -> bool {
        self.contacts.iter().all(|contacts| contacts.count.count > 0)
    }
}

fn contacts(kind: ContactKind, sources: &[Source], made: &[Made], more: bool) -> Contacts {
    let of_kind: Vec<Made> = made.iter().filter(|one| sources.contains(&one.source)).copied().collect();
    let first_and_last = of_kind.last().zip(of_kind.first()).map(|(first, last)| (first.at, last.at));
    Contacts {
        kind,
        count: Count { count: of_kind.len(), at_least: more },
        first_and_last,
        newest: of_kind.into_iter().take(MOST_NAMED).collect(),
    }
}

/// The people who made reports, the most frequent first; of equally frequent ones who was here last.
#[must_use]
pub fn people(made: &[Made]) -> Vec<PossiblePerson> {
    let mut people: BTreeMap<Uuid, PossiblePerson> = BTreeMap::new();
    for Made { person_id, at, .. } in made.iter().copied() {
        let person = people.entry(person_id).or_insert(PossiblePerson { person_id, reports: 0, last_at: at });
        person.reports += 1;
        person.last_at = person.last_at.max(at);
    }
    let mut people: Vec<PossiblePerson> = people.into_values().collect();
    people.sort_unstable_by_key(|one| std::cmp::Reverse((one.reports, one.last_at, one.person_id)));
    people.truncate(MOST_PEOPLE);
    people
}

/// The household of the reports, where they are all of one.
#[must_use]
pub fn only_household(made: &[Made]) -> Option<Uuid> {
    let first = made.first()?.household_id;
    made.iter().all(|one| one.household_id == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(number: u128, source: Source, second: i64, person: u128) -> Made {
        Made {
            report_id: Uuid::from_u128(number),
            source,
            at: Timestamp::from_second(second).unwrap(),
            cluster_id: Uuid::from_u128(1),
            person_id: Uuid::from_u128(person),
            household_id: Uuid::from_u128(9),
        }
    }

    #[test]
    fn each_kind_is_counted_with_its_first_and_last_time() {
        let reports = vec![
            made(1, Source::Petition, 30, 1),
            made(2, Source::Police110, 10, 1),
            made(3, Source::Police110, 20, 1),
            made(4, Source::Court, 40, 1),
        ];
        let badge = Background::of(reports, false, &BackgroundSettings::default());
        let counts = badge.contacts.each_ref().map(|contacts| contacts.count.count);
        assert_eq!((counts, badge.count.count, badge.all_three()), ([1, 2, 0], 4, false));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(badge.contacts[1].first_and_last, Some((at(10), at(20))));
        assert_eq!(badge.contacts[2].first_and_last, None);
        let last: Vec<u128> = badge.last.iter().map(|one| one.report_id.as_u128()).collect();
        assert_eq!(last, [4, 1, 3], "by when they were told");
    }

    #[test]
    fn all_three_flags_mark_someone_to_look_after() {
        let reports = [Source::Petition, Source::Police110, Source::WalkIn];
        let reports: Vec<Made> = (0..).zip(reports).map(|(n, source)| made(n, source, 1, 1)).collect();
        assert!(Background::of(reports, false, &BackgroundSettings::default()).all_three());
        assert!(!Background::of(Vec::new(), false, &BackgroundSettings::default()).all_three());
    }

    #[test]
    fn where_there_may_be_more_each_count_is_a_lower_bound() {
        let many = |more: bool| {
            let reports = (0..30).map(|n| made(n, Source::Police110, n as i64, 1)).collect();
            Background::of(reports, more, &BackgroundSettings::default())
        };
        assert_eq!(many(false).count, Count { count: 30, at_least: false });
        let badge = many(true);
        assert_eq!(badge.count, Count { count: 30, at_least: true });
        assert!(badge.contacts[1].count.at_least && badge.contacts[1].newest.len() == MOST_NAMED);
    }

    #[test]
    fn who_calls_most_is_named_first() {
        let reports: Vec<Made> =
            [(1, 7), (2, 8), (3, 8)].map(|(n, who)| made(n, Source::Grid, 5, who)).into();
        let people: Vec<_> =
            people(&reports).iter().map(|one| (one.person_id.as_u128(), one.reports)).collect();
        assert_eq!(people, [(8, 2), (7, 1)]);
        assert_eq!(only_household(&reports), Some(Uuid::from_u128(9)));
        assert_eq!(only_household(&[]), None);
    }
}
