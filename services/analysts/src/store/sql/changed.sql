-- Which things have changed since a time; at most so many.
-- $1 county  $2 since  $3 how many
SELECT DISTINCT entity, id FROM event WHERE county = $1 AND known_at > $2::timestamptz LIMIT $3::int8
