-- Parked pushes wait for delivery again, with all their tries.
UPDATE push_delivery
SET delivery = 1, failures = 0, parked_at = NULL, next_attempt_at = now(), lease_until = '-infinity',
    queue_at = now() + $3 * interval '1 millisecond'
WHERE county = $1 AND push_id = ANY($2::uuid[]) AND delivery = 3
RETURNING push_id, agency, level, requested_at
