//! What holds in a county now: who answers for what, how dangerous something is, by when it has to be done,
//! which days count. It is replaced as a whole, while cases go on.

use std::{path::Path, sync::Arc};

use fengqiao_calendar::Calendar;
use fengqiao_county::{County, DEVICES_FILE, Mistake, Mistakes};
use jiff::{Timestamp, civil::Date};

use crate::{
    directory::{Directory, DirectoryFiles, Responsible},
    domain::{
        case::CaseFile,
        duty::Clockwork,
        happening::Happening,
        history::Occasion,
        level::RuleSet,
        practice::Practice,
        refusal::Refusal,
        standing::Office,
        transition::{Change, Setting, transition},
        wording::short_source,
    },
    settings::{LEVELS_FILE, PRACTICE_FILE, SettingKind, SettingTexts, SettingVersions},
};

/// What holds in a county.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// Agencies, posts, people, and who answers for what.
    pub directory: Arc<Directory>,
    /// How dangerous a report is.
    pub rules: Arc<RuleSet>,
    /// States, limits, who is told of what.
    pub practice: Arc<Practice>,
    /// Which days are working days.
    pub calendar: Calendar,
    /// Which version of each it was made of.
    pub versions: SettingVersions,
}

impl Rulebook {
    /// Reads routing's files in a county's folder.
    ///
    /// # Errors
    /// All mistakes found, each with file, line and reason.
    pub fn load(county: &County, now: Timestamp) -> Result<Self, Mistakes> {
        Self::of_folder(county, &SettingTexts::read(&county.folder)?, now)
    }

    /// Makes a rulebook of the texts of the county's folder; mistakes name the files where they are.
    ///
    /// # Errors
    /// All mistakes found, each with file, line and reason.
    pub fn of_folder(county: &County, texts: &SettingTexts, now: Timestamp) -> Result<Self, Mistakes> {
        let rulebook =
            Self::assemble(county, texts, None, now).map_err(|found| in_folder(&county.folder, found))?;
        let strangers = first_contacts_that_nobody_has(county, &rulebook.directory);
        if strangers.is_empty() { Ok(rulebook) } else { Err(in_folder(&county.folder, Mistakes(strangers))) }
    }

    /// Makes a rulebook of texts, all of which have to fit each other. What has the same version in `before`, a
    /// rulebook of the same county and process, is taken from there. Mistakes name the files without a folder.
    ///
    /// # Errors
    /// All mistakes found, each with file, line and reason.
    pub fn assemble(
        county: &County,
        texts: &SettingTexts,
        before: Option<&Self>,
        now: Timestamp,
    ) -> Result<Self, Mistakes> {
        let versions = texts.versions();
        let same = |kind| before.filter(|before| before.versions.get(kind) == versions.get(kind));
        let mut mistakes = Vec::new();
        let directory = match same(SettingKind::Directory) {
            Some(before) => Some(Arc::clone(&before.directory)),
            None => {
                let files = DirectoryFiles::from(texts.files(SettingKind::Directory).clone());
                let made = Directory::from_files(county, &files, now);
                made.map(Arc::new).map_err(|found| mistakes.extend(found.0)).ok()
            }
        };
        let rules = match same(SettingKind::Levels) {
            Some(before) => Some(Arc::clone(&before.rules)),
            None => read_rules(texts).map(Arc::new).map_err(|found: Mistakes| mistakes.extend(found.0)).ok(),
        };
        let calendar = match same(SettingKind::Calendar) {
            Some(before) => Some(before.calendar.clone()),
            None => read_calendar(texts).map_err(|found| mistakes.extend(found.0)).ok(),
        };
        // A practice names agencies: another directory may no longer have them.
        let practice = match same(SettingKind::Directory).and(same(SettingKind::Practice)) {
            Some(before) => Some(Arc::clone(&before.practice)),
            None => directory.as_deref().and_then(|directory| {
                let text = texts.text(SettingKind::Practice).unwrap_or(Practice::shipped_text());
                let read = Practice::parse(Path::new(PRACTICE_FILE), text, directory);
                read.map(Arc::new).map_err(|found| mistakes.extend(found.0)).ok()
            }),
        };
        if let (Some(rules), Some(practice)) = (&rules, &practice) {
            mistakes.extend(levels_that_nobody_gives(rules, practice));
        }
        match (directory, rules, practice, calendar) {
            (Some(directory), Some(rules), Some(practice), Some(calendar)) if mistakes.is_empty() => {
                Ok(Self { directory, rules, practice, calendar, versions })
            }
            _ => Err(Mistakes(mistakes)),
        }
    }

