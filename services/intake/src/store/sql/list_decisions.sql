-- A page, newest first; with a cluster ($3) only those about it.
SELECT decision_id, kind, act, cluster_id, other_id, report_ids, decided_by, reason, decided_at, undone_by, undone_reason, undone_at
FROM link_decision
WHERE county = $1 AND decision_id < $2 AND ($3::uuid IS NULL OR cluster_id = $3 OR other_id = $3)
ORDER BY decision_id DESC
LIMIT $4
