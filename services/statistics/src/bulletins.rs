//! Bulletins: their figures are looked up, they are made files, kept, and sent.

pub mod looking_up;
pub mod making;
pub mod scheduling;
mod workbook;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fengqiao_calendar::Calendar;
use fengqiao_county::{Counties, County, Mistakes, csv_rows};
use serde::Deserialize;

use crate::{
    answering::Answers,
    domain::bulletin::template::{Bulletins, Known},
    error::StatisticsError,
};

const AGENCIES_FILE: &str = "agencies.csv";

/// What the bulletins of a county need.
#[derive(Debug)]
pub struct BulletinCounty {
    /// The county.
    pub county: Arc<County>,
    /// Its templates.
    pub bulletins: Bulletins,
    /// Its working days.
    pub calendar: Calendar,
    /// Its agencies' names, by their codes.
    pub agencies: BTreeMap<String, String>,
}

/// The counties.
#[derive(Debug)]
pub struct BulletinCounties(BTreeMap<String, BulletinCounty>);

#[derive(Deserialize)]
struct Agency {
    code: String,
    name: String,
}

impl BulletinCounties {
    /// Reads the templates of these counties, whose definitions are known.
    ///
    /// # Errors
    /// All mistakes of their files.
    pub fn load(counties: &Counties, answers: &Answers) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        let mut found = BTreeMap::new();
        for county in counties.iter() {
            match Self::read(county, answers) {
                Ok(Some(one)) => drop(found.insert(county.code.clone(), one)),
                Ok(None) => {}
                Err(wrong) => mistakes.extend(wrong.0),
            }
        }
        if mistakes.is_empty() { Ok(Self(found)) } else { Err(Mistakes(mistakes)) }
    }

    fn read(county: &Arc<County>, answers: &Answers) -> Result<Option<BulletinCounty>, Mistakes> {
        let Ok(counted) = answers.county(&county.code) else { return Ok(None) };
        let rows = csv_rows::<Agency>(&county.folder.join(AGENCIES_FILE))?;
        let agencies: BTreeMap<String, String> =
            rows.into_iter().map(|row| (row.value.code, row.value.name)).collect();
        let codes: BTreeSet<String> = agencies.keys().cloned().collect();
        let known = Known {
            catalogue: counted.catalogue,
            directory: &counted,
            agencies: &codes,
            needs_agencies: true,
        };
        let bulletins = Bulletins::load(&county.folder, &known)?;
        let calendar = Calendar::load(&county.folder)?;
        Ok(Some(BulletinCounty { county: Arc::clone(county), bulletins, calendar, agencies }))
    }

    /// What a county's bulletins need.
    ///
    /// # Errors
    /// [`StatisticsError::UnknownCounty`]
    pub fn get(&self, county: &str) -> Result<&BulletinCounty, StatisticsError> {
        self.0.get(county).ok_or(StatisticsError::UnknownCounty)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &BulletinCounty> {
        self.0.values()
    }
}
