//! What the agency desk shows: an agency's own pushes with what it owes of them.

use fengqiao_proto::notification::v1::FeedbackOutcome;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{Place, Store, rows};
use crate::{
    domain::{
        owed::{Owed, RETURNED_SHOWN, owed},
        push::Push,
    },
    error::NotificationError,
};

/// Each number is counted up to this.
pub(crate) const MOST_COUNTED: i64 = 1_000;

/// Which of its pushes an agency looks at. The numbers stand in the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// Not signed yet.
    ToSign = 1,
    /// Something is due before the day ends.
    Today = 2,
    /// Something is late.
    Late = 3,
    /// Returned within the last days.
    Returned = 4,
    /// Something is owed.
    Owed = 5,
    /// All.
    All = 6,
}

/// What an agency has to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FourNumbers {
    /// Not signed yet.
    pub to_sign: i64,
    /// Due before the day ends.
    pub today: i64,
    /// Late.
    pub late: i64,
    /// Returned within the last days.
    pub returned: i64,
}

/// A push with what is owed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskPush {
    /// The push.
    pub push: Push,
    /// How far the agency said it is with its last feedback.
    pub last_outcome: FeedbackOutcome,
}

impl DeskPush {
    /// What is owed.
    #[must_use]
    pub const fn owed(&self) -> Owed {
        owed(self.push.receipt, self.last_outcome)
    }

    /// By when what is owed is owed.
    #[must_use]
    pub const fn due(&self) -> Option<Timestamp> {
        match self.owed() {
            Owed::Signature => self.push.sign_by,
            Owed::Result => self.push.answer_by,
            Owed::Nothing => None,
        }
    }
}

impl Store {
    /// An agency's four numbers; `tomorrow` is the first moment of the county's next day.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn desk_numbers(
        &self,
        county: &str,
        agency: &str,
        now: Timestamp,
        tomorrow: Timestamp,
    ) -> Result<FourNumbers, NotificationError> {
        const OPERATION: &str = "count what an agency owes";
        Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/desk/numbers.sql"))
                .bind(county)
                .bind(agency)
                .bind(to_sql(now))
                .bind(to_sql(tomorrow))
                .bind(to_sql(now - RETURNED_SHOWN))
                .bind(MOST_COUNTED)
                .fetch_one(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            let number = |column| row.try_get(column).map_err(NotificationError::database(OPERATION));
            Ok(FourNumbers {
                to_sign: number("to_sign")?,
                today: number("today")?,
                late: number("late")?,
                returned: number("returned")?,
            })
        })
        .await
    }

    /// A page of an agency's pushes in one bucket.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn desk_list(
        &self,
        (county, agency): (&str, &str),
        bucket: Bucket,
        (now, tomorrow): (Timestamp, Timestamp),
        after: &Place,
        limit: i64,
    ) -> Result<Vec<DeskPush>, NotificationError> {
        const OPERATION: &str = "list an agency's pushes";
        Self::within(OPERATION, async {
            let rows = sqlx::query(include_str!("sql/desk/list.sql"))
                .bind(county)
                .bind(agency)
                .bind(to_sql(now))
                .bind(to_sql(tomorrow))
                .bind(to_sql(now - RETURNED_SHOWN))
                .bind(after.level)
                .bind(to_sql(after.at))
                .bind(after.id())
                .bind(bucket as i16)
                .bind(limit)
                .fetch_all(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?;
            rows.iter()
                .map(|row| desk_push(county, row))
                .collect::<Result<_, _>>()
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }

    /// One push of an agency.
    ///
    /// # Errors
    /// [`NotificationError::NoSuchPush`] where it is not there or another's, or of the database.
    pub async fn desk_push(
        &self,
        county: &str,
        agency: &str,
        push_id: Uuid,
    ) -> Result<DeskPush, NotificationError> {
        const OPERATION: &str = "read a push";
        Self::within(OPERATION, async {
            let row = sqlx::query(include_str!("sql/desk/push.sql"))
                .bind(county)
                .bind(push_id)
                .bind(agency)
                .fetch_optional(&self.pool)
                .await
                .map_err(NotificationError::database(OPERATION))?
                .ok_or(NotificationError::NoSuchPush)?;
            desk_push(county, &row).map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}

fn desk_push(county: &str, row: &PgRow) -> Result<DeskPush, sqlx::Error> {
    Ok(DeskPush {
        push: rows::push(county, row)?,
        last_outcome: rows::known(row, "last_outcome", FeedbackOutcome::try_from)?,
    })
}
