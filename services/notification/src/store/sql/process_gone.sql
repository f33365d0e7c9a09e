-- A process ends, and those that ended without a word long ago are forgotten.
DELETE FROM delivery_process
WHERE county = $1 AND (process = $2 OR until < now() - interval '1 day')
