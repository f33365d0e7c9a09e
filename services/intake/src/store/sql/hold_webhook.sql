-- Takes or keeps the care of a webhook for $4 seconds, unless another process has it.
INSERT INTO change_webhook (county, source, position, holder, held_until)
VALUES ($1, $2, 0, $3, now() + make_interval(secs => $4))
ON CONFLICT (county, source) DO UPDATE SET holder = EXCLUDED.holder, held_until = EXCLUDED.held_until
WHERE change_webhook.holder = EXCLUDED.holder OR change_webhook.held_until < now()
RETURNING position
