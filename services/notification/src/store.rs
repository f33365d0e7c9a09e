//! What this service keeps in Postgres. All SQL stands in `store/sql`.

mod answers;
mod arrival;
mod attachments;
mod delivery;
mod desk;
mod endpoints;
mod expiry;
mod forms;
mod given_answers;
mod inbox;
mod measures;
mod owed;
mod owners;
mod parked;
pub mod people;
pub mod progress;
mod readings;
mod revisions;
mod rows;
mod sealed;
mod secrets;
mod settlements;
pub mod staff;

use std::{future::Future, time::Duration};

use fengqiao_messaging::Outbox;
use sqlx::PgPool;
use tokio::time::timeout;

pub use answers::{Act, Answer, KeptRecord};
pub use arrival::{Stored, insert_pushes};
pub use attachments::{KeptAttachment, NewAttachment};
pub use delivery::LaneRoom;
pub use desk::{Bucket, DeskPush, FourNumbers};
pub use endpoints::{EndpointState, Replayed};
pub use expiry::expire_cases;
pub use forms::{FormPlace, KeptPaper, Said, WhichForms, take_number};
pub use given_answers::GivenAnswer;
pub use inbox::{ArrivedPlace, Attempt, Place, ResumePlace, Which};
pub use measures::Waiting;
pub use parked::{Fitting, ResendWhich};
pub use readings::{NewReading, Opened, Reading, ReadingPlace, keep_protected};
pub use revisions::{RevisedPushes, revise_pushes};
pub use sealed::SEALED_COLUMNS;
pub use settlements::Settlements;

use crate::error::NotificationError;

/// The longest that one statement or short transaction may take, the wait for a connection included.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// Whoever changes a push that must be queued also queues it; if that gets lost, the sweeper does it
/// after this time.
pub(crate) const QUEUED_BY_THEN: Duration = Duration::from_secs(5);

