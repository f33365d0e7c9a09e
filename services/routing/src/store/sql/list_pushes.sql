-- A case's pushes, in the order in which they were requested: their ids grow with time.
SELECT push_id, agency, form, level, requested_at, due_at, signed_at, returned_at, feedback_at
FROM case_push WHERE county = $1 AND case_id = $2
ORDER BY push_id LIMIT $3
