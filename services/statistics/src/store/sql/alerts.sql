-- Alerts, the newest first.
-- $1 county  $2 rule, or empty  $3 only unseen ones  $4, $5 time and id of the last one of the page before  $6 how many
SELECT alert_id, rule, rule_name, indicator, definition_version, move, series, series_name, first_day, last_day, observed,
    observed_of, expected, reach, past, past_of, past_windows, scatter, chance, reason, raised_at, verdict, note,
    acknowledged_by, acknowledged_at
FROM watch_alert
WHERE county = $1 AND ($2::text = '' OR rule = $2) AND (NOT $3::bool OR verdict IS NULL)
  AND ($4::timestamptz IS NULL OR (raised_at, alert_id) < ($4, $5::uuid))
ORDER BY raised_at DESC, alert_id DESC
LIMIT $6::int8
