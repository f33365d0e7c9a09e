-- As append.sql, in a transaction that has the county's turn: that stays one turn.
WITH head AS (
    UPDATE outbox_head SET position = position + $5 WHERE county = $1 RETURNING position
), written AS (
    INSERT INTO outbox_event (county, position, kind, payload, trace)
    SELECT $1, head.position - $5 + event.ordinal, event.kind, event.payload, event.trace
    FROM head, UNNEST($2::text[], $3::bytea[], $4::text[]) WITH ORDINALITY AS event (kind, payload, trace, ordinal)
)
SELECT position FROM head
