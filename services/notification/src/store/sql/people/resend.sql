-- Parked messages ($2) are tried again, from the first of their channels on.
UPDATE person_message SET state = 1, failures = 0, channel = channels[1], next_try_at = now(), ended_at = NULL, error = ''
FROM UNNEST($2::uuid[]) AS named (id)
WHERE county = $1 AND message_id = named.id AND state = 3
RETURNING channel