    /// How the cases that use it name what holds of a kind.
    #[must_use]
    pub fn name(&self, kind: SettingKind) -> &str {
        match kind {
            SettingKind::Directory => self.directory.version(),
            SettingKind::Levels => self.rules.version(),
            SettingKind::Practice => &self.practice.version,
            SettingKind::Calendar => self.calendar.version(),
        }
    }

    /// Who has to do with a case on a day, whoever leads it now.
    #[must_use]
    pub fn responsible_of(&self, case: &CaseFile, day: Date) -> Responsible {
        let source = short_source(case.first_source);
        self.directory.responsible(&case.area_code, &case.category, source, day)
    }

    /// Changes a case by what holds now.
    ///
    /// # Errors
    /// [`Refusal`]: what would have to be true.
    pub fn change(
        &self,
        county: &County,
        case: &CaseFile,
        happening: &Happening,
        occasion: &Occasion,
    ) -> Result<Change, Refusal> {
        let responsible = self.responsible_of(case, county.day(occasion.at));
        transition(case, happening, occasion, self.setting(county, &responsible))
    }

    /// What a change of a case has to know of the county.
    #[must_use]
    pub fn setting<'a>(&'a self, county: &'a County, responsible: &'a Responsible) -> Setting<'a> {
        Setting {
            directory: &self.directory,
            responsible,
            limits: county.settings.push_limit_hours,
            one_key: county.settings.one_key,
            practice: &self.practice,
            calendar: &self.calendar,
            zone: &county.time_zone,
        }
    }

    /// What a duty besides cases has to know of the county.
    #[must_use]
    pub fn office<'a>(&'a self, county: &'a County) -> Office<'a> {
        Office {
            practice: &self.practice,
            directory: &self.directory,
            clock: Clockwork { calendar: &self.calendar, zone: &county.time_zone },
            limits: county.settings.push_limit_hours,
        }
    }
}

/// All that is wrong in the files of a county's folder, as far as routing reads them: its own and those that all
/// services share.
#[must_use]
pub fn folder_mistakes(folder: &Path, now: Timestamp) -> Vec<Mistake> {
    let county = County::load(folder);
    let texts = match SettingTexts::read(folder) {
        Ok(texts) => texts,
        Err(Mistakes(mut found)) => {
            found.extend(county.err().into_iter().flat_map(|mistakes| mistakes.0));
            found.dedup();
            return found;
        }
    };
    match county {
        Ok(county) => Rulebook::of_folder(&county, &texts, now).map_or_else(|found| found.0, |_| Vec::new()),
        // What names areas, categories or agencies cannot be checked without them; the rest can.
        Err(Mistakes(mut found)) => {
            let apart = [read_rules(&texts).err(), read_calendar(&texts).err()];
            found.extend(apart.into_iter().flatten().flat_map(|mistakes| in_folder(folder, mistakes).0));
            found
        }
    }
}

/// Who a one-key call device calls first has to be in the folder's directory. One that is gone later, with another
/// directory, is passed over.
fn first_contacts_that_nobody_has(county: &County, directory: &Directory) -> Vec<Mistake> {
    let named = county.devices.iter().filter(|(_, device)| !device.first_contact.is_empty());
    named
        .filter(|(_, device)| directory.post(&device.first_contact).is_none())
        .map(|(line, device)| {
            let reason = format!("the post {} is not in posts.csv", device.first_contact);
            Mistake::new(Path::new(DEVICES_FILE), line, reason)
        })
        .collect()
}

/// Mistakes with the files' places.
fn in_folder(folder: &Path, Mistakes(found): Mistakes) -> Mistakes {
    let placed = |mistake: Mistake| Mistake::new(&folder.join(&mistake.file), mistake.line, mistake.reason);
    Mistakes(found.into_iter().map(placed).collect())
}

fn read_rules(texts: &SettingTexts) -> Result<RuleSet, Mistakes> {
    let file = Path::new(LEVELS_FILE);
    let text = texts.text(SettingKind::Levels).ok_or_else(|| Mistake::new(file, 0, "is missing"))?;
    RuleSet::parse(file, text)
}

fn read_calendar(texts: &SettingTexts) -> Result<Calendar, Mistakes> {
    match texts.text(SettingKind::Calendar) {
        Some(text) => Calendar::parse(text, Path::new(fengqiao_calendar::CALENDAR_FILE)),
        None => Ok(Calendar::official()),
    }
}

