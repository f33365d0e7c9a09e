-- The centre takes one push back, from the state in which it was read. It is not brought any more.
WITH recalled AS (
    UPDATE push
    SET receipt = 5, recalled_at = $3, recall_text = $5, recalled_actor = $6, limit_at = NULL
    WHERE county = $1 AND push_id = $2 AND receipt = $4
    RETURNING push_id
)
DELETE FROM push_delivery AS d USING recalled WHERE d.county = $1 AND d.push_id = recalled.push_id
