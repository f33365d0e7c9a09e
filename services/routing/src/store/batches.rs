//! Loading what a batch or a command may change, with the turn in which it is so.

use std::collections::{BTreeMap, HashMap, HashSet};

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::{from_sql, to_sql};
use jiff::{SignedDuration, Timestamp};
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{CountyTurn, bounded, rows, seeing, standing::standing_clock};
use crate::{
    domain::{
        arrivals::{CasesAtHand, Merged},
        case::{CaseFile, State},
        case_number::CaseName,
        push::Form,
        received_report::{KnownReport, ReceivedReport},
        standing::chasing::DueDuty,
    },
    error::RoutingError,
    unreadable::UnreadableCase,
};

/// A push that a receipt speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldPush {
    /// Its case.
    pub case_id: Uuid,
    /// To whom it went.
    pub agency: String,
    /// The document.
    pub form: Form,
}

/// The pushes that receipts speak of, and their cases, by id.
#[derive(Debug, Default)]
pub struct ToldPushes {
    /// The pushes.
    pub pushes: HashMap<Uuid, ToldPush>,
    /// Their cases.
    pub cases: HashMap<Uuid, CaseFile>,
    /// Those of their cases that cannot be read.
    pub unreadable: Vec<UnreadableCase>,
    /// Those of the pushes that remind of duties besides cases.
    pub reminders: HashSet<Uuid>,
}

/// What a batch of reports may change.
#[derive(Debug, Default)]
pub struct ReportedCases {
    /// The cases.
    pub hand: CasesAtHand,
    /// Those that cannot be read.
    pub unreadable: Vec<UnreadableCase>,
    /// Reports that are known to be of a case that cannot be read.
    reports: HashSet<Uuid>,
    /// Clusters whose reports go to such a case.
    clusters: HashSet<Uuid>,
    /// Reports that are known to be of a case that can be read, whatever their cluster.
    elsewhere: HashSet<Uuid>,
}

impl ReportedCases {
    /// Nothing is stored that the reports have to do with: all that is to be known are the running numbers of their days.
    #[must_use]
    pub fn none(series: BTreeMap<String, i32>) -> Self {
        let mut reported = Self::default();
        for (day, last) in series {
            reported.hand.set_series(day, last);
        }
        reported
    }

    /// Whether a report is of a case that cannot be read: to put it anywhere else would make two of one dispute.
    #[must_use]
    pub fn belongs_to_an_unreadable_case(&self, report: &ReceivedReport) -> bool {
        self.reports.contains(&report.report_id)
            || (self.clusters.contains(&report.cluster_id) && !self.elsewhere.contains(&report.report_id))
    }
}

/// The case of a command.
#[derive(Debug)]
pub struct CommandCase {
    /// The case; none where there is no such case, or the caller may not see it.
    pub case: Option<Result<CaseFile, UnreadableCase>>,
    /// The digest of the command that the request id already stands for.
    pub answered: Option<Vec<u8>>,
    /// Another case of its cluster that takes reports, where it is over itself: then it cannot be opened again.
    pub replaced: Option<Uuid>,
}

impl CommandCase {
    /// The case, where there is one.
    ///
    /// # Errors
    /// [`RoutingError::Malformed`] where it cannot be read.
    pub fn found(self) -> Result<Option<CaseFile>, RoutingError> {
        self.case.transpose().map_err(|_| RoutingError::Malformed("the case"))
    }
}

