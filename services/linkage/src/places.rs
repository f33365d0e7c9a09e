//! The places of a county by their names.

use std::collections::HashMap;

use crate::{
    address::{house, plain_writing},
    writing::{is_han, push_sound, sound},
};

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
/// What runs a zone, a park or a reservoir that counts as a town.
const ADMINISTRATIONS: &[&str] = &["管理委员会", "管委会", "管理处", "管理局"];
/// What zones and parks are called for short.
const ADMINISTERED: &[(&str, &str)] = &[
    ("经济开发区", "开发区"),
    ("经济开发区", "经开区"),
    ("经济技术开发区", "开发区"),
    ("经济技术开发区", "经开区"),
    ("高新技术产业开发区", "高新区"),
    ("高新技术产业开发区", "开发区"),
    ("工业园区", "工业园"),
    ("国家湿地公园", "湿地公园"),
    ("风景名胜区", "风景区"),
];
const STATE_RUN: &str = "国营";
const SHORTEST_NAME: usize = 2;
/// A shorter name sounds like too many others.
const SHORTEST_HEARD: usize = 3;
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
    /// The same by how names sound, for those that are misspelt.
    by_sound: HashMap<String, Vec<String>>,
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
            for name in written(&plain, short_of(&names.county)) {
                let length = name.chars().count();
                names.longest = names.longest.max(length);
                if length >= SHORTEST_HEARD {
                    names.by_sound.entry(sound(&name)).or_default().push(code.to_owned());
                }
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
        if let Some(rest) = after_heard(&self.county, text) {
            return rest;
        }
        // 麻城阎家河镇 and 湖北麻城阎家河镇, but not 麻城大道: the short name only goes before a place that is known.
        let short = short_of(&self.county);
        let Some((before, rest)) = text.split_once(short).filter(|_| !short.is_empty()) else { return text };
        // 盐田河镇麻城坳村: a place of the county goes before it.
        if before.len() > LONGEST_BEFORE || self.whole_at_start(text).is_some() {
            return text;
        }
        // 湖北麻城坳村: a place is named after the county.
        let named = &text[before.len()..];
        if self.whole_at_start(named).is_some() {
            return named;
        }
        // 湖北麻城: what names no place of the county after it still tells nothing below it. 麻城和润花园 is 和润花园.
        let of_county =
            !before.is_empty() || self.at_start(rest).is_some() || !house::is_rest_of_street(rest);
        if of_county { rest } else { text }
    }

    /// The longest place name that the text begins with.
    pub(crate) fn at_start<'a>(&self, text: &'a str) -> Option<Found<'_, 'a>> {
        self.whole_at_start(text)
            .or_else(|| {
                let short = self.short_at_start(text)?;
                // 鼓楼小区 and 白果大道 only begin like a place; in 阎家河5组 and 阎家河石桥垸村 it is one.
                let certain = short.rest.starts_with(|c: char| c.is_ascii_digit() || c == '第')
                    || self.at_start(short.rest).is_some();
                certain.then_some(short)
            })
            .or_else(|| self.heard_at_start(text).map(without_committee))
    }

    /// The longest whole place name that the text begins with, and its committee.
    fn whole_at_start<'a>(&self, text: &'a str) -> Option<Found<'_, 'a>> {
        longest_at_start(&self.by_name, self.longest, text).map(without_committee)
    }

    /// The longest whole place name that the text begins with as it sounds: 歧婷镇 for 歧亭镇.
    fn heard_at_start<'a>(&self, text: &'a str) -> Option<Found<'_, 'a>> {
        let mut heard = String::new();
        let mut found = None;
        for (count, (at, c)) in text.char_indices().take(self.longest).enumerate() {
            if !is_han(c) {
                break;
            }
            push_sound(c, &mut heard);
            if count + 1 >= SHORTEST_HEARD
                && let Some(codes) = self.by_sound.get(&heard)
            {
                found = Some(Found { codes, rest: &text[at + c.len_utf8()..] });
            }
        }
        found
    }

    /// The longest place name without the word for its kind that the text begins with, whatever follows.
    pub(crate) fn short_at_start<'a>(&self, text: &'a str) -> Option<Found<'_, 'a>> {
        longest_at_start(&self.by_short_name, self.longest, text)
    }
}

fn without_committee<'p, 'a>(found: Found<'p, 'a>) -> Found<'p, 'a> {
    let offices = COMMITTEES.iter().chain(ADMINISTRATIONS).chain([&COMMITTEE_OF_VILLAGE]);
    let rest = offices.into_iter().find_map(|office| found.rest.strip_prefix(office)).unwrap_or(found.rest);
    Found { rest, ..found }
}

/// What follows a name that the text begins with as it sounds. Its last character, the word for its kind, is as it is:
/// 麻成市, but not 麻城石.
fn after_heard<'a>(name: &str, text: &'a str) -> Option<&'a str> {
    let (end, last) = text.char_indices().nth(name.chars().count().checked_sub(1)?)?;
    let (said, rest) = text.split_at(end + last.len_utf8());
    (name.ends_with(last) && sound(said) == sound(name)).then_some(rest)
}

/// The county's name without the word for its kind.
fn short_of(county: &str) -> &str {
    county.trim_end_matches(['市', '县', '区', '旗'])
}

/// A place's name and what else people call it: a street by its office, and what bears the county's name or an
/// administration's without them.
fn written(name: &str, county: &str) -> Vec<String> {
    let bare = bare(name, county);
    if bare != name {
        let mut names = vec![name.to_owned(), bare.to_owned(), format!("{county}{bare}")];
        for (kind, short) in ADMINISTERED {
            if let Some(own) = bare.strip_suffix(kind) {
                names.push(format!("{own}{short}"));
                names.push(format!("{county}{own}{short}"));
            }
        }
        names.sort_unstable();
        names.dedup();
        return names;
    }
    let street = name.strip_suffix("街道办事处").or_else(|| name.strip_suffix("街道"));
    match street.filter(|street| street.chars().count() >= SHORTEST_NAME) {
        Some(street) => OFFICES.iter().map(|office| format!("{street}{office}")).collect(),
        None => vec![name.to_owned()],
    }
}

/// 湖北麻城经济开发区 is 经济开发区, 国营狮子峰林场 is 狮子峰林场, 龟峰山风景区管理处 is 龟峰山风景区.
fn bare<'a>(name: &'a str, county: &str) -> &'a str {
    if KINDS.iter().any(|kind| name.ends_with(kind)) {
        return name;
    }
    let after = |name: &'a str, before: &str| {
        let own = name.split_once(before).filter(|_| !before.is_empty())?.1;
        (own.chars().count() > SHORTEST_NAME).then_some(own)
    };
    let own = after(name, county).unwrap_or(name);
    let own = own.strip_prefix(STATE_RUN).unwrap_or(own);
    ADMINISTRATIONS.iter().find_map(|office| own.strip_suffix(office)).unwrap_or(own)
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
