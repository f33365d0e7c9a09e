-- Whether a system of the agency has taken a push.
SELECT EXISTS (SELECT FROM delivery_attempt WHERE county = $1 AND push_id = $2 AND delivered)
