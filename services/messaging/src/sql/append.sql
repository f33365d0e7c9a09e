-- Gives the next positions of the county and writes the events, in one round trip. $6 is how many turns it takes: none
-- in a transaction that has the county's turn already.
WITH head AS (
    INSERT INTO outbox_head (county, position, turn) VALUES ($1, $5, $6)
    ON CONFLICT (county) DO UPDATE
        SET position = outbox_head.position + EXCLUDED.position, turn = outbox_head.turn + EXCLUDED.turn
    RETURNING position
), written AS (
    INSERT INTO outbox_event (county, position, kind, payload, trace)
    SELECT $1, head.position - $5 + event.ordinal, event.kind, event.payload, event.trace
    FROM head, UNNEST($2::text[], $3::bytea[], $4::text[]) WITH ORDINALITY AS event (kind, payload, trace, ordinal)
)
SELECT position FROM head
