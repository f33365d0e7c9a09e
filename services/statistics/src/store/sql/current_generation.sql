-- Which generation holds, and the last time at which something was received; none where nothing was.
SELECT current, known_at FROM generation WHERE county = $1
