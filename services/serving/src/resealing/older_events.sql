-- Events of a county from before a time that some receiver may not have applied, and parked ones; at most 1,000 are
-- looked at of each.
SELECT (
    SELECT count(*) FROM (
        SELECT recorded_at FROM outbox_event
        WHERE county = $1 AND position > COALESCE((SELECT min(position) FROM outbox_receiver WHERE county = $1), 0)
        ORDER BY position LIMIT 1000
    ) AS sent WHERE recorded_at < $2
) + (
    SELECT count(*) FROM (
        SELECT parked_at FROM receiver_parked WHERE county = $1 ORDER BY topic, position LIMIT 1000
    ) AS parked WHERE parked_at < $2
)
