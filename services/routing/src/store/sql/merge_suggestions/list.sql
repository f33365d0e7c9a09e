-- A page of suggestions to merge, the newest first, before one ($5); of one agency's desk ($2), of a case ($3), only what
-- is still to be decided ($4) where that is said. $6 is the kind of duty.
SELECT standing.*, duty.kind, duty.agency, duty.post, duty.person, duty.about, duty.started_at, duty.due_at,
    duty.next_at, duty.stage, duty.paused, duty.ended_at, duty.met,
    asked.decision_id, told.joined_at, told.decided_by, told.score, told.reasons,
    one.id AS one_id, one.number AS one_number, one.state AS one_state, one.level AS one_level,
    one.category AS one_category, one.area_code AS one_area, one.opened_at AS one_opened,
    other.id AS other_id, other.number AS other_number, other.state AS other_state, other.level AS other_level,
    other.category AS other_category, other.area_code AS other_area, other.opened_at AS other_opened
FROM merge_suggestion AS asked
JOIN duty ON duty.county = $1 AND duty.subject_id = asked.id AND duty.no = 0 AND duty.kind = $6
JOIN standing_duty AS standing ON standing.county = $1 AND standing.id = asked.id
JOIN cluster_join AS told
    ON told.county = $1 AND told.decision_id = asked.decision_id AND told.absorbed = asked.absorbed
JOIN case_file AS one ON one.county = $1 AND one.id = asked.one
JOIN case_file AS other ON other.county = $1 AND other.id = asked.other
WHERE asked.county = $1
  AND ($2::text IS NULL OR duty.agency = $2)
  AND ($3::uuid IS NULL OR $3 IN (asked.one, asked.other))
  AND (NOT $4 OR duty.ended_at IS NULL)
  AND ($5::uuid IS NULL OR asked.id < $5)
ORDER BY asked.id DESC
LIMIT $7
