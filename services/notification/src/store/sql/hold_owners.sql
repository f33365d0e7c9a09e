-- Nobody takes over these agencies' queues before this transaction ends. All in one order, which is the keeper's.
SELECT agency, token
FROM queue_owner
WHERE county = $1 AND agency = ANY($2::text[])
ORDER BY agency COLLATE "C"
FOR SHARE
