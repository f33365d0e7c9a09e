-- The last reading of a protected case.
SELECT sequence, seal FROM case_reading WHERE county = $1 AND case_id = $2 ORDER BY sequence DESC LIMIT 1
