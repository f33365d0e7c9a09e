-- Keeps the files of a bulletin.
INSERT INTO bulletin_file (county, bulletin_id, format, sha256, content)
SELECT $1, $2::uuid, format, sha256, content
FROM UNNEST($3::int2[], $4::bytea[], $5::bytea[]) AS file (format, sha256, content)
