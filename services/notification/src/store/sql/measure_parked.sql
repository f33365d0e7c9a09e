-- How many pushes are parked, counted up to a bound.
SELECT count(*) FROM (SELECT FROM push_delivery WHERE county = $1 AND delivery = 3 LIMIT $2) AS counted
