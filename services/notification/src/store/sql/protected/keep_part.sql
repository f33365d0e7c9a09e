-- Keeps that whoever opened a push ($5) by a reading ($4) since $8 reads another part of it ($9), for the same purpose. No
-- row where the reading is another's or of another push, or too old.
INSERT INTO protected_reading (county, id, at, actor, capacity, agency, push_id, case_id, what, purpose)
SELECT county, $2, $3, actor, capacity, agency, push_id, case_id, $9, purpose
FROM protected_reading
WHERE county = $1 AND id = $4 AND push_id = $5 AND actor = $6 AND agency = $7 AND at > $8
RETURNING id
