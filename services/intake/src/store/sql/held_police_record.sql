SELECT told_at, digest FROM police_record WHERE county = $1 AND kind = $2 AND number = $3
