-- Mutes a series of a rule until a time; it takes the place of an earlier one.
INSERT INTO watch_mute (county, rule, series, until, reason, muted_by, muted_at)
VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::text, $6::text, $7::timestamptz)
ON CONFLICT (county, rule, series) DO UPDATE
SET until = EXCLUDED.until, reason = EXCLUDED.reason, muted_by = EXCLUDED.muted_by, muted_at = EXCLUDED.muted_at
