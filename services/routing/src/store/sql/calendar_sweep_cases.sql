-- The next cases after one ($2) among so many duties ($3) in the order of their cases, as far as something is still
-- owed in them, of one turn of the county. The last case may have more duties than were looked at and is always
-- among them. At least one row.
WITH span AS MATERIALIZED (
    SELECT subject_id, ended_at FROM duty WHERE county = $1 AND subject_id > $2 ORDER BY county, subject_id, no LIMIT $3
), edge AS MATERIALIZED (
    SELECT subject_id AS id FROM span ORDER BY subject_id DESC LIMIT 1
), running AS MATERIALIZED (
    SELECT DISTINCT subject_id AS id FROM span
    WHERE ended_at IS NULL OR subject_id = (SELECT id FROM edge)
)
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT sealed FROM history_head WHERE county = $1) AS history_head,
    (SELECT id FROM edge) AS edge, held_case.*
FROM (SELECT) AS always
LEFT JOIN running ON true
LEFT JOIN LATERAL (SELECT * FROM case_file WHERE county = $1 AND id = running.id LIMIT 1) AS held_case ON true
