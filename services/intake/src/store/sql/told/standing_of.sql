-- Of reports: whether their case is protected, and when their personal part was removed.
SELECT asked.report_id, held.removed_at, COALESCE(told.protected, FALSE) AS protected
FROM UNNEST($2::uuid[], $3::uuid[]) AS asked (report_id, cluster_id)
CROSS JOIN LATERAL (
    SELECT removed_at FROM report WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS held
LEFT JOIN LATERAL (
    SELECT case_id FROM case_of_report WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS moved ON TRUE
LEFT JOIN LATERAL (
    SELECT case_id FROM case_of_cluster WHERE county = $1 AND cluster_id = asked.cluster_id LIMIT 1
) AS whole ON TRUE
LEFT JOIN LATERAL (
    SELECT protected FROM told_case WHERE county = $1 AND case_id = COALESCE(moved.case_id, whole.case_id) LIMIT 1
) AS told ON TRUE
