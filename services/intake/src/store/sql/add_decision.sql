INSERT INTO link_decision (
    county, decision_id, kind, act, cluster_id, other_id, report_ids, decided_by, reason, decided_at, request_id
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
