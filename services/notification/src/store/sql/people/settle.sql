-- What became of a try ($3 says which claim). $4 is the next state, $5 the next channel, $6 the wait in milliseconds before the
-- next try, $7 whether it failed.
UPDATE person_message
SET state = $4::smallint, channel = $5, next_try_at = now() + $6 * interval '1 millisecond',
    failures = failures + CASE WHEN $7 THEN 1 ELSE 0 END, http_status = $8, error = $9,
    ended_at = CASE WHEN $4::smallint = 1 THEN NULL ELSE now() END
WHERE county = $1 AND message_id = $2 AND claims = $3
    -- Not asked as "= 1": then the index of what is due would look as good as the key.
    AND state < 2
