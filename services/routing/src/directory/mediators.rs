//! `mediators.csv`: code, name, kind, members, area_code, skills. Who can hold a mediation session: people
//! with a skill (S3-13) and the residents' own bodies (S4-17).

use std::collections::HashMap;

use fengqiao_county::{AreaTree, County, OTHER, shortest_code};
use serde::Deserialize;

use super::{
    Directory,
    fields::{check_area, check_code, check_name},
    files::{Inspection, MEDIATORS_FILE},
    nearness::nearness,
};

const ANY_SKILL: &str = "*";

/// What a mediator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediatorKind {
    /// A volunteer (调解志愿者).
    Volunteer,
    /// A people's mediation committee (人民调解委员会).
    PeopleMediation,
    /// A body of the residents themselves (五老和谐会, 红白理事会).
    ResidentsBody,
    /// The justice office (司法所).
    Justice,
    /// The police.
    Police,
    /// Any other.
    Other,
}

/// A person or a body that can mediate and be credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mediator {
    /// The code, unique in the county.
    pub code: String,
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: MediatorKind,
    /// How many people; a volunteer is one.
    pub members: u32,
    /// The shortest code of its area.
    pub area_code: String,
    /// What it is good at, as the file says: names or codes of categories, or other words; none is any.
    pub skills: Vec<String>,
}

/// The mediators of a county.
#[derive(Debug, Default)]
pub(super) struct Mediators {
    /// In the file's order.
    mediators: Vec<Mediator>,
    by_code: HashMap<String, usize>,
    /// By the word of the file, and by the category that it means.
    by_skill: HashMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MediatorRow {
    code: String,
    name: String,
    kind: MediatorKind,
    #[serde(default)]
    members: Option<u32>,
    #[serde(default)]
    area_code: String,
    /// With `|` between them.
    #[serde(default)]
    skills: String,
}

impl Mediators {
    /// Reads the file and checks each row against the county and its areas.
    pub(super) fn read(inspection: &mut Inspection<'_>, county: &County, areas: &AreaTree) -> Self {
        let mut mediators = Self::default();
        inspection.each(MEDIATORS_FILE, |_, row| mediators.add(row, county, areas));
        mediators
    }

    fn add(&mut self, row: MediatorRow, county: &County, areas: &AreaTree) -> Result<(), String> {
        let MediatorRow { code, name, kind, members, area_code, skills } = row;
        check_code(&code)?;
        check_name(&name, "a mediator")?;
        if self.by_code.contains_key(&code) {
            return Err(format!("{code} is there twice"));
        }
        if members == Some(0) {
            return Err("a mediator has at least one member".to_owned());
        }
        let area = check_area(areas, &area_code)?;
        let skills: Vec<String> =
            skills.split('|').map(str::trim).filter(|skill| !skill.is_empty()).map(str::to_owned).collect();
        for skill in &skills {
            check_name(skill, "a skill")?;
        }
        let at = self.mediators.len();
        let mut words: Vec<&str> = skills.iter().map(String::as_str).collect();
        words.extend(skills.iter().map(|skill| county.categories.canonical(skill).code.as_str()).filter(
            // A word that the dictionary lacks does not make somebody good at all that is rare.
            |category| *category != OTHER,
        ));
        if skills.is_empty() {
            words.push(ANY_SKILL);
        }
        words.sort_unstable();
        words.dedup();
        for word in words {
            self.by_skill.entry(word.to_owned()).or_default().push(at);
        }
        self.by_code.insert(code.clone(), at);
        self.mediators.push(Mediator {
            code,
            name,
            kind,
            members: members.unwrap_or(1),
            area_code: area.map_or_else(|| county.code.clone(), |area| area.code.clone()),
            skills,
        });
        Ok(())
    }

