-- Another password. Whoever is signed in has to do it again, but for the one who changes it.
WITH ended AS (
    DELETE FROM sign_in_session WHERE county = $1 AND name = $2 AND digest IS DISTINCT FROM $5
), forgiven AS (
    DELETE FROM sign_in_failure WHERE county = $1 AND name = $2
)
UPDATE account
SET password = $3, must_change = $4
WHERE county = $1 AND name = $2
RETURNING name
