-- Anybody else may take these queues.
UPDATE queue_owner SET until = '-infinity'
WHERE county = $1 AND owner = $2 AND agency = ANY($3::text[])
