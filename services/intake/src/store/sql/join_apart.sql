-- What officers said of the cluster $3 (of the kind $2) is said of $4 from now on.
WITH gone AS (
    DELETE FROM link_apart
    WHERE county = $1 AND kind = $2 AND (one = $3 OR other = $3)
    RETURNING one, other, decision_id
)
INSERT INTO link_apart (county, kind, one, other, decision_id)
SELECT $1, $2, LEAST(moved.one, moved.other), GREATEST(moved.one, moved.other), moved.decision_id
FROM (
    SELECT CASE WHEN one = $3 THEN $4 ELSE one END AS one, CASE WHEN other = $3 THEN $4 ELSE other END AS other,
           decision_id
    FROM gone
) AS moved
WHERE moved.one <> moved.other
ON CONFLICT DO NOTHING
