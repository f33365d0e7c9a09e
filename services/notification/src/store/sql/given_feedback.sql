-- What an agency said of a push under a request id, and what belongs to it where an officer entered it.
SELECT
    3::smallint AS kind, at, actor, capacity, 0::smallint AS return_reason, outcome, cannot_reason, sealed_text, substantive,
    attachments, means, sealed_teller, done_at, recorded_at
FROM feedback
LEFT JOIN recorded_answer AS recorded
    ON recorded.county = $1 AND recorded.push_id = $2 AND recorded.kind = 3 AND recorded.request_id = $3
WHERE feedback.county = $1 AND feedback.push_id = $2 AND feedback.request_id = $3
