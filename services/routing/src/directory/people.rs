//! `people.csv`: person, name, post, from, to, phone_day, phone_night. One person may hold several posts,
//! each for a time; whoever acts names the post as the capacity (S0-09).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

use jiff::civil::{Date, DateTime, Time, time};
use serde::Deserialize;

use super::{
    Directory, Post,
    fields::{check_name, check_person, check_phone},
    files::{Inspection, PEOPLE_FILE},
    posts::Posts,
};

/// From here on the day's number is called …
pub(super) const DAY_BEGINS: Time = time(8, 0, 0, 0);
/// … and from here on the night's.
const DAY_ENDS: Time = time(18, 0, 0, 0);

/// How many posts one person may hold over the years.
const MAX_CAPACITIES: usize = 100;

/// Somebody who acts in the county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The principal's name.
    pub person: String,
    /// The name that people read.
    pub name: String,
    /// Called by day; may be empty.
    pub phone_day: String,
    /// Called by night; may be empty.
    pub phone_night: String,
    /// The posts, in the file's order.
    pub capacities: Vec<Capacity>,
}

/// A post that somebody holds for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// The post's code.
    pub post: String,
    /// The first day.
    pub from: Date,
    /// The last day; nothing where it is held still.
    pub to: Option<Date>,
}

impl Capacity {
    fn is_held(&self, date: Date) -> bool {
        self.from <= date && self.to.is_none_or(|last| date <= last)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.to.is_none_or(|last| other.from <= last) && other.to.is_none_or(|last| self.from <= last)
    }
}

/// The people of a county.
#[derive(Debug, Default)]
pub(super) struct People {
    by_person: BTreeMap<String, Person>,
    /// Who ever held a post, in the file's order, each once.
    by_post: HashMap<String, Vec<String>>,
    /// Persons of rows that were refused: what names them is not refused too.
    refused: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonRow {
    person: String,
    name: String,
    post: String,
    from: Date,
    to: Option<Date>,
    #[serde(default)]
    phone_day: String,
    #[serde(default)]
    phone_night: String,
}

impl People {
    /// Reads the file and checks each row against the posts and the others.
    pub(super) fn read(inspection: &mut Inspection<'_>, posts: &Posts) -> Self {
        let mut people = Self::default();
        inspection.each(PEOPLE_FILE, |_, row: PersonRow| {
            let person = row.person.clone();
            people.add(row, posts).inspect_err(|_| {
                people.refused.insert(person);
            })
        });
        people
    }

    fn add(&mut self, row: PersonRow, posts: &Posts) -> Result<(), String> {
        let PersonRow { person, name, post, from, to, phone_day, phone_night } = row;
        check_person(&person)?;
        check_name(&name, "a person")?;
        check_phone(&phone_day)?;
        check_phone(&phone_night)?;
        posts.check(&post)?;
        if let Some(last) = to
            && last < from
        {
            return Err(format!("the last day {last} is before the first, {from}"));
        }
        let capacity = Capacity { post: post.clone(), from, to };
        let held = self.by_person.entry(person.clone()).or_insert_with(|| Person {
            person: person.clone(),
            name: name.clone(),
            phone_day: String::new(),
            phone_night: String::new(),
            capacities: Vec::new(),
        });
        if held.name != name {
            return Err(format!("{person} has the name {} above", held.name));
        }
        if held.capacities.iter().any(|other| other.post == post && other.overlaps(&capacity)) {
            return Err(format!("{person} holds {post} at that time already"));
        }
        if held.capacities.len() == MAX_CAPACITIES {
            return Err(format!("{person} has more than {MAX_CAPACITIES} rows"));
        }
        for (known, given, column) in [
            (&mut held.phone_day, phone_day, "phone_day"),
            (&mut held.phone_night, phone_night, "phone_night"),
        ] {
            if known.is_empty() {
                *known = given;
            } else if !given.is_empty() && *known != given {
                return Err(format!("{column} of {person} is another above"));
            }
        }
        if held.capacities.iter().all(|other| other.post != post) {
            self.by_post.entry(post).or_default().push(person);
        }
        held.capacities.push(capacity);
        Ok(())
    }

