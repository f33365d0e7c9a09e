-- Keeps a reading, where its reader has fewer than so many ($11) since a time ($12). Says whether it was kept, and since
-- when those are counted.
WITH recent AS MATERIALIZED (
    SELECT at FROM background_reading
    WHERE county = $1 AND reader = $4 AND at > $12
    ORDER BY at DESC LIMIT $11
), kept AS (
    INSERT INTO background_reading
        (county, reading_id, at, reader, capacity, purpose, purpose_words, asked_by, asked, shown)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
    WHERE (SELECT count(*) FROM recent) < $11
    RETURNING reading_id
)
SELECT EXISTS (SELECT FROM kept) AS kept, (SELECT min(at) FROM recent) AS since
