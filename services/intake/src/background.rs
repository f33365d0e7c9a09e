//! Asking who was here before: looked up, kept that it was asked, then shown.

use std::{collections::HashSet, sync::Arc, time::Duration};

use fengqiao_access::Principal;
use fengqiao_county::{Counties, County};
use fengqiao_linkage::Leads;
use fengqiao_masking::mask;
use fengqiao_proto::{
    intake::v1::{AskedBy, ReadingPurpose},
    types::v1::{Matter, Source},
};
use fengqiao_sealing::Keyring;
use fengqiao_serving::time::Clock;
use jiff::Timestamp;
use prost::Message as _;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    clue_keys::Clue,
    config::READ_TIMEOUT,
    domain::{
        area::AreaCode,
        background::{
            Background, Count, LINES, MOST_LOOKED_AT, MOST_OF_ONE, Made, PossiblePerson, only_household,
            people,
        },
        id_number::IdNumber,
        phone::Phone,
        told_case::ToldCase,
    },
    error::IntakeError,
    store::{self, COUNTED_FOR, Kept, Reading, SealedLine, StoreError, Whose},
    sums,
};

/// What stands in the place of a title that is not shown.
pub const CONFIDENTIAL: &str = "保密";
/// So many open cases are told.
const MOST_CASES: usize = 20;

/// About whom is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A person.
    Person(Uuid),
    /// A household.
    Household(Uuid),
    /// The person who made a report.
    Report(Uuid),
    /// Who called from a number.
    Phone(Phone),
    /// Who has an id number.
    IdNumber(IdNumber),
    /// Who lives somewhere.
    Address {
        /// The address as it was said.
        text: String,
        /// The area that it lies in, where it is known.
        area: Option<AreaCode>,
    },
}

impl Asked {
    /// By what is asked, and what; equal for equal questions.
    fn parts(&self) -> (AskedBy, String) {
        match self {
            Self::Person(id) => (AskedBy::Person, id.to_string()),
            Self::Household(id) => (AskedBy::Household, id.to_string()),
            Self::Report(id) => (AskedBy::Report, id.to_string()),
            Self::Phone(phone) => (AskedBy::Phone, phone.as_str().to_owned()),
            Self::IdNumber(number) => (AskedBy::IdNumber, number.in_new_form()),
            Self::Address { text, area } => {
                let area = area.as_ref().map(AreaCode::prefix).unwrap_or_default();
                (AskedBy::Address, format!("{area} {text}"))
            }
        }
    }
}

/// Why someone reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// The kind.
    pub kind: ReadingPurpose,
    /// In the reader's own words.
    pub words: String,
}

/// What is known of someone.
#[derive(Debug, Clone)]
pub struct Known {
    /// The person, where it is about one.
    pub person_id: Option<Uuid>,
    /// The household, where it is about one, and how many reports it has.
    pub household: Option<(Uuid, Count)>,
    /// How often, when, and what last.
    pub background: Background,
    /// The sources' own numbers of the reports that are named.
    pub names: std::collections::HashMap<Uuid, String>,
    /// The cases that are not over, the newest first.
    pub open_cases: Vec<ToldCase>,
    /// The last reports, each in a line.
    pub lines: Vec<Line>,
    /// Who it may be, where it is not about one person.
    pub people: Vec<PossiblePerson>,
}

/// A report in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was told.
    pub at: Timestamp,
    /// The door.
    pub source: Source,
    /// The canonical category; empty where it is not shown.
    pub category: String,
    /// The title, masked.
    pub title: String,
}

/// Answers who was here before.
pub struct Backgrounds {
    pool: PgPool,
    counties: Arc<Counties>,
    keyring: Arc<Keyring>,
    clock: Clock,
}

/// Whose reports they are.
struct Found {
    person_id: Option<Uuid>,
    household_id: Option<Uuid>,
    people: Vec<PossiblePerson>,
    made: Vec<Made>,
    /// There may be more of them.
    more: bool,
}

impl Found {
    /// Of a walk that looked for one more than `most`, which shows that there are more.
    fn of(mut made: Vec<Made>, most: usize) -> Self {
        let more = made.len() > most;
        made.truncate(most);
        Self { person_id: None, household_id: only_household(&made), people: Vec::new(), made, more }
    }
}

impl Backgrounds {
    /// Answers from this database.
    #[must_use]
    pub const fn new(pool: PgPool, counties: Arc<Counties>, keyring: Arc<Keyring>, clock: Clock) -> Self {
        Self { pool, counties, keyring, clock }
    }

