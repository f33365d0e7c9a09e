-- When someone was out in people's homes, sent by a duty or not. Of a visit that came in as an activity its own word counts,
-- once. $5 is the hash of $2; rows from before it was kept have the name still.
SELECT begun_at, left_at FROM standing_duty AS duty
WHERE county = $1 AND visitor = $2 AND begun_at >= $3 AND begun_at < $4
    AND NOT EXISTS (
        SELECT FROM visit_stay AS told WHERE told.county = $1 AND told.activity_id = duty.activity_id
    )
UNION ALL
SELECT begun_at, left_at FROM visit_stay
WHERE county = $1 AND visitor_hash = $5 AND begun_at >= $3 AND begun_at < $4
UNION ALL
SELECT begun_at, left_at FROM visit_stay
WHERE county = $1 AND visitor = $2 AND visitor_hash IS NULL AND begun_at >= $3 AND begun_at < $4
ORDER BY begun_at
