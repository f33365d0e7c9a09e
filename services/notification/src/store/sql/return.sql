-- The agency refuses it, with a reason.
WITH answered AS (
    UPDATE push
    SET receipt = 3, returned_at = $3, return_reason = $5, return_text = $6, return_evidence = $7,
        returned_actor = $8, returned_capacity = $9, limit_at = NULL
    WHERE county = $1 AND push_id = $2 AND receipt = $4
    RETURNING *
),
