-- Lets an excluded case count again; nothing where it does already.
UPDATE exclusion SET included_by = $3::text, included_at = $4::timestamptz, included_reason = $5::text
WHERE county = $1 AND exclusion_id = $2::uuid AND included_at IS NULL
RETURNING exclusion_id, indicator, case_id, reason, excluded_by, excluded_at, included_by, included_at, included_reason
