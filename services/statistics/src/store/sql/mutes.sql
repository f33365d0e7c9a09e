-- What is muted now, by rule and series.
SELECT rule, series, until, reason, muted_by, muted_at FROM watch_mute
WHERE county = $1 AND until > $2::timestamptz
ORDER BY rule, series
