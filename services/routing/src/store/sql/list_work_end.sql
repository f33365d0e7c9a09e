        ORDER BY paused, due_at, subject_id, no
        LIMIT 10000
    ) AS urgent
    WHERE CASE $11::smallint
        WHEN 1 THEN urgent.kind = 1
        WHEN 2 THEN NOT urgent.paused AND urgent.due_at > $12::timestamptz AND urgent.due_at <= $13::timestamptz
        WHEN 3 THEN NOT urgent.paused AND urgent.due_at <= $12
        WHEN 4 THEN urgent.kind = 5 OR (urgent.kind = 3 AND urgent.about > 0)
        WHEN 5 THEN urgent.kind = 16
        ELSE true
    END
    ORDER BY urgent.paused, urgent.due_at, urgent.subject_id, urgent.no
    LIMIT $14
) AS owed
-- One look by the key for each row: a join the planner might do by reading all cases of a young table.
LEFT JOIN LATERAL (
    SELECT number, level, fast_lane FROM case_file WHERE county = $1 AND id = owed.subject_id LIMIT 1
) AS file ON true
ORDER BY owed.paused, owed.due_at, owed.subject_id, owed.no
