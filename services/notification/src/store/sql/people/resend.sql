-- Parked messages ($2) are tried again, from the first of their channels on.
UPDATE person_message SET state = 1, failures = 0, channel = channels[1], next_try_at = now(), ended_at = NULL, error = ''
-- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
FROM (SELECT $1::text AS county, id FROM UNNEST($2::uuid[]) AS n (id) OFFSET 0) AS named
WHERE person_message.county = named.county AND message_id = named.id AND state = 3
RETURNING channel
