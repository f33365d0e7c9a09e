-- Clusters with a case that is open: only those that are remembered as over change.
WITH news AS MATERIALIZED (
    SELECT $1::text AS county, news.* FROM UNNEST($2::uuid[], $3::timestamptz[]) AS news (cluster_id, opened_at)
)
UPDATE cluster_case SET opened_at = news.opened_at, open = TRUE, takes_until = NULL
FROM news
WHERE cluster_case.county = news.county AND cluster_case.cluster_id = news.cluster_id
  AND news.opened_at >= cluster_case.opened_at AND NOT cluster_case.open
