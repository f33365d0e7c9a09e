-- Exclusions, the newest first.
-- $1 county  $2 indicator, or empty  $3, $4 time and id of the last one of the page before  $5 how many
SELECT exclusion_id, indicator, case_id, reason, excluded_by, excluded_at, included_by, included_at, included_reason
FROM exclusion
WHERE county = $1 AND ($2::text = '' OR indicator = $2)
  AND ($3::timestamptz IS NULL OR (excluded_at, exclusion_id) < ($3, $4::uuid))
ORDER BY excluded_at DESC, exclusion_id DESC
LIMIT $5::int8
