-- A page of the families that are to be screened, by time, and how many agencies signalled something.
SELECT standing.*, duty.kind, duty.agency, duty.post, duty.person, duty.about, duty.started_at, duty.due_at,
    duty.next_at, duty.stage, duty.paused, duty.ended_at, duty.met,
    (SELECT count(DISTINCT signal.agency) FROM family_signal AS signal
     WHERE signal.county = $1 AND signal.family_id = standing.group_code::uuid) AS agencies
FROM duty
JOIN standing_duty AS standing ON standing.county = duty.county AND standing.id = duty.subject_id
WHERE duty.county = $1 AND duty.no = 0 AND duty.kind = $2 AND duty.ended_at IS NULL
  AND ($4::timestamptz IS NULL OR (duty.due_at, duty.subject_id) > ($4, $5::uuid))
ORDER BY duty.due_at, duty.subject_id
LIMIT $3
