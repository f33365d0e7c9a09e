-- A page of duties besides cases, by time. $2 is the agency that may see only its own; $3 whether what is restricted
-- is shown; $14 and $15 are the last row of the page before.
SELECT standing.*, duty.kind, duty.agency, duty.post, duty.person, duty.about, duty.started_at, duty.due_at,
    duty.next_at, duty.stage, duty.paused, duty.ended_at, duty.met
FROM duty
JOIN standing_duty AS standing ON standing.county = duty.county AND standing.id = duty.subject_id
WHERE duty.county = $1 AND duty.no = 0
  AND ($2::text IS NULL OR duty.agency = $2)
  AND ($3 OR NOT standing.restricted)
  AND ($4::smallint IS NULL OR duty.kind = $4)
  AND ($5::text IS NULL OR standing.group_code = $5)
  AND ($6::text IS NULL OR starts_with(standing.area_code, $6))
  AND ($7::smallint IS NULL OR standing.place = $7)
  AND ($8::text IS NULL OR duty.agency = $8)
  AND ($9::timestamptz IS NULL OR duty.due_at >= $9)
  AND ($10::timestamptz IS NULL OR duty.due_at < $10)
  AND CASE $11::smallint WHEN 1 THEN duty.ended_at IS NULL WHEN 2 THEN duty.ended_at IS NULL AND duty.due_at <= $12
      WHEN 3 THEN duty.met ELSE true END
  AND ($14::timestamptz IS NULL OR (duty.due_at, duty.subject_id) > ($14, $15::uuid))
ORDER BY duty.due_at, duty.subject_id
LIMIT $13
