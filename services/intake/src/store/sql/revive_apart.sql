-- A cluster ($4) that had gone into another one ($3) is there again: what officers said of itself, and of what has gone into
-- it and is not taken back, which went along, is said of it again.
WITH RECURSIVE within (id) AS (
    SELECT $4::uuid
    UNION
    SELECT gone.other_id
    FROM link_decision AS gone
    JOIN within ON within.id = gone.cluster_id
    WHERE gone.county = $1 AND gone.kind = $2 AND gone.act = 2 AND gone.other_id IS NOT NULL AND gone.undone_at IS NULL
)
INSERT INTO link_apart (county, kind, one, other, decision_id)
SELECT $1, $2, LEAST($4::uuid, beside.id), GREATEST($4::uuid, beside.id), held.decision_id
FROM link_apart AS held
CROSS JOIN LATERAL (SELECT CASE WHEN held.one = $3 THEN held.other ELSE held.one END AS id) AS beside
JOIN link_decision AS said ON said.county = held.county AND said.decision_id = held.decision_id
WHERE held.county = $1 AND held.kind = $2 AND $3 IN (held.one, held.other)
  AND EXISTS (SELECT FROM within WHERE within.id IN (said.cluster_id, said.other_id)) AND beside.id <> $4
ON CONFLICT DO NOTHING
