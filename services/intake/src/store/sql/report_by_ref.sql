SELECT report_id, source, source_ref, revision, occurred_at, accepted_at, area_code, category, source_category, cluster_id,
       link_reasons, follows_cluster_id, sealed_matter, confidential, sealed_details
FROM report
WHERE county = $1 AND source = $2 AND source_ref = $3
