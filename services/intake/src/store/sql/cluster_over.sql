-- Clusters of which a case was over: from now on they are remembered.
INSERT INTO cluster_case (county, cluster_id, opened_at, open, takes_until)
SELECT $1, news.cluster_id, news.opened_at, news.open, news.takes_until
FROM UNNEST($2::uuid[], $3::timestamptz[], $4::boolean[], $5::timestamptz[])
    AS news (cluster_id, opened_at, open, takes_until)
ON CONFLICT (county, cluster_id) DO UPDATE
SET opened_at = EXCLUDED.opened_at, open = EXCLUDED.open, takes_until = EXCLUDED.takes_until
WHERE EXCLUDED.opened_at >= cluster_case.opened_at
