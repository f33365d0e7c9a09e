//! What must be true when everything has come to rest, read from all four schemas. Each check gives the
//! faults that it found, in words.

use std::{collections::BTreeMap, time::Duration};

use fengqiao_proto::statistics::v1::{QueryIndicatorsRequest, QueryIndicatorsResponse};
use fengqiao_stack::clients::Connections;
use sqlx::{AssertSqlSafe, PgPool};

use crate::waiting::until;

/// Who receives what.
const RECEIVERS: &[(&str, &str)] = &[
    ("intake", "routing"),
    ("intake", "statistics"),
    ("routing", "intake"),
    ("routing", "notification"),
    ("routing", "statistics"),
    ("notification", "routing"),
    ("notification", "statistics"),
];

/// Statements that count faults: 0 is right.
const FAULTS: &[(&str, &str)] = &[
    (
        "reports that are in no case",
        "SELECT count(*) FROM intake.report r WHERE NOT EXISTS (SELECT FROM routing.case_report c WHERE c.county = r.county AND c.report_id = r.report_id)",
    ),
    (
        "reports in a case that intake does not have",
        "SELECT count(*) FROM routing.case_report c WHERE NOT EXISTS (SELECT FROM intake.report r WHERE r.county = c.county AND c.report_id = r.report_id)",
    ),
    (
        "cases of which intake was told nothing or something else",
        "SELECT count(*) FROM routing.case_file c LEFT JOIN intake.told_case t ON t.county = c.county AND t.case_id = c.id WHERE t.state IS DISTINCT FROM c.state",
    ),
    (
        "cases whose count of reports is wrong",
        "SELECT count(*) FROM routing.case_file f WHERE f.report_count <> (SELECT count(*) FROM routing.case_report c WHERE c.county = f.county AND c.case_id = f.id)",
    ),
    (
        "cases whose history has gaps or doubles",
        "SELECT count(*) FROM routing.case_file f WHERE f.history_count <> (SELECT count(*) FROM routing.case_history h WHERE h.county = f.county AND h.case_id = f.id) OR f.history_count <> (SELECT max(sequence) FROM routing.case_history h WHERE h.county = f.county AND h.case_id = f.id)",
    ),
    (
        "cases whose history tells of another number of reports",
        "SELECT count(*) FROM routing.case_file f WHERE f.report_count <> (SELECT count(*) FROM routing.case_history h WHERE h.county = f.county AND h.case_id = f.id AND h.kind IN (1, 2))",
    ),
    (
        "clusters with two live cases",
        "SELECT count(*) FROM (SELECT FROM routing.case_file WHERE state IN (1, 2) GROUP BY county, cluster_id HAVING count(*) > 1) twice",
    ),
    (
        "pushes that routing requested and notification lacks",
        "SELECT count(*) FROM routing.case_push c WHERE NOT EXISTS (SELECT FROM notification.push p WHERE p.county = c.county AND p.push_id = c.push_id)",
    ),
    (
        "reminders of duties that routing requested and notification lacks",
        "SELECT count(*) FROM routing.duty_push d WHERE NOT EXISTS (SELECT FROM notification.push p WHERE p.county = d.county AND p.push_id = d.push_id AND p.subject = 2 AND p.case_id = d.duty_id)",
    ),
    (
        "reminders of no duty",
        "SELECT count(*) FROM routing.duty_push d WHERE NOT EXISTS (SELECT FROM routing.standing_duty s WHERE s.county = d.county AND s.id = d.duty_id)",
    ),
    (
        "pushes that nobody requested",
        "SELECT count(*) FROM notification.push p WHERE p.subject <> 3 AND NOT EXISTS (SELECT FROM routing.case_push c WHERE p.county = c.county AND p.push_id = c.push_id) AND NOT EXISTS (SELECT FROM routing.duty_push d WHERE p.county = d.county AND p.push_id = d.push_id)",
    ),
    (
        "forms that one case pushed twice to one agency at one level",
        "SELECT count(*) FROM (SELECT FROM routing.case_push GROUP BY county, case_id, agency, form, level HAVING count(*) > 1) twice",
    ),
    (
        "signatures that routing does not know",
        "SELECT count(*) FROM notification.push p JOIN routing.case_push c USING (county, push_id) WHERE (p.signed_at IS NULL) <> (c.signed_at IS NULL)",
    ),
    (
        "report facts that differ from the reports",
        "SELECT count(*) FROM intake.report r FULL JOIN (SELECT f.* FROM statistics.fact_report f JOIN statistics.generation g ON g.county = f.county AND g.current = f.generation WHERE f.known_until IS NULL) f ON f.county = r.county AND f.id = r.report_id WHERE r.report_id IS NULL OR f.id IS NULL OR f.case_id IS NULL OR f.repeat IS DISTINCT FROM (r.link_reasons IS NOT NULL)",
    ),
    (
        "case facts that differ from the cases",
        "SELECT count(*) FROM routing.case_file c FULL JOIN (SELECT f.* FROM statistics.fact_case f JOIN statistics.generation g ON g.county = f.county AND g.current = f.generation WHERE f.known_until IS NULL AND f.valid_until IS NULL) f ON f.county = c.county AND f.id = c.id WHERE c.id IS NULL OR f.id IS NULL OR f.state <> c.state OR f.level <> c.level OR f.agency <> c.lead_agency",
    ),
    (
        "push facts that differ from the pushes",
        "SELECT count(*) FROM (SELECT * FROM notification.push WHERE subject = 1) p FULL JOIN (SELECT f.* FROM statistics.fact_push f JOIN statistics.generation g ON g.county = f.county AND g.current = f.generation WHERE f.known_until IS NULL) f ON f.county = p.county AND f.id = p.push_id WHERE p.push_id IS NULL OR f.id IS NULL OR f.requested_at IS NULL OR (p.signed_at IS NULL) <> (f.signed_at IS NULL) OR (p.feedback_at IS NULL) <> (f.feedback_at IS NULL)",
    ),
    ("events parked by intake", "SELECT count(*) FROM intake.receiver_parked"),
    ("events parked by routing", "SELECT count(*) FROM routing.receiver_parked"),
    ("events parked by notification", "SELECT count(*) FROM notification.receiver_parked"),
    ("events parked by statistics", "SELECT count(*) FROM statistics.receiver_parked"),
];

