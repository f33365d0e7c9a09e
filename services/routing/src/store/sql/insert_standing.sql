-- Makes duties besides cases. What a series has made already for its area and period is left as it is.
WITH new AS MATERIALIZED (
    SELECT * FROM UNNEST($2::uuid[], $3::text[], $4::date[], $5::text[], $6::smallint[], $7::text[], $8::boolean[],
        $9::uuid[], $10::bytea[], $11::timestamptz[], $12::text[], $13::smallint[], $14::text[], $15::text[], $16::text[],
        $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::smallint[])
        AS new (id, group_code, period, area_code, place, topic, restricted, parent_id, sealed_subject, created_at,
        created_by, kind, agency, post, person, started_at, due_at, next_at, working_days)
), made AS (
    INSERT INTO standing_duty (county, id, group_code, period, area_code, place, topic, restricted, parent_id,
        sealed_subject, created_at, created_by, working_days)
    SELECT $1, id, group_code, period, area_code, place, topic, restricted, parent_id, sealed_subject, created_at,
        created_by, working_days
    FROM new
    ON CONFLICT (county, group_code, period, area_code) WHERE period IS NOT NULL DO NOTHING
    RETURNING id
)
INSERT INTO duty (county, subject_id, no, kind, agency, post, person, about, started_at, due_at, next_at, stage, paused,
    ended_at, met)
SELECT $1, new.id, 0, new.kind, new.agency, new.post, new.person, 0, new.started_at, new.due_at, new.next_at, 0, false,
    NULL, false
FROM new JOIN made ON made.id = new.id