/// Loads everything that a batch of reports, and of others that are here, may change, in one round trip. `days` are the days of the
/// reports in the county's zone, `window` how long ago a report still counts.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_reports(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    (reports, others): (&[&ReceivedReport], &[Uuid]),
    days: &[String],
    window: SignedDuration,
) -> Result<(ReportedCases, CountyTurn), RoutingError> {
    let operation = "load the cases of a batch";
    let report_ids: Vec<Uuid> =
        reports.iter().map(|report| report.report_id).chain(others.iter().copied()).collect();
    let clusters: Vec<Uuid> = reports
        .iter()
        .flat_map(|report| [Some(report.cluster_id), report.follows_cluster])
        .flatten()
        .collect();
    let earliest = reports.iter().map(|report| report.occurred_at).min().unwrap_or(Timestamp::MAX);
    let since = earliest.checked_sub(window).unwrap_or(Timestamp::MIN);
    let statement = sqlx::query(include_str!("sql/load_for_reports.sql"))
        .bind(county)
        .bind(report_ids)
        .bind(clusters)
        .bind(days)
        .bind(to_sql(since))
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<(ReportedCases, CountyTurn), sqlx::Error> {
        let mut reported = ReportedCases::default();
        // Clusters with a case that takes reports, and those whose case is over and cannot be read.
        let (mut live, mut over) = (HashSet::new(), HashSet::new());
        let hand = &mut reported.hand;
        for row in &found {
            let days: Option<Vec<String>> = row.try_get("days")?;
            let lasts: Option<Vec<i32>> = row.try_get("lasts")?;
            for (day, last) in days.unwrap_or_default().into_iter().zip(lasts.unwrap_or_default()) {
                hand.set_series(day, last);
            }
            let Some(case_id) = row.try_get::<Option<Uuid>, _>("id")? else { continue };
            let recent: Option<Vec<OffsetDateTime>> = row.try_get("recent")?;
            let sources: Option<Vec<i16>> = row.try_get("recent_sources")?;
            let recent = recent.unwrap_or_default().into_iter().map(from_sql);
            let sources = sources.unwrap_or_default().into_iter().map(rows::source);
            let case = match rows::case_if_readable(row, county, keyring)? {
                Ok(case) => case,
                Err(case) => {
                    reported.unreadable.push(case);
                    let cluster: Uuid = row.try_get("cluster_id")?;
                    let is_over =
                        State::from_code(row.try_get("state")?).is_some_and(|state| !state.takes_reports());
                    if is_over {
                        over.insert(cluster)
                    } else {
                        reported.clusters.insert(cluster)
                    };
                    let clusters: Option<Vec<Uuid>> = row.try_get("merged_clusters")?;
                    reported.clusters.extend(clusters.unwrap_or_default());
                    let reports: Option<Vec<Uuid>> = row.try_get("report_ids")?;
                    reported.reports.extend(reports.unwrap_or_default());
                    continue;
                }
            };
            if case.state.takes_reports() {
                live.insert(case.cluster_id);
            }
            hand.add_case(case, recent.zip(sources).collect());
            let clusters: Option<Vec<Uuid>> = row.try_get("merged_clusters")?;
            let merged: Option<Vec<Uuid>> = row.try_get("merged_from")?;
            for (cluster_id, from) in clusters.unwrap_or_default().into_iter().zip(merged.unwrap_or_default())
            {
                hand.add_merged_cluster(cluster_id, Merged { from, into: case_id });
            }
            let held: Option<Vec<Uuid>> = row.try_get("report_ids")?;
            let revisions: Option<Vec<i32>> = row.try_get("revisions")?;
            let repeats: Option<Vec<bool>> = row.try_get("repeats")?;
            let merged: Option<Vec<bool>> = row.try_get("are_merged")?;
            let said = revisions.unwrap_or_default().into_iter().zip(repeats.unwrap_or_default());
            let said = said.zip(merged.unwrap_or_default());
            for (report_id, ((revision, repeat), merged)) in held.unwrap_or_default().into_iter().zip(said) {
                reported.elsewhere.insert(report_id);
                hand.add_report(report_id, KnownReport { case_id, revision, repeat, merged });
            }
        }
        reported.clusters.extend(over.difference(&live));
        Ok((reported, CountyTurn::of(&found, county, keyring)?))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// Loads the cases of the pushes that receipts speak of.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_receipts(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    push_ids: &[Uuid],
) -> Result<(ToldPushes, CountyTurn), RoutingError> {
    let operation = "load the cases of receipts";
    let statement =
        sqlx::query(include_str!("sql/load_for_receipts.sql")).bind(county).bind(push_ids).fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<_, sqlx::Error> {
        let mut told = ToldPushes::default();
        for row in &found {
            let Some(push_id) = row.try_get::<Option<Uuid>, _>("push_id")? else { continue };
            if row.try_get::<Option<Uuid>, _>("push_case")?.is_none() {
                told.reminders.insert(push_id);
                continue;
            }
            let agency = row.try_get("push_agency")?;
            let form =
                Form::from_code(row.try_get("push_form")?).ok_or_else(|| rows::unreadable("push_form"))?;
            told.pushes.insert(push_id, ToldPush { case_id: row.try_get("id")?, agency, form });
            match rows::case_if_readable(row, county, keyring)? {
                Ok(case) => {
                    told.cases.insert(case.id, case);
                }
                Err(case) => told.unreadable.push(case),
            }
        }
        Ok((told, CountyTurn::of(&found, county, keyring)?))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// How a command names its case, and what its request id is.
#[derive(Debug, Clone, Copy)]
pub struct CommandName<'a> {
    /// The case.
    pub case: &'a CaseName,
    /// Only where this agency may see it.
    pub visible_to: Option<&'a str>,
    /// Who commands.
    pub principal: &'a str,
    /// The request id.
    pub request_id: &'a str,
}

/// Loads the cases of a batch of commands, in one round trip. One answer for each command, in order.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_for_commands(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    names: &[CommandName<'_>],
) -> Result<(Vec<CommandCase>, CountyTurn), RoutingError> {
    let operation = "load the cases of commands";
    let statement = sqlx::query(seeing::LOAD_FOR_COMMANDS)
        .bind(county)
        .bind(names.iter().map(|name| name.case.id()).collect::<Vec<_>>())
        .bind(names.iter().map(|name| name.case.number()).collect::<Vec<_>>())
        .bind(names.iter().map(|name| name.visible_to).collect::<Vec<_>>())
        .bind(names.iter().map(|name| name.principal).collect::<Vec<_>>())
        .bind(names.iter().map(|name| name.request_id).collect::<Vec<_>>())
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<_, sqlx::Error> {
        let mut loaded = Vec::with_capacity(found.len());
        for row in &found {
            let id: Option<Uuid> = row.try_get("id")?;
            let case = id.map(|_| rows::case_if_readable(row, county, keyring)).transpose()?;
            let (answered, replaced) = (row.try_get("answered")?, row.try_get("replaced")?);
            loaded.push(CommandCase { case, answered, replaced });
        }
        Ok((loaded, CountyTurn::of(&found, county, keyring)?))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// What clocks have something to say of at a moment.
#[derive(Debug, Default)]
pub struct DueCases {
    /// The cases.
    pub cases: Vec<CaseFile>,
    /// Those that cannot be read.
    pub unreadable: Vec<UnreadableCase>,
    /// Duties besides cases.
    pub standing: Vec<DueDuty>,
    /// How many duties were looked at: as many as asked for where more may wait.
    pub due: i64,
}

/// Loads up to so many duties' worth of what clocks have something to say of, but for what is left alone.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn load_due_cases(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    now: Timestamp,
    at_most: i64,
    left_alone: &[Uuid],
) -> Result<(DueCases, CountyTurn), RoutingError> {
    let operation = "load the cases whose time has come";
    let statement = sqlx::query(include_str!("sql/due_cases.sql"))
        .bind(county)
        .bind(to_sql(now))
        .bind(at_most)
        .bind(left_alone)
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    let read = || -> Result<_, sqlx::Error> {
        let mut due = DueCases::default();
        for row in &found {
            due.due = row.try_get("due")?;
            if row.try_get::<Option<Uuid>, _>("id")?.is_some() {
                match rows::case_if_readable(row, county, keyring)? {
                    Ok(case) => due.cases.push(case),
                    Err(case) => due.unreadable.push(case),
                }
            }
            if let Some(id) = row.try_get::<Option<Uuid>, _>("subject_id")? {
                due.standing.push(DueDuty {
                    id,
                    area_code: row.try_get("duty_area")?,
                    topic: row.try_get("topic")?,
                    restricted: row.try_get("restricted")?,
                    duty: standing_clock(row)?,
                });
            }
        }
        Ok((due, CountyTurn::of(&found, county, keyring)?))
    };
    read().map_err(|source| RoutingError::Database { operation, source })
}

/// When the next clock of a county has something to say.
///
/// # Errors
/// [`RoutingError::Database`] or [`RoutingError::TimedOut`].
pub async fn next_firing(conn: &mut PgConnection, county: &str) -> Result<Option<Timestamp>, RoutingError> {
    let statement = sqlx::query_scalar::<_, OffsetDateTime>(include_str!("sql/next_firing.sql"))
        .bind(county)
        .fetch_optional(conn);
    Ok(bounded("ask what comes next", statement).await?.map(from_sql))
}
