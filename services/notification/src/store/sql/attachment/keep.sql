-- The push has this file; where it has it already, as it was.
INSERT INTO attachment AS known (county, push_id, attachment_id, content, sealed_name, at, actor)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (county, push_id, content) DO UPDATE SET actor = known.actor
RETURNING attachment_id
