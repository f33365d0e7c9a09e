-- The cases of reports: that of a moved one, else that of its cluster. Each look is one step in a key.
SELECT asked.report_id, told.case_id, told.version, told.number, told.state, told.protected, told.opened_at, told.over_at
FROM UNNEST($2::uuid[], $3::uuid[]) AS asked (report_id, cluster_id)
LEFT JOIN LATERAL (
    SELECT case_id FROM case_of_report WHERE county = $1 AND report_id = asked.report_id LIMIT 1
) AS moved ON TRUE
LEFT JOIN LATERAL (
    SELECT case_id FROM case_of_cluster WHERE county = $1 AND cluster_id = asked.cluster_id LIMIT 1
) AS whole ON TRUE
CROSS JOIN LATERAL (
    SELECT * FROM told_case WHERE county = $1 AND case_id = COALESCE(moved.case_id, whole.case_id) LIMIT 1
) AS told
