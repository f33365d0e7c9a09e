-- The first day of the newest period whose bulletin of a kind the calendar has made.
SELECT max(first_day) FROM bulletin WHERE county = $1 AND kind = $2 AND made_by = ''
