-- How many messages wait, and how many are parked.
SELECT
    count(*) FILTER (WHERE state = 1) AS waiting,
    count(*) FILTER (WHERE state = 3) AS parked
FROM person_message
WHERE county = $1 AND state IN (1, 3)
