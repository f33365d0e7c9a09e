-- Of these reports ($4), those of which an officer has confirmed since a decision ($3) that they belong where they stand.
SELECT DISTINCT report_id
FROM link_decision CROSS JOIN LATERAL unnest(report_ids) AS confirmed (report_id)
WHERE county = $1 AND decision_id > $3 AND kind = $2 AND act = $5 AND undone_at IS NULL AND report_id = ANY ($4)
