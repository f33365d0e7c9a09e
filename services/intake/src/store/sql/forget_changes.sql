-- A bounded bite of what is older than $3. Positions follow time. The newest change stays, whatever its age: by it is
-- seen that a cursor is not from before what was forgotten.
DELETE FROM report_change
WHERE county = $1 AND source = $2
  AND position < (SELECT position FROM change_head WHERE county = $1 AND source = $2)
  AND position <= (
    SELECT COALESCE(max(first.position), 0)
    FROM (
        SELECT position, recorded_at FROM report_change
        WHERE county = $1 AND source = $2 ORDER BY position LIMIT 5000
    ) AS first
    WHERE first.recorded_at < $3
)
