-- Claims pushes for one try each, until the lease of $4 milliseconds ends. A claim that a crash of the
-- server forgets only means that the push is sent again under its id, so its commit does not wait for
-- the disk. An agency whose queue has an owner gets its pushes from that one alone.
WITH wanted AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
    SELECT $1::text AS county, id FROM UNNEST($3::uuid[]) AS wanted (id)
)
UPDATE push
SET attempts = attempts + 1,
    lease_until = now() + $4 * interval '1 millisecond',
    queue_at = now() + $4 * interval '1 millisecond'
FROM wanted, (SELECT set_config('synchronous_commit', 'off', true)) AS no_wait
WHERE push.county = wanted.county AND push.push_id = wanted.id AND agency = $2
    AND delivery = 1 AND next_attempt_at <= now() AND lease_until <= now()
    AND NOT EXISTS (SELECT FROM queue_owner AS o WHERE o.county = $1 AND o.agency = $2 AND o.until > now())
RETURNING
    push_id, subject, case_id, case_number, agency, form, level, area_code, area_name, category, reason,
    requested_at, due_at, delivery, receipt, delivered_at, signed_at, returned_at, return_reason,
    feedback_at, parked_at, attempts, failures, last_error, traceparent, form_number, drill, sign_by, answer_by, sealed_matter
