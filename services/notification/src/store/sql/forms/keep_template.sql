INSERT INTO form_template (county, kind, version, sha256, source) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (county, kind, version) DO NOTHING
