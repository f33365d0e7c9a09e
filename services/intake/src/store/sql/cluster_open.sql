-- Clusters with a case that is open: only those that are remembered as over change.
UPDATE cluster_case SET opened_at = news.opened_at, open = TRUE
FROM UNNEST($2::uuid[], $3::timestamptz[]) AS news (cluster_id, opened_at)
WHERE cluster_case.county = $1 AND cluster_case.cluster_id = news.cluster_id AND cluster_case.cluster_id = ANY ($2)
  AND news.opened_at >= cluster_case.opened_at AND NOT cluster_case.open
