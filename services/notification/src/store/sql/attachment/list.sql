-- The files of a push, or one of them, where it is this agency's.
SELECT attachment_id, content.media_type, content.size, sealed_name, at, actor, body, pieces, place, sealed_key
FROM attachment AS file
JOIN attachment_content AS content ON content.county = file.county AND content.content = file.content
JOIN push ON push.county = file.county AND push.push_id = file.push_id
WHERE file.county = $1 AND file.push_id = $2 AND ($3::text IS NULL OR agency = $3)
    AND ($4::uuid IS NULL OR attachment_id = $4)
ORDER BY at, attachment_id
LIMIT $5
