-- Cases that are out of one of these indicators.
SELECT count(DISTINCT case_id) FROM exclusion
WHERE county = $1 AND indicator = ANY ($2::text[]) AND excluded_at <= $3::timestamptz
  AND (included_at IS NULL OR included_at > $3)
