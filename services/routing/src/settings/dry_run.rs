//! Trying level rules on the last cases before they hold.

use std::{path::Path, sync::Arc};

use uuid::Uuid;

use super::{Files, LEVELS_FILE, SettingError, Settings, digest};
use crate::{
    counties::RoutingCounty,
    domain::{
        grading::GradedReport,
        level::{DryRun, GradedCase, RuleSet, dry_run},
        tickets::most_urgent,
    },
    error::RoutingError,
    sealed_matters,
    store::{RecentCase, recent_cases},
};

/// The most cases that rules are tried on.
pub const MOST_CASES: u32 = 10_000;
const PAGE: u32 = 500;

/// Rules that are to be tried.
#[derive(Debug, Clone)]
pub struct RulesTrial {
    /// The text of `levels.toml`.
    pub text: String,
    /// On so many of the last cases.
    pub cases: u32,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct TriedRules {
    /// Names the text, as an activation of it would.
    pub digest: String,
    /// The version of the rules that hold.
    pub before: String,
    /// The version of the rules that were tried.
    pub after: String,
    /// What would change.
    pub run: DryRun,
    /// Cases that could not be looked at: without a report of their own.
    pub left_out: u64,
}

impl Settings {
    /// Tries rules on the last cases beside those that hold. Changes nothing.
    ///
    /// # Errors
    /// [`SettingError::Mistakes`] of the rules, or what befell the store.
    pub async fn try_rules(
        &self,
        place: &Arc<RoutingCounty>,
        trial: RulesTrial,
    ) -> Result<TriedRules, SettingError> {
        let RulesTrial { text, cases } = trial;
        let named = digest(&rule_files(&text));
        let old = Arc::clone(&place.rulebook().rules);
        let reading = tokio::task::spawn_blocking(move || RuleSet::parse(Path::new(LEVELS_FILE), &text));
        let new = Arc::new(reading.await.map_err(|_| RoutingError::Malformed("the reading of rules"))??);
        let mut tried = TriedRules {
            digest: named,
            before: old.version().to_owned(),
            after: new.version().to_owned(),
            run: DryRun::default(),
            left_out: 0,
        };
        let mut left = cases.min(MOST_CASES);
        let mut before = Uuid::max();
        let window = i32::try_from(place.county.settings.repeat_window_days).unwrap_or(i32::MAX);
        while left > 0 {
            let page = left.min(PAGE);
            let county = &place.county.code;
            let found =
                recent_cases(&self.pool, &self.keyring, county, before, i64::from(page), window).await?;
            let Some(last) = found.last() else { break };
            before = last.case.id;
            let count = u32::try_from(found.len()).unwrap_or(page);
            let (this, place) = (self.clone(), Arc::clone(place));
            let (old, new) = (Arc::clone(&old), Arc::clone(&new));
            let graded = tokio::task::spawn_blocking(move || this.try_on(&place, &old, &new, &found));
            let (run, left_out) = graded.await.map_err(|_| RoutingError::Malformed("the trial of rules"))?;
            tried.run.add(run);
            tried.left_out += left_out;
            if count < page {
                break;
            }
            left -= count;
        }
        Ok(tried)
    }

    /// What two rule sets say of cases, and how many could not be looked at.
    fn try_on(
        &self,
        place: &RoutingCounty,
        old: &RuleSet,
        new: &RuleSet,
        cases: &[RecentCase],
    ) -> (DryRun, u64) {
        let mut left_out = 0;
        let mut run = DryRun::default();
        for RecentCase { case, newest } in cases {
            let matter = sealed_matters::open(&case.sealed_matter, &place.county.code, &self.keyring).ok();
            let (Some(newest), Some(matter)) = (newest, matter) else {
                left_out += 1;
                continue;
            };
            // Tags that the old rules put would be put again if they still hold.
            let tags: Vec<String> =
                case.docket.tags.iter().filter(|tag| old.tag_text(tag).is_none()).cloned().collect();
            let graded = GradedReport {
                category: &case.category,
                area_code: &case.area_code,
                source: newest.source,
                occurred_at: newest.occurred_at,
                repeat: newest.repeat,
                urgency: most_urgent(&case.docket.tickets),
                matter: &matter,
                case: Some(case),
                tags: &tags,
                recent: &newest.recent,
                counted: true,
            };
            let tried =
                GradedCase { number: &case.number, facts: graded.facts(&place.county), level: case.level };
            run.add(dry_run(old, new, [tried]));
        }
        (run, left_out)
    }
}

/// The files of a rule set.
#[must_use]
pub fn rule_files(text: &str) -> Files {
    [(LEVELS_FILE.to_owned(), text.to_owned())].into()
}
