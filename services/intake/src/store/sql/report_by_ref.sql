SELECT report_id, source, source_ref, revision, occurred_at, accepted_at, area_code, category, source_category,
       link.person_id, link.household_id, cluster_id, repeat, link_reasons, follows_cluster_id, sealed_matter, confidential,
       sealed_details
FROM report
CROSS JOIN LATERAL (
    SELECT person_id, household_id FROM report_link
    WHERE report_link.county = $1 AND report_link.report_id = report.report_id
    LIMIT 1
) AS link
WHERE county = $1 AND source = $2 AND source_ref = $3
