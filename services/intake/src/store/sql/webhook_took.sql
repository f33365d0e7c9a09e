-- The webhook has taken the changes up to $4; it is still ours for $5 seconds.
UPDATE change_webhook SET position = $4, held_until = now() + make_interval(secs => $5)
WHERE county = $1 AND source = $2 AND holder = $3
