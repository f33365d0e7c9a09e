-- What alone.sql does, and moves a receiver on: only where the receiver $3 still stands at $4, and then to $5.
WITH turn AS MATERIALIZED (
    SELECT position FROM outbox_head WHERE county = $1 AND turn = $2 FOR UPDATE
), moved AS (
    UPDATE receiver_position SET position = $5, caught_up_at = CASE WHEN $6 THEN now() ELSE caught_up_at END
    WHERE county = $1 AND topic = $3 AND position = $4 AND EXISTS (SELECT FROM turn)
    RETURNING 1
), go AS MATERIALIZED (
    SELECT position FROM turn WHERE EXISTS (SELECT FROM moved)
),
