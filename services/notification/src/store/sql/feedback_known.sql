SELECT EXISTS (SELECT FROM feedback WHERE county = $1 AND push_id = $2 AND request_id = $3)
