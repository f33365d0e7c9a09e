-- Where a cluster ($3) of a kind went after a decision ($4): the join that holds, and the cluster that stayed.
SELECT decision_id, cluster_id FROM link_decision
WHERE county = $1 AND other_id = $3 AND decision_id > $4 AND kind = $2 AND act = $5 AND undone_at IS NULL
ORDER BY decision_id LIMIT 1