/// All statements, so that a test can hold them against the real schema.
pub const STATEMENTS: &[(&str, &str)] = &[
    ("claim", include_str!("store/sql/claim.sql")),
    ("expire_cases", include_str!("store/sql/expire_cases.sql")),
    ("list_secrets", include_str!("store/sql/list_secrets.sql")),
    ("add_secret", include_str!("store/sql/add_secret.sql")),
    ("record_attempts", include_str!("store/sql/record_attempts.sql")),
    ("hold_queues", include_str!("store/sql/hold_queues.sql")),
    ("let_queues_go", include_str!("store/sql/let_queues_go.sql")),
    ("process_seen", include_str!("store/sql/process_seen.sql")),
    ("process_gone", include_str!("store/sql/process_gone.sql")),
    ("processes_alive", include_str!("store/sql/processes_alive.sql")),
    ("read_backlog", include_str!("store/sql/read_backlog.sql")),
    ("arrive", settlements::ARRIVE),
    ("arrive_after_all", settlements::ARRIVE_AFTER_ALL),
    ("hold_owners", include_str!("store/sql/hold_owners.sql")),
    ("settle_failed", include_str!("store/sql/settle_failed.sql")),
    ("due_agencies", include_str!("store/sql/due_agencies.sql")),
    ("requeue", include_str!("store/sql/requeue.sql")),
    ("make_due", include_str!("store/sql/make_due.sql")),
    ("get_push", include_str!("store/sql/get_push.sql")),
    ("lock_push", include_str!("store/sql/lock_push.sql")),
    ("list_attempts", include_str!("store/sql/list_attempts.sql")),
    ("list_of_agency", include_str!("store/sql/list_of_agency.sql")),
    ("list_of_case", include_str!("store/sql/list_of_case.sql")),
    ("list_of_county", include_str!("store/sql/list_of_county.sql")),
    ("list_parked", include_str!("store/sql/list_parked.sql")),
    ("list_parked_of_agency", include_str!("store/sql/list_parked_of_agency.sql")),
    ("sign", answers::SIGN),
    ("return", answers::RETURN),
    ("feedback", answers::FEEDBACK),
    ("feedback_known", include_str!("store/sql/feedback_known.sql")),
    ("resend_named", include_str!("store/sql/resend_named.sql")),
    ("resend_fitting", include_str!("store/sql/resend_fitting.sql")),
    ("endpoint_states", include_str!("store/sql/endpoint_states.sql")),
    ("replayed", include_str!("store/sql/replayed.sql")),
    ("list_arrivals", include_str!("store/sql/list_arrivals.sql")),
    ("arrival_of", include_str!("store/sql/arrival_of.sql")),
    ("measure_waiting", include_str!("store/sql/measure_waiting.sql")),
    ("measure_parked", include_str!("store/sql/measure_parked.sql")),
    ("forms/take_place", include_str!("store/sql/forms/take_place.sql")),
    ("forms/take_number", include_str!("store/sql/forms/take_number.sql")),
    ("forms/insert_form", include_str!("store/sql/forms/insert_form.sql")),
    ("forms/insert_push", include_str!("store/sql/forms/insert_push.sql")),
    ("forms/get_form", include_str!("store/sql/forms/get_form.sql")),
    ("forms/form_of_request", include_str!("store/sql/forms/form_of_request.sql")),
    ("forms/form_of_code", include_str!("store/sql/forms/form_of_code.sql")),
    ("forms/list_of_county", include_str!("store/sql/forms/list_of_county.sql")),
    ("forms/list_of_agency", include_str!("store/sql/forms/list_of_agency.sql")),
    ("forms/list_of_case", include_str!("store/sql/forms/list_of_case.sql")),
    ("forms/keep_template", include_str!("store/sql/forms/keep_template.sql")),
    ("forms/template", include_str!("store/sql/forms/template.sql")),
    ("forms/paper", include_str!("store/sql/forms/paper.sql")),
    ("forms/keep_paper", include_str!("store/sql/forms/keep_paper.sql")),
    ("recall", include_str!("store/sql/recall.sql")),
    ("recall_one", include_str!("store/sql/recall_one.sql")),
    ("move_limits", include_str!("store/sql/move_limits.sql")),
    ("owed", include_str!("store/sql/owed.sql")),
    ("recorded/keep", include_str!("store/sql/recorded/keep.sql")),
    ("recorded/reached", include_str!("store/sql/recorded/reached.sql")),
    ("given_answers", include_str!("store/sql/given_answers.sql")),
    ("given_feedback", include_str!("store/sql/given_feedback.sql")),
    ("begin_attachment", include_str!("store/sql/attachment/begin.sql")),
    ("put_piece", include_str!("store/sql/attachment/put_piece.sql")),
    ("get_piece", include_str!("store/sql/attachment/get_piece.sql")),
    ("drop_pieces", include_str!("store/sql/attachment/drop_pieces.sql")),
    ("keep_content", include_str!("store/sql/attachment/keep_content.sql")),
    ("keep_attachment", include_str!("store/sql/attachment/keep.sql")),
    ("end_upload", include_str!("store/sql/attachment/end_upload.sql")),
    ("list_attachments", include_str!("store/sql/attachment/list.sql")),
    ("abandoned_uploads", include_str!("store/sql/attachment/abandoned.sql")),
    ("has_body", include_str!("store/sql/attachment/has_body.sql")),
    ("desk_numbers", include_str!("store/sql/desk/numbers.sql")),
    ("desk_list", include_str!("store/sql/desk/list.sql")),
    ("desk_push", include_str!("store/sql/desk/push.sql")),
    ("people/insert", include_str!("store/sql/people/insert.sql")),
    ("people/claim", include_str!("store/sql/people/claim.sql")),
    ("people/settle", include_str!("store/sql/people/settle.sql")),
    ("people/list", include_str!("store/sql/people/list.sql")),
    ("people/get", include_str!("store/sql/people/get.sql")),
    ("people/resend", include_str!("store/sql/people/resend.sql")),
    ("people/residents_told", include_str!("store/sql/people/residents_told.sql")),
    ("people/drop_protected", include_str!("store/sql/people/drop_protected.sql")),
    ("people/expire", include_str!("store/sql/people/expire.sql")),
    ("people/expire_of_duties", include_str!("store/sql/people/expire_of_duties.sql")),
    ("people/keep_recipients", include_str!("store/sql/people/keep_recipients.sql")),
    ("people/recipients_after", include_str!("store/sql/people/recipients_after.sql")),
    ("protected/cases", include_str!("store/sql/protected/cases.sql")),
    ("protected/of", include_str!("store/sql/protected/of.sql")),
    ("protected/keep", include_str!("store/sql/protected/keep.sql")),
    ("protected/keep_part", include_str!("store/sql/protected/keep_part.sql")),
    ("protected/holds", include_str!("store/sql/protected/holds.sql")),
    ("protected/list", include_str!("store/sql/protected/list.sql")),
    ("protected/case_of_number", include_str!("store/sql/protected/case_of_number.sql")),
    ("staff/keep", include_str!("store/sql/staff/keep.sql")),
    ("staff/newer", include_str!("store/sql/staff/newer.sql")),
    ("people/measure", include_str!("store/sql/people/measure.sql")),
    ("progress/upsert", include_str!("store/sql/progress/upsert.sql")),
    ("progress/codes", include_str!("store/sql/progress/codes.sql")),
    ("progress/get", include_str!("store/sql/progress/get.sql")),
    ("progress/renew", include_str!("store/sql/progress/renew.sql")),
];

/// How statements that take a receiver's step go on ([`InStepStatement`](fengqiao_messaging::InStepStatement)).
pub const STATEMENTS_IN_STEP: &[(&str, &str)] = &[
    ("arrival/insert_pushes", include_str!("store/sql/arrival/insert_pushes.sql")),
    ("arrival/insert_push", include_str!("store/sql/arrival/insert_push.sql")),
];

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    /// For reading what waits for the agencies whose queues are owned here. A pool gives its connections in turn: of many
    /// each is cold, and has all to plan anew.
    reading: PgPool,
    outbox: Outbox,
}

impl Store {
    /// A store on this service's schema. It makes a few more connections like those of the pool: an eighth of its number
    /// and one.
    #[must_use]
    pub fn new(pool: PgPool, outbox: Outbox) -> Self {
        let few = pool.options().get_max_connections() / 8 + 1;
        Self { reading: of_its_kind(&pool, few), pool, outbox }
    }

    /// So many connections like those of the pool, beside them.
    fn beside(&self, connections: u32) -> PgPool {
        of_its_kind(&self.pool, connections)
    }

    /// Ends the connections that it has made.
    pub async fn close(&self) {
        self.reading.close().await;
    }

    async fn within<T>(
        operation: &'static str,
        work: impl Future<Output = Result<T, NotificationError>>,
    ) -> Result<T, NotificationError> {
        timeout(STATEMENT_TIMEOUT, work).await.unwrap_or(Err(NotificationError::Late(operation)))
    }
}

fn of_its_kind(pool: &PgPool, connections: u32) -> PgPool {
    let options = pool.options().clone().min_connections(0).max_connections(connections);
    options.connect_lazy_with((*pool.connect_options()).clone())
}

/// Milliseconds as SQL takes them.
fn millis(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}
