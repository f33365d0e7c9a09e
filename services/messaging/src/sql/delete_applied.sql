-- A bounded bite of what every receiver has applied and nobody will ask for again.
DELETE FROM outbox_event
WHERE county = $1 AND position <= $2 AND position IN (
    SELECT position FROM outbox_event
    WHERE county = $1 AND recorded_at < now() - make_interval(days => $3)
    ORDER BY position
    LIMIT 5000
)
