-- A text that holds from a county's folder.
INSERT INTO setting_text (county, kind, digest, name, sealed_files, kept_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
