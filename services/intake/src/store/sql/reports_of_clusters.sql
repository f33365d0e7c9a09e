-- The reports of clusters that no case was told to hold: those of cases from before there was anything to tell.
SELECT held.report_id, brought.source, brought.source_ref, NULL::uuid AS case_id, asked.cluster_id
FROM UNNEST($2::uuid[]) AS asked (cluster_id)
CROSS JOIN LATERAL (
    SELECT report_id FROM report_link
    WHERE county = $1 AND cluster_id = asked.cluster_id ORDER BY report_id LIMIT 5000
) AS held
CROSS JOIN LATERAL (
    SELECT source, source_ref FROM report WHERE county = $1 AND report_id = held.report_id LIMIT 1
) AS brought
WHERE NOT EXISTS (SELECT FROM case_report WHERE county = $1 AND report_id = held.report_id)
