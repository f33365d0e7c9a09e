//! `area_changes.csv`: code, valid_from, valid_to, successor. Towns and villages are merged and renumbered
//! (DOMAIN §4.2); what was reported under an old code stays readable and is handled by what came after.

use std::{collections::BTreeMap, path::Path};

use jiff::civil::Date;
use serde::Deserialize;

use super::AreaTree;
use crate::{Mistake, Row, csv_table};

/// How many successors may follow each other.
pub(super) const MAX_SUCCESSIONS: usize = 16;

/// When an area is valid, and what came after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaChange {
    /// Its first day; nothing where it has always been.
    pub valid_from: Option<Date>,
    /// Its last day; nothing where it still is.
    pub valid_to: Option<Date>,
    /// The shortest code of the area that stands for it after the last day.
    pub successor: Option<String>,
}

impl AreaChange {
    /// Whether the area's last day has passed.
    #[must_use]
    pub fn is_over(&self, date: Date) -> bool {
        self.valid_to.is_some_and(|last| date > last)
    }

    /// Whether the area is valid on a day.
    #[must_use]
    pub fn is_valid(&self, date: Date) -> bool {
        !self.is_over(date) && self.valid_from.is_none_or(|first| date >= first)
    }
}

/// The changes, by the shortest code of the area.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes(BTreeMap<String, AreaChange>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeRow {
    code: String,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    successor: Option<String>,
}

impl Changes {
    /// Reads the file and checks each row against the areas and the others.
    pub(super) fn read(file: &Path, text: &str, tree: &AreaTree, mistakes: &mut Vec<Mistake>) -> Self {
        let mut changes = Self::default();
        let rows = csv_table::<ChangeRow>(file, text, mistakes);
        let mut lines = Vec::new();
        for Row { line, value } in rows {
            match changes.add(value, tree) {
                Ok(code) => lines.push((line, code)),
                Err(reason) => mistakes.push(Mistake::new(file, line, reason)),
            }
        }
        for (line, code) in lines {
            if let Err(reason) = changes.ends(&code) {
                mistakes.push(Mistake::new(file, line, reason));
            }
        }
        changes
    }

    fn add(&mut self, row: ChangeRow, tree: &AreaTree) -> Result<String, String> {
        let find = |code: &str| tree.find(code).ok_or_else(|| format!("the area {code} is not in areas.csv"));
        let area = find(&row.code)?;
        let ChangeRow { valid_from, valid_to, .. } = row;
        if let (Some(first), Some(last)) = (valid_from, valid_to)
            && last < first
        {
            return Err(format!("valid_to {last} is before valid_from {first}"));
        }
        let successor = match row.successor {
            None => None,
            Some(_) if valid_to.is_none() => {
                return Err("an area with a successor needs a last day, valid_to".to_owned());
            }
            Some(code) => {
                let successor = find(&code)?;
                if successor.level > area.level {
                    return Err(format!("the successor {code} must not be a smaller area than {}", row.code));
                }
                Some(successor.code.clone())
            }
        };
        if self.0.contains_key(&area.code) {
            return Err(format!("{} is there twice", row.code));
        }
        self.0.insert(area.code.clone(), AreaChange { valid_from, valid_to, successor });
        Ok(area.code.clone())
    }

    /// Whether the successors of an area come to an end.
    fn ends(&self, code: &str) -> Result<(), String> {
        let successor = |of: &str| self.0.get(of).and_then(|change| change.successor.as_deref());
        let mut here = code;
        for _ in 0..MAX_SUCCESSIONS {
            match successor(here) {
                None => return Ok(()),
                Some(next) if next == code => return Err(format!("{code} succeeds itself")),
                Some(next) => here = next,
            }
        }
        match successor(here) {
            None => Ok(()),
            Some(_) => Err(format!("more than {MAX_SUCCESSIONS} successors follow {code}, or they go round")),
        }
    }

    /// What is known of an area, by its shortest code.
    pub(super) fn get(&self, code: &str) -> Option<&AreaChange> {
        self.0.get(code)
    }
}
