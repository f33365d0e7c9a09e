-- A file of a bulletin.
-- $1 county  $2 bulletin  $3 format  $4 the agency whose it has to be, or null
SELECT file.sha256, file.content
FROM bulletin_file AS file JOIN bulletin USING (county, bulletin_id)
WHERE county = $1 AND bulletin_id = $2::uuid AND format = $3::int2 AND ($4::text IS NULL OR $4 = ANY (agencies))
