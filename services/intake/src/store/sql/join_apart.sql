-- What officers said of each cluster of $3 (of the kind beside it in $2) is said of the one beside it in $4 from now on. None
-- that goes stays for another one.
WITH joined AS MATERIALIZED (
    SELECT * FROM UNNEST($2::smallint[], $3::uuid[], $4::uuid[]) AS gone (kind, absorbed, kept)
), gone AS (
    DELETE FROM link_apart USING joined
    WHERE link_apart.county = $1 AND link_apart.kind = joined.kind AND joined.absorbed IN (link_apart.one, link_apart.other)
    RETURNING link_apart.kind, link_apart.one, link_apart.other, link_apart.decision_id
), moved AS (
    SELECT gone.kind, COALESCE(first.kept, gone.one) AS one, COALESCE(second.kept, gone.other) AS other, gone.decision_id
    FROM gone
    LEFT JOIN joined AS first ON (first.kind, first.absorbed) = (gone.kind, gone.one)
    LEFT JOIN joined AS second ON (second.kind, second.absorbed) = (gone.kind, gone.other)
)
INSERT INTO link_apart (county, kind, one, other, decision_id)
SELECT $1, kind, LEAST(one, other), GREATEST(one, other), decision_id
FROM moved
WHERE one <> other
ON CONFLICT DO NOTHING
