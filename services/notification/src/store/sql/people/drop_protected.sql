-- Cases ($2) are protected from now on: what waits for residents is not told any more.
UPDATE person_message SET state = 5, ended_at = now()
WHERE county = $1 AND case_id = ANY ($2::uuid[]) AND person_kind = 3 AND state = 1
