SELECT decision_id, kind, act, cluster_id, other_id, report_ids, decided_by, reason, decided_at, undone_by, undone_reason, undone_at
FROM link_decision
WHERE county = $1 AND decision_id = $2
