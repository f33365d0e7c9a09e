//! The places of a county by their names.

use std::collections::HashMap;

use crate::address::plain_writing;

/// A town's code without the zeros that fill it up has so many digits.
pub(crate) const TOWN_DIGITS: usize = 9;
/// And a community's.
pub(crate) const COMMUNITY_DIGITS: usize = 12;
/// The committee's name is also its community's.
const COMMITTEES: &[&str] = &["村民委员会", "居民委员会", "村委会", "居委会", "委员会"];
/// What is left of it where the name ends as it begins: 万兴村委会 is 万兴村's.
const COMMITTEE_OF_VILLAGE: &str = "委会";
/// What people leave out of a place's name: 阎家河5组.
const KINDS: &[&str] = &["街道办事处", "街道", "社区", "镇", "乡", "村"];
/// A street's office is how people name the street: 南湖办, 南湖街办, 南湖办事处.
const OFFICES: &[&str] = &["街道办事处", "街道办", "街办", "办事处", "办", "街道"];
const SHORTEST_NAME: usize = 2;
/// Province and prefecture, in bytes: 湖北省黄冈市.
const LONGEST_BEFORE: usize = 24;

/// The places of a county by their names.
#[derive(Debug, Clone, Default)]
pub struct Places {
    county: String,
    /// Name to the prefixes of the codes that bear it: 9 digits a town, 12 a community.
    by_name: HashMap<String, Vec<String>>,
    /// The same for names without the word for their kind.
    by_short_name: HashMap<String, Vec<String>>,
    longest: usize,
}

/// A place that a text begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found<'p, 'a> {
    /// The codes that bear the name.
    pub codes: &'p [String],
    /// What follows in the text.
    pub rest: &'a str,
}

impl Places {
    /// Takes the county's name and all places as (prefix of the code, name); what has neither 9 nor 12
    /// digits is left out.
    pub fn new<'a>(county: &str, places: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut names = Self { county: plain_writing(county), ..Self::default() };
        for (code, name) in places {
            if !matches!(code.len(), TOWN_DIGITS | COMMUNITY_DIGITS) {
                continue;
            }
            let plain = COMMITTEES.iter().find_map(|committee| name.strip_suffix(committee)).unwrap_or(name);
            let plain = plain_writing(plain);
            if plain.chars().count() < SHORTEST_NAME {
                continue;
            }
            for name in written(&plain) {
                names.longest = names.longest.max(name.chars().count());
                names.by_name.entry(name).or_default().push(code.to_owned());
            }
            let short = KINDS.iter().find_map(|kind| plain.strip_suffix(kind)).unwrap_or_default();
            if short.chars().count() >= SHORTEST_NAME {
                names.by_short_name.entry(short.to_owned()).or_default().push(code.to_owned());
            }
        }
        names
    }

    /// What follows the county's name; what stands before it (province, prefecture) goes too.
    pub(crate) fn without_county<'a>(&self, text: &'a str) -> &'a str {
        if self.county.is_empty() {
            return text;
        }
        if let Some((_, rest)) = text.split_once(self.county.as_str()) {
            return rest;
        }
        // 麻城阎家河镇 and 湖北麻城阎家河镇, but not 麻城大道: the short name only goes before a place that is known.
        let short = self.county.trim_end_matches(['市', '县', '区', '旗']);
        if short.is_empty() {
            return text;
        }
        match text.split_once(short) {
            Some((before, rest)) if before.len() <= LONGEST_BEFORE && self.at_start(rest).is_some() => rest,
            // 湖北麻城: what names no place of the county after it still tells nothing below it.
            Some((before, rest)) if !before.is_empty() && before.len() <= LONGEST_BEFORE => rest,
            _ => text,
        }
    }

    /// The longest place name that the text begins with.
    pub(crate) fn at_start<'a>(&self, text: &'a str) -> Option<Found<'_, 'a>> {
        let whole = longest_at_start(&self.by_name, self.longest, text).map(|found| Found {
            rest: COMMITTEES
                .iter()
                .chain([&COMMITTEE_OF_VILLAGE])
                .find_map(|committee| found.rest.strip_prefix(committee))
                .unwrap_or(found.rest),
            ..found
        });
        whole.or_else(|| {
            let short = self.short_at_start(text)?;
            // 鼓楼小区 and 白果大道 only begin like a place; in 阎家河5组 and 阎家河石桥垸村 it is one.
            let certain = short.rest.starts_with(|c: char| c.is_ascii_digit() || c == '第')
                || self.at_start(short.rest).is_some();
            certain.then_some(short)
        })
    }

    /// The longest place name without the word for its kind that the text begins with, whatever follows.
    pub(crate) fn short_at_start<'a>(&self, text: &'a str) -> Option<Found<'_, 'a>> {
        longest_at_start(&self.by_short_name, self.longest, text)
    }
}

/// A place's name, and those of the street's office where it is a street.
fn written(name: &str) -> Vec<String> {
    let street = name.strip_suffix("街道办事处").or_else(|| name.strip_suffix("街道"));
    match street.filter(|street| street.chars().count() >= SHORTEST_NAME) {
        Some(street) => OFFICES.iter().map(|office| format!("{street}{office}")).collect(),
        None => vec![name.to_owned()],
    }
}

fn longest_at_start<'p, 'a>(
    names: &'p HashMap<String, Vec<String>>,
    longest: usize,
    text: &'a str,
) -> Option<Found<'p, 'a>> {
    let mut ends = [0_usize; 24];
    let mut count = 0;
    for (at, c) in text.char_indices().take(longest.min(ends.len())) {
        ends[count] = at + c.len_utf8();
        count += 1;
    }
    ends[..count].iter().rev().find_map(|end| {
        let codes = names.get(&text[..*end])?;
        Some(Found { codes, rest: &text[*end..] })
    })
}
