-- The next reports after one, of those that were first accepted before a time (ids follow time). They are locked, so
-- that no revision comes in between.
SELECT report_id, cluster_id, accepted_at FROM report
WHERE county = $1 AND report_id > $2 AND report_id < $3
ORDER BY report_id LIMIT $4
FOR UPDATE
