-- A page of rewards, the newest first; $5 and $6 are the last row of the page before.
SELECT * FROM reward
WHERE county = $1
  AND ($2::uuid IS NULL OR case_id = $2)
  AND ($3::smallint IS NULL OR state = $3)
  AND ($5::timestamptz IS NULL OR (asked_at, id) < ($5, $6::uuid))
ORDER BY asked_at DESC, id DESC
LIMIT $4
