//! What routing told of cases, and what follows from it for reports. In the transaction that applies the events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fengqiao_proto::{
    intake::v1::{CaseStanding, ReportChange},
    types::v1::Source,
};
use prost::Message as _;
use sqlx::{PgConnection, types::Uuid};

use crate::domain::following::{
    Brought, CaseNotice, Followed, Following, Followings, follow, from_before, speaking,
};

#[derive(sqlx::FromRow)]
struct CaseRow {
    case_id: Uuid,
    version: i64,
    standing: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct ReportRow {
    report_id: Uuid,
    source: i16,
    source_ref: String,
    case_id: Option<Uuid>,
}

impl ReportRow {
    fn brought(self) -> Brought {
        let source = Source::try_from(i32::from(self.source)).unwrap_or_default();
        Brought { source, source_ref: self.source_ref, case_id: self.case_id }
    }
}

#[derive(sqlx::FromRow)]
struct ClusterRow {
    #[sqlx(flatten)]
    row: ReportRow,
    cluster_id: Uuid,
}

/// Follows a batch of notices: what became of which report is written with the next positions of its source.
///
/// # Errors
/// The database's.
pub async fn follow_cases(
    conn: &mut PgConnection,
    county: &str,
    notices: &[CaseNotice],
) -> Result<(), sqlx::Error> {
    if notices.is_empty() {
        return Ok(());
    }
    let mut notices = notices.to_vec();
    let known = load(conn, county, &mut notices).await?;
    let following = follow(known, &notices);
    keep(conn, county, &following).await?;
    tell(conn, county, following).await
}

async fn load(
    conn: &mut PgConnection,
    county: &str,
    notices: &mut [CaseNotice],
) -> Result<Followings, sqlx::Error> {
    let asked: BTreeSet<Uuid> = notices.iter().map(|notice| notice.case_id).collect();
    let rows: Vec<CaseRow> = sqlx::query_as(include_str!("sql/followed_cases.sql"))
        .bind(county)
        .bind(asked.into_iter().collect::<Vec<_>>())
        .fetch_all(&mut *conn)
        .await?;
    let mut cases = HashMap::with_capacity(rows.len());
    for row in rows {
        let standing = CaseStanding::decode(row.standing.as_slice())
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        cases.insert(row.case_id, Followed { version: row.version, standing });
    }
    let mut reports = of_before(conn, county, &cases, notices).await?;
    let named: BTreeSet<Uuid> =
        notices.iter().flat_map(|notice| notice.report.iter().chain(&notice.moved)).copied().collect();
    for (statement, asked) in [
        (include_str!("sql/brought_reports.sql"), named),
        (include_str!("sql/reports_of_cases.sql"), speaking(&cases, notices)),
    ] {
        if asked.is_empty() {
            continue;
        }
        let rows: Vec<ReportRow> = sqlx::query_as(statement)
            .bind(county)
            .bind(asked.into_iter().collect::<Vec<_>>())
            .fetch_all(&mut *conn)
            .await?;
        reports.extend(rows.into_iter().map(|row| (row.report_id, row.brought())));
    }
    Ok(Followings { cases, reports })
}

/// The reports of cases from before anything was told: they come to their case with what is told of it first.
async fn of_before(
    conn: &mut PgConnection,
    county: &str,
    cases: &HashMap<Uuid, Followed>,
    notices: &mut [CaseNotice],
) -> Result<BTreeMap<Uuid, Brought>, sqlx::Error> {
    let clusters = from_before(cases, notices);
    if clusters.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<ClusterRow> = sqlx::query_as(include_str!("sql/reports_of_clusters.sql"))
        .bind(county)
        .bind(clusters.keys().copied().collect::<Vec<_>>())
        .fetch_all(conn)
        .await?;
    let mut reports = BTreeMap::new();
    for ClusterRow { row, cluster_id } in rows {
        let case = clusters.get(&cluster_id);
        if let Some(first) = notices.iter_mut().find(|notice| Some(&notice.case_id) == case) {
            first.moved.push(row.report_id);
        }
        reports.insert(row.report_id, row.brought());
    }
    Ok(reports)
}

async fn keep(conn: &mut PgConnection, county: &str, following: &Following) -> Result<(), sqlx::Error> {
    if !following.cases.is_empty() {
        let of = |(version, standing): &(i64, CaseStanding)| (*version, standing.encode_to_vec());
        let (versions, standings): (Vec<i64>, Vec<Vec<u8>>) = following.cases.values().map(of).unzip();
        sqlx::query(include_str!("sql/keep_followed.sql"))
            .bind(county)
            .bind(following.cases.keys().copied().collect::<Vec<_>>())
            .bind(versions)
            .bind(standings)
            .execute(&mut *conn)
            .await?;
    }
    if !following.placed.is_empty() {
        let placed = || following.placed.values();
        sqlx::query(include_str!("sql/place_reports.sql"))
            .bind(county)
            .bind(following.placed.keys().copied().collect::<Vec<_>>())
            .bind(placed().map(|brought| brought.case_id).collect::<Vec<_>>())
            .bind(placed().map(|brought| brought.source as i16).collect::<Vec<_>>())
            .bind(placed().map(|brought| brought.source_ref.as_str()).collect::<Vec<_>>())
            .execute(conn)
            .await?;
    }
    Ok(())
}

async fn tell(conn: &mut PgConnection, county: &str, following: Following) -> Result<(), sqlx::Error> {
    if following.told.is_empty() {
        return Ok(());
    }
    let mut counts: BTreeMap<i16, i64> = BTreeMap::new();
    for told in &following.told {
        *counts.entry(told.change.source() as i16).or_default() += 1;
    }
    let last: Vec<(i16, i64)> = sqlx::query_as(include_str!("sql/take_positions.sql"))
        .bind(county)
        .bind(counts.keys().copied().collect::<Vec<_>>())
        .bind(counts.values().copied().collect::<Vec<_>>())
        .fetch_all(&mut *conn)
        .await?;
    let mut positions: BTreeMap<i16, i64> = last
        .into_iter()
        .map(|(source, last)| (source, last - counts.get(&source).copied().unwrap_or_default()))
        .collect();
    let (mut sources, mut places) = (Vec::new(), Vec::new());
    let (mut changes, mut words) = (Vec::new(), Vec::new());
    for told in following.told {
        let source = told.change.source();
        let position = positions.entry(source as i16).or_default();
        *position += 1;
        let change_id = change_id(county, source, *position);
        let change = ReportChange { change_id, position: *position, ..told.change };
        sources.push(source as i16);
        places.push(*position);
        changes.push(change.encode_to_vec());
        words.push(told.sealed_words);
    }
    sqlx::query(include_str!("sql/insert_changes.sql"))
        .bind(county)
        .bind(sources)
        .bind(places)
        .bind(changes)
        .bind(words)
        .execute(conn)
        .await
        .map(|_| ())
}

/// Says which change it is, in the whole installation and for ever.
fn change_id(county: &str, source: Source, position: i64) -> String {
    let door = source.as_str_name().trim_start_matches("SOURCE_").to_ascii_lowercase();
    format!("{county}-{door}-{position}")
}
