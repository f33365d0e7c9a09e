-- The id of the duty to hold the joint meeting of a week, where it is owed.
SELECT standing.id FROM standing_duty AS standing
JOIN duty ON duty.county = standing.county AND duty.subject_id = standing.id AND duty.no = 0
WHERE standing.county = $1 AND standing.period = $2 AND duty.kind = $3 AND duty.ended_at IS NULL
LIMIT 1
