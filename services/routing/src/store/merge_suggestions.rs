//! What is known of clusters that are one dispute, and which cases the desk is asked about because of it.

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use super::{
    bounded,
    rows::{self, moment, unreadable},
    split_suggestions::keep_split,
    standing::standing,
};
use crate::{
    domain::{
        case::State,
        duty::DutyKind,
        level::Level,
        merge_suggestions::{
            CasePair, ClusterJoin, ClusterNews, ClusterPart, JoinGround, JoinReason, PairedCase,
        },
        standing::StandingDuty,
    },
    error::RoutingError,
};

/// Keeps what intake says of clusters, in its order.
///
/// # Errors
/// [`RoutingError`]
pub async fn keep_cluster_news(
    conn: &mut PgConnection,
    county: &str,
    news: &[ClusterNews],
) -> Result<(), RoutingError> {
    for one in news {
        let statement = match one {
            ClusterNews::Joined(ClusterJoin { decision_id, kept, absorbed, ground }) => {
                sqlx::query(include_str!("sql/merge_suggestions/keep_join.sql"))
                    .bind(county)
                    .bind(decision_id)
                    .bind(kept)
                    .bind(absorbed)
                    .bind(to_sql(ground.joined_at))
                    .bind(&ground.decided_by)
                    .bind(ground.score)
                    .bind(Json(&ground.reasons))
            }
            ClusterNews::Parted(ClusterPart::TakenBack { decision_id }) => {
                sqlx::query(include_str!("sql/merge_suggestions/take_back_join.sql"))
                    .bind(county)
                    .bind(decision_id)
            }
            ClusterNews::Parted(ClusterPart::Split(split)) => {
                keep_split(conn, county, split).await?;
                sqlx::query(include_str!("sql/merge_suggestions/part_by_split.sql"))
                    .bind(county)
                    .bind(split.decision_id)
                    .bind(&split.report_ids)
                    .bind(split.cluster)
            }
        };
        bounded("keep what is said of clusters", statement.execute(&mut *conn)).await?;
    }
    Ok(())
}

/// Decisions of which both ends are named: after the first, up to and with the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionRange {
    /// After this decision.
    pub after: Uuid,
    /// Up to this one.
    pub last: Uuid,
}

/// The last of the next decisions after one; none where there are no more.
///
/// # Errors
/// [`RoutingError`]
pub async fn end_of_decisions(
    conn: &mut PgConnection,
    county: &str,
    after: Uuid,
    limit: i64,
) -> Result<Option<Uuid>, RoutingError> {
    let statement = sqlx::query_scalar(include_str!("sql/merge_suggestions/page_end.sql"))
        .bind(county)
        .bind(after)
        .bind(limit)
        .fetch_one(conn);
    bounded("look through decisions on clusters", statement).await
}

/// Pairs of cases that the desk is to be asked about and was not.
///
/// # Errors
/// [`RoutingError`]
pub async fn pairs_to_suggest(
    conn: &mut PgConnection,
    county: &str,
    range: DecisionRange,
    limit: i64,
) -> Result<Vec<CasePair>, RoutingError> {
    let operation = "look for cases of one dispute";
    let statement = sqlx::query(include_str!("sql/merge_suggestions/wanted.sql"))
        .bind(county)
        .bind(range.after)
        .bind(range.last)
        .bind(limit)
        .fetch_all(conn);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| {
        Ok(CasePair {
            join: ClusterJoin {
                decision_id: row.try_get("decision_id")?,
                kept: row.try_get("kept")?,
                absorbed: row.try_get("absorbed")?,
                ground: ground(row)?,
            },
            kept: PairedCase { id: row.try_get("kept_case")?, number: row.try_get("kept_number")? },
            absorbed: PairedCase {
                id: row.try_get("absorbed_case")?,
                number: row.try_get("absorbed_number")?,
            },
            area_code: row.try_get("area_code")?,
        })
    })
}

