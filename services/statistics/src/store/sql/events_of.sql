-- All events of things.
-- $1 county  $2 entities  $3 ids
SELECT event.entity, event.id, event.other, event.ordinal, event.happened_at, event.known_at, event.body
FROM UNNEST($2::int2[], $3::uuid[]) AS asked (entity, id)
JOIN event ON event.county = $1 AND event.entity = asked.entity AND event.id = asked.id
