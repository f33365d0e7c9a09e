-- A page of who read what of a protected case, the newest first, before a place.
SELECT id, at, actor, capacity, agency, push_id, what, purpose
FROM protected_reading
WHERE county = $1 AND case_id = $2 AND (at, id) < ($3, $4)
ORDER BY at DESC, id DESC
LIMIT $5
