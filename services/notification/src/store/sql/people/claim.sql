-- Takes what is due on one channel, the most urgent first, for so many milliseconds ($5). At night ($4) only what is red ($7)
-- is taken; while the channel is left alone ($6) only what has another one.
-- Asked for once: a plan that looks again for each row would take more than there is room for.
WITH due AS MATERIALIZED (
    SELECT county, message_id FROM person_message
    WHERE county = $1 AND channel = $2 AND state = 1 AND next_try_at <= now()
      AND (NOT $4 OR level >= $7) AND (NOT $6 OR cardinality(channels) > 1)
    ORDER BY level DESC, requested_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE person_message AS message SET claims = claims + 1, next_try_at = now() + $5 * interval '1 millisecond'
FROM due
WHERE message.county = due.county AND message.message_id = due.message_id
RETURNING message.message_id, channels, channel, claims, failures, sealed_address, sealed_text, kind, level, requested_at
