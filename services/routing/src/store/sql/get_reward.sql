-- One reward.
SELECT * FROM reward WHERE county = $1 AND id = $2
