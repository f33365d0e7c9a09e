-- By what the persons of the next messages are known, and their addresses.
SELECT message_id, recipient, sealed_address FROM person_message
WHERE county = $1 AND message_id > $2
ORDER BY message_id LIMIT $3