    /// The database.
    pub(crate) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The county that a request is about.
    ///
    /// # Errors
    /// [`IntakeError::NoSuchCounty`]
    pub(crate) fn county(&self, who: &Principal, asked: &str) -> Result<&Arc<County>, IntakeError> {
        let code = who.county_of(asked).map_err(|_| IntakeError::NoSuchCounty)?;
        self.counties.get(code).ok_or(IntakeError::NoSuchCounty)
    }

    /// Looks who was here before, and keeps that it was asked.
    ///
    /// # Errors
    /// [`IntakeError::NoSuchReport`], [`IntakeError::TooManyReadings`], or what the store says; nothing is shown then.
    pub async fn look(
        &self,
        who: &Principal,
        county: &County,
        asked: &Asked,
        purpose: Purpose,
    ) -> Result<Known, IntakeError> {
        let looked = tokio::time::timeout(READ_TIMEOUT, self.known(county, asked)).await;
        let known = looked.map_err(|_| StoreError::TooSlow { operation: "look who was here before" })??;
        let (asked_by, value) = asked.parts();
        let shown = i32::try_from(known.background.count.count).unwrap_or(i32::MAX);
        let reading = NewReading { who, asked_by, value: &value, purpose, shown };
        keep(&self.pool, county, &self.keyring, self.now(), reading).await?;
        Ok(known)
    }

    async fn known(&self, county: &County, asked: &Asked) -> Result<Known, IntakeError> {
        let mut conn = store::to_look(&self.pool).await?;
        let code = &county.code;
        let Found { person_id, household_id, people, made, more } =
            self.find(&mut conn, county, asked).await?;
        let places: Vec<(Uuid, Uuid)> = made.iter().map(|one| (one.report_id, one.cluster_id)).collect();
        let cases = store::cases_of(&mut conn, code, &places).await?;
        let household = match household_id {
            Some(id) => {
                let found = store::count_household(&mut conn, code, id, MOST_OF_ONE + 1).await?;
                Some((id, Count::of(found, MOST_OF_ONE)))
            }
            None => None,
        };
        let background = Background::of(made, more, &county.settings.background);
        let named: HashSet<Uuid> =
            background.contacts.iter().flat_map(|kind| &kind.newest).map(|one| one.report_id).collect();
        let named: Vec<Uuid> = named.into_iter().collect();
        let names = store::names_of(&mut conn, code, &named).await?;
        let last: Vec<Uuid> = background.last.iter().map(|one| one.report_id).collect();
        let sealed = store::lines_of(&mut conn, code, &last).await?;
        let protected = |report: &Uuid| cases.get(report).is_some_and(|case| case.protected);
        let mut lines = Vec::with_capacity(LINES);
        for one in &background.last {
            if let Some(line) = sealed.iter().find(|line| line.report_id == one.report_id) {
                lines.push(self.line(code, one, line, protected(&one.report_id))?);
            }
        }
        Ok(Known {
            person_id,
            household,
            background,
            names,
            open_cases: open_cases(cases.into_values()),
            lines,
            people,
        })
    }

    /// The reports of whom it is about. A clue that leads to one person stands for that person, who may be known by
    /// other clues as well; one that leads to several (the telephone of a village office) stands for itself.
    async fn find(
        &self,
        conn: &mut PgConnection,
        county: &County,
        asked: &Asked,
    ) -> Result<Found, IntakeError> {
        let code = &county.code;
        let clue = match asked {
            Asked::Person(id) => return person(conn, code, *id).await,
            Asked::Household(id) => return household(conn, code, *id).await,
            Asked::Report(id) => {
                let maker = store::maker_of(conn, code, *id).await?.ok_or(IntakeError::NoSuchReport)?;
                return person(conn, code, maker).await;
            }
            Asked::Phone(phone) => Clue::of_phone(phone, county, &self.keyring),
            Asked::IdNumber(number) => Clue::of_id_number(number, county, &self.keyring),
            Asked::Address { text, area } => {
                let area = area.as_ref().map(AreaCode::prefix).unwrap_or_default();
                Clue::of_address(text, area, county, &self.keyring)
            }
        };
        let walked = store::walk_keys(conn, code, &clue.keys, MOST_LOOKED_AT + 1).await?;
        let more = walked.len() > MOST_LOOKED_AT;
        // Keys find whom it is against, too, and the house of that number in other groups: only the surest answer.
        let led: Vec<(Leads, Made)> =
            walked.iter().map(|found| (clue.leads_to(&found.traits), found.made)).collect();
        let surest = led.iter().map(|(leads, _)| *leads).max().unwrap_or(Leads::Nowhere);
        let is_answer = |leads: Leads| leads == surest && leads > Leads::Nowhere;
        let made = led.into_iter().filter(|(leads, _)| is_answer(*leads)).map(|(_, made)| made).collect();
        let found = Found { more, ..Found::of(made, MOST_LOOKED_AT) };
        let people = people(&found.made);
        match (asked, people.as_slice(), found.household_id) {
            (Asked::Address { .. }, _, Some(id)) => household(conn, code, id).await,
            (Asked::Phone(_) | Asked::IdNumber(_), [one], _) => person(conn, code, one.person_id).await,
            _ => Ok(Found { people, ..found }),
        }
    }

