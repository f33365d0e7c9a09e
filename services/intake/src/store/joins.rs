//! Moving reports from one person, household or case cluster to another.

use std::collections::HashSet;

use fengqiao_linkage::{Join, Kind};
use fengqiao_serving::time::to_sql;
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, types::Uuid};

use super::{StoreError, known::number_of, link_decisions::LinkAct};

const OPERATION: &str = "join clusters";

/// Who decides where later evidence joins two clusters.
const MACHINE: &str = "machine";

/// Moves the reports of each absorbed cluster, in this order, and what officers said of it; each is kept as a decision
/// of the machine, with this id. Where no report is moved both were made by one batch, and nobody has seen the other one.
///
/// # Errors
/// [`StoreError`]
pub(super) async fn join_clusters(
    conn: &mut PgConnection,
    county: &str,
    joins: &[(Join, Uuid)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (mut decisions, mut reports) = (Vec::new(), Vec::new());
    for together in at_once(joins) {
        let of_together: Vec<Join> = together.iter().map(|(join, _)| *join).collect();
        for (kind, absorbed, report) in join_all(conn, county, &of_together).await? {
            let of = |(join, _): &&(Join, Uuid)| (join.kind, join.absorbed) == (kind, absorbed);
            if let Some((_, decision)) = together.iter().find(of) {
                decisions.push(*decision);
                reports.push(report);
            }
        }
    }
    if decisions.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("sql/add_joins.sql"))
        .bind(county)
        .bind(joins.iter().map(|(_, decision)| *decision).collect::<Vec<_>>())
        .bind(joins.iter().map(|(join, _)| number_of(join.kind)).collect::<Vec<_>>())
        .bind(joins.iter().map(|(join, _)| join.kept).collect::<Vec<_>>())
        .bind(joins.iter().map(|(join, _)| join.absorbed).collect::<Vec<_>>())
        .bind(decisions)
        .bind(reports)
        .bind(LinkAct::Join as i16)
        .bind(MACHINE)
        .bind(to_sql(now))
        .execute(conn)
        .await
        .map(|_| ())
        .map_err(StoreError::database(OPERATION))
}

/// Divides joins, in their order, so that within a part no cluster that goes into another one is named twice.
fn at_once(joins: &[(Join, Uuid)]) -> Vec<&[(Join, Uuid)]> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    let (mut absorbed, mut kept) = (HashSet::new(), HashSet::new());
    for (at, (join, _)) in joins.iter().enumerate() {
        let (goes, stays) = ((join.kind, join.absorbed), (join.kind, join.kept));
        if absorbed.contains(&goes) || absorbed.contains(&stays) || kept.contains(&goes) {
            parts.push(&joins[begin..at]);
            begin = at;
            absorbed.clear();
            kept.clear();
        }
        absorbed.insert(goes);
        kept.insert(stays);
    }
    // A batch that only revises reports joins nothing, and asks for nothing.
    parts.extend(Some(&joins[begin..]).filter(|rest| !rest.is_empty()));
    parts
}

/// All reports of the absorbed cluster belong to the other from now on, and so does what officers said of it. Returns which
/// these are.
///
/// # Errors
/// [`StoreError`]
pub async fn join_two(conn: &mut PgConnection, county: &str, join: &Join) -> Result<Vec<Uuid>, StoreError> {
    let moved = join_all(conn, county, std::slice::from_ref(join)).await?;
    Ok(moved.into_iter().map(|(.., report)| report).collect())
}

/// The same of several, of which none that goes stays for another one. Returns the reports, each with the cluster that it
/// was of.
async fn join_all(
    conn: &mut PgConnection,
    county: &str,
    joins: &[Join],
) -> Result<Vec<(Kind, Uuid, Uuid)>, StoreError> {
    let mut all = Vec::new();
    for (kind, moves) in [
        (Kind::Person, include_str!("sql/join_person.sql")),
        (Kind::Household, include_str!("sql/join_household.sql")),
        (Kind::Case, include_str!("sql/join_case.sql")),
    ] {
        let of_kind = || joins.iter().filter(|join| join.kind == kind);
        if of_kind().next().is_none() {
            continue;
        }
        let moved: Vec<(Uuid, Uuid)> = sqlx::query_as(moves)
            .bind(county)
            .bind(of_kind().map(|join| join.absorbed).collect::<Vec<_>>())
            .bind(of_kind().map(|join| join.kept).collect::<Vec<_>>())
            .fetch_all(&mut *conn)
            .await
            .map_err(StoreError::database(OPERATION))?;
        all.extend(moved.into_iter().map(|(absorbed, report)| (kind, absorbed, report)));
    }
    sqlx::query(include_str!("sql/join_apart.sql"))
        .bind(county)
        .bind(joins.iter().map(|join| number_of(join.kind)).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.absorbed).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.kept).collect::<Vec<_>>())
        .execute(conn)
        .await
        .map_err(StoreError::database(OPERATION))?;
    Ok(all)
}

/// Of a cluster that others went into so many of the oldest and of the newest reports are looked at.
const LOOKED_AT: i64 = 20;

/// The police's calls that joins have shown to be repeats, of those that were accepted within the window; they are known as
/// such from now on.
///
/// # Errors
/// [`StoreError`]
pub async fn repeated_calls(
    conn: &mut PgConnection,
    county: &str,
    joins: &[Join],
    window: SignedDuration,
    now: Timestamp,
) -> Result<Vec<Uuid>, StoreError> {
    if joins.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_scalar(include_str!("sql/repeated_calls.sql"))
        .bind(county)
        .bind(joins.iter().map(|join| number_of(join.kind)).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.kept).collect::<Vec<_>>())
        .bind(window.as_secs_f64())
        .bind(to_sql(now.checked_sub(window).unwrap_or(Timestamp::MIN)))
        .bind(LOOKED_AT)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database(OPERATION))
}

/// Of these reports, those that belong to one cluster belong to the other from now on. Returns which these are.
///
/// # Errors
/// [`StoreError`]
pub async fn move_reports(
    conn: &mut PgConnection,
    county: &str,
    kind: Kind,
    from: Uuid,
    to: Uuid,
    reports: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    let moves = match kind {
        Kind::Person => include_str!("sql/move_person.sql"),
        Kind::Household => include_str!("sql/move_household.sql"),
        Kind::Case => include_str!("sql/move_case.sql"),
    };
    sqlx::query_scalar(moves)
        .bind(county)
        .bind(from)
        .bind(to)
        .bind(reports)
        .fetch_all(conn)
        .await
        .map_err(StoreError::database("move reports"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_where_another_one_went_comes_after_it() {
        let join = |kind, kept, absorbed| {
            (Join { kind, kept: Uuid::from_u128(kept), absorbed: Uuid::from_u128(absorbed) }, Uuid::nil())
        };
        let joins = [
            join(Kind::Person, 1, 2),
            join(Kind::Person, 1, 3),
            join(Kind::Case, 0, 1),
            // Two goes where one goes, that was kept.
            join(Kind::Person, 0, 1),
            // Nothing is there any more.
            join(Kind::Person, 5, 1),
            join(Kind::Person, 4, 5),
        ];
        let parts: Vec<usize> = at_once(&joins).into_iter().map(<[_]>::len).collect();
        assert_eq!(parts, [3, 1, 1, 1]);
        assert!(at_once(&[]).is_empty());
    }
}
