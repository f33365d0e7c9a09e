-- What visits say of their time, each as its newest revision says it, whichever comes last. Of one that a restricted duty
-- asked for it is only kept that there is no time to count.
INSERT INTO visit_stay (county, activity_id, revision, visitor_hash, begun_at, left_at)
SELECT $1, told.activity_id, told.revision, CASE WHEN duty.restricted THEN NULL ELSE told.visitor_hash END, told.begun_at,
    CASE WHEN duty.restricted THEN told.begun_at ELSE told.left_at END
FROM UNNEST($2::uuid[], $3::integer[], $4::bytea[], $5::timestamptz[], $6::timestamptz[], $7::uuid[])
    AS told (activity_id, revision, visitor_hash, begun_at, left_at, duty_id)
LEFT JOIN standing_duty AS duty ON duty.county = $1 AND duty.id = told.duty_id
ON CONFLICT (county, activity_id) DO UPDATE
SET revision = EXCLUDED.revision, visitor = NULL, visitor_hash = EXCLUDED.visitor_hash, begun_at = EXCLUDED.begun_at,
    left_at = EXCLUDED.left_at
WHERE visit_stay.revision < EXCLUDED.revision