    fn line(
        &self,
        county: &str,
        made: &Made,
        line: &SealedLine,
        protected: bool,
    ) -> Result<Line, IntakeError> {
        if line.confidential || protected {
            let (category, title) = (String::new(), CONFIDENTIAL.to_owned());
            return Ok(Line { at: made.at, source: made.source, category, title });
        }
        let plain = self
            .keyring
            .open(&line.sealed_matter, county.as_bytes())
            .map_err(|error| IntakeError::Sealed(Arc::new(error)))?;
        let matter = Matter::decode(plain.as_slice()).map_err(IntakeError::Matter)?;
        let names: Vec<&str> = matter.parties.iter().map(|party| party.name.as_str()).collect();
        Ok(Line {
            at: made.at,
            source: made.source,
            category: line.category.clone(),
            title: mask(&matter.title, &names),
        })
    }
}

async fn person(conn: &mut PgConnection, county: &str, id: Uuid) -> Result<Found, IntakeError> {
    let made = store::walk(conn, county, Whose::Person(id), MOST_OF_ONE + 1).await?;
    Ok(Found { person_id: Some(id), ..Found::of(made, MOST_OF_ONE) })
}

async fn household(conn: &mut PgConnection, county: &str, id: Uuid) -> Result<Found, IntakeError> {
    let made = store::walk(conn, county, Whose::Household(id), MOST_OF_ONE + 1).await?;
    let found = Found { household_id: Some(id), ..Found::of(made, MOST_OF_ONE) };
    let people = people(&found.made);
    Ok(match people.as_slice() {
        [one] => Found { person_id: Some(one.person_id), ..found },
        _ => Found { people, ..found },
    })
}

fn open_cases(cases: impl Iterator<Item = ToldCase>) -> Vec<ToldCase> {
    let mut open: Vec<ToldCase> = cases.filter(ToldCase::is_open).collect();
    open.sort_unstable_by_key(|case| std::cmp::Reverse((case.opened_at, case.case_id)));
    open.dedup_by_key(|case| case.case_id);
    open.truncate(MOST_CASES);
    open
}

/// Someone who is about to be shown something.
pub(crate) struct NewReading<'a> {
    pub who: &'a Principal,
    pub asked_by: AskedBy,
    /// What was asked; only its keyed hash is kept, by the key of proofs, since nobody may change it later.
    pub value: &'a str,
    pub purpose: Purpose,
    /// How many reports what is shown is made of.
    pub shown: i32,
}

/// Keeps a reading; what was asked for may be shown after it.
///
/// # Errors
/// [`IntakeError::TooManyReadings`], or what the store says; nothing may be shown then.
pub(crate) async fn keep(
    pool: &PgPool,
    county: &County,
    keyring: &Keyring,
    now: Timestamp,
    reading: NewReading<'_>,
) -> Result<(), IntakeError> {
    let NewReading { who, asked_by, value, purpose, shown } = reading;
    let reading = Reading {
        reading_id: Uuid::now_v7(),
        at: now,
        reader: who.name.clone(),
        capacity: who.capacity(),
        purpose: purpose.kind,
        purpose_words: purpose.words,
        asked_by,
        asked: keyring.proof_hash("background", &format!("{} {value}", asked_by.as_str_name())).to_vec(),
        shown,
    };
    let most = county.settings.background.readings_per_hour;
    let keeping = store::keep_reading(pool, &county.code, &reading, most);
    let kept = tokio::time::timeout(READ_TIMEOUT, keeping).await;
    let kept = kept.map_err(|_| StoreError::TooSlow { operation: "keep who read" })??;
    sums::read(&county.code, asked_by, kept == Kept::Kept);
    match kept {
        Kept::Kept => Ok(()),
        Kept::TooMany { oldest } => {
            let again = oldest.checked_add(COUNTED_FOR).unwrap_or(now);
            let wait = Duration::try_from(again.duration_since(now)).unwrap_or_default();
            // Those of the same moment may be a little later than this one.
            let longest = Duration::try_from(COUNTED_FOR).unwrap_or(Duration::MAX);
            Err(IntakeError::TooManyReadings(wait.clamp(Duration::from_secs(1), longest)))
        }
    }
}
