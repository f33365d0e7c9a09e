-- The open duties that activities fulfil, each with the position of its activity: the one that it names ($2), else what its
-- area ($4) owes of a kind ($3) for the time in which it began ($5).
SELECT asked.position, standing.*, duty.kind, duty.agency, duty.post, duty.person, duty.about, duty.started_at,
    duty.due_at, duty.next_at, duty.stage, duty.paused, duty.ended_at, duty.met
FROM UNNEST($2::uuid[], $3::smallint[], $4::text[], $5::timestamptz[]) WITH ORDINALITY
    AS asked (duty_id, kind, area_code, begun_at, position)
CROSS JOIN LATERAL (
    SELECT asked.duty_id AS id WHERE asked.duty_id IS NOT NULL
    UNION ALL
    SELECT duty.subject_id FROM duty
    WHERE asked.duty_id IS NULL AND duty.county = $1 AND duty.no = 0 AND duty.kind = asked.kind
      AND duty.due_at > asked.begun_at AND duty.started_at <= asked.begun_at
) AS named
JOIN standing_duty AS standing ON standing.county = $1 AND standing.id = named.id
JOIN duty ON duty.county = $1 AND duty.subject_id = named.id AND duty.no = 0
WHERE duty.ended_at IS NULL
  AND (asked.duty_id IS NOT NULL OR standing.period IS NOT NULL AND standing.area_code = asked.area_code)
ORDER BY asked.position, duty.due_at, standing.id
