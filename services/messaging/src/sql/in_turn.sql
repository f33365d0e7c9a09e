-- Opens a statement that changes something, moves a receiver's position and sends events, all or nothing:
-- only while the county's turn is still $2 and, where a topic is given, the receiver's position still $4; or, where $5 is
-- null, the event at $4 still parked, which it then is no more while the receiver stays where it is.
-- What follows takes its rows `FROM go`, which is one row or none. Its own parameters begin with $10.
WITH turn AS MATERIALIZED (
    SELECT position FROM outbox_head WHERE county = $1 AND turn = $2 FOR UPDATE
), unparked AS (
    DELETE FROM receiver_parked
    WHERE county = $1 AND topic = $3 AND position = $4 AND $5::bigint IS NULL AND EXISTS (SELECT FROM turn)
    RETURNING 1
), place AS MATERIALIZED (
    SELECT 1 FROM receiver_position
    WHERE county = $1 AND topic = $3 AND EXISTS (SELECT FROM turn)
        AND CASE WHEN $5 IS NULL THEN EXISTS (SELECT FROM unparked) ELSE position = $4 END
    FOR UPDATE
), go AS MATERIALIZED (
    SELECT position FROM turn WHERE $3::text IS NULL OR EXISTS (SELECT FROM place)
), head AS (
    UPDATE outbox_head SET turn = outbox_head.turn + 1, position = go.position + cardinality($7::text[])
    FROM go WHERE county = $1
), moved AS (
    UPDATE receiver_position
    SET position = COALESCE($5, receiver_position.position),
        caught_up_at = CASE WHEN $6 THEN now() ELSE caught_up_at END
    FROM go WHERE county = $1 AND topic = $3
), sent AS (
    INSERT INTO outbox_event (county, position, kind, payload, trace)
    SELECT $1, go.position + event.ordinal, event.kind, event.payload, event.trace
    FROM go, UNNEST($7::text[], $8::bytea[], $9::text[]) WITH ORDINALITY AS event (kind, payload, trace, ordinal)
),
