-- Removes who was out when, of visits that were over before $2, at most $3 of each kind. That a duty was met stays.
WITH told AS (
    DELETE FROM visit_stay
    WHERE county = $1 AND activity_id IN (
        SELECT activity_id FROM visit_stay WHERE county = $1 AND left_at < $2 LIMIT $3
    )
    RETURNING 1
), owed AS (
    UPDATE standing_duty SET visitor = NULL, begun_at = NULL, left_at = NULL
    WHERE county = $1 AND id IN (
        SELECT id FROM standing_duty WHERE county = $1 AND visitor IS NOT NULL AND left_at < $2 LIMIT $3
    )
    RETURNING 1
)
SELECT (SELECT count(*) FROM told) + (SELECT count(*) FROM owed)
