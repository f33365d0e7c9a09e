-- A page, newest first. The bounds of the ids are always given, so that the key is walked in order.
SELECT report_id, source, source_ref, revision, occurred_at, accepted_at, area_code, category, source_category, cluster_id,
       link_reasons, follows_cluster_id, sealed_matter, confidential, sealed_details
FROM report
WHERE county = $1 AND report_id < $2 AND report_id >= $3
  AND ($4::smallint IS NULL OR source = $4)
  AND starts_with(area_code, $5)
  AND (NOT $6::boolean OR link_reasons IS NOT NULL)
ORDER BY report_id DESC
LIMIT $7
