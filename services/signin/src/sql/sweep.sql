-- Removes, at most so many of each, sessions that are over ($2 idle, $3 age) and failures that are forgotten ($4).
WITH ended AS (
    DELETE FROM sign_in_session
    WHERE county = $1 AND digest IN (
        SELECT digest FROM sign_in_session
        WHERE county = $1 AND (seen_at <= $2 OR begun_at <= $3)
        LIMIT $5
    )
)
DELETE FROM sign_in_failure
WHERE county = $1 AND name IN (
    SELECT name FROM sign_in_failure WHERE county = $1 AND last_at < $4 LIMIT $5
)
