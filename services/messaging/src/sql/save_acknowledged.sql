INSERT INTO outbox_receiver (county, receiver, position)
SELECT $1, receiver, position FROM UNNEST($2::text[], $3::bigint[]) AS acknowledged (receiver, position)
ON CONFLICT (county, receiver) DO UPDATE SET position = EXCLUDED.position
WHERE outbox_receiver.position <> EXCLUDED.position
