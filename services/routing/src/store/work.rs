//! Reading what is owed.

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{
    bounded,
    rows::{self, moment, unreadable},
};
use crate::{
    domain::{
        duty::{DutyKind, Holder},
        level::Level,
    },
    error::RoutingError,
};

pub(super) const LIST_WORK: &str = concat!(
    include_str!("sql/list_work.sql"),
    include_str!("sql/owed.sql"),
    include_str!("sql/list_work_end.sql"),
);
pub(super) const WORK_COUNTS: &str = concat!(
    include_str!("sql/work_counts.sql"),
    include_str!("sql/owed.sql"),
    include_str!("sql/work_counts_end.sql"),
);

/// A part of an agency's work; the number is that of the contract and of `list_work.sql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkPart {
    /// All that is owed.
    #[default]
    All,
    /// To be signed for.
    ToSign,
    /// Due today and not yet late.
    DueToday,
    /// Late.
    Late,
    /// Cases to be handled that were returned before, and returns to be decided.
    Returned,
    /// People to be asked again.
    Revisits,
}

impl WorkPart {
    /// The number by which the contract and the store know it.
    #[must_use]
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The part of a number.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        [Self::All, Self::ToSign, Self::DueToday, Self::Late, Self::Returned, Self::Revisits]
            .into_iter()
            .find(|part| part.code() == code)
    }
}

/// Whose work, as of when.
#[derive(Debug, Clone)]
pub struct WorkFilter {
    /// The agencies, or a contact.
    pub agencies: Vec<String>,
    /// Only this person's.
    pub person: Option<String>,
    /// The posts that the person holds.
    pub posts: Vec<String>,
    /// The agencies of these posts: what is owed there by nobody in particular is this person's too.
    pub at_home_in: Vec<String>,
    /// Only this kind.
    pub kind: Option<DutyKind>,
    /// Now.
    pub now: Timestamp,
    /// When today ends in the county; what is due then is due today.
    pub end_of_day: Timestamp,
}

/// The place of a row in the order of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkPlace {
    /// Whether its clock stands still.
    pub paused: bool,
    /// By when.
    pub due_at: Timestamp,
    /// The case, or what else it is about.
    pub subject: Uuid,
    /// Its number there.
    pub no: i32,
}

impl WorkPlace {
    /// Before everything.
    pub const FIRST: Self =
        Self { paused: false, due_at: Timestamp::UNIX_EPOCH, subject: Uuid::nil(), no: 0 };
}

/// Something that is owed, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWork {
    /// The case, or what else it is about.
    pub subject: Uuid,
    /// The case; none for what is no case's.
    pub case: Option<WorkCase>,
    /// Its number in the case.
    pub no: i32,
    /// What.
    pub kind: DutyKind,
    /// Who.
    pub holder: Holder,
    /// What it is about.
    pub about: i32,
    /// Since when.
    pub started_at: Timestamp,
    /// By when.
    pub due_at: Timestamp,
    /// Whether its clock stands still.
    pub paused: bool,
}

/// The case of something that is owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkCase {
    /// The number that people say.
    pub number: String,
    /// How dangerous it is.
    pub level: Level,
    /// Whether it goes before others.
    pub fast_lane: bool,
}

impl StoredWork {
    /// Its place in the order of work.
    #[must_use]
    pub const fn place(&self) -> WorkPlace {
        WorkPlace { paused: self.paused, due_at: self.due_at, subject: self.subject, no: self.no }
    }

    /// Whether the time is over, as of a moment.
    #[must_use]
    pub fn is_late(&self, at: Timestamp) -> bool {
        !self.paused && self.due_at <= at
    }
}

/// How much there is; at most the 10,000 most urgent are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoredWorkCounts {
    /// All that is owed.
    pub open: i64,
    /// To be signed for.
    pub to_sign: i64,
    /// Due today and not yet late.
    pub due_today: i64,
    /// Late.
    pub late: i64,
    /// Returned before, or a return to be decided.
    pub returned: i64,
    /// People to be asked again.
    pub revisits: i64,
    /// Whether there is more than was counted.
    pub more: bool,
}

