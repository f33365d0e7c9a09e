-- Keeps what was raised on a day ($2); what was raised of the same rule and series on that day stays as it is.
INSERT INTO watch_alert (county, alert_id, rule, rule_name, indicator, definition_version, move, series, series_name,
    looked_at, first_day, last_day, observed, observed_of, expected, reach, past, past_of, past_windows, scatter, chance,
    reason, raised_at)
SELECT $1, alert_id, rule, rule_name, indicator, definition_version, move, series, series_name, $2::date, first_day,
    last_day, observed, observed_of, expected, reach, past, past_of, past_windows, scatter, chance, reason, $3::timestamptz
FROM UNNEST($4::uuid[], $5::text[], $6::text[], $7::text[], $8::int4[], $9::int2[], $10::text[], $11::text[],
    $12::date[], $13::date[], $14::int8[], $15::int8[], $16::float8[], $17::int8[], $18::int8[], $19::int8[],
    $20::int4[], $21::float8[], $22::float8[], $23::text[])
    AS raised (alert_id, rule, rule_name, indicator, definition_version, move, series, series_name, first_day, last_day,
    observed, observed_of, expected, reach, past, past_of, past_windows, scatter, chance, reason)
ON CONFLICT (county, rule, series, looked_at) DO NOTHING
RETURNING alert_id
