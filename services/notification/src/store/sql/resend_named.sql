-- Parked pushes wait for delivery again, with all their tries.
UPDATE push_delivery AS d
SET delivery = 1, failures = 0, parked_at = NULL, next_attempt_at = now(), lease_until = '-infinity',
    queue_at = now() + $3 * interval '1 millisecond'
-- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
FROM (SELECT $1::text AS county, id FROM UNNEST($2::uuid[]) AS n (id) OFFSET 0) AS named
-- Not asked as "= 3": then an index of what is parked would look as good as the key.
WHERE d.county = named.county AND d.push_id = named.id AND d.delivery > 2
RETURNING d.push_id, d.agency, d.level, d.requested_at
