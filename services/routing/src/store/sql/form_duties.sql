-- What is or was owed of forms, of the pushes $2, and of no other kind than $3.
SELECT held.*
FROM UNNEST($2::uuid[]) AS told (push_id)
-- Push by push: the planner has no way but the index, whatever it believes of the tables.
CROSS JOIN LATERAL (
    SELECT standing.id, standing.parent_id, standing.working_days, duty.kind, duty.agency, duty.post, duty.person,
        duty.started_at, duty.due_at, duty.next_at, duty.stage, duty.ended_at, duty.met
    FROM (
        SELECT id, parent_id, working_days FROM standing_duty
        WHERE county = $1 AND parent_id = told.push_id OFFSET 0
    ) AS standing
    JOIN duty ON duty.county = $1 AND duty.subject_id = standing.id AND duty.no = 0
    WHERE duty.kind = ANY ($3::smallint[])
    OFFSET 0
) AS held
