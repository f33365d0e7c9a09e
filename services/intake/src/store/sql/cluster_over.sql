-- Clusters of which a case was over: from now on they are remembered.
INSERT INTO cluster_case (county, cluster_id, opened_at, open)
SELECT $1, news.cluster_id, news.opened_at, news.open
FROM UNNEST($2::uuid[], $3::timestamptz[], $4::boolean[]) AS news (cluster_id, opened_at, open)
ON CONFLICT (county, cluster_id) DO UPDATE SET opened_at = EXCLUDED.opened_at, open = EXCLUDED.open
WHERE EXCLUDED.opened_at >= cluster_case.opened_at
