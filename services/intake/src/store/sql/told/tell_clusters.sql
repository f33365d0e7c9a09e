-- The cases that clusters' reports are in; of two cases of a cluster the one that was opened later tells.
INSERT INTO case_of_cluster (county, cluster_id, case_id, opened_at)
SELECT $1, told.* FROM UNNEST($2::uuid[], $3::uuid[], $4::timestamptz[]) AS told (cluster_id, case_id, opened_at)
ON CONFLICT (county, cluster_id) DO UPDATE
SET case_id = EXCLUDED.case_id, opened_at = EXCLUDED.opened_at
WHERE EXCLUDED.opened_at >= case_of_cluster.opened_at
  AND (EXCLUDED.case_id, EXCLUDED.opened_at) IS DISTINCT FROM (case_of_cluster.case_id, case_of_cluster.opened_at)
