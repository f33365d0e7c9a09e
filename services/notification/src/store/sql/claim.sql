-- Claims pushes for one try each, until the lease of $4 milliseconds ends. A claim that a crash of the
-- server forgets only means that the push is sent again under its id, so its commit does not wait for
-- the disk. An agency whose queue has an owner gets its pushes from that one alone.
WITH wanted AS MATERIALIZED (
    -- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
    SELECT $1::text AS county, id FROM UNNEST($3::uuid[]) AS wanted (id)
), behind AS MATERIALIZED (
    -- What came later than a push of its case and level that has failed waits behind it: for its next try, and for what
    -- becomes of that.
    SELECT own.county, own.push_id, earlier.due
    FROM wanted
    JOIN push_delivery AS own ON own.county = wanted.county AND own.push_id = wanted.id
    CROSS JOIN LATERAL (
        SELECT max(e.next_attempt_at) AS due
        FROM push_delivery AS e
        WHERE e.county = $1 AND e.agency = $2 AND e.case_id = own.case_id AND e.level = own.level
            AND e.delivery = 1 AND e.failures > 0
            AND (e.requested_at, e.push_id) < (own.requested_at, own.push_id)
    ) AS earlier
    WHERE earlier.due IS NOT NULL
), queued_with_it AS (
    -- Soon again where that is far: what it waits for may be signed or recalled before. Not at once where that try is due or
    -- under way.
    UPDATE push_delivery AS d
    SET queue_at = now() + least(greatest(behind.due - now(), interval '250 milliseconds'), interval '5 seconds')
    FROM behind
    -- Not asked as "= 1": then an index of what waits would look as good as the key.
    WHERE d.county = behind.county AND d.push_id = behind.push_id AND d.delivery < 2 AND d.lease_until <= now()
)
UPDATE push_delivery AS d
SET attempts = attempts + 1,
    lease_until = now() + $4 * interval '1 millisecond',
    queue_at = now() + $4 * interval '1 millisecond'
FROM wanted
JOIN push AS p ON p.county = wanted.county AND p.push_id = wanted.id
CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true)) AS no_wait
WHERE d.county = wanted.county AND d.push_id = wanted.id AND d.agency = $2
    AND delivery < 2 AND next_attempt_at <= now() AND lease_until <= now()
    AND NOT EXISTS (SELECT FROM behind WHERE behind.push_id = wanted.id)
    AND NOT EXISTS (SELECT FROM queue_owner AS o WHERE o.county = $1 AND o.agency = $2 AND o.until > now())
RETURNING
    p.push_id, p.subject, p.case_id, p.case_number, p.agency, p.form, p.level, p.area_code, p.area_name, p.category,
    p.reason, p.requested_at, p.due_at, d.delivery, p.receipt, d.delivered_at, p.signed_at, p.returned_at,
    p.return_reason, p.feedback_at, d.parked_at, d.attempts, d.failures, d.last_error, p.traceparent, p.form_number,
    p.drill, p.sign_by, p.answer_by, p.sealed_matter
