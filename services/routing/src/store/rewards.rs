//! Rewards.

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::{bounded, rows};
use crate::{
    domain::standing::rewards::{Reward, RewardState},
    error::RoutingError,
};

/// Asks for a reward. False where the case has one for the person that was not refused.
///
/// # Errors
/// [`RoutingError`]
pub async fn insert_reward(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    person_id: Uuid,
    reward: &Reward,
) -> Result<bool, RoutingError> {
    let seal = |text: &str| keyring.seal(text.as_bytes(), &rows::binding(county, reward.id));
    let statement = sqlx::query(include_str!("sql/insert_reward.sql"))
        .bind(county)
        .bind(reward.id)
        .bind(reward.case_id)
        .bind(person_id)
        .bind(seal(&reward.person))
        .bind(i64::from(reward.amount_fen))
        .bind(seal(&reward.words))
        .bind(to_sql(reward.asked_at))
        .bind(&reward.asked_by)
        .execute(conn);
    Ok(bounded("ask for a reward", statement).await?.rows_affected() == 1)
}

/// One reward.
///
/// # Errors
/// [`RoutingError::NoSuch`] where there is none.
pub async fn find_reward(
    conn: &mut PgConnection,
    keyring: &Keyring,
    county: &str,
    id: Uuid,
) -> Result<Reward, RoutingError> {
    let operation = "read a reward";
    let statement =
        sqlx::query(include_str!("sql/get_reward.sql")).bind(county).bind(id).fetch_optional(conn);
    let row = bounded(operation, statement).await?.ok_or(RoutingError::NoSuch("reward"))?;
    reward(&row, county, keyring).map_err(|source| RoutingError::Database { operation, source })
}

/// Keeps how a reward was decided.
///
/// # Errors
/// [`RoutingError`]
pub async fn decide_reward(
    conn: &mut PgConnection,
    county: &str,
    reward: &Reward,
) -> Result<(), RoutingError> {
    let (at, by) = match &reward.state {
        RewardState::Asked => return Ok(()),
        RewardState::Approved { at, by } | RewardState::Refused { at, by } => (*at, by.as_str()),
    };
    let statement = sqlx::query(include_str!("sql/decide_reward.sql"))
        .bind(county)
        .bind(reward.id)
        .bind(reward.state.code())
        .bind(to_sql(at))
        .bind(by)
        .execute(conn);
    bounded("decide a reward", statement).await.map(|_| ())
}

/// A page of rewards, the newest first.
///
/// # Errors
/// [`RoutingError`]
pub async fn list_rewards(
    pool: &PgPool,
    keyring: &Keyring,
    county: &str,
    case_id: Option<Uuid>,
    state: Option<i16>,
    limit: i64,
    after: Option<(Timestamp, Uuid)>,
) -> Result<Vec<Reward>, RoutingError> {
    let operation = "list rewards";
    let statement = sqlx::query(include_str!("sql/list_rewards.sql"))
        .bind(county)
        .bind(case_id)
        .bind(state)
        .bind(limit)
        .bind(after.map(|(asked_at, _)| to_sql(asked_at)))
        .bind(after.map(|(_, id)| id))
        .fetch_all(pool);
    let found = bounded(operation, statement).await?;
    rows::read_all(operation, &found, |row| reward(row, county, keyring))
}

/// What was granted in a period: how many rewards, and how much in fen.
///
/// # Errors
/// [`RoutingError`]
pub async fn sum_rewards(
    pool: &PgPool,
    county: &str,
    from: Option<Timestamp>,
    before: Option<Timestamp>,
) -> Result<(i64, i64), RoutingError> {
    let statement = sqlx::query_as(include_str!("sql/sum_rewards.sql"))
        .bind(county)
        .bind(from.map(to_sql))
        .bind(before.map(to_sql))
        .fetch_one(pool);
    bounded("sum rewards", statement).await
}

fn reward(row: &PgRow, county: &str, keyring: &Keyring) -> Result<Reward, sqlx::Error> {
    let id: Uuid = row.try_get("id")?;
    let open = |column: &str| -> Result<String, sqlx::Error> {
        let sealed: Vec<u8> = row.try_get(column)?;
        let plain = keyring.open(&sealed, &rows::binding(county, id));
        plain.ok().and_then(|plain| String::from_utf8(plain).ok()).ok_or_else(|| rows::unreadable(column))
    };
    let decided = rows::moment_if(row, "decided_at")?.zip(row.try_get::<Option<String>, _>("decided_by")?);
    let state = match (row.try_get::<i16, _>("state")?, decided) {
        (2, Some((at, by))) => RewardState::Approved { at, by },
        (3, Some((at, by))) => RewardState::Refused { at, by },
        (1, _) => RewardState::Asked,
        _ => return Err(rows::unreadable("state")),
    };
    Ok(Reward {
        id,
        case_id: row.try_get("case_id")?,
        person: open("sealed_person")?,
        amount_fen: u32::try_from(row.try_get::<i64, _>("amount_fen")?).unwrap_or(u32::MAX),
        words: open("sealed_words")?,
        asked_at: rows::moment(row, "asked_at")?,
        asked_by: row.try_get("asked_by")?,
        state,
    })
}
