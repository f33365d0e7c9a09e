-- Keeps what was recorded of a meeting.
UPDATE meeting SET held_at = $3, attendees = $4, sealed_minutes = $5, recorded_at = $6, recorded_by = $7, recorded_as = $8
WHERE county = $1 AND id = $2
