-- What an agency said of a push under a request id.
SELECT
    3::smallint AS kind, at, actor, capacity, 0::smallint AS return_reason, outcome, cannot_reason, sealed_text, substantive,
    attachments
FROM feedback
WHERE county = $1 AND push_id = $2 AND request_id = $3
