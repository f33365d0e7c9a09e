-- What alone.sql does, and takes a receiver's step over the parked event at $4: only where that is still parked, which it then
-- is no more. The receiver $3 stays where it is ($5 is null), but its row is held.
WITH turn AS MATERIALIZED (
    SELECT position FROM outbox_head WHERE county = $1 AND turn = $2 FOR UPDATE
), unparked AS (
    DELETE FROM receiver_parked
    WHERE county = $1 AND topic = $3 AND position = $4 AND $5::bigint IS NULL AND EXISTS (SELECT FROM turn)
    RETURNING 1
), held AS (
    UPDATE receiver_position SET caught_up_at = CASE WHEN $6 THEN now() ELSE caught_up_at END
    WHERE county = $1 AND topic = $3 AND EXISTS (SELECT FROM unparked)
    RETURNING 1
), go AS MATERIALIZED (
    SELECT position FROM turn WHERE EXISTS (SELECT FROM held)
),
