//! Pushes that routing asked for.

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use fengqiao_messaging::{InStepStatement, Step};
use fengqiao_serving::time::to_sql;
use sqlx::{PgConnection, Postgres, Row as _, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::{QUEUED_BY_THEN, millis};
use crate::{
    domain::{form::FormDraft, push::RequestedPush},
    error::NotificationError,
};

/// Stores many pushes, of which each parameter is a list.
static MANY: LazyLock<InStepStatement> =
    LazyLock::new(|| InStepStatement::new(include_str!("sql/arrival/insert_pushes.sql")));
/// Stores one push, of which each parameter is a value.
static ONE: LazyLock<InStepStatement> =
    LazyLock::new(|| InStepStatement::new(include_str!("sql/arrival/insert_push.sql")));

/// A push that is stored.
pub struct Stored {
    /// The number of its form; empty where it has none.
    pub form_number: String,
    /// The stream that waits for it has claimed it.
    pub goes_at_once: bool,
}

/// Stores pushes of one county with their forms, numbers them, and takes the receiver's step, in one statement that
/// commits by itself; those that are `claimed` belong for `lease` to the stream that waits for them, unless they belong
/// behind one that failed. No push stands in `asked` twice. Returns those that are new; none where another process took
/// the step and nothing is stored.
///
/// # Errors
/// [`NotificationError::Database`].
pub async fn insert_pushes(
    conn: &mut PgConnection,
    step: &Step,
    asked: &[RequestedPush],
    forms: &[Option<FormDraft>],
    claimed: &[bool],
    lease: Duration,
) -> Result<Option<HashMap<Uuid, Stored>>, NotificationError> {
    const OPERATION: &str = "store pushes";
    let (statement, these): (_, fn(_, _, _, _) -> _) =
        if asked.len() == 1 { (&ONE, bind_one) } else { (&MANY, bind_many) };
    let query = step.query(statement).bind(millis(QUEUED_BY_THEN)).bind(millis(lease));
    let rows = these(query, asked, forms, claimed)
        .fetch_all(conn)
        .await
        .map_err(NotificationError::database(OPERATION))?;
    let mut new = HashMap::with_capacity(rows.len());
    for row in &rows {
        let read = || -> Result<_, sqlx::Error> {
            let Some(push_id) = row.try_get::<Option<Uuid>, _>("push_id")? else { return Ok(None) };
            let (form_number, goes_at_once) = (row.try_get("form_number")?, row.try_get("goes_at_once")?);
            Ok(Some((push_id, Stored { form_number, goes_at_once })))
        };
        new.extend(read().map_err(NotificationError::database(OPERATION))?);
    }
    Ok((!rows.is_empty()).then_some(new))
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// The parameters of [`MANY`] from `$8` on.
fn bind_many<'q>(
    query: Statement<'q>,
    asked: &'q [RequestedPush],
    forms: &'q [Option<FormDraft>],
    claimed: &'q [bool],
) -> Statement<'q> {
    let column = |get: fn(&RequestedPush) -> &str| asked.iter().map(get).collect::<Vec<_>>();
    let drafted =
        |get: fn(&FormDraft) -> &str| forms.iter().map(|draft| draft.as_ref().map(get)).collect::<Vec<_>>();
    let digits = |draft: &FormDraft| i32::from(draft.numbering.digits);
    query
        .bind(asked.iter().map(|p| p.push_id).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.case_id).collect::<Vec<_>>())
        .bind(column(|p| &p.case_number))
        .bind(column(|p| &p.agency))
        .bind(asked.iter().map(|p| p.form as i16).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.level as i16).collect::<Vec<_>>())
        .bind(column(|p| &p.area_code))
        .bind(column(|p| &p.area_name))
        .bind(column(|p| &p.category))
        .bind(column(|p| &p.reason))
        .bind(asked.iter().map(|p| to_sql(p.requested_at)).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.due_at.map(to_sql)).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.traceparent.as_deref()).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.sealed_matter.as_slice()).collect::<Vec<_>>())
        .bind(claimed)
        .bind(asked.iter().map(|p| p.subject as i16).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.evidence_for.bits()).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.drill).collect::<Vec<_>>())
        .bind(drafted(|d| &d.title))
        .bind(drafted(|d| &d.issuer))
        .bind(drafted(|d| &d.issuer_name))
        .bind(drafted(|d| &d.numbering.series))
        .bind(forms.iter().map(|draft| draft.as_ref().map(|d| d.year)).collect::<Vec<_>>())
        .bind(drafted(|d| &d.numbering.head))
        .bind(forms.iter().map(|draft| draft.as_ref().map(digits)).collect::<Vec<_>>())
        .bind(drafted(|d| &d.numbering.tail))
        .bind(drafted(|d| &d.template_version))
        .bind(drafted(|d| &d.agency_name))
        .bind(drafted(|d| &d.recipient_kind))
        .bind(asked.iter().map(|p| p.sign_by.map(to_sql)).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.answer_by.map(to_sql)).collect::<Vec<_>>())
        .bind(drafted(|d| &d.check_code))
        .bind(asked.iter().map(|p| p.told.first_at.map(to_sql)).collect::<Vec<_>>())
        .bind(asked.iter().map(|p| p.told.answer).collect::<Vec<_>>())
}

/// The parameters of [`ONE`] from `$8` on: those of the one push that there is.
fn bind_one<'q>(
    query: Statement<'q>,
    asked: &'q [RequestedPush],
    forms: &'q [Option<FormDraft>],
    claimed: &'q [bool],
) -> Statement<'q> {
    let (push, draft) = (&asked[0], forms[0].as_ref());
    query
        .bind(push.push_id)
        .bind(push.case_id)
        .bind(&push.case_number)
        .bind(&push.agency)
        .bind(push.form as i16)
        .bind(push.level as i16)
        .bind(&push.area_code)
        .bind(&push.area_name)
        .bind(&push.category)
        .bind(&push.reason)
        .bind(to_sql(push.requested_at))
        .bind(push.due_at.map(to_sql))
        .bind(push.traceparent.as_deref())
        .bind(push.sealed_matter.as_slice())
        .bind(claimed[0])
        .bind(push.subject as i16)
        .bind(push.evidence_for.bits())
        .bind(push.drill)
        .bind(draft.map(|d| d.title.as_str()))
        .bind(draft.map(|d| d.issuer.as_str()))
        .bind(draft.map(|d| d.issuer_name.as_str()))
        .bind(draft.map(|d| d.numbering.series.as_str()))
        .bind(draft.map(|d| d.year))
        .bind(draft.map(|d| d.numbering.head.as_str()))
        .bind(draft.map(|d| i32::from(d.numbering.digits)))
        .bind(draft.map(|d| d.numbering.tail.as_str()))
        .bind(draft.map(|d| d.template_version.as_str()))
        .bind(draft.map(|d| d.agency_name.as_str()))
        .bind(draft.map(|d| d.recipient_kind.as_str()))
        .bind(push.sign_by.map(to_sql))
        .bind(push.answer_by.map(to_sql))
        .bind(draft.map(|d| d.check_code.as_str()))
        .bind(push.told.first_at.map(to_sql))
        .bind(push.told.answer)
}