    /// That a row of another file may name this person.
    pub(super) fn check(&self, person: &str) -> Result<(), String> {
        if self.by_person.contains_key(person) || self.refused.contains(person) {
            return Ok(());
        }
        Err(format!("the person {person} is not in people.csv"))
    }
}

impl Directory {
    /// Everybody.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.by_person.values()
    }

    /// The person with this principal's name.
    #[must_use]
    pub fn person(&self, person: &str) -> Option<&Person> {
        self.people.by_person.get(person)
    }

    /// The posts that a person holds on a day, in the file's order.
    #[must_use]
    pub fn posts_of(&self, person: &str, date: Date) -> Vec<&Post> {
        let capacities = self.person(person).into_iter().flat_map(|person| &person.capacities);
        capacities.filter(|held| held.is_held(date)).filter_map(|held| self.post(&held.post)).collect()
    }

    /// Whether a person may act in the capacity of a post on a day.
    #[must_use]
    pub fn holds(&self, person: &str, post: &str, date: Date) -> bool {
        self.person(person).is_some_and(|person| {
            person.capacities.iter().any(|held| held.post == post && held.is_held(date))
        })
    }

    /// The persons that hold a post on a day, in the file's order.
    #[must_use]
    pub fn holder_of(&self, post: &str, date: Date) -> Vec<&str> {
        let ever = self.people.by_post.get(post).into_iter().flatten();
        ever.map(String::as_str).filter(|person| self.holds(person, post, date)).collect()
    }

    /// Who answers for an agency at a local time: who is on duty there and holds a post of it that day (others sit
    /// there too, 派驻), else who holds the highest of its posts that are held that day.
    #[must_use]
    pub fn answers_at(&self, agency: &str, at: DateTime) -> Option<&str> {
        let is_its_own =
            |person: &&str| self.posts_of(person, at.date()).iter().any(|post| post.agency == agency);
        let on_duty =
            self.on_duty_at(agency, at).into_iter().map(|slot| slot.person.as_str()).find(is_its_own);
        let by_post = || {
            let posts = self.posts().iter().filter(|post| post.agency == agency);
            let held = posts.filter_map(|post| Some((post, *self.holder_of(&post.code, at.date()).first()?)));
            // Of two as high, the one that the file names first.
            held.min_by_key(|(post, _)| Reverse(post.rank)).map(|(_, person)| person)
        };
        on_duty.or_else(by_post)
    }

