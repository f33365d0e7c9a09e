-- The personal part of so many activities ($4) that were last accepted before a time. Kind, area, times and count stay, and so
-- does the keyed hash of the whole content, by which the same message is known when it comes again.
UPDATE activity SET sealed_activity = '', removed_at = $3
FROM (
    SELECT activity_id FROM activity
    WHERE county = $1 AND removed_at IS NULL AND accepted_at < $2
    ORDER BY accepted_at LIMIT $4
    FOR UPDATE SKIP LOCKED
) AS old
WHERE activity.county = $1 AND activity.activity_id = old.activity_id
