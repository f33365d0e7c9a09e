SELECT sha256, source FROM form_template WHERE county = $1 AND kind = $2 AND version = $3
