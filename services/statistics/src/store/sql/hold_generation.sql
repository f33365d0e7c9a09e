-- Which generations are written. Holds the county's facts until the transaction ends, so that of two writers the later
-- one sees all that the earlier one kept.
INSERT INTO generation AS known (county, current, known_at)
VALUES ($1::text, 1, $2::timestamptz)
ON CONFLICT (county) DO UPDATE
    -- Strictly later than the last batch, whatever the clock says.
    SET known_at = GREATEST(EXCLUDED.known_at, known.known_at + interval '1 microsecond')
RETURNING current, building, known_at
