UPDATE case_progress SET sealed_code = $3 WHERE county = $1 AND case_number = $2 AND NOT protected RETURNING case_id
