SELECT fingerprint FROM activity WHERE county = $1 AND source = $2 AND source_ref = $3
