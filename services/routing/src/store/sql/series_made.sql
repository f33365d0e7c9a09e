-- Up to which period each series was made.
SELECT code, made FROM duty_series WHERE county = $1
