-- A page of what an agency owes, by urgency: what runs before what stands still, then by time. $5 to $8 are the last
-- row of the page before. $9 is the part that is asked for (see WorkPart), $10 is now and $11 the end of today. A
-- part is looked for among the 10,000 most urgent, so that it costs no more however much waits. Kind 18, that a case
-- grows old, is nobody's to do.
SELECT owed.*, file.number, file.level, file.fast_lane
FROM (
    SELECT urgent.* FROM (
        SELECT subject_id, no, kind, agency, post, person, about, started_at, due_at, paused
        FROM duty
        WHERE county = $1 AND agency = $2 AND ended_at IS NULL AND kind <> 18
          AND ($3::text IS NULL OR person = $3 OR post = ANY($4::text[]))
          AND (paused, due_at, subject_id, no) > ($5::boolean, $6::timestamptz, $7::uuid, $8::integer)
        ORDER BY paused, due_at, subject_id, no
        LIMIT 10000
    ) AS urgent
    WHERE CASE $9::smallint
        WHEN 1 THEN urgent.kind = 1
        WHEN 2 THEN NOT urgent.paused AND urgent.due_at > $10::timestamptz AND urgent.due_at < $11::timestamptz
        WHEN 3 THEN NOT urgent.paused AND urgent.due_at <= $10
        WHEN 4 THEN urgent.kind = 5 OR (urgent.kind = 3 AND urgent.about > 0)
        WHEN 5 THEN urgent.kind = 16
        ELSE true
    END
    ORDER BY urgent.paused, urgent.due_at, urgent.subject_id, urgent.no
    LIMIT $12
) AS owed
-- One look by the key for each row: a join the planner might do by reading all cases of a young table.
LEFT JOIN LATERAL (
    SELECT number, level, fast_lane FROM case_file WHERE county = $1 AND id = owed.subject_id LIMIT 1
) AS file ON true
ORDER BY owed.paused, owed.due_at, owed.subject_id, owed.no
