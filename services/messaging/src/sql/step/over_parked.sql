-- What ahead.sql does, of a step over the parked event at $3: only where that is still parked, which it then is no more.
-- The receiver stays where it is ($4 is null), but its row is held, so that no other step of it is taken meanwhile.
WITH unparked AS (
    DELETE FROM receiver_parked WHERE county = $1 AND topic = $2 AND position = $3 AND $4::bigint IS NULL
    RETURNING 1
), go AS (
    UPDATE receiver_position SET caught_up_at = CASE WHEN $5 THEN now() ELSE caught_up_at END
    WHERE county = $1 AND topic = $2 AND EXISTS (SELECT FROM unparked)
    RETURNING 1
),
