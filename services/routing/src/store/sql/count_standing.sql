-- How much of what was owed was done, by kind and place; what was owed besides nothing more. $2 is the agency that
-- sees only its own.
SELECT duty.kind, standing.place, count(*) AS owed, count(*) FILTER (WHERE duty.met) AS met,
    count(*) FILTER (WHERE CASE WHEN duty.ended_at IS NULL THEN duty.due_at <= $9
        ELSE duty.met AND duty.ended_at > duty.due_at END) AS late,
    COALESCE(sum(standing.hazards), 0)::bigint AS hazards
FROM duty
JOIN standing_duty AS standing ON standing.county = duty.county AND standing.id = duty.subject_id
WHERE duty.county = $1 AND duty.no = 0
  AND ($2::text IS NULL OR duty.agency = $2)
  AND ($3::smallint IS NULL OR duty.kind = $3)
  AND ($4::text IS NULL OR standing.group_code = $4)
  AND ($5::text IS NULL OR starts_with(standing.area_code, $5))
  AND ($6::smallint IS NULL OR standing.place = $6)
  AND ($7::timestamptz IS NULL OR duty.due_at >= $7)
  AND ($8::timestamptz IS NULL OR duty.due_at < $8)
GROUP BY duty.kind, standing.place
ORDER BY duty.kind, standing.place
