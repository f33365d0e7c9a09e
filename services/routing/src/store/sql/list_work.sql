-- A page of what agencies ($2) owe, by urgency: what runs before what stands still, then by time. $6 to $9 are the
-- last row of the page before. $10 is the part that is asked for (see WorkPart), $11 is now and $12 the end of today. A
-- part is looked for among the 10,000 most urgent of each agency, so that it costs no more however much waits. Kind 18,
-- that a case grows old, is nobody's to do.
SELECT owed.*, file.number, file.level, file.fast_lane
FROM (
    SELECT urgent.* FROM UNNEST($2::text[]) AS asked (agency) CROSS JOIN LATERAL (
        SELECT subject_id, no, kind, agency, post, person, about, started_at, due_at, paused
        FROM duty
        WHERE county = $1 AND agency = asked.agency AND ended_at IS NULL AND kind <> 18
          AND (paused, due_at, subject_id, no) > ($6::boolean, $7::timestamptz, $8::uuid, $9::integer)
