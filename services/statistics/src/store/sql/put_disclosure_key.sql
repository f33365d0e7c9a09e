-- Keeps a county's key of the dice; the first one stays.
INSERT INTO disclosure_key (county, key) VALUES ($1::text, $2::bytea) ON CONFLICT DO NOTHING
