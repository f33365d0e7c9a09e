-- The next of the reports that were passed and kept, after one; locked as the others.
SELECT held.report_id, held.cluster_id, held.accepted_at
FROM (
    SELECT report_id FROM retention_kept WHERE county = $1 AND report_id > $2 ORDER BY report_id LIMIT $3
) AS kept
JOIN report AS held ON held.county = $1 AND held.report_id = kept.report_id
ORDER BY held.report_id
FOR UPDATE OF held
