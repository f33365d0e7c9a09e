-- A page of what agencies ($2) owe, by urgency: what runs before what stands still, then by time. $7 to $10 are the
-- last row of the page before. $11 is the part that is asked for (see WorkPart), $12 is now and $13 the end of today. A
-- part is looked for among the 10,000 most urgent of each agency, so that it costs no more however much waits; a kind is
-- looked for among all, so that a list of one kind is whole. Kind 18, that a case grows old, is nobody's to do.
SELECT owed.*, file.number, file.level, file.fast_lane
FROM (
    SELECT urgent.* FROM UNNEST($2::text[]) AS asked (agency) CROSS JOIN LATERAL (
        SELECT subject_id, no, kind, agency, post, person, about, started_at, due_at, paused
        FROM duty
        WHERE county = $1 AND agency = asked.agency AND ended_at IS NULL AND kind <> 18
          AND (paused, due_at, subject_id, no) > ($7::boolean, $8::timestamptz, $9::uuid, $10::integer)
