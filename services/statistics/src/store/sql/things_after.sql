-- The next things of which there are events, in the order of their keys.
-- $1 county  $2 entity  $3 id of the last one  $4 how many
SELECT DISTINCT entity, id FROM event
WHERE county = $1 AND (entity, id) > ($2::int2, $3::uuid)
ORDER BY entity, id
LIMIT $4::int8
