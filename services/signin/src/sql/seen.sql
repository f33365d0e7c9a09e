UPDATE sign_in_session SET seen_at = $3 WHERE county = $1 AND digest = $2
