DELETE FROM sign_in_session WHERE county = $1 AND digest = $2
