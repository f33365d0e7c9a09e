-- Opens a statement that applies events and takes the receiver's step, all or nothing: only where the receiver
-- still stands at $3. Where $4 is null, the step is over the parked event at $3: only where that is still parked, which
-- it then is no more; the receiver stays where it is, but its row is held, so that no other step of it is taken meanwhile.
-- What follows takes its rows `FROM go`, which is one row or none. Its own parameters begin with $6.
WITH unparked AS (
    DELETE FROM receiver_parked WHERE county = $1 AND topic = $2 AND position = $3 AND $4::bigint IS NULL
    RETURNING 1
), go AS (
    UPDATE receiver_position
    SET position = COALESCE($4, position), caught_up_at = CASE WHEN $5 THEN now() ELSE caught_up_at END
    WHERE county = $1 AND topic = $2 AND CASE WHEN $4 IS NULL THEN EXISTS (SELECT FROM unparked) ELSE position = $3 END
    RETURNING 1
),
