DELETE FROM sign_in_failure WHERE county = $1 AND name = $2
