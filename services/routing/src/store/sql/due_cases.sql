-- What clocks have something to say of, the longest waiting first, of one turn of the county: cases, and duties
-- besides cases, which stand under their own id with the number 0; but for those of $4, which are left alone. At
-- least one row.
WITH due AS MATERIALIZED (
    SELECT subject_id, no FROM duty
    WHERE county = $1 AND next_at <= $2 AND subject_id <> ALL ($4::uuid[])
    ORDER BY next_at LIMIT $3
), subject AS MATERIALIZED (
    SELECT DISTINCT subject_id AS id, no = 0 AS standing FROM due
)
SELECT COALESCE((SELECT turn FROM outbox_head WHERE county = $1), 0) AS turn,
    (SELECT sealed FROM history_head WHERE county = $1) AS history_head,
    (SELECT count(*) FROM due) AS due, held_case.*, held_duty.*
FROM (SELECT) AS always
LEFT JOIN subject ON true
LEFT JOIN LATERAL (
    SELECT * FROM case_file WHERE NOT subject.standing AND county = $1 AND id = subject.id LIMIT 1
) AS held_case ON true
LEFT JOIN LATERAL (
    SELECT duty.subject_id, duty.kind, duty.agency, duty.post, duty.person, duty.started_at, duty.due_at, duty.next_at,
        duty.stage, duty.ended_at, duty.met, standing_duty.working_days, standing_duty.area_code AS duty_area,
        standing_duty.topic, standing_duty.restricted
    FROM duty JOIN standing_duty ON standing_duty.county = duty.county AND standing_duty.id = duty.subject_id
    -- Not as "no = 0": then an index of duties besides cases would look as good as the key.
    WHERE subject.standing AND duty.county = $1 AND duty.subject_id = subject.id AND duty.no < 1 LIMIT 1
) AS held_duty ON true
