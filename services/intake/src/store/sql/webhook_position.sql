SELECT COALESCE((SELECT position FROM change_webhook WHERE county = $1 AND source = $2), 0)