/// Alerts for a level that the county does not use would never be raised.
fn levels_that_nobody_gives(rules: &RuleSet, practice: &Practice) -> Vec<Mistake> {
    let unused = practice.alerts.keys().filter(|level| !rules.levels().has(**level));
    unused
        .map(|level| {
            let word = level.word();
            let reason = format!("alerts.{word}: {LEVELS_FILE} does not have the level {word}");
            Mistake::new(Path::new(PRACTICE_FILE), 0, reason)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macheng() -> (County, SettingTexts, Rulebook) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/county/macheng");
        let county = County::load(&folder).unwrap();
        let texts = SettingTexts::read(&folder).unwrap();
        let rulebook = Rulebook::of_folder(&county, &texts, Timestamp::UNIX_EPOCH).unwrap();
        (county, texts, rulebook)
    }

    fn one(name: &str, text: &str) -> crate::settings::Files {
        [(name.to_owned(), text.to_owned())].into()
    }

    #[test]
    fn what_did_not_change_is_kept() {
        let (county, texts, before) = macheng();
        let text = "version = 'new'\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = 'true'\ntext = 'x'\n";
        let texts = texts.with(SettingKind::Levels, 1, one(LEVELS_FILE, text));
        let after = Rulebook::assemble(&county, &texts, Some(&before), Timestamp::UNIX_EPOCH).unwrap();
        assert!(Arc::ptr_eq(&before.directory, &after.directory));
        assert!(Arc::ptr_eq(&before.practice, &after.practice));
        assert_eq!((after.name(SettingKind::Levels), after.versions.changes()), ("new", 1));
    }

    #[test]
    fn a_seat_or_a_meeting_that_would_always_be_late_is_refused() {
        let (_, _, rulebook) = macheng();
        let said = |text: &str| {
            let text = format!("version = '2'\n{text}");
            let parsed = Practice::parse(Path::new(PRACTICE_FILE), &text, &rulebook.directory);
            parsed.map_or_else(|found| found.to_string(), |_| String::new())
        };
        let seat = "[[seat]]\nagency = 'government'\nseat = '值班席'\nhalf_days = 10\npeople = 1\n";
        assert_eq!(said(seat), "");
        assert!(
            said(&seat.repeat(2)).contains("practice.toml:7: the seat 值班席 of government stands twice")
        );
        assert!(said(&seat.replace("值班席", " ")).contains("practice.toml:2: a seat has a name"));
        assert!(said(&seat.replace("people = 1", "people = 51")).contains("by 1 to 50 people"));
        let agenda = "[agenda]\nlevel = 'red'\nopen_days = 30\nreturned = 2\nweekday = 1\nhour = ";
        assert!(said(&format!("{agenda}0\n")).contains("would be late as its week begins"));
        assert_eq!(said(&format!("{agenda}9\n")), "");
    }

    #[test]
    fn texts_that_do_not_fit_each_other_are_refused() {
        let (county, texts, before) = macheng();
        let refused = |texts: &SettingTexts| {
            let made = Rulebook::assemble(&county, texts, Some(&before), Timestamp::UNIX_EPOCH);
            made.unwrap_err().to_string()
        };
        let practice =
            "version = '2'\n[major]\nrecipients = ['government']\n[alerts]\nblue = [{ name = '所' }]\n";
        let texts = texts.with(SettingKind::Practice, 1, one(PRACTICE_FILE, practice));
        assert!(Rulebook::assemble(&county, &texts, Some(&before), Timestamp::UNIX_EPOCH).is_ok());
        let mut files = texts.files(SettingKind::Directory).clone();
        files.retain(|name, _| ["agencies.csv", "areas.csv"].contains(&name.as_str()));
        for text in files.values_mut() {
            *text = text
                .lines()
                .filter(|line| !line.starts_with("government,"))
                .fold(String::new(), |all, line| all + line + "\n");
        }
        let without = texts.clone().with(SettingKind::Directory, 1, files);
        assert!(
            refused(&without).contains("practice.toml:0: the agency government"),
            "{}",
            refused(&without)
        );
        let levels = "version = '3'\nlevels = ['red', 'orange']\n[[rule]]\nid = 'a'\nlevel = 'red'\nwhen = 'true'\ntext = 'x'\n";
        let without = texts.with(SettingKind::Levels, 1, one(LEVELS_FILE, levels));
        assert!(refused(&without).contains("alerts.blue"), "{}", refused(&without));
    }
}
