//! Secrets of endpoints that took the place of those in the county's file.

use std::collections::HashMap;

use fengqiao_sealing::Keyring;
use fengqiao_serving::time::to_sql;
use fengqiao_webhook::Secret;
use jiff::Timestamp;
use sqlx::Row as _;

use super::{Store, rows};
use crate::{domain::secrets::Rotation, error::NotificationError};

impl Store {
    /// The later secrets of a county's endpoints by agency, the oldest first.
    ///
    /// # Errors
    /// [`NotificationError`] of the database, or where a secret does not open.
    pub async fn rotations(
        &self,
        county: &str,
        keyring: &Keyring,
    ) -> Result<HashMap<String, Vec<Rotation<Secret>>>, NotificationError> {
        const OPERATION: &str = "read endpoints' secrets";
        Self::within(OPERATION, async {
            let database = || NotificationError::database(OPERATION);
            let found = sqlx::query(include_str!("sql/list_secrets.sql"))
                .bind(county)
                .fetch_all(&self.pool)
                .await
                .map_err(database())?;
            let mut rotations: HashMap<String, Vec<_>> = HashMap::new();
            for row in &found {
                let sealed: Vec<u8> = row.try_get("sealed_secret").map_err(database())?;
                let plain = keyring.open(&sealed, county.as_bytes())?;
                let Ok(secret) = Secret::read(&String::from_utf8_lossy(&plain)) else { continue };
                let before_until = rows::time(row, "before_until").map_err(database())?;
                let agency = row.try_get("agency").map_err(database())?;
                rotations.entry(agency).or_default().push(Rotation { secret, before_until });
            }
            Ok(rotations)
        })
        .await
    }

    /// A new secret signs from `at` on; those before it sign too until `before_until`.
    ///
    /// # Errors
    /// [`NotificationError`] of the database.
    pub async fn rotate_secret(
        &self,
        county: &str,
        agency: &str,
        sealed_secret: &[u8],
        at: Timestamp,
        before_until: Timestamp,
        by: &str,
    ) -> Result<(), NotificationError> {
        const OPERATION: &str = "keep a new secret";
        Self::within(OPERATION, async {
            sqlx::query(include_str!("sql/add_secret.sql"))
                .bind(county)
                .bind(agency)
                .bind(to_sql(at))
                .bind(sealed_secret)
                .bind(to_sql(before_until))
                .bind(by)
                .execute(&self.pool)
                .await
                .map(|_| ())
                .map_err(NotificationError::database(OPERATION))
        })
        .await
    }
}
