SELECT case_id, sealed_code FROM case_progress WHERE county = $1 AND case_id = ANY ($2::uuid[])
