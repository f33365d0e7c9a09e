-- Lets a series of a rule speak again.
UPDATE watch_mute SET until = $6::timestamptz, reason = $4::text, muted_by = $5::text, muted_at = $6::timestamptz
WHERE county = $1::text AND rule = $2::text AND series = $3::text AND until > $6::timestamptz
