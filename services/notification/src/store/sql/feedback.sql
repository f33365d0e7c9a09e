-- The agency says what it did. That the answer is owed is still told where this is not the end (1).
WITH answered AS (
    UPDATE push
    SET receipt = 4, feedback_at = $3, last_outcome = $6, limit_at = CASE WHEN $6::smallint = 1 THEN limit_at END
    WHERE county = $1 AND push_id = $2 AND receipt = $4
    RETURNING *
), said AS (
    INSERT INTO feedback (
        county, push_id, request_id, outcome, sealed_text, at, cannot_reason, substantive, attachments, actor, capacity
    )
    VALUES ($1, $2, $5, $6, $7, $3, $8, $9, $10, $11, $12)
),
