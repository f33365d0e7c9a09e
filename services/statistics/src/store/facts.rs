//! Writing facts: one statement for each kind in a batch, repeatable, in any order between the topics.

use std::collections::BTreeMap;

use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::fact::{ActivityFact, Batch, CaseFact, Key, PushFact, ReceiptFact, ReportFact},
    error::StatisticsError,
};

/// Writes what a batch says.
///
/// # Errors
/// [`StatisticsError::Database`].
pub async fn save(connection: &mut PgConnection, batch: &Batch) -> Result<(), StatisticsError> {
    put_reports(connection, &batch.reports).await?;
    put_report_cases(connection, &batch.report_cases).await?;
    put_cases(connection, &batch.cases).await?;
    put_pushes(connection, &batch.pushes).await?;
    put_receipts(connection, &batch.receipts).await?;
    put_activities(connection, &batch.activities).await
}

fn column<'a, F, T>(facts: &'a BTreeMap<Key, F>, value: impl Fn(&'a F) -> T) -> Vec<T> {
    facts.values().map(value).collect()
}

fn keys<F>(facts: &BTreeMap<Key, F>) -> (Vec<&str>, Vec<Uuid>) {
    facts.keys().map(|(county, id)| (county.as_str(), *id)).unzip()
}

fn maybe(time: Option<Timestamp>) -> Option<OffsetDateTime> {
    time.map(to_sql)
}

async fn put_reports(
    connection: &mut PgConnection,
    facts: &BTreeMap<Key, ReportFact>,
) -> Result<(), StatisticsError> {
    if facts.is_empty() {
        return Ok(());
    }
    let (counties, ids) = keys(facts);
    sqlx::query(include_str!("sql/put_reports.sql"))
        .bind(counties)
        .bind(ids)
        .bind(column(facts, |fact| fact.revision))
        .bind(column(facts, |fact| fact.source))
        .bind(column(facts, |fact| fact.area_code.as_str()))
        .bind(column(facts, |fact| fact.category.as_str()))
        .bind(column(facts, |fact| fact.repeat))
        .bind(column(facts, |fact| to_sql(fact.occurred_at)))
        .bind(column(facts, |fact| to_sql(fact.accepted_at)))
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing reports"))?;
    Ok(())
}

async fn put_report_cases(
    connection: &mut PgConnection,
    cases: &BTreeMap<Key, Uuid>,
) -> Result<(), StatisticsError> {
    if cases.is_empty() {
        return Ok(());
    }
    let (counties, ids) = keys(cases);
    sqlx::query(include_str!("sql/put_report_cases.sql"))
        .bind(counties)
        .bind(ids)
        .bind(column(cases, |case_id| *case_id))
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing the reports' cases"))?;
    Ok(())
}

async fn put_cases(
    connection: &mut PgConnection,
    facts: &BTreeMap<Key, CaseFact>,
) -> Result<(), StatisticsError> {
    if facts.is_empty() {
        return Ok(());
    }
    let (counties, ids) = keys(facts);
    sqlx::query(include_str!("sql/put_cases.sql"))
        .bind(counties)
        .bind(ids)
        .bind(column(facts, |fact| fact.version))
        .bind(column(facts, |fact| fact.state))
        .bind(column(facts, |fact| fact.level))
        .bind(column(facts, |fact| fact.area_code.as_str()))
        .bind(column(facts, |fact| fact.category.as_str()))
        .bind(column(facts, |fact| fact.first_source))
        .bind(column(facts, |fact| fact.lead_agency.as_str()))
        .bind(column(facts, |fact| to_sql(fact.opened_at)))
        .bind(column(facts, |fact| maybe(fact.resolved_at)))
        .bind(column(facts, |fact| maybe(fact.closed_at)))
        .bind(column(facts, |fact| fact.merged))
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing cases"))?;
    Ok(())
}

async fn put_pushes(
    connection: &mut PgConnection,
    facts: &BTreeMap<Key, PushFact>,
) -> Result<(), StatisticsError> {
    if facts.is_empty() {
        return Ok(());
    }
    let (counties, ids) = keys(facts);
    sqlx::query(include_str!("sql/put_pushes.sql"))
        .bind(counties)
        .bind(ids)
        .bind(column(facts, |fact| fact.case_id))
        .bind(column(facts, |fact| fact.agency.as_str()))
        .bind(column(facts, |fact| fact.form))
        .bind(column(facts, |fact| fact.level))
        .bind(column(facts, |fact| fact.area_code.as_str()))
        .bind(column(facts, |fact| fact.category.as_str()))
        .bind(column(facts, |fact| fact.first_source))
        .bind(column(facts, |fact| to_sql(fact.requested_at)))
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing pushes"))?;
    Ok(())
}

async fn put_receipts(
    connection: &mut PgConnection,
    facts: &BTreeMap<Key, ReceiptFact>,
) -> Result<(), StatisticsError> {
    if facts.is_empty() {
        return Ok(());
    }
    let (counties, ids) = keys(facts);
    sqlx::query(include_str!("sql/put_receipts.sql"))
        .bind(counties)
        .bind(ids)
        .bind(column(facts, |fact| maybe(fact.delivered_at)))
        .bind(column(facts, |fact| maybe(fact.signed_at)))
        .bind(column(facts, |fact| maybe(fact.returned_at)))
        .bind(column(facts, |fact| maybe(fact.feedback_at)))
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing receipts"))?;
    Ok(())
}

async fn put_activities(
    connection: &mut PgConnection,
    facts: &BTreeMap<Key, ActivityFact>,
) -> Result<(), StatisticsError> {
    if facts.is_empty() {
        return Ok(());
    }
    let (counties, ids) = keys(facts);
    sqlx::query(include_str!("sql/put_activities.sql"))
        .bind(counties)
        .bind(ids)
        .bind(column(facts, |fact| fact.revision))
        .bind(column(facts, |fact| fact.source))
        .bind(column(facts, |fact| fact.kind))
        .bind(column(facts, |fact| fact.area_code.as_str()))
        .bind(column(facts, |fact| fact.agency.as_str()))
        .bind(column(facts, |fact| to_sql(fact.begun_at)))
        .bind(column(facts, |fact| fact.minutes))
        .bind(column(facts, |fact| fact.count))
        .execute(connection)
        .await
        .map_err(StatisticsError::database("writing activities"))?;
    Ok(())
}
