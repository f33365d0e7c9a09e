-- Whoever was first has made it: the bytes that are here stay.
INSERT INTO form_paper (county, form_id, sha256, pages, sealed_pdf, made_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (county, form_id) DO NOTHING
