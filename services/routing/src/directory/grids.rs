//! `grids.csv`: grid_code, group_code, head, officer. A grid may reach over several residents' groups and a
//! group into several grids (S1-01: 13 groups, 20 grids).

use std::collections::{BTreeMap, HashMap};

use fengqiao_county::{AreaLevel, AreaTree, shortest_code};
use serde::Deserialize;

use super::{
    Directory,
    fields::check_code,
    files::{GRIDS_FILE, Inspection},
    people::People,
};

/// How many residents' groups one grid may reach over.
const MAX_GROUPS: usize = 100;

/// A grid's people and groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The 15 digits.
    pub code: String,
    /// The residents' groups (居民小组) that it reaches over, in the file's order.
    pub groups: Vec<String>,
    /// The grid's head (网格长), a principal's name.
    pub head: Option<String>,
    /// The grid's officer (网格警), a principal's name.
    pub officer: Option<String>,
}

/// The grids of a county.
#[derive(Debug, Default)]
pub(super) struct Grids {
    by_code: BTreeMap<String, Grid>,
    by_group: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GridRow {
    grid_code: String,
    group_code: Option<String>,
    #[serde(default)]
    head: Option<String>,
    #[serde(default)]
    officer: Option<String>,
}

impl Grids {
    /// Reads the file and checks each row against the areas, the people and the others.
    pub(super) fn read(inspection: &mut Inspection<'_>, areas: &AreaTree, people: &People) -> Self {
        let mut grids = Self::default();
        inspection.each(GRIDS_FILE, |_, row| grids.add(row, areas, people));
        grids
    }

    fn add(&mut self, row: GridRow, areas: &AreaTree, people: &People) -> Result<(), String> {
        let area = areas.find(&row.grid_code).filter(|area| area.level == AreaLevel::Grid);
        let code = &area.ok_or_else(|| format!("{} is not a grid of areas.csv", row.grid_code))?.code;
        for person in [&row.head, &row.officer].into_iter().flatten() {
            people.check(person)?;
        }
        let grid = self.by_code.entry(code.clone()).or_insert_with(|| Grid {
            code: code.clone(),
            groups: Vec::new(),
            head: None,
            officer: None,
        });
        for (known, given, column) in
            [(&mut grid.head, row.head, "head"), (&mut grid.officer, row.officer, "officer")]
        {
            match (known.as_ref(), given) {
                (Some(known), Some(given)) if *known != given => {
                    return Err(format!("the {column} of {code} is {known} above"));
                }
                (None, given) => *known = given,
                _ => {}
            }
        }
        let Some(group) = row.group_code else { return Ok(()) };
        check_code(&group).map_err(|reason| format!("the group: {reason}"))?;
        if grid.groups.len() == MAX_GROUPS {
            return Err(format!("{code} reaches over more than {MAX_GROUPS} groups"));
        }
        if grid.groups.contains(&group) {
            return Err(format!("{code} and {group} are there twice"));
        }
        self.by_group.entry(group.clone()).or_default().push(code.clone());
        grid.groups.push(group);
        Ok(())
    }
}

impl Directory {
    /// A grid by its 15 digits, with its head and officer (S1-01).
    #[must_use]
    pub fn grid(&self, code: &str) -> Option<&Grid> {
        self.grids.by_code.get(shortest_code(code)?)
    }

    /// The residents' groups that a grid reaches over.
    #[must_use]
    pub fn groups_of(&self, grid: &str) -> &[String] {
        self.grid(grid).map_or(&[], |grid| grid.groups.as_slice())
    }

    /// The grids that a residents' group lies in.
    #[must_use]
    pub fn grids_of(&self, group: &str) -> &[String] {
        self.grids.by_group.get(group).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{PEOPLE, POSTS, mistakes, with};

    #[test]
    fn s1_01_a_grid_crosses_groups_and_has_its_head_and_officer() {
        let directory = with(&[
            ("posts.csv", POSTS),
            ("people.csv", PEOPLE),
            (
                "grids.csv",
                "grid_code,group_code,head,officer\n\
                 421181105200001,group-1,wang,li\n\
                 421181105200001,group-2,,\n\
                 421181105200002,group-2,wang,\n\
                 421181105200003,,li,\n",
            ),
        ])
        .unwrap();
        let grid = directory.grid("421181105200001").unwrap();
        assert_eq!((grid.head.as_deref(), grid.officer.as_deref()), (Some("wang"), Some("li")));
        assert_eq!(directory.groups_of("421181105200001"), ["group-1", "group-2"]);
        assert_eq!(directory.grids_of("group-2"), ["421181105200001", "421181105200002"]);
        assert!(directory.groups_of("421181105200003").is_empty());
        assert!(directory.grid("421181105200").is_none());
        assert!(directory.grids_of("group-9").is_empty());
    }

    #[test]
    fn mistakes_of_grids_are_named() {
        let found = mistakes(&[
            ("posts.csv", POSTS),
            ("people.csv", PEOPLE),
            (
                "grids.csv",
                "grid_code,group_code,head,officer\n\
                 421181105200001,g1,wang,\n\
                 421181105200001,g2,li,\n\
                 421181105200001,g1,,\n\
                 421181105200,g1,,\n\
                 421181105200002,g1,nobody,\n\
                 421181105200002,一组,,\n",
            ),
        ]);
        let said = [
            "grids.csv:3: the head of 421181105200001 is wang above",
            "grids.csv:4: 421181105200001 and g1 are there twice",
            "grids.csv:5: 421181105200 is not a grid of areas.csv",
            "grids.csv:6: the person nobody",
            "grids.csv:7: the group: a code has",
        ];
        assert_eq!(found.len(), said.len(), "{found:#?}");
        for (found, said) in found.iter().zip(said) {
            assert!(found.starts_with(said), "{said}: {found}");
        }
    }
}
