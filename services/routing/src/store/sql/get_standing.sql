-- Duties besides cases by their ids, and what follows from them where $3 says so.
SELECT standing.*, duty.kind, duty.agency, duty.post, duty.person, duty.about, duty.started_at, duty.due_at,
    duty.next_at, duty.stage, duty.paused, duty.ended_at, duty.met
FROM standing_duty AS standing
JOIN duty ON duty.county = standing.county AND duty.subject_id = standing.id AND duty.no = 0
WHERE standing.county = $1 AND (standing.id = ANY ($2::uuid[]) OR $3 AND standing.parent_id = ANY ($2::uuid[]))
ORDER BY standing.created_at, duty.due_at, standing.id
