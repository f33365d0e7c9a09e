-- Gives each source its next positions; says the last of them.
INSERT INTO change_head (county, source, position)
SELECT $1, source, changes FROM UNNEST($2::smallint[], $3::bigint[]) AS taken (source, changes)
ON CONFLICT (county, source) DO UPDATE SET position = change_head.position + EXCLUDED.position
RETURNING source, position
