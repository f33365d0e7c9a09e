-- Keeps a content; where it is here already, as it is. Says under which body it lies.
INSERT INTO attachment_content AS known (county, content, size, media_type, body, pieces, place, sealed_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (county, content) DO UPDATE SET size = known.size
RETURNING body
