-- Begins a new generation; one that was not finished is left behind.
UPDATE generation SET building = GREATEST(current, coalesce(building, 0)) + 1
WHERE county = $1
RETURNING current, building
