-- What became of pushes: the first time of each kind stays (LEAST passes over nulls). The push itself
-- may come later.
INSERT INTO push_fact AS known
    (county, push_id, delivered_at, signed_at, returned_at, feedback_at)
SELECT * FROM UNNEST(
    $1::text[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
ON CONFLICT (county, push_id) DO UPDATE SET
    delivered_at = LEAST(known.delivered_at, EXCLUDED.delivered_at),
    signed_at = LEAST(known.signed_at, EXCLUDED.signed_at),
    returned_at = LEAST(known.returned_at, EXCLUDED.returned_at),
    feedback_at = LEAST(known.feedback_at, EXCLUDED.feedback_at)
