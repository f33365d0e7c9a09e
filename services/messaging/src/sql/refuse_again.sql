-- Since when it is parked stays: what is sealed in it is as old as before.
UPDATE receiver_parked SET reason = $4 WHERE county = $1 AND topic = $2 AND position = $3
