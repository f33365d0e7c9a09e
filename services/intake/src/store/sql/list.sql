-- A page, newest first. The bounds of the ids are always given, so that the key is walked in order.
SELECT report_id, source, source_ref, revision, occurred_at, accepted_at, area_code, category, source_category,
       link.person_id, link.household_id, cluster_id, repeat, link_reasons, follows_cluster_id, sealed_matter, confidential,
       sealed_details
FROM report
CROSS JOIN LATERAL (
    SELECT person_id, household_id FROM report_link
    WHERE report_link.county = $1 AND report_link.report_id = report.report_id
    LIMIT 1
) AS link
WHERE county = $1 AND report_id < $2 AND report_id >= $3
  AND ($4::smallint IS NULL OR source = $4)
  AND starts_with(area_code, $5)
  AND (NOT $6::boolean OR repeat)
ORDER BY report_id DESC
LIMIT $7