/// How far each receiver is behind its sender's outbox, where it is not level with it.
///
/// # Panics
/// Where a schema is not there.
pub async fn behind(pool: &PgPool) -> BTreeMap<String, i64> {
    let mut behind = BTreeMap::new();
    for (sender, receiver) in RECEIVERS {
        let sql = format!(
            "SELECT coalesce((SELECT sum(position) FROM {sender}.outbox_head), 0)::bigint \
             - coalesce((SELECT sum(position) FROM {receiver}.receiver_position WHERE topic = '{sender}'), 0)::bigint"
        );
        let by: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.expect("the outboxes");
        if by != 0 {
            behind.insert(format!("{receiver} behind {sender}"), by);
        }
    }
    behind
}

/// Waits until every receiver has applied all that was sent, twice in a row, since one's work is the
/// next one's news.
pub async fn at_rest(pool: &PgPool, at_most: Duration) {
    for _ in 0..2 {
        until("every receiver is level with its sender", at_most, async || {
            behind(pool).await.is_empty().then_some(())
        })
        .await;
    }
}

/// All faults in the four schemas, in words; none where everything is as it must be.
///
/// # Panics
/// Where a statement does not fit the schema.
pub async fn faults(pool: &PgPool) -> Vec<String> {
    let mut found: Vec<String> =
        behind(pool).await.into_iter().map(|(who, by)| format!("{by} events: {who}")).collect();
    for (what, sql) in FAULTS {
        let count: i64 =
            sqlx::query_scalar(*sql).fetch_one(pool).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    found
}

/// What statistics answers, against a count of what the other services hold.
///
/// # Panics
/// Where the database cannot be asked.
pub async fn wrong_figures(pool: &PgPool, calls: &Connections) -> Vec<String> {
    let now = jiff::Timestamp::now().as_second();
    let question = QueryIndicatorsRequest {
        from: Some(prost_types::Timestamp { seconds: now - 86_400, nanos: 0 }),
        before: Some(prost_types::Timestamp { seconds: now + 86_400, nanos: 0 }),
        ..Default::default()
    };
    let answer = match calls.statistics("analyst").unwrap().query_indicators(question).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return vec![format!("statistics does not answer: {}", status.message())],
    };
    // Of pushes statistics knows those of cases, and an exercise counts nowhere. A reminder of a duty besides cases may come
    // at any hour, such as when a week's sweep is over.
    let truth: (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM intake.report), (SELECT count(*) FROM intake.report WHERE link_reasons IS NOT NULL), \
         (SELECT count(*) FROM routing.case_file), \
         (SELECT count(*) FROM notification.push WHERE subject = 1 AND NOT drill), \
         (SELECT count(*) FROM notification.push WHERE subject = 1 AND NOT drill AND signed_at IS NOT NULL)",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    [
        ("reports", truth.0),
        ("repeat_rate", truth.1),
        ("cases", truth.2),
        ("pushes", truth.3),
        ("sign_rate", truth.4),
    ]
    .into_iter()
    .filter(|(indicator, counted)| numerator(&answer, indicator) != *counted)
    .map(|(indicator, counted)| {
        format!("{indicator} is {} and should be {counted}", numerator(&answer, indicator))
    })
    .collect()
}

fn numerator(answer: &QueryIndicatorsResponse, indicator: &str) -> i64 {
    answer.rows.iter().find(|row| row.indicator == indicator).map_or(0, |row| row.numerator)
}
