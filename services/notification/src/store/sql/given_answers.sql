-- What an agency did with a push, and that the centre took it back, the oldest first, of the newest so many; only of this agency, where given.
-- Beside it what belongs to it where an officer entered it.
SELECT
    newest.kind, at, actor, capacity, return_reason, outcome, cannot_reason, sealed_text, substantive, attachments,
    means, sealed_teller, done_at, recorded_at
FROM (
    SELECT 1::smallint AS kind, signed_at AS at, signed_actor AS actor, signed_capacity AS capacity,
        0::smallint AS return_reason, 0::smallint AS outcome, 0::smallint AS cannot_reason,
        NULL::bytea AS sealed_text, NULL::boolean AS substantive, '{}'::uuid[] AS attachments, '' AS request_id
    FROM push
    WHERE county = $1 AND push_id = $2 AND ($3::text IS NULL OR agency = $3) AND signed_at IS NOT NULL
    UNION ALL
    SELECT 2::smallint, returned_at, returned_actor, returned_capacity, return_reason, 0::smallint, 0::smallint,
        return_text, NULL, '{}', ''
    FROM push
    WHERE county = $1 AND push_id = $2 AND ($3::text IS NULL OR agency = $3) AND returned_at IS NOT NULL
    UNION ALL
    SELECT 4::smallint, recalled_at, recalled_actor, '', 0::smallint, 0::smallint, 0::smallint, recall_text, NULL, '{}', ''
    FROM push
    WHERE county = $1 AND push_id = $2 AND ($3::text IS NULL OR agency = $3) AND recalled_at IS NOT NULL
    UNION ALL
    SELECT 3::smallint, feedback.at, actor, capacity, 0::smallint, outcome, cannot_reason, sealed_text, substantive,
        attachments, request_id
    FROM feedback
    JOIN push ON push.county = feedback.county AND push.push_id = feedback.push_id
    WHERE feedback.county = $1 AND feedback.push_id = $2 AND ($3::text IS NULL OR agency = $3)
    ORDER BY at DESC
    LIMIT $4
) AS newest
LEFT JOIN recorded_answer AS recorded
    ON recorded.county = $1 AND recorded.push_id = $2 AND recorded.kind = newest.kind
        AND recorded.request_id = newest.request_id
ORDER BY at, newest.kind
