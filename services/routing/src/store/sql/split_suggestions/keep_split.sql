-- Keeps that an officer took reports ($7) out of a cluster ($3): they are of another one ($4).
INSERT INTO cluster_split (county, decision_id, cluster, went_to, parted_at, decided_by, report_ids)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (county, decision_id) DO NOTHING
