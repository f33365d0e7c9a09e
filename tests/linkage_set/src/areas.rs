//! The county of Macheng as its own file names it: towns, communities, grids.

use std::collections::HashMap;

const AREAS: &str = include_str!("../../../deploy/county/macheng/areas.csv");

/// The county's code.
pub const COUNTY: &str = "421181";
/// The county's name, as addresses begin with it.
pub const COUNTY_NAME: &str = "麻城市";

/// A town or a sub-district.
pub struct Town {
    /// Its 12 digits.
    pub code: String,
    /// 阎家河镇, 南湖街道.
    pub name: String,
}

/// A residents' or villagers' committee's area.
pub struct Community {
    /// Its 12 digits.
    pub code: String,
    /// 凉亭村, 关厢社区.
    pub name: String,
    /// Which of the towns it lies in.
    pub town: usize,
    /// Whether people live in flats there.
    pub urban: bool,
    /// The 15 digits of its grids; none where the county has not drawn them.
    pub grids: Vec<String>,
}

/// Towns and communities.
pub struct Areas {
    /// All towns.
    pub towns: Vec<Town>,
    /// All communities in which people live.
    pub communities: Vec<Community>,
}

impl Areas {
    /// Reads the county's file.
    ///
    /// # Errors
    /// Where it is not of the columns that it has.
    pub fn read() -> Result<Self, csv::Error> {
        let (mut towns, mut communities): (Vec<Town>, Vec<Community>) = (Vec::new(), Vec::new());
        let (mut by_town, mut by_community) = (HashMap::new(), HashMap::new());
        let rows: Vec<(String, String, String, String)> =
            csv::Reader::from_reader(AREAS.as_bytes()).deserialize().collect::<Result<_, _>>()?;
        for (code, level, name, parent) in rows {
            match level.as_str() {
                "town" => {
                    by_town.insert(code.clone(), towns.len());
                    towns.push(Town { code, name });
                }
                "community" => {
                    // 虚拟社区, 生活区: reservoirs and forests, where nobody is at odds.
                    let Some((name, urban)) = short_name(&name) else { continue };
                    let Some(town) = by_town.get(&parent) else { continue };
                    by_community.insert(code.clone(), communities.len());
                    communities.push(Community { code, name, town: *town, urban, grids: Vec::new() });
                }
                "grid" => {
                    if let Some(community) = by_community.get(&parent) {
                        communities[*community].grids.push(code);
                    }
                }
                _ => {}
            }
        }
        Ok(Self { towns, communities })
    }
}

/// 凉亭村村民委员会 is 凉亭村 in an address, 关厢社区居民委员会 is 关厢社区.
fn short_name(name: &str) -> Option<(String, bool)> {
    let village = name.strip_suffix("村民委员会").map(|name| (name.to_owned(), false));
    village.or_else(|| name.strip_suffix("居民委员会").map(|name| (name.to_owned(), true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_county_has_its_towns_and_communities() {
        let areas = Areas::read().unwrap();
        assert_eq!(areas.towns.len(), 28);
        assert!(areas.communities.len() > 440);
        let village = areas.communities.iter().find(|c| c.code == "421181105202").unwrap();
        assert_eq!((village.name.as_str(), areas.towns[village.town].name.as_str()), ("凉亭村", "阎家河镇"));
        assert!(village.grids.contains(&"421181105202001".to_owned()));
        assert!(areas.communities.iter().any(|c| c.urban && c.name == "关厢社区"));
    }
}
