-- Opens a statement that changes something and sends events, all or nothing: only while the county's turn is still $2. No
-- receiver's step is taken, and none is given. sent.sql comes after it.
WITH turn AS MATERIALIZED (
    SELECT position FROM outbox_head WHERE county = $1 AND turn = $2 FOR UPDATE
), go AS MATERIALIZED (
    SELECT position FROM turn WHERE ($3::text, $4::bigint, $5::bigint) IS NULL AND NOT $6::boolean
),
