-- The next cases and duties besides cases after one ($2) among so many duties ($3) in the order of what they belong to,
-- as far as something is still owed, of one turn of the county. The last case may have more duties than were looked at
-- and is always among them. Duties besides cases are those of working days. At least one row.
WITH span AS MATERIALIZED (
    SELECT subject_id, no, ended_at FROM duty WHERE county = $1 AND subject_id > $2
    ORDER BY county, subject_id, no LIMIT $3
), edge AS MATERIALIZED (
    SELECT subject_id AS id FROM span ORDER BY subject_id DESC LIMIT 1
), running AS MATERIALIZED (
    SELECT DISTINCT subject_id AS id, no = 0 AS standing FROM span
    WHERE ended_at IS NULL OR subject_id = (SELECT id FROM edge)
)
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT sealed FROM history_head WHERE county = $1) AS history_head,
    (SELECT id FROM edge) AS edge, held_case.*, held_duty.*
FROM (SELECT) AS always
LEFT JOIN running ON true
LEFT JOIN LATERAL (
    SELECT * FROM case_file WHERE NOT running.standing AND county = $1 AND id = running.id LIMIT 1
) AS held_case ON true
LEFT JOIN LATERAL (
    SELECT duty.subject_id, duty.kind, duty.agency, duty.post, duty.person, duty.started_at, duty.due_at, duty.next_at,
        duty.stage, duty.ended_at, duty.met, standing_duty.working_days
    FROM duty JOIN standing_duty ON standing_duty.county = duty.county AND standing_duty.id = duty.subject_id
    -- Not as "no = 0": then an index of duties besides cases would look as good as the key.
    WHERE running.standing AND duty.county = $1 AND duty.subject_id = running.id AND duty.no < 1
      AND standing_duty.working_days IS NOT NULL LIMIT 1
) AS held_duty ON held_duty.ended_at IS NULL
