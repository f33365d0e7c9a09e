-- Visits that no duty asked for, or what is said of them now.
INSERT INTO visit_stay (county, activity_id, visitor, begun_at, left_at)
SELECT $1, told.* FROM UNNEST($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    AS told (activity_id, visitor, begun_at, left_at)
ON CONFLICT (county, activity_id) DO UPDATE
SET visitor = EXCLUDED.visitor, begun_at = EXCLUDED.begun_at, left_at = EXCLUDED.left_at
