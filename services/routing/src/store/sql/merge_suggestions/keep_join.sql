-- Keeps that a cluster ($4) went into another ($3), and with it what had gone into it before. A split that is taken back
-- is a join of its own decision: what it had parted is together again.
WITH again AS (
    UPDATE cluster_join SET parted_by = NULL WHERE county = $1 AND parted_by = $2
), whole AS (
    UPDATE cluster_split SET taken_back = true WHERE county = $1 AND decision_id = $2
)
INSERT INTO cluster_join (county, decision_id, absorbed, kept, through, joined_at, decided_by, score, reasons)
SELECT $1, $2, went.absorbed, $3, went.through, $5, $6, $7, $8
FROM (
    SELECT $4::uuid AS absorbed, NULL::uuid AS through
    UNION ALL
    (SELECT DISTINCT absorbed, $4::uuid FROM cluster_join
     WHERE county = $1 AND kept = $4 AND parted_by IS NULL AND absorbed <> $3 LIMIT 100)
) AS went
ON CONFLICT (county, decision_id, absorbed) DO NOTHING
