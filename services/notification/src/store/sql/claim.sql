-- Claims pushes for one try each, until the lease of $4 milliseconds ends. A claim that a crash of the
-- server forgets only means that the push is sent again under its id, so its commit does not wait for
-- the disk.
UPDATE push
SET attempts = attempts + 1,
    lease_until = now() + $4 * interval '1 millisecond',
    queue_at = now() + $4 * interval '1 millisecond'
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS no_wait
WHERE county = $1 AND agency = $2 AND push_id = ANY($3::uuid[])
    AND delivery = 1 AND next_attempt_at <= now() AND lease_until <= now()
RETURNING
    push_id, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, sealed_matter
