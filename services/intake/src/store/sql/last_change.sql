SELECT COALESCE((SELECT position FROM change_head WHERE county = $1 AND source = $2), 0)