    /// Where those stand who have a skill, and whether they have it since they take any.
    fn skilled(&self, skill: &str) -> Vec<(usize, bool)> {
        let with = |word: &str| self.by_skill.get(word).into_iter().flatten();
        let mut found: Vec<(usize, bool)> = with(skill).map(|at| (*at, false)).collect();
        let named = found.len();
        for at in with(ANY_SKILL) {
            if found[..named].binary_search(&(*at, false)).is_err() {
                found.push((*at, true));
            }
        }
        found
    }
}

impl Directory {
    /// The mediator with this code.
    #[must_use]
    pub fn mediator(&self, code: &str) -> Option<&Mediator> {
        self.mediators.by_code.get(code).map(|at| &self.mediators.mediators[*at])
    }

    /// Who can mediate a matter that needs a skill (the code of a category, or a word of the file), or everybody
    /// where it needs none, the nearest to an area first; equally near, who names the skill before who takes any
    /// (S3-13).
    #[must_use]
    pub fn mediators(&self, skill: Option<&str>, area_code: &str) -> Vec<&Mediator> {
        let place = shortest_code(area_code).unwrap_or_default();
        let mut found = match skill {
            Some(skill) => self.mediators.skilled(skill),
            None => (0..self.mediators.mediators.len()).map(|at| (at, false)).collect(),
        };
        found.sort_by_key(|(at, any)| (nearness(place, &self.mediators.mediators[*at].area_code), *any, *at));
        found.into_iter().map(|(at, _)| &self.mediators.mediators[at]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{mistakes, with},
        *,
    };

    const MEDIATORS: &str = "code,name,kind,members,area_code,skills\n\
        county,县调委会,people_mediation,9,,*\n\
        bench,板凳调解员,volunteer,,421181105203,土地|婚姻家庭\n\
        elders,五老和谐会,residents_body,30,421181105202,\n\
        aunt,张大姐,volunteer,,421181105202,marriage_family\n\
        town,镇司法所,justice,3,421181105000,家庭|噪声\n";

    fn codes(found: Vec<&Mediator>) -> Vec<&str> {
        found.into_iter().map(|mediator| mediator.code.as_str()).collect()
    }

    #[test]
    fn s3_13_by_skill_the_nearest_first() {
        let directory = with(&[("mediators.csv", MEDIATORS)]).unwrap();
        assert_eq!(
            codes(directory.mediators(Some("marriage_family"), "421181105202")),
            ["aunt", "elders", "town", "bench", "county"],
            "by the category that a word of the file means"
        );
        let near = |skill, area| codes(directory.mediators(skill, area));
        assert_eq!(near(Some("噪声"), "421181105203000"), ["town", "elders", "county"]);
        assert_eq!(near(Some("other"), "421181001"), ["county", "elders"]);
        assert_eq!(near(Some("噪声"), ""), ["county", "town", "elders"]);
        assert_eq!(near(None, "421181105203"), ["bench", "town", "elders", "aunt", "county"], "everybody");
    }

    #[test]
    fn s4_17_a_residents_body_is_registered() {
        let directory = with(&[("mediators.csv", MEDIATORS)]).unwrap();
        let elders = directory.mediator("elders").unwrap();
        assert_eq!((elders.kind, elders.members), (MediatorKind::ResidentsBody, 30));
        assert_eq!(elders.area_code, "421181105202");
        assert_eq!(directory.mediator("aunt").unwrap().members, 1);
        assert_eq!(directory.mediator("county").unwrap().area_code, "421181");
        assert!(directory.mediator("nobody").is_none());
    }

    #[test]
    fn mistakes_of_mediators_are_named() {
        let found = mistakes(&[(
            "mediators.csv",
            "code,name,kind,members,area_code,skills\n\
             a,甲,volunteer,,,\n\
             a,甲,volunteer,,,\n\
             b,乙,volunteer,0,,\n\
             c,丙,judge,,,\n\
             d,丁,volunteer,,999999,\n\
             e,戊,volunteer,many,,\n",
        )]);
        let said = [
            "mediators.csv:3: a is there twice",
            "mediators.csv:4: a mediator has at least one member",
            "mediators.csv:5: unknown variant `judge`",
            "mediators.csv:6: the area 999999 is not in areas.csv",
            "mediators.csv:7: ",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{said}: {found}");
        }
    }
}
