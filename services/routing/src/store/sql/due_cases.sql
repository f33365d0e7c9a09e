-- The cases whose clocks have something to say, the longest waiting first, of one turn of the county. At least
-- one row.
WITH due AS MATERIALIZED (
    SELECT subject_id FROM duty
    WHERE county = $1 AND next_at <= $2
    ORDER BY next_at LIMIT $3
), subject AS MATERIALIZED (
    SELECT DISTINCT subject_id AS id FROM due
)
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT sealed FROM history_head WHERE county = $1) AS history_head,
    (SELECT count(*) FROM due) AS due, held_case.*
FROM (SELECT) AS always
LEFT JOIN subject ON true
LEFT JOIN LATERAL (SELECT * FROM case_file WHERE county = $1 AND id = subject.id LIMIT 1) AS held_case ON true