    /// The number under which a person is reached at a local time: the day's from 08:00 to 18:00, else the
    /// night's; where that is missing, the other.
    #[must_use]
    pub fn contact_at(&self, person: &str, at: DateTime) -> Option<&str> {
        let person = self.person(person)?;
        let (first, second) = if (DAY_BEGINS..DAY_ENDS).contains(&at.time()) {
            (&person.phone_day, &person.phone_night)
        } else {
            (&person.phone_night, &person.phone_day)
        };
        [first, second].into_iter().find(|phone| !phone.is_empty()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::fixture::{POSTS, mistakes, with};

    #[test]
    fn s0_09_one_person_acts_in_several_capacities() {
        let directory = with(&[
            ("posts.csv", POSTS),
            (
                "people.csv",
                "person,name,post,from,to,phone_day,phone_night\n\
                 officer-li,李建国,chief,2024-01-01,,0713-1,139\n\
                 officer-li,李建国,committee,2025-03-01,2026-02-28,,\n\
                 officer-wang,王,chief,2020-01-01,2023-12-31,0713-2,\n",
            ),
        ])
        .unwrap();
        let posts = |day| {
            directory.posts_of("officer-li", day).iter().map(|post| post.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(posts(date(2026, 2, 28)), ["派出所长", "镇党委委员"], "the last day counts");
        assert_eq!(posts(date(2026, 3, 1)), ["派出所长"]);
        assert_eq!(posts(date(2023, 12, 31)), Vec::<&str>::new());
        assert!(directory.holds("officer-li", "committee", date(2025, 3, 1)));
        assert!(!directory.holds("officer-li", "committee", date(2025, 2, 28)));
        assert!(!directory.holds("nobody", "chief", date(2025, 3, 1)));
        assert_eq!(directory.holder_of("chief", date(2023, 12, 31)), ["officer-wang"]);
        assert_eq!(directory.holder_of("chief", date(2024, 1, 1)), ["officer-li"]);
        assert!(directory.holder_of("chief", date(2019, 1, 1)).is_empty());
    }

    #[test]
    fn who_is_on_duty_answers_before_who_holds_the_highest_post() {
        let directory = with(&[
            ("posts.csv", POSTS),
            (
                "people.csv",
                "person,name,post,from,to,phone_day,phone_night\n\
                 wang,王,officer,2024-01-01,,,\n\
                 zhao,赵,committee,2024-01-01,,,\n\
                 li,李,chief,2024-01-01,2026-11-25,,\n",
            ),
            (
                "roster.csv",
                "date,half,agency,seat,person\n2026-11-24,am,police,值班,wang\n\
                 2026-11-27,am,police,值班,zhao\n2026-11-27,am,police,值班,wang\n\
                 2026-11-30,am,police,值班,li\n",
            ),
        ])
        .unwrap();
        let at = |day, hour| directory.answers_at("police", date(2026, 11, day).at(hour, 0, 0, 0));
        assert_eq!(at(24, 9), Some("wang"), "on duty");
        assert_eq!(at(24, 14), Some("li"), "the chief");
        assert_eq!(at(26, 9), Some("wang"), "who is left");
        assert_eq!(
            at(27, 9),
            Some("wang"),
            "who sits there from another agency does not answer for this one"
        );
        assert_eq!(at(30, 9), Some("wang"), "nor who held a post of it once");
        assert_eq!(directory.answers_at("nobody", date(2026, 11, 24).at(9, 0, 0, 0)), None);
    }

    #[test]
    fn day_and_night_have_their_numbers() {
        let directory = with(&[
            ("posts.csv", POSTS),
            (
                "people.csv",
                "person,name,post,from,to,phone_day,phone_night\n\
                 li,李,chief,2024-01-01,,0713-1,139\n\
                 wang,王,officer,2024-01-01,,0713-2,\n\
                 zhao,赵,officer,2024-01-01,,,\n",
            ),
        ])
        .unwrap();
        let at =
            |person, hour, minute| directory.contact_at(person, date(2026, 11, 24).at(hour, minute, 0, 0));
        assert_eq!(at("li", 7, 59), Some("139"));
        assert_eq!(at("li", 8, 0), Some("0713-1"));
        assert_eq!(at("li", 17, 59), Some("0713-1"));
        assert_eq!(at("li", 18, 0), Some("139"));
        assert_eq!(at("wang", 2, 0), Some("0713-2"), "rather the other than none");
        assert_eq!(at("zhao", 2, 0), None);
        assert_eq!(at("nobody", 2, 0), None);
    }

    #[test]
    fn mistakes_of_people_are_named_and_keep_numbers_to_themselves() {
        let found = mistakes(&[
            ("posts.csv", POSTS),
            (
                "people.csv",
                "person,name,post,from,to,phone_day,phone_night\n\
                 li,李,chief,2024-01-01,,1,\n\
                 li,里,committee,2024-01-01,,,\n\
                 li,李,chief,2025-01-01,,,\n\
                 li,李,officer,2025-01-01,,2,\n\
                 wang,王,nobody,2025-01-01,,,\n\
                 wang,王,officer,2025-01-02,2025-01-01,,\n\
                 wang,王,officer,2025-02-30,,,\n\
                 wang,王,officer,2025-02-01,,13900001111号,\n\
                 ,王,officer,2025-02-01,,,\n",
            ),
        ]);
        let said = [
            "people.csv:3: li has the name 李 above",
            "people.csv:4: li holds chief at that time already",
            "people.csv:5: phone_day of li is another above",
            "people.csv:6: the post nobody is not in posts.csv",
            "people.csv:7: the last day 2025-01-01 is before the first, 2025-01-02",
            "people.csv:8: ",
            "people.csv:9: a phone number has at most",
            "people.csv:10: a person is a principal's name",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{said}: {found}");
            assert!(!found.contains("1390000"), "{found}");
        }
    }
}
