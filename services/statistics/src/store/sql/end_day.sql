-- Writes that a day is done, where the work is still the holder's and the day before was the last.
-- $1 county  $2 which work  $3 the token  $4 the last day that was done, or null  $5 the day
UPDATE daily_work SET done_through = $5::date
WHERE county = $1::text AND work = $2::text AND token = $3::int8 AND done_through IS NOT DISTINCT FROM $4::date
RETURNING token
