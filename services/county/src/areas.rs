//! The area tree: county > town > community > grid.
//!
//! Statistical codes have 12 digits (county 6, town 3, community 3); a grid adds 3. A code's prefix is
//! its parent, so the county is also known by 6 digits and a town by 9. Other systems know the same areas
//! by other codes ([`OtherCode`]), and areas come and go ([`AreaChange`]).

mod changes;
mod codes;
mod in_force;

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

pub use changes::AreaChange;
use changes::Changes;
use codes::Crosswalk;
pub use codes::{CodeSystem, OtherCode};
pub use in_force::AreasInForce;
use jiff::civil::Date;
use serde::Deserialize;

use crate::{Mistake, Mistakes, Row, csv_table, read_text};

/// The areas themselves.
pub const AREAS_FILE: &str = "areas.csv";
/// The codes of other systems.
pub const AREA_CODES_FILE: &str = "area_codes.csv";
/// Since when, until when, and what came after.
pub const AREA_CHANGES_FILE: &str = "area_changes.csv";

/// The longest name that a file of a county may give.
pub const MAX_NAME_CHARS: usize = 100;

/// How large an area is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AreaLevel {
    /// 县、市、区
    County,
    /// 乡镇、街道
    Town,
    /// 村、社区
    Community,
    /// 网格
    Grid,
}

impl AreaLevel {
    /// How many digits of a code name an area of this level.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::County => 6,
            Self::Town => 9,
            Self::Community => 12,
            Self::Grid => 15,
        }
    }
}

/// One area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The shortest code that names it: 6, 9, 12 or 15 digits.
    pub code: String,
    /// How large it is.
    pub level: AreaLevel,
    /// Its own name.
    pub name: String,
}

/// An area that another tree no longer has, or does not have for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostArea {
    /// The shortest code that names it.
    pub code: String,
    /// How it is lost.
    pub loss: Loss,
}

/// How an area is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// It is not there, and so is its name.
    Removed,
    /// It has a last day and no successor, or none of its successors stays.
    Ended,
}

/// The areas of one county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaTree {
    areas: BTreeMap<String, Area>,
    crosswalk: Crosswalk,
    changes: Changes,
}

/// The texts of the files that make a tree.
#[derive(Debug, Clone, Copy)]
pub struct AreaTexts<'a> {
    /// The folder that mistakes name; may be empty.
    pub folder: &'a Path,
    /// [`AREAS_FILE`]
    pub areas: &'a str,
    /// [`AREA_CODES_FILE`]
    pub codes: Option<&'a str>,
    /// [`AREA_CHANGES_FILE`]
    pub changes: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaRow {
    code: String,
    level: AreaLevel,
    name: String,
    parent_code: String,
}

