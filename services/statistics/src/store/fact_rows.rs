//! Rows of facts as their tables have them. They are sent as values of the table's own type: sent as text, to be taken
//! apart by name, a row costs Postgres several times as much. A process that does not know a column of the table cannot
//! write there any more: its receivers wait until a newer one takes over.

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{Postgres, postgres::PgHasArrayType};
use time::OffsetDateTime;
use uuid::Uuid;

use super::fact_tables::{FactTable, fact_table};
use crate::domain::facts::{ActivityFact, CaseFact, DutyFact, PushFact, ReportFact, Row};

/// A row of one of the tables.
pub(super) trait FactRow:
    sqlx::Type<Postgres> + PgHasArrayType + for<'q> sqlx::Encode<'q, Postgres> + Send
{
    /// What it says.
    type Fact: Clone + Sync;
    /// Its table. The columns stand in the order in which that has them.
    const TABLE: FactTable;

    /// A row of a generation of a county's facts.
    fn of(county: &str, generation: i32, row: Row<Self::Fact>) -> Self;
}

/// What a column of a fact is in the table.
trait Column {
    /// In the table.
    type Stored;
    fn stored(self) -> Self::Stored;
}

macro_rules! stored_as_it_is {
    ($($type:ty),+) => {
        $(impl Column for $type {
            type Stored = Self;
            fn stored(self) -> Self {
                self
            }
        })+
    };
}

stored_as_it_is!(bool, i16, i32, String, Option<Uuid>);

impl Column for Timestamp {
    type Stored = OffsetDateTime;
    fn stored(self) -> OffsetDateTime {
        to_sql(self)
    }
}

impl Column for Option<Timestamp> {
    type Stored = Option<OffsetDateTime>;
    fn stored(self) -> Option<OffsetDateTime> {
        self.map(to_sql)
    }
}

macro_rules! fact_row {
    ($row:ident of $table:literal says $fact:ty { $($column:ident: $type:ty),+ $(,)? }) => {
        #[derive(sqlx::Type)]
        #[sqlx(type_name = $table)]
        pub(super) struct $row {
            county: String,
            generation: i32,
            id: Uuid,
            part: i16,
            seq: i32,
            known_from: OffsetDateTime,
            known_until: Option<OffsetDateTime>,
            $($column: <$type as Column>::Stored,)+
        }

        impl FactRow for $row {
            type Fact = $fact;
            const TABLE: FactTable = fact_table!($table, [
                "county", "generation", "id", "part", "seq", "known_from", "known_until", $(stringify!($column)),+
            ]);

            fn of(county: &str, generation: i32, row: Row<$fact>) -> Self {
                Self {
                    county: county.to_owned(),
                    generation,
                    id: row.id,
                    part: row.part,
                    seq: row.seq,
                    known_from: to_sql(row.known_from),
                    known_until: row.known_until.map(to_sql),
                    $($column: row.fact.$column.stored(),)+
                }
            }
        }
    };
}

fact_row!(ReportRow of "fact_report" says ReportFact {
    case_id: Option<Uuid>,
    source: i16,
    area_code: String,
    category: String,
    repeat: bool,
    drill: bool,
    occurred_at: Option<Timestamp>,
    accepted_at: Option<Timestamp>,
});

fact_row!(CaseRow of "fact_case" says CaseFact {
    valid_from: Timestamp,
    valid_until: Option<Timestamp>,
    case_id: Option<Uuid>,
    state: i16,
    level: i16,
    area_code: String,
    category: String,
    source: i16,
    agency: String,
    merged: bool,
    drill: bool,
    opened_at: Option<Timestamp>,
    signed_at: Option<Timestamp>,
    contacted_at: Option<Timestamp>,
    settled_at: Option<Timestamp>,
    first_settled_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    reopened_at: Option<Timestamp>,
    followed_at: Option<Timestamp>,
    revisited_at: Option<Timestamp>,
    agreed_at: Option<Timestamp>,
    mediated_at: Option<Timestamp>,
    criminal_at: Option<Timestamp>,
    public_order_at: Option<Timestamp>,
    handle_due_at: Option<Timestamp>,
    perform_due_at: Option<Timestamp>,
    performed: bool,
    residents_credited: bool,
    major: bool,
    settled_place: i16,
    method: i16,
    reports: i32,
    sessions: i32,
    returns: i32,
    extensions: i32,
    supervisions: i32,
    reopened: i32,
    revisits_effective: i32,
    revisits_solved: i32,
    revisits_rated: i32,
    revisits_content: i32,
    revisits_mostly_content: i32,
});

fact_row!(PushRow of "fact_push" says PushFact {
    case_id: Option<Uuid>,
    agency: String,
    form: i16,
    level: i16,
    area_code: String,
    category: String,
    source: i16,
    drill: bool,
    requested_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    sign_due_at: Option<Timestamp>,
    feedback_due_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    signed_at: Option<Timestamp>,
    returned_at: Option<Timestamp>,
    feedback_at: Option<Timestamp>,
    answered_at: Option<Timestamp>,
});

fact_row!(DutyRow of "fact_duty" says DutyFact {
    case_id: Option<Uuid>,
    kind: i16,
    agency: String,
    level: i16,
    area_code: String,
    category: String,
    source: i16,
    drill: bool,
    started_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    met_at: Option<Timestamp>,
    dropped_at: Option<Timestamp>,
});

fact_row!(ActivityRow of "fact_activity" says ActivityFact {
    source: i16,
    kind: i16,
    area_code: String,
    agency: String,
    level: i16,
    category: String,
    begun_at: Option<Timestamp>,
    minutes: i32,
    number: i32,
    drill: bool,
});
