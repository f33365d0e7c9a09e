-- Ends the county's turn and sends. What follows takes its rows `FROM go`, which is one row or none. Its own parameters begin
-- with $10.
head AS (
    UPDATE outbox_head SET turn = outbox_head.turn + 1, position = go.position + cardinality($7::text[])
    FROM go WHERE county = $1
), sent AS (
    INSERT INTO outbox_event (county, position, kind, payload, trace)
    SELECT $1, go.position + event.ordinal, event.kind, event.payload, event.trace
    FROM go, UNNEST($7::text[], $8::bytea[], $9::text[]) WITH ORDINALITY AS event (kind, payload, trace, ordinal)
),
