-- The case that a request id's answer names.
SELECT case_id FROM command_answer WHERE county = $1 AND principal = $2 AND request_id = $3
