-- What was told of duties besides cases before a moment ($2) goes, at most so many ($3).
DELETE FROM person_message
WHERE county = $1 AND message_id IN (
    SELECT message_id FROM person_message
    WHERE county = $1 AND subject <> 1 AND requested_at < $2 AND state <> 1
    LIMIT $3
)
