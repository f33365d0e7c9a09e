-- Locks an account and signs it out, or opens it again; $3 is NULL then.
WITH ended AS (
    DELETE FROM sign_in_session WHERE county = $1 AND name = $2 AND $3::timestamptz IS NOT NULL
), forgiven AS (
    DELETE FROM sign_in_failure WHERE county = $1 AND name = $2 AND $3::timestamptz IS NULL
)
UPDATE account
SET locked_at = $3
WHERE county = $1 AND name = $2
RETURNING name
