-- Takes the making of a period of a series: nothing where it was made.
INSERT INTO duty_series (county, code, made) VALUES ($1, $2, $3)
ON CONFLICT (county, code) DO UPDATE SET made = EXCLUDED.made WHERE duty_series.made < EXCLUDED.made
RETURNING 1
