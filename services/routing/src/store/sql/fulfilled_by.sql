-- Keeps which activities fulfilled which duties.
UPDATE standing_duty SET activity_id = told.activity_id
FROM UNNEST($2::uuid[], $3::uuid[]) AS told (duty_id, activity_id)
WHERE standing_duty.county = $1 AND standing_duty.id = told.duty_id
