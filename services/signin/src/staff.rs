//! Whom a county's directory knows: people, the posts that they hold, the agencies of these.

use std::{collections::BTreeMap, path::Path};

use fengqiao_county::{Mistakes, csv_text, read_text};
use fengqiao_proto::routing::v1::{Staff as Told, StaffPost};
use jiff::civil::Date;
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct AgencyRow {
    code: String,
    name: String,
}

#[derive(Deserialize)]
struct PostRow {
    code: String,
    name: String,
    agency: String,
}

#[derive(Deserialize)]
struct PersonRow {
    person: String,
    name: String,
    post: String,
    from: Date,
    to: Option<Date>,
}

/// A post, as far as accounts need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its agency's code.
    pub agency: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tenure {
    post: Post,
    from: Date,
    /// The last day; none where it has no end.
    to: Option<Date>,
}

/// Who works where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staff {
    agencies: BTreeMap<String, String>,
    people: BTreeMap<String, (String, Vec<Tenure>)>,
}

impl Staff {
    /// Reads `agencies.csv`, `posts.csv` and `people.csv` of a county's folder. Whether they are right in themselves is
    /// routing's to say, which owns them; who holds a post that is not there holds none here.
    ///
    /// # Errors
    /// All mistakes, with file, line and reason.
    pub fn load(folder: &Path) -> Result<Self, Mistakes> {
        let agencies = rows::<AgencyRow>(folder, "agencies.csv")?;
        let posts: BTreeMap<String, Post> = rows::<PostRow>(folder, "posts.csv")?
            .into_iter()
            .map(|row| (row.code.clone(), Post { code: row.code, name: row.name, agency: row.agency }))
            .collect();
        let mut people: BTreeMap<String, (String, Vec<Tenure>)> = BTreeMap::new();
        for row in rows::<PersonRow>(folder, "people.csv")? {
            let (_, tenures) = people.entry(row.person).or_insert((row.name, Vec::new()));
            if let Some(post) = posts.get(&row.post) {
                tenures.push(Tenure { post: post.clone(), from: row.from, to: row.to });
            }
        }
        let agencies = agencies.into_iter().map(|row| (row.code, row.name)).collect();
        Ok(Self { agencies, people })
    }

    /// What a directory says that was given to the running services. Who holds a post from a day that is none holds none.
    #[must_use]
    pub fn of_directory(told: &Told) -> Self {
        let posts: BTreeMap<&str, Post> = told
            .posts
            .iter()
            .map(|post| {
                let StaffPost { code, name, agency } = post.clone();
                (post.code.as_str(), Post { code, name, agency })
            })
            .collect();
        let mut people: BTreeMap<String, (String, Vec<Tenure>)> = BTreeMap::new();
        for held in &told.tenures {
            let (_, tenures) =
                people.entry(held.person.clone()).or_insert_with(|| (held.name.clone(), Vec::new()));
            let to = if held.to.is_empty() { Some(None) } else { held.to.parse().ok().map(Some) };
            if let (Some(post), Ok(from), Some(to)) = (posts.get(held.post.as_str()), held.from.parse(), to) {
                tenures.push(Tenure { post: post.clone(), from, to });
            }
        }
        let agencies =
            told.agencies.iter().map(|agency| (agency.code.clone(), agency.name.clone())).collect();
        Self { agencies, people }
    }

    /// An agency's name; its code where it is not known.
    #[must_use]
    pub fn agency_name<'a>(&'a self, code: &'a str) -> &'a str {
        self.agencies.get(code).map_or(code, String::as_str)
    }

    /// A person's name; the code where it is not known.
    #[must_use]
    pub fn person_name<'a>(&'a self, code: &'a str) -> &'a str {
        self.people.get(code).map_or(code, |(name, _)| name.as_str())
    }

    /// The post of an agency that a person holds on a day.
    #[must_use]
    pub fn post_in(&self, person: &str, agency: &str, day: Date) -> Option<&Post> {
        self.held(person, day).find(|post| post.agency == agency)
    }

    /// Whether a person holds this post of this agency on a day.
    #[must_use]
    pub fn holds(&self, person: &str, post: &str, agency: &str, day: Date) -> bool {
        self.held(person, day).any(|held| held.code == post && held.agency == agency)
    }

    /// A post's name, as one of its holders has it; its code where nobody has.
    #[must_use]
    pub fn post_name<'a>(&'a self, code: &'a str) -> &'a str {
        self.people
            .values()
            .flat_map(|(_, tenures)| tenures)
            .find(|tenure| tenure.post.code == code)
            .map_or(code, |tenure| tenure.post.name.as_str())
    }

    /// Who holds a post on a day, by person.
    pub fn at_work(&self, day: Date) -> impl Iterator<Item = (&str, &Post)> {
        self.people
            .keys()
            .flat_map(move |person| self.held(person, day).map(move |post| (person.as_str(), post)))
    }

    fn held(&self, person: &str, day: Date) -> impl Iterator<Item = &Post> {
        let tenures = self.people.get(person).map_or(&[][..], |(_, tenures)| tenures);
        tenures
            .iter()
            .filter(move |tenure| tenure.from <= day && tenure.to.is_none_or(|to| day <= to))
            .map(|tenure| &tenure.post)
    }
}

/// The rows of a table; none where the county has no such file.
fn rows<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<Vec<T>, Mistakes> {
    let file = folder.join(file);
    let Some(text) = read_text(&file)? else { return Ok(Vec::new()) };
    Ok(csv_text(&file, &text)?.into_iter().map(|row| row.value).collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_sample_county_s_people_hold_their_posts_from_their_day() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let staff = Staff::load(&folder).unwrap();
        let day = date(2026, 11, 27);
        let post = staff.post_in("officer-zhao", "police", day).unwrap();
        assert_eq!((post.code.as_str(), post.name.as_str()), ("community-officer", "阎家河镇驻村民警"));
        assert!(staff.post_in("officer-zhao", "justice", day).is_none());
        assert!(staff.post_in("officer-zhao", "police", date(2025, 12, 31)).is_none());
        assert!(staff.holds("officer-zhao", "community-officer", "police", day));
        assert_eq!(staff.agency_name("police"), "麻城市公安局");
        assert_eq!(staff.person_name("officer-zhao"), "赵刚");
        assert_eq!((staff.agency_name("x"), staff.person_name("x"), staff.post_name("x")), ("x", "x", "x"));
    }
}
