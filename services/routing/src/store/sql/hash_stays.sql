-- Puts hashes in the place of names, where the name is still the one that was hashed.
UPDATE visit_stay SET visitor = NULL, visitor_hash = told.visitor_hash
FROM UNNEST($2::uuid[], $3::text[], $4::bytea[]) AS told (activity_id, visitor, visitor_hash)
WHERE visit_stay.county = $1 AND visit_stay.activity_id = told.activity_id AND visit_stay.visitor = told.visitor
