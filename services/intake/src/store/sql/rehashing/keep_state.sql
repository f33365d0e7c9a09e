-- By which lookup key a county is read from now on.
INSERT INTO lookup_reading (county, lookup, one_key, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (county) DO UPDATE SET lookup = EXCLUDED.lookup, one_key = EXCLUDED.one_key, since = EXCLUDED.since
