-- Takes up the work on a county's calendar ($2) for a while, where nobody else has it.
UPDATE calendar_sweep SET claimed_by = $3, claimed_until = $5
WHERE county = $1 AND calendar = $2 AND ended_at IS NULL AND begun_at <= $6
  AND (claimed_by = $3 OR claimed_until IS NULL OR claimed_until <= $4)
RETURNING cursor
