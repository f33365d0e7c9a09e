-- The agency takes the assignment. From now on it is told when its answer is owed ($7), where that is told at all; what is told
-- of a push without a limit for signing is the answer already.
WITH answered AS (
    UPDATE push
    SET receipt = 2, signed_at = $3, signed_actor = $5, signed_capacity = $6,
        limit_at = CASE WHEN answer_told THEN $7::timestamptz WHEN sign_by IS NULL THEN limit_at END
    WHERE county = $1 AND push_id = $2 AND receipt = $4
    RETURNING *
),
