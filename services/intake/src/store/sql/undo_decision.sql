UPDATE link_decision SET undone_by = $3, undone_reason = $4, undone_at = $5
WHERE county = $1 AND decision_id = $2