impl AreaTree {
    /// Reads the three files of a folder; only the first must be there.
    pub(crate) fn load(folder: &Path, county: &str) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut text = |name| {
            read_text(&folder.join(name)).unwrap_or_else(|m| {
                mistakes.push(m);
                None
            })
        };
        let (areas, codes, changes) = (text(AREAS_FILE), text(AREA_CODES_FILE), text(AREA_CHANGES_FILE));
        let Some(areas) = areas else {
            if mistakes.is_empty() {
                mistakes.push(Mistake::new(&folder.join(AREAS_FILE), 0, "is missing"));
            }
            return Err(Mistakes(mistakes));
        };
        let texts = AreaTexts { folder, areas: &areas, codes: codes.as_deref(), changes: changes.as_deref() };
        let (tree, found) = Self::check(county, &texts);
        mistakes.extend(found);
        if mistakes.is_empty() { Ok(tree) } else { Err(Mistakes(mistakes)) }
    }

    /// The areas of a county as three texts describe them.
    ///
    /// # Errors
    /// All mistakes of all three.
    pub fn read(county: &str, texts: &AreaTexts<'_>) -> Result<Self, Mistakes> {
        let (tree, mistakes) = Self::check(county, texts);
        if mistakes.is_empty() { Ok(tree) } else { Err(Mistakes(mistakes)) }
    }

    /// What is right in the texts, and all that is wrong in them: so that files which name areas can be
    /// checked in the same pass.
    #[must_use]
    pub fn check(county: &str, texts: &AreaTexts<'_>) -> (Self, Vec<Mistake>) {
        let mut mistakes = Vec::new();
        let areas = read_areas(&texts.folder.join(AREAS_FILE), texts.areas, county, &mut mistakes);
        let mut tree = Self { areas, crosswalk: Crosswalk::default(), changes: Changes::default() };
        if let Some(text) = texts.codes {
            let file = texts.folder.join(AREA_CODES_FILE);
            tree.crosswalk = Crosswalk::read(&file, text, &tree, &mut mistakes);
        }
        if let Some(text) = texts.changes {
            let file = texts.folder.join(AREA_CHANGES_FILE);
            tree.changes = Changes::read(&file, text, &tree, &mut mistakes);
        }
        mistakes.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        (tree, mistakes)
    }

    /// The area with this code: 6, 9, 12 or 15 digits, with or without the zeros that fill it up.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&Area> {
        self.areas.get(shortest_code(code)?)
    }

    /// The area that a source means by a code of any system: a code of the crosswalk stands for its area,
    /// any other is the county's own. A police code of 15 digits is never cut to 12, and where it looks
    /// like the code of a grid, the crosswalk decides. For the codes that the county's own files and cases
    /// hold there is [`find`](Self::find).
    #[must_use]
    pub fn resolve(&self, code: &str) -> Option<&Area> {
        match self.crosswalk.area_of(code) {
            Some(own) => self.areas.get(own),
            None => self.find(code),
        }
    }

    /// The area that people mean by a name: its own, alone where no other area has it, or after the names of those that
    /// it lies in (`阎家河镇石桥垸村`, `麻城市阎家河镇`); of a community also without the words for its committee.
    #[must_use]
    pub fn named(&self, said: &str) -> Option<&Area> {
        let said: String = said.chars().filter(|c| !c.is_whitespace()).collect();
        let lies_in = |area: &Area, before: &str| {
            before.is_empty()
                || self
                    .ancestry(&area.code)
                    .skip(1)
                    .any(|above| names_of(above).any(|name| before.ends_with(name)))
        };
        let mut found = None;
        for area in self.iter() {
            let called = names_of(area).find_map(|name| Some((name, said.strip_suffix(name)?)));
            let Some((name, before)) = called.filter(|(name, _)| !name.is_empty()) else { continue };
            if !lies_in(area, before) {
                continue;
            }
            match found {
                Some((length, _)) if length > name.len() => {}
                Some((length, _)) if length == name.len() => found = Some((length, None)),
                _ => found = Some((name.len(), Some(area))),
            }
        }
        found?.1
    }

    /// The codes by which other systems know an area, in the file's order.
    pub fn other_codes<'a>(&'a self, area: &Area) -> impl Iterator<Item = &'a OtherCode> {
        self.crosswalk.codes_of(&area.code)
    }

    /// Since when an area is valid, until when, and what came after, where that is known.
    #[must_use]
    pub fn change_of(&self, area: &Area) -> Option<&AreaChange> {
        self.changes.get(&area.code)
    }

    /// The area that stands on a day for what a code names: the area itself while it is valid, after that
    /// its successor, or the successor's. Nothing for an unknown code, and for an area that is over
    /// without a successor. A code that is not valid yet stands for itself: sources switch early.
    #[must_use]
    pub fn current(&self, code: &str, date: Date) -> Option<&Area> {
        self.standing(self.find(code).or_else(|| self.resolve(code))?, date)
    }

    /// The area that stands for a code on a day and all that it lies in on that day, smallest first. Where
    /// an area is over without a successor, what it lay in is the first.
    pub fn current_ancestry<'a>(&'a self, code: &str, date: Date) -> impl Iterator<Item = &'a Area> {
        let mut next = self.find(code).or_else(|| self.resolve(code));
        std::iter::from_fn(move || {
            // Ends: a successor is never smaller than what it succeeds, and a parent is larger.
            while let Some(here) = next {
                let standing = self.standing(here, date);
                next = self.parent(standing.unwrap_or(here));
                if standing.is_some() {
                    return standing;
                }
            }
            None
        })
    }

    /// The areas that would be lost where `next` came after these: those that it does not have, and those for which
    /// nothing would stand one day, where something does now.
    #[must_use]
    pub fn lost_in(&self, next: &Self) -> Vec<LostArea> {
        let stands_for_ever = |tree: &Self, area: &Area| tree.standing(area, Date::MAX).is_some();
        self.iter()
            .filter_map(|area| {
                let code = area.code.clone();
                match next.areas.get(&area.code) {
                    None => Some(LostArea { code, loss: Loss::Removed }),
                    Some(after) if stands_for_ever(self, area) && !stands_for_ever(next, after) => {
                        Some(LostArea { code, loss: Loss::Ended })
                    }
                    Some(_) => None,
                }
            })
            .collect()
    }

    fn standing<'a>(&'a self, area: &'a Area, date: Date) -> Option<&'a Area> {
        let mut here = area;
        for _ in 0..=changes::MAX_SUCCESSIONS {
            match self.changes.get(&here.code) {
                Some(change) if change.is_over(date) => {
                    here = self.areas.get(change.successor.as_deref()?)?;
                }
                _ => return Some(here),
            }
        }
        None
    }

    fn parent(&self, area: &Area) -> Option<&Area> {
        parent_of(&area.code).and_then(|parent| self.areas.get(parent))
    }

    /// The area itself and all that it lies in, smallest first.
    pub fn ancestry<'a>(&'a self, code: &str) -> impl Iterator<Item = &'a Area> {
        let mut next = self.find(code);
        std::iter::from_fn(move || {
            let here = next?;
            next = self.parent(here);
            Some(here)
        })
    }

    /// The name with the names of what it lies in, below the county: 阎家河镇石桥垸村. The county's own
    /// name for the county; empty for an unknown code.
    #[must_use]
    pub fn name_path(&self, code: &str) -> String {
        let mut names: Vec<&str> = self
            .ancestry(code)
            .filter(|area| area.level != AreaLevel::County)
            .map(|area| area.name.as_str())
            .collect();
        if names.is_empty() {
            return self.find(code).map(|area| area.name.clone()).unwrap_or_default();
        }
        names.reverse();
        names.concat()
    }

    /// All areas, ordered by code.
    pub fn iter(&self) -> impl Iterator<Item = &Area> {
        self.areas.values()
    }
}

