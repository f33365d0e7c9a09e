-- Cases ($2) are protected from now on: what waits for residents is not told any more.
UPDATE person_message SET state = 5, ended_at = now()
FROM (SELECT $1::text AS county, id FROM UNNEST($2::uuid[]) AS n (id) OFFSET 0) AS protected
-- Not asked as "= 1": then the index of what is due would look as good as that of cases.
WHERE person_message.county = protected.county AND case_id = protected.id AND person_kind = 3 AND state < 2
