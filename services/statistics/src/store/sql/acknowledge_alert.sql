-- Keeps what someone found who looked at an alert; nothing where someone has looked already, or there is none.
UPDATE watch_alert SET verdict = $3::int2, note = $4::text, acknowledged_by = $5::text, acknowledged_at = $6::timestamptz
WHERE county = $1 AND alert_id = $2::uuid AND verdict IS NULL
RETURNING alert_id, rule, rule_name, indicator, definition_version, move, series, series_name, first_day, last_day, observed,
    observed_of, expected, reach, past, past_of, past_windows, scatter, chance, reason, raised_at, verdict, note,
    acknowledged_by, acknowledged_at