/// An area's code without the zeros that fill it up: 6, 9, 12 or 15 digits. What lies in the area starts
/// with it. Nothing for what is not the code of an area.
#[must_use]
pub fn shortest_code(code: &str) -> Option<&str> {
    if !matches!(code.len(), 6 | 9 | 12 | 15) || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut short = code;
    while short.len() > AreaLevel::County.digits() && short.ends_with("000") {
        short = &short[..short.len() - 3];
    }
    Some(short)
}

/// The name of an area, and that of a community without the words for its committee, which hardly anybody says.
fn names_of(area: &Area) -> impl Iterator<Item = &str> {
    let name = area.name.as_str();
    let committee = ["民委员会", "委会"].iter().find_map(|committee| name.strip_suffix(committee));
    // 凉亭村村民委员会 and 凉亭村委会 are both 凉亭村; 居 is of no name.
    let bare = committee.and_then(|bare| match bare.strip_suffix('村') {
        Some(rest) if rest.ends_with('村') => Some(rest),
        Some(_) => Some(bare),
        None => bare.strip_suffix('居'),
    });
    std::iter::once(name).chain(bare.filter(|bare| bare.chars().count() > 1))
}

/// Reads `areas.csv`: code, level, name, parent_code.
fn read_areas(file: &Path, text: &str, county: &str, mistakes: &mut Vec<Mistake>) -> BTreeMap<String, Area> {
    let rows = csv_table::<AreaRow>(file, text, mistakes);
    let mut areas = BTreeMap::new();
    let mut named = HashSet::new();
    for Row { line, value: area } in &rows {
        let mut mistake = |reason| mistakes.push(Mistake::new(file, *line, reason));
        match short_code(&area.code, area.level) {
            Some(code) if code.starts_with(county) => {
                if area.name.is_empty() || area.name.chars().count() > MAX_NAME_CHARS {
                    mistake(format!("an area needs a name of at most {MAX_NAME_CHARS} characters"));
                }
                if !named.insert(code) {
                    mistake(format!("{} is there twice", area.code));
                }
                let held = Area { code: code.to_owned(), level: area.level, name: area.name.clone() };
                areas.insert(code.to_owned(), held);
            }
            Some(_) => mistake(format!("{} does not lie in county {county}", area.code)),
            None => mistake(format!("{} is not the code of a {:?}", area.code, area.level)),
        }
    }
    for Row { line, value: area } in &rows {
        let Some(code) = short_code(&area.code, area.level) else { continue };
        let parent = parent_of(code);
        let named = area.parent_code.trim_end_matches('0');
        if let Some(parent) = parent
            && (!areas.contains_key(parent)
                || !parent.starts_with(named) && named != parent.trim_end_matches('0'))
        {
            mistakes.push(Mistake::new(
                file,
                *line,
                format!(
                    "the parent {} of {} is not in the file or not its prefix",
                    area.parent_code, area.code
                ),
            ));
        }
    }
    if !areas.contains_key(county) {
        mistakes.push(Mistake::new(file, 0, format!("the county {county} itself is missing")));
    }
    areas
}

fn short_code(code: &str, level: AreaLevel) -> Option<&str> {
    let digits = level.digits();
    let right_length = matches!(code.len(), 12 | 15) || code.len() == digits;
    let filled = code.get(digits..).is_some_and(|rest| rest.bytes().all(|b| b == b'0'));
    (right_length && filled && code.bytes().all(|b| b.is_ascii_digit())).then(|| &code[..digits])
}

fn parent_of(code: &str) -> Option<&str> {
    (code.len() > AreaLevel::County.digits()).then(|| &code[..code.len() - 3])
}
