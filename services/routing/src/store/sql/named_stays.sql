-- Visits whose visitor is still named, at most $2.
SELECT activity_id, visitor FROM visit_stay
WHERE county = $1 AND visitor IS NOT NULL
ORDER BY activity_id LIMIT $2
