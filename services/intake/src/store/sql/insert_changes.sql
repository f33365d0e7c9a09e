INSERT INTO report_change (county, source, position, change, sealed_words)
SELECT $1, source, position, change, sealed_words
FROM UNNEST($2::smallint[], $3::bigint[], $4::bytea[], $5::bytea[]) AS told (source, position, change, sealed_words)
