-- The agency takes the assignment.
WITH answered AS (
    UPDATE push
    SET receipt = 2, signed_at = $3, signed_actor = $5, signed_capacity = $6
    WHERE county = $1 AND push_id = $2 AND receipt = $4
    RETURNING *
),
