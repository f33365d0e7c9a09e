-- The agency says what it did.
WITH answered AS (
    UPDATE push
    SET receipt = 4, feedback_at = $3, last_outcome = $6
    WHERE county = $1 AND push_id = $2 AND receipt = $4
    RETURNING *
), said AS (
    INSERT INTO feedback (
        county, push_id, request_id, outcome, sealed_text, at, cannot_reason, substantive, attachments, actor, capacity
    )
    VALUES ($1, $2, $5, $6, $7, $3, $8, $9, $10, $11, $12)
),
