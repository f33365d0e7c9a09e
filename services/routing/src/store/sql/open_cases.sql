-- The open cases of which an agenda is made.
SELECT * FROM case_file WHERE county = $1 AND state = 1
ORDER BY -(level * 2 + fast_lane::integer), opened_at, id::text LIMIT $2