/// Keeps of which cases the desk is asked, by the ids of its duties.
///
/// # Errors
/// [`RoutingError`]
pub async fn keep_merge_suggestions(
    conn: &mut PgConnection,
    county: &str,
    asked: &[(Uuid, CasePair)],
) -> Result<(), RoutingError> {
    let all = || asked.iter();
    let statement = sqlx::query(include_str!("sql/merge_suggestions/keep.sql"))
        .bind(county)
        .bind(all().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(all().map(|(_, pair)| pair.kept.id).collect::<Vec<_>>())
        .bind(all().map(|(_, pair)| pair.absorbed.id).collect::<Vec<_>>())
        .bind(all().map(|(_, pair)| pair.join.decision_id).collect::<Vec<_>>())
        .bind(all().map(|(_, pair)| pair.join.absorbed).collect::<Vec<_>>())
        .bind(all().map(|(_, pair)| pair.join.kept).collect::<Vec<_>>())
        .execute(conn);
    bounded("keep suggestions to merge", statement).await.map(|_| ())
}

/// What has settled itself of suggestions to merge and to split, and whether by what was suggested; so many of each at most.
///
/// # Errors
/// [`RoutingError`]
pub async fn settled_suggestions(
    conn: &mut PgConnection,
    county: &str,
    limit: i64,
) -> Result<Vec<(Uuid, bool)>, RoutingError> {
    let mut settled = Vec::new();
    for (text, kind) in [
        (include_str!("sql/merge_suggestions/settled.sql"), DutyKind::Merge),
        (include_str!("sql/split_suggestions/settled.sql"), DutyKind::Split),
    ] {
        let statement = sqlx::query_as(text).bind(county).bind(kind.code()).bind(limit).fetch_all(&mut *conn);
        let found: Vec<(Uuid, bool)> = bounded("look which suggestions are settled", statement).await?;
        settled.extend(found);
    }
    Ok(settled)
}

/// Ends the duties of what has settled itself.
///
/// # Errors
/// [`RoutingError`]
pub async fn settle_suggestions(
    conn: &mut PgConnection,
    county: &str,
    settled: &[(Uuid, bool)],
    at: Timestamp,
) -> Result<(), RoutingError> {
    let (ids, merged): (Vec<Uuid>, Vec<bool>) = settled.iter().copied().unzip();
    let statement = sqlx::query(include_str!("sql/merge_suggestions/settle.sql"))
        .bind(county)
        .bind(to_sql(at))
        .bind(ids)
        .bind(merged)
        .execute(conn);
    bounded("settle suggestions", statement).await.map(|_| ())
}

/// Which suggestions to list.
#[derive(Debug, Clone, Default)]
pub struct SuggestionFilter {
    /// Only those of this agency's desk.
    pub visible_to: Option<String>,
    /// Only those of this case.
    pub case_id: Option<Uuid>,
    /// Only what is still to be decided.
    pub open: bool,
}

/// A suggestion of a page.
#[derive(Debug, Clone)]
pub struct ListedSuggestion {
    /// The duty to decide it.
    pub duty: StandingDuty,
    /// Intake's decision.
    pub decision_id: Uuid,
    /// Why.
    pub ground: JoinGround,
    /// The two cases.
    pub cases: [SuggestedCase; 2],
}

/// A case of a suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestedCase {
    /// The id.
    pub id: Uuid,
    /// The number that people say.
    pub number: String,
    /// Its state.
    pub state: State,
    /// Its level.
    pub level: Level,
    /// The canonical category.
    pub category: String,
    /// Where.
    pub area_code: String,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// A page of suggestions, the newest first, before one.
///
/// # Errors
/// [`RoutingError`]
pub async fn list_suggestions(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    filter: &SuggestionFilter,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ListedSuggestion>, RoutingError> {
    let operation = "list suggestions to merge";
    let statement = sqlx::query(include_str!("sql/merge_suggestions/list.sql"))
        .bind(county)
        .bind(&filter.visible_to)
        .bind(filter.case_id)
        .bind(filter.open)
        .bind(before)
        .bind(DutyKind::Merge.code())
        .bind(limit)
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| {
        Ok(ListedSuggestion {
            duty: standing(row, county, keyring)?,
            decision_id: row.try_get("decision_id")?,
            ground: ground(row)?,
            cases: [case_of(row, "one")?, case_of(row, "other")?],
        })
    })
}

fn ground(row: &PgRow) -> Result<JoinGround, sqlx::Error> {
    let Json(reasons): Json<Vec<JoinReason>> = row.try_get("reasons")?;
    Ok(JoinGround {
        joined_at: moment(row, "joined_at")?,
        decided_by: row.try_get("decided_by")?,
        score: row.try_get("score")?,
        reasons,
    })
}

fn case_of(row: &PgRow, side: &str) -> Result<SuggestedCase, sqlx::Error> {
    let of = |column: &str| format!("{side}_{column}");
    let state: i16 = row.try_get(of("state").as_str())?;
    let level: i16 = row.try_get(of("level").as_str())?;
    Ok(SuggestedCase {
        id: row.try_get(of("id").as_str())?,
        number: row.try_get(of("number").as_str())?,
        state: State::from_code(state).ok_or_else(|| unreadable("state"))?,
        level: Level::from_code(level).ok_or_else(|| unreadable("level"))?,
        category: row.try_get(of("category").as_str())?,
        area_code: row.try_get(of("area").as_str())?,
        opened_at: moment(row, &of("opened"))?,
    })
}
