-- A body is handed in from now on, for a push of this agency that has fewer than so many files. No row: it is not its
-- push; false: it has as many as it may.
WITH mine AS (
    SELECT (SELECT count(*) FROM attachment WHERE county = $1 AND push_id = $2) < $7 AS has_room
    FROM push
    WHERE county = $1 AND push_id = $2 AND agency = $3
), begun AS (
    INSERT INTO attachment_upload (county, body, began_at, place)
    SELECT $1, $4, $5, $6 FROM mine WHERE has_room
)
SELECT has_room FROM mine
