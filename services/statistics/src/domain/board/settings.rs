//! `board.toml` of a county: who sees the board, and where its towns stand on it.

use std::{collections::BTreeSet, path::Path};

use fengqiao_county::{AreaLevel, AreaTree, Mistake, Mistakes, line_at, read_text};
use serde::Deserialize;

use super::tiles::{MOST, Spot, Tile};
use crate::domain::area::significant;

/// The file's name in a county's folder.
pub const BOARD_FILE: &str = "board.toml";

/// Who sees the board, and where towns stand on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardSettings {
    /// The agencies whose people see the board.
    pub viewers: BTreeSet<String>,
    /// The agencies whose people see lists of cases, too.
    pub lists: BTreeSet<String>,
    /// Where towns stand.
    pub placed: Vec<Tile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    viewers: Option<Vec<String>>,
    lists: Option<Vec<String>>,
    #[serde(default)]
    tile: Vec<toml::Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    town: String,
    row: u8,
    column: u8,
}

impl BoardSettings {
    /// Those of a county's folder. Where it says nothing, the centre's people see all of it, and towns stand in the order
    /// of their codes.
    ///
    /// # Errors
    /// All mistakes of the file, each with its line.
    pub fn load(folder: &Path, centre: &str, areas: &AreaTree) -> Result<Self, Mistakes> {
        let file = folder.join(BOARD_FILE);
        let text = read_text(&file)?.unwrap_or_default();
        Self::of(&text, &file, centre, areas)
    }

    fn of(text: &str, file: &Path, centre: &str, areas: &AreaTree) -> Result<Self, Mistakes> {
        let read: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_at(text, span.start));
            Mistake::new(file, line, error.message())
        })?;
        let mut mistakes = Vec::new();
        let mut placed: Vec<Tile> = Vec::new();
        for entry in read.tile {
            let line = line_at(text, entry.span().start);
            let Entry { town, row, column } = entry.into_inner();
            let town = significant(&town).to_owned();
            let spot = Spot { row, column };
            if areas.find(&town).is_none_or(|area| area.level != AreaLevel::Town) {
                mistakes.push(Mistake::new(file, line, format!("{town} is no town of the county")));
            }
            if !(1..=MOST).contains(&row) || !(1..=MOST).contains(&column) {
                mistakes.push(Mistake::new(file, line, format!("row and column are from 1 to {MOST}")));
            }
            if placed.iter().any(|tile| tile.town == town || tile.spot == spot) {
                mistakes.push(Mistake::new(file, line, "each town has one place, and each place one town"));
            }
            placed.push(Tile { town, spot });
        }
        if !mistakes.is_empty() {
            return Err(Mistakes(mistakes));
        }
        let agencies = |named: Option<Vec<String>>| {
            named.map_or_else(|| BTreeSet::from([centre.to_owned()]), |named| named.into_iter().collect())
        };
        Ok(Self { viewers: agencies(read.viewers), lists: agencies(read.lists), placed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BoardSettings, Mistakes> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let areas = fengqiao_county::County::load(&folder).unwrap().areas.now();
        BoardSettings::of(text, Path::new("board.toml"), "centre", &areas)
    }

    #[test]
    fn who_says_nothing_shows_all_to_the_centre() {
        let settings = read("").unwrap();
        assert!(settings.viewers.contains("centre") && settings.lists.contains("centre"));
        assert_eq!(settings.placed, []);
        let open = read("viewers = [\"centre\", \"government\"]").unwrap();
        assert!(open.viewers.contains("government") && !open.lists.contains("government"));
    }

    #[test]
    fn the_sample_county_places_all_its_towns() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let areas = fengqiao_county::County::load(&folder).unwrap().areas.now();
        let settings = BoardSettings::load(&folder, "centre", &areas).unwrap();
        let towns = areas.iter().filter(|area| area.level == AreaLevel::Town).count();
        assert_eq!(settings.placed.len(), towns);
    }

    #[test]
    fn mistakes_are_said_with_their_lines() {
        let tile = |town: &str, row: u8| format!("[[tile]]\ntown = \"{town}\"\nrow = {row}\ncolumn = 1\n");
        assert_eq!(read(&tile("421181105000", 1)).unwrap().placed[0].town, "421181105");
        let wrong = |text: String| read(&text).unwrap_err().to_string();
        assert!(wrong(tile("421181199", 1)).contains("board.toml:1: 421181199 is no town"));
        assert!(wrong(tile("421181105", 13)).contains("from 1 to 12"));
        assert!(wrong(tile("421181105", 1) + &tile("421181106", 1)).contains("board.toml:5: each town"));
        assert!(wrong("colour = 1".into()).contains("unknown field"));
    }
}
