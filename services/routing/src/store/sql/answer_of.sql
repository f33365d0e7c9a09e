-- What a request id of a principal stands for.
SELECT case_id, digest FROM command_answer WHERE county = $1 AND principal = $2 AND request_id = $3
