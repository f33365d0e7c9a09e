-- Cases ($2) are protected from now on: what waits for residents is not told any more.
UPDATE person_message SET state = 5, ended_at = now()
FROM UNNEST($2::uuid[]) AS protected (id)
-- Not asked as "= 1": then the index of what is due would look as good as that of cases.
WHERE county = $1 AND case_id = protected.id AND person_kind = 3 AND state < 2
