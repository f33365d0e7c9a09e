-- Takes a case out of an indicator; nothing where it is out already.
INSERT INTO exclusion (county, exclusion_id, indicator, case_id, reason, excluded_by, excluded_at)
VALUES ($1::text, $2::uuid, $3::text, $4::uuid, $5::text, $6::text, $7::timestamptz)
ON CONFLICT (county, indicator, case_id) WHERE included_at IS NULL DO NOTHING
RETURNING exclusion_id, indicator, case_id, reason, excluded_by, excluded_at, included_by, included_at, included_reason
