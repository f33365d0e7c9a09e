-- A page of meetings, the newest first; $4 and $5 are the last row of the page before.
SELECT * FROM meeting
WHERE county = $1
  AND ($2::smallint IS NULL OR kind = $2)
  AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4, $5::uuid))
ORDER BY opened_at DESC, id DESC
LIMIT $3
