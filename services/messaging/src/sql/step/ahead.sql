-- Opens a statement that applies events and takes the receiver's step, all or nothing: only where the receiver still stands
-- at $3. What follows takes its rows `FROM go`, which is one row or none. Its own parameters begin with $6.
WITH go AS (
    UPDATE receiver_position SET position = $4, caught_up_at = CASE WHEN $5 THEN now() ELSE caught_up_at END
    WHERE county = $1 AND topic = $2 AND position = $3
    RETURNING 1
),
