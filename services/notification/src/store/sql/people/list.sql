-- A page of messages, the newest first, after a place ($2, $3); of one case ($4), in one state ($5), to one person ($6).
SELECT
    message_id, kind, person_kind, person, subject, case_id, case_number, what, level, drill, recipient, channel,
    template_version, requested_at, state, claims, next_try_at, ended_at, http_status, error
FROM person_message
WHERE county = $1 AND (requested_at, message_id) < ($2, $3)
  AND ($4::uuid IS NULL OR case_id = $4) AND ($5::smallint IS NULL OR state = $5) AND ($6::text IS NULL OR person = $6)
ORDER BY requested_at DESC, message_id DESC
LIMIT $7
