-- A calendar is to be applied: that of a folder has nothing to be applied to where it is the first, a newer one
-- starts over.
INSERT INTO calendar_sweep AS sweep (county, version, calendar, begun_at, cursor, moved, ended_at)
VALUES ($1, $2, $3, $4, $5, 0, CASE WHEN $2 = 0 THEN $4 END)
ON CONFLICT (county) DO UPDATE SET version = EXCLUDED.version, calendar = EXCLUDED.calendar,
    begun_at = EXCLUDED.begun_at, cursor = EXCLUDED.cursor, moved = 0, ended_at = NULL, claimed_by = NULL,
    claimed_until = NULL
WHERE sweep.version <= EXCLUDED.version
  AND sweep.calendar <> EXCLUDED.calendar
