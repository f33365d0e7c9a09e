-- A bounded bite of what every receiver has applied and nobody will ask for again. Positions follow time, so
-- where the first event is young there is nothing to look for.
DELETE FROM outbox_event
WHERE county = $1 AND position <= LEAST($2, (
    SELECT COALESCE(max(first.position), 0)
    FROM (
        SELECT position, recorded_at FROM outbox_event WHERE county = $1 ORDER BY position LIMIT 5000
    ) AS first
    WHERE first.recorded_at < now() - make_interval(days => $3)
      AND (SELECT recorded_at FROM outbox_event WHERE county = $1 ORDER BY position LIMIT 1)
          < now() - make_interval(days => $3)
))
