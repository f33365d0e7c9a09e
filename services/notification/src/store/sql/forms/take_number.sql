-- The next number of a series. Held until the transaction ends: who rolls back gives it back.
INSERT INTO form_series AS held (county, issuer, series, year, last) VALUES ($1, $2, $3, $4, 1)
ON CONFLICT (county, issuer, series, year) DO UPDATE SET last = held.last + 1
RETURNING last
