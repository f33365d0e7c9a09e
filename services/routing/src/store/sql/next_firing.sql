-- When the next clock has something to say.
SELECT next_at FROM duty WHERE county = $1 AND next_at IS NOT NULL ORDER BY next_at LIMIT 1
