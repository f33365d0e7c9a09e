-- The one who came is let in; what failed before is forgotten.
WITH forgiven AS (
    DELETE FROM sign_in_failure WHERE county = $1 AND name = $3
)
INSERT INTO sign_in_session (county, digest, name, begun_at, seen_at)
VALUES ($1, $2, $3, $4, $4)
