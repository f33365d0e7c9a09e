SELECT count(*) FROM (SELECT FROM receiver_parked WHERE county = $1 AND topic = $2 LIMIT 10000) AS parked
