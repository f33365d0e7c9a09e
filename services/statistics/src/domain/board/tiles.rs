//! Towns as tiles of a grid, about as they lie on the map: each is as large as any other, so that a small one is seen.

/// Most columns and rows.
pub const MOST: u8 = 12;

/// A place in the grid, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The row, from the north.
    pub row: u8,
    /// The column, from the west.
    pub column: u8,
}

/// A town in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The town's nine digits.
    pub town: String,
    /// Where it is.
    pub spot: Spot,
}

/// All towns in their places: those that the county placed, and the others below them, row by row in the order of their
/// codes. Towns beyond the grid are left out.
#[must_use]
pub fn tiles(towns: &[String], placed: &[Tile]) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = placed.iter().filter(|tile| towns.contains(&tile.town)).cloned().collect();
    let free: Vec<&String> =
        towns.iter().filter(|town| !tiles.iter().any(|tile| tile.town == **town)).collect();
    let width = tiles.iter().map(|tile| tile.spot.column).max().unwrap_or_else(|| side(free.len()));
    let first_row = tiles.iter().map(|tile| tile.spot.row).max().unwrap_or(0).saturating_add(1);
    let spots = (first_row..=MOST).flat_map(|row| (1..=width).map(move |column| Spot { row, column }));
    let rest = free.into_iter().zip(spots).map(|(town, spot)| Tile { town: town.clone(), spot });
    tiles.extend(rest);
    tiles.sort_by_key(|tile| tile.spot);
    tiles
}

/// The columns of a grid that is a little wider than high.
fn side(towns: usize) -> u8 {
    (1..MOST)
        .find(|side| usize::from(*side) * usize::from(*side) >= towns)
        .map_or(MOST, |side| side.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn towns(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("421181{number:03}")).collect()
    }

    #[test]
    fn each_town_has_a_place_of_its_own() {
        for count in [1, 4, 28, 60, 144] {
            let all = tiles(&towns(count), &[]);
            assert_eq!(all.len(), count);
            assert!(all.windows(2).all(|two| two[0].spot < two[1].spot), "{count}");
        }
    }

    #[test]
    fn what_the_county_placed_stays_and_the_rest_comes_below() {
        let placed = [Tile { town: "421181002".into(), spot: Spot { row: 2, column: 3 } }];
        let all = tiles(&towns(5), &placed);
        assert_eq!(all[0], placed[0]);
        assert_eq!(all[1].spot, Spot { row: 3, column: 1 });
        assert_eq!(all.len(), 5);
        let elsewhere = [Tile { town: "530481001".into(), spot: Spot { row: 1, column: 1 } }];
        assert!(tiles(&towns(2), &elsewhere).iter().all(|tile| tile.town.starts_with("421181")));
    }
}
