SELECT case_id FROM case_progress WHERE county = $1 AND case_number = $2
