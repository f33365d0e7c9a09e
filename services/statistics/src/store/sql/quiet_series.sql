-- When each series was last raised, since a day; and what is muted now, where an empty series is the whole rule.
-- $1 county  $2 since that day  $3 now
SELECT rule, series, max(looked_at) AS day, false AS muted FROM watch_alert
WHERE county = $1 AND looked_at >= $2::date GROUP BY rule, series
UNION ALL
SELECT rule, series, NULL::date, true FROM watch_mute WHERE county = $1 AND until > $3::timestamptz