/// A page of what an agency owes, after a place.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn list_work(
    pool: &PgPool,
    county: &str,
    filter: &WorkFilter,
    part: WorkPart,
    after: WorkPlace,
    limit: i64,
) -> Result<Vec<StoredWork>, RoutingError> {
    let operation = "list what is owed";
    let statement = sqlx::query(LIST_WORK)
        .bind(county)
        .bind(&filter.agencies)
        .bind(&filter.person)
        .bind(&filter.posts)
        .bind(&filter.at_home_in)
        .bind(filter.kind.map(DutyKind::code))
        .bind(after.paused)
        .bind(to_sql(after.due_at))
        .bind(after.subject)
        .bind(after.no)
        .bind(part.code())
        .bind(to_sql(filter.now))
        .bind(to_sql(filter.end_of_day))
        .bind(limit)
        .fetch_all(pool);
    let rows = bounded(operation, statement).await?;
    rows::read_all(operation, &rows, work)
}

/// How much an agency owes.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn work_counts(
    pool: &PgPool,
    county: &str,
    filter: &WorkFilter,
) -> Result<StoredWorkCounts, RoutingError> {
    let operation = "count what is owed";
    let statement = sqlx::query(WORK_COUNTS)
        .bind(county)
        .bind(&filter.agencies)
        .bind(&filter.person)
        .bind(&filter.posts)
        .bind(&filter.at_home_in)
        .bind(filter.kind.map(DutyKind::code))
        .bind(to_sql(filter.now))
        .bind(to_sql(filter.end_of_day))
        .fetch_one(pool);
    let row = bounded(operation, statement).await?;
    counts(&row).map_err(|source| RoutingError::Database { operation, source })
}

fn counts(row: &PgRow) -> Result<StoredWorkCounts, sqlx::Error> {
    Ok(StoredWorkCounts {
        open: row.try_get("open")?,
        to_sign: row.try_get("to_sign")?,
        due_today: row.try_get("due_today")?,
        late: row.try_get("late")?,
        returned: row.try_get("returned")?,
        revisits: row.try_get("revisits")?,
        more: row.try_get("more")?,
    })
}

fn work(row: &PgRow) -> Result<StoredWork, sqlx::Error> {
    let case = match row.try_get::<Option<String>, _>("number")? {
        Some(number) => Some(WorkCase {
            number,
            level: Level::from_code(row.try_get("level")?).ok_or_else(|| unreadable("level"))?,
            fast_lane: row.try_get("fast_lane")?,
        }),
        None => None,
    };
    Ok(StoredWork {
        subject: row.try_get("subject_id")?,
        case,
        no: row.try_get("no")?,
        kind: DutyKind::from_code(row.try_get("kind")?).ok_or_else(|| unreadable("kind"))?,
        holder: Holder {
            agency: row.try_get("agency")?,
            post: row.try_get("post")?,
            person: row.try_get("person")?,
        },
        about: row.try_get("about")?,
        started_at: moment(row, "started_at")?,
        due_at: moment(row, "due_at")?,
        paused: row.try_get("paused")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements name kinds by their numbers.
    #[test]
    fn the_statements_mean_these_kinds() {
        let meant =
            [(1, DutyKind::Sign), (17, DutyKind::Claim), (3, DutyKind::Handle), (5, DutyKind::Arbitrate)];
        for (code, kind) in meant.into_iter().chain([(16, DutyKind::Revisit), (18, DutyKind::Ageing)]) {
            assert_eq!(kind.code(), code);
        }
    }

    #[test]
    fn parts_have_the_contract_s_numbers() {
        for code in 0..=5 {
            assert_eq!(WorkPart::from_code(code).unwrap().code(), code);
        }
        assert!(WorkPart::from_code(6).is_none() && WorkPart::from_code(-1).is_none());
    }
}
